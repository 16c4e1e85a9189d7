//! The mistakes that people make, each with the message that is printed.

use crate::{and, mistakes, subscriptions, with};

#[test]
fn tables_and_fields() {
    mistakes(
        "a subscription without vars. never reaches the Worker",
        &and("[SUBSCRIPTION_ERP]\nqueue = \"PRODUCT_EVENTS\"\n"),
        &["61: SUBSCRIPTION_ERP: this is not in vars, so the Worker never sees it: did you mean \
           \"vars.SUBSCRIPTION_ERP\"?"],
    );
    mistakes(
        "the Worker's own table without vars.",
        &and("[ADMIN]\nauth_type = \"bearer\"\n"),
        &["61: ADMIN: this is not in vars, so the Worker never sees it: did you mean \
           \"vars.ADMIN\"?"],
    );
    mistakes(
        "a section of wrangler's in the singular",
        &and("[[kv_namespace]]\nbinding = \"CLAIMS\"\n"),
        &["61: kv_namespace: unknown field, which wrangler ignores, did you mean \
           \"kv_namespaces\"?"],
    );
    mistakes(
        "var instead of vars",
        &and("[var.SUBSCRIPTION_ERP]\nqueue = \"PRODUCT_EVENTS\"\n"),
        &["61: var: unknown field, which wrangler ignores, did you mean \"vars\"?"],
    );
    mistakes(
        "a table of ours with a typo",
        &with("[vars.SUBSCRIPTION_PRODUCTS]", "[vars.SUBSCRIPTON_PRODUCTS]"),
        &["17: SUBSCRIPTON_PRODUCTS: unknown var, did you mean \"SUBSCRIPTION_PRODUCTS\"?"],
    );
    mistakes(
        "a field with a typo is two mistakes, since the right one is missing",
        &with(
            "auth_type = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }",
            "auth_typ = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }",
        ),
        &[
            "12: WEBHOOK.auth_type: missing",
            "13: WEBHOOK.auth_typ: unknown field, did you mean \"auth_type\"?",
        ],
    );
    mistakes(
        "a number in quotes",
        &with("dedupe_window_seconds = 86_400", "dedupe_window_seconds = \"86400\""),
        &["15: WEBHOOK.dedupe_window_seconds: expected a whole number from 60 to 2592000"],
    );
    mistakes(
        "minutes for seconds",
        &with("dedupe_window_seconds = 86_400", "dedupe_window_seconds = 30"),
        &["15: WEBHOOK.dedupe_window_seconds: expected a whole number from 60 to 2592000"],
    );
    mistakes(
        "an event type with the prefix that it has in type",
        &with("[\"product\"]", "[\"com.elytra.product\"]"),
        &[
            "18: SUBSCRIPTION_PRODUCTS.event_types[0]: unknown name \"com.elytra.product\", did you \
           mean \"product\"?",
        ],
    );
    mistakes(
        "an event type in the plural, in the second line of a list",
        &with("[\"product\"]", "[\n  \"product\",\n  \"documents\",\n]"),
        &["20: SUBSCRIPTION_PRODUCTS.event_types[1]: unknown name \"documents\", did you mean \
           \"document\"?"],
    );
    mistakes(
        "a name that needs a list",
        &with("event_types = [\"product\"]", "event_types = \"product\""),
        &["18: SUBSCRIPTION_PRODUCTS.event_types: expected a list of names"],
    );
    mistakes(
        "a filter's dialect with a typo, deep in an inline table",
        &with(
            "event_types = [\"product\"]",
            "filters = [{ not = { prefixx = { subject = \"a\" } } }]",
        ),
        &["18: SUBSCRIPTION_PRODUCTS.filters[0].not.prefixx: unknown dialect, did you mean \
           \"prefix\"?"],
    );
}

#[test]
fn destinations_and_bindings() {
    mistakes(
        "no destination",
        &with("queue = \"PRODUCT_EVENTS\"\n\n[vars", "\n[vars"),
        &[
            "17: SUBSCRIPTION_PRODUCTS: expected a destination: queue = \"<binding>\", kv = { binding \
           = \"<binding>\" }, r2 = { binding = \"<binding>\" }, webhook = { url = \"<URL>\" } or \
           service = \"<binding>\"",
        ],
    );
    mistakes(
        "the queue's name instead of its binding",
        &with("queue = \"PRODUCT_EVENTS\"\n\n[vars", "queue = \"product-events\"\n\n[vars"),
        &[
            "19: SUBSCRIPTION_PRODUCTS.queue: no queue is bound as \"product-events\", did you mean \
           \"PRODUCT_EVENTS\"?",
        ],
    );
    mistakes(
        "a namespace where a queue belongs",
        &with("queue = \"PRODUCT_EVENTS\"\n\n[vars", "queue = \"SPOOL\"\n\n[vars"),
        &[
            "19: SUBSCRIPTION_PRODUCTS.queue: \"SPOOL\" is reserved for the Worker itself, expected \
             another binding",
            "19: SUBSCRIPTION_PRODUCTS.queue: \"SPOOL\" is bound to a KV namespace, expected a queue",
        ],
    );
    mistakes(
        "a URL without its scheme",
        &with("https://shop.example.com", "shop.example.com"),
        &["22: SUBSCRIPTION_SHOP.webhook.url: expected an absolute https URL"],
    );
    mistakes(
        "a URL of http",
        &with("https://shop.example.com", "http://shop.example.com"),
        &["22: SUBSCRIPTION_SHOP.webhook.url: expected https: http is only allowed with \
           allow_insecure = true"],
    );
    mistakes(
        "a password in the URL",
        &with("https://shop.example.com", "https://me:canary@shop.example.com"),
        &["22: SUBSCRIPTION_SHOP.webhook.url: must not contain credentials: put them in secrets \
           that auth names"],
    );
    mistakes(
        "a webhook without the namespace of its dead letters",
        &with("[[kv_namespaces]]\nbinding = \"DEAD\"\n", ""),
        &["22: SUBSCRIPTION_SHOP.webhook: no KV namespace is bound as \"DEAD\""],
    );
    mistakes(
        "one name for two bindings",
        &and("[[kv_namespaces]]\nbinding = \"SPOOL\"\n"),
        &["61: kv_namespaces[2]: \"SPOOL\" is bound in kv_namespaces too"],
    );
    mistakes(
        "a binding under the wrong field",
        &with("binding = \"DEAD\"\n", "name = \"DEAD\"\n"),
        &[
            "22: SUBSCRIPTION_SHOP.webhook: no KV namespace is bound as \"DEAD\"",
            "45: kv_namespaces[0]: binding is missing",
            "46: kv_namespaces[0].name: unknown field",
        ],
    );
}

#[test]
fn queues_and_their_consumers() {
    mistakes(
        "nothing consumes the Worker's own queue",
        &with(
            "[[queues.consumers]]\nqueue = \"deliveries\"\nmax_retries = 100\ndead_letter_queue = \"dead-letters\"\n",
            "",
        ),
        &[
            "28: DELIVERIES: no consumer for the queue \"deliveries\", so its messages expire after \
           four days and their events are lost",
        ],
    );
    mistakes(
        "nothing consumes the queue of dead letters",
        &with("[[queues.consumers]]\nqueue = \"dead-letters\"\nmax_retries = 100\n", ""),
        &["37: DEAD_LETTERS: no consumer for the queue \"dead-letters\", so its messages expire \
           after four days and their events are lost"],
    );
    mistakes(
        "a consumer with a typo in its queue",
        &with(
            "[[queues.consumers]]\nqueue = \"deliveries\"",
            "[[queues.consumers]]\nqueue = \"delivery\"",
        ),
        &[
            "28: DELIVERIES: no consumer for the queue \"deliveries\", so its messages expire after \
             four days and their events are lost",
            "32: queues.consumers[0]: the Worker consumes only the queues of DELIVERIES and \
             DEAD_LETTERS, and would take the messages of \"delivery\" for events that died, did you \
             mean \"deliveries\"?",
        ],
    );
    mistakes(
        "the Worker consumes what it sends",
        &and("[[queues.consumers]]\nqueue = \"product-events\"\n"),
        &["61: queues.consumers[2]: the Worker consumes only the queues of DELIVERIES and \
           DEAD_LETTERS, and would take the messages of \"product-events\" for events that died"],
    );
    mistakes(
        "the queue gives an event up before its retries have ended",
        &with(
            "queue = \"deliveries\"\nmax_retries = 100",
            "queue = \"deliveries\"\nmax_retries = 3",
        ),
        &[
            "32: queues.consumers[0]: max_retries is 3, but a subscription retries 5 times: the queue \
           would give the events up before",
        ],
    );
    mistakes(
        "what the queue gives up is lost",
        &with("dead_letter_queue = \"dead-letters\"\n", ""),
        &["32: queues.consumers[0]: without dead_letter_queue, what the queue gives up is lost"],
    );
    mistakes(
        "what the queue gives up goes where nobody looks",
        &with("dead_letter_queue = \"dead-letters\"", "dead_letter_queue = \"dead\""),
        &["32: queues.consumers[0]: dead_letter_queue is \"dead\", but DEAD_LETTERS is \
           \"dead-letters\": nobody would see what the queue gives up"],
    );
    mistakes(
        "two bindings of one queue",
        &with("queue = \"product-events\"", "queue = \"deliveries\""),
        &["24: queues.producers: PRODUCT_EVENTS is the same queue as DELIVERIES"],
    );
}

#[test]
fn what_the_workers_own_bindings_need() {
    mistakes(
        "nothing drains the spool",
        &with("[triggers]\ncrons = [\"* * * * *\"]\n", ""),
        &["48: SPOOL: there is no cron trigger, so nothing ever drains the spool"],
    );
    mistakes(
        "nothing creates the ledger",
        &with("[[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [\"Ledger\"]\n", ""),
        &["54: LEDGER: there is no migration that creates its class"],
    );
    mistakes(
        "the ledger without SQLite",
        &with("new_sqlite_classes", "new_classes"),
        &["54: LEDGER: its migration has new_classes, but the ledger needs SQLite"],
    );
    mistakes(
        "another class",
        &with("class_name = \"Ledger\"", "class_name = \"LEDGER\""),
        &["54: LEDGER: class_name is \"LEDGER\", but the Worker exports \"Ledger\""],
    );
    mistakes(
        "an option of a consumer with a typo",
        &with(
            "queue = \"deliveries\"\nmax_retries",
            "queue = \"deliveries\"\nmax_retry = 1\nmax_retries",
        ),
        &["34: queues.consumers[0].max_retry: unknown field, did you mean \"max_retries\"?"],
    );
}

#[test]
fn cloudflares_limits_for_vars() {
    let many = subscriptions(125);
    mistakes(
        "more vars than Cloudflare allows",
        &and(&many),
        &["309: vars: 130 vars and secrets, but a Worker can have at most 128"],
    );
    let long = format!("[vars]\nNOTE = \"{}\"\n", "x".repeat(5_121));
    mistakes(
        "a var that is longer than Cloudflare allows",
        &with("[vars.WEBHOOK]", &format!("{long}\n[vars.WEBHOOK]")),
        &["13: NOTE: 5121 bytes, but a var may have at most 5120"],
    );
}

#[test]
fn the_file_that_main_names_must_exist() {
    let report = elytra_webhooks_check::check(
        &with("src/cloudflare/executor/main.mjs", "build/index.js"),
        elytra_webhooks_check::Scope::All,
        |path| path == "src/cloudflare/executor/main.mjs",
    );
    assert_eq!(crate::lines(&report.mistakes), ["2: main: there is no file \"build/index.js\""]);
    mistakes(
        "no main at all",
        &with("main = \"src/cloudflare/executor/main.mjs\"\n", ""),
        &["1: main: missing, so there is no Worker to run"],
    );
}
