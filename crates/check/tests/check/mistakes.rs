//! The mistakes that people make, each with the message that is printed.

use crate::{and, mistakes, subscriptions, with};

#[test]
fn tables_and_fields() {
    mistakes(
        "a subscription without vars. never reaches the Worker",
        &and("[SUBSCRIPTION_ERP]\nqueue = \"PRODUCT_EVENTS\"\n"),
        &[
            "61:2: SUBSCRIPTION_ERP: this is not in vars, so the Worker never sees it: did you mean \"vars.SUBSCRIPTION_ERP\"?",
            "    Write [vars.SUBSCRIPTION_ERP].",
        ],
    );
    mistakes(
        "the Worker's own table without vars.",
        &and("[ADMIN]\nauth_type = \"bearer\"\n"),
        &[
            "61:2: ADMIN: this is not in vars, so the Worker never sees it: did you mean \"vars.ADMIN\"?",
            "    Write [vars.ADMIN].",
        ],
    );
    mistakes(
        "without vars. there would be no journal, and nobody would notice",
        &and("[JOURNAL]\nretention_days = 7\n"),
        &[
            "61:2: JOURNAL: this is not in vars, so the Worker never sees it: did you mean \"vars.JOURNAL\"?",
            "    Write [vars.JOURNAL].",
        ],
    );
    mistakes(
        "a section of wrangler's in the singular",
        &and("[[kv_namespace]]\nbinding = \"CLAIMS\"\n"),
        &[
            "61:3: kv_namespace: unknown field, which wrangler ignores, did you mean \"kv_namespaces\"?",
            "    Rename or remove it.",
        ],
    );
    mistakes(
        "var instead of vars",
        &and("[var.SUBSCRIPTION_ERP]\nqueue = \"PRODUCT_EVENTS\"\n"),
        &[
            "61:2: var: unknown field, which wrangler ignores, did you mean \"vars\"?",
            "    Rename or remove it.",
        ],
    );
    mistakes(
        "a table of ours with a typo",
        &with("[vars.SUBSCRIPTION_PRODUCTS]", "[vars.SUBSCRIPTON_PRODUCTS]"),
        &[
            "17:7: SUBSCRIPTON_PRODUCTS: unknown var, did you mean \"SUBSCRIPTION_PRODUCTS\"?",
            "    Rename it. The Worker reads WEBHOOK, ADMIN, JOURNAL and SUBSCRIPTION_<NAME>, and no other table.",
        ],
    );
    mistakes(
        "a field with a typo is two mistakes, since the right one is missing",
        &with(
            "auth_type = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }",
            "auth_typ = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }",
        ),
        &[
            "12:7: WEBHOOK.auth_type: missing",
            "    Add it.",
            "13:1: WEBHOOK.auth_typ: unknown field, did you mean \"auth_type\"?",
            "    Rename or remove it. docs/configuration.md has all fields.",
        ],
    );
    mistakes(
        "a number in quotes",
        &with("dedupe_window_seconds = 86_400", "dedupe_window_seconds = \"86400\""),
        &[
            "15:1: WEBHOOK.dedupe_window_seconds: expected a whole number from 60 to 2592000",
            "    Change the value, in seconds.",
        ],
    );
    mistakes(
        "minutes for seconds",
        &with("dedupe_window_seconds = 86_400", "dedupe_window_seconds = 30"),
        &[
            "15:1: WEBHOOK.dedupe_window_seconds: expected a whole number from 60 to 2592000",
            "    Change the value, in seconds.",
        ],
    );
}

#[test]
fn fields_of_the_journal() {
    mistakes(
        "a text that is kept longer than its event",
        &and("[vars.JOURNAL]\nretention_days = 7\nbody_retention_days = 30\n"),
        &[
            "63:1: JOURNAL.body_retention_days: expected at most 7: no text is kept longer than its event (retention_days)",
            "    Lower it, or raise retention_days.",
        ],
    );
    mistakes(
        "how long what is not kept is kept",
        &and("[vars.JOURNAL]\nbodies = false\nbody_retention_days = 7\n"),
        &[
            "63:1: JOURNAL.body_retention_days: not allowed with bodies = false",
            "    Remove it, or keep the texts with bodies = true.",
        ],
    );
    mistakes(
        "seconds for days",
        &and("[vars.JOURNAL]\nretention_days = 604_800\n"),
        &[
            "62:1: JOURNAL.retention_days: expected a whole number from 1 to 90",
            "    Change the value, in days.",
        ],
    );
    mistakes(
        "a field with a typo",
        &and("[vars.JOURNAL]\nretention = 7\n"),
        &[
            "62:1: JOURNAL.retention: unknown field, did you mean \"retention_days\"?",
            "    Rename or remove it. docs/configuration.md has all fields.",
        ],
    );
    mistakes(
        "a table with a typo",
        &and("[vars.JOURNALS]\n"),
        &[
            "61:7: JOURNALS: unknown var, did you mean \"JOURNAL\"?",
            "    Rename it. The Worker reads WEBHOOK, ADMIN, JOURNAL and SUBSCRIPTION_<NAME>, and no other table.",
        ],
    );
}

#[test]
fn names_in_lists_and_filters() {
    mistakes(
        "an event type with the prefix that it has in type",
        &with("[\"product\"]", "[\"com.elytra.product\"]"),
        &[
            "18:16: SUBSCRIPTION_PRODUCTS.event_types[0]: unknown name \"com.elytra.product\", did you mean \"product\"?",
            "    Correct the name. docs/configuration.md has all names.",
        ],
    );
    mistakes(
        "an event type in the plural, in the second line of a list",
        &with("[\"product\"]", "[\n  \"product\",\n  \"documents\",\n]"),
        &[
            "20:3: SUBSCRIPTION_PRODUCTS.event_types[1]: unknown name \"documents\", did you mean \"document\"?",
            "    Correct the name. docs/configuration.md has all names.",
        ],
    );
    mistakes(
        "a name that needs a list",
        &with("event_types = [\"product\"]", "event_types = \"product\""),
        &[
            "18:1: SUBSCRIPTION_PRODUCTS.event_types: expected a list of names",
            "    Change the value.",
        ],
    );
    mistakes(
        "a filter's dialect with a typo, deep in an inline table",
        &with(
            "event_types = [\"product\"]",
            "filters = [{ not = { prefixx = { subject = \"a\" } } }]",
        ),
        &[
            "18:22: SUBSCRIPTION_PRODUCTS.filters[0].not.prefixx: unknown dialect, did you mean \"prefix\"?",
            "    Correct the filter. docs/filters.md shows how they are written.",
        ],
    );
}

#[test]
fn what_is_in_the_wrong_place() {
    mistakes(
        "a field of the subscription in its webhook",
        &with("webhook = { url", "webhook = { event_types = [\"product\"], url"),
        &[
            "22:13: SUBSCRIPTION_SHOP.webhook.event_types: unknown field",
            "    Move it to the table of the subscription itself.",
        ],
    );
    mistakes(
        "a field of the top level below a table",
        &with("binding = \"DEAD\"", "binding = \"DEAD\"\nworkers_dev = true"),
        &[
            "47:1: kv_namespaces[0].workers_dev: unknown field",
            "    Move it above the first table: below it belongs to this one.",
        ],
    );
    mistakes(
        "an environment without env.",
        &and("[staging.vars.WEBHOOK]\nauth_type = \"none\"\n"),
        &[
            "61:2: staging: unknown field, which wrangler ignores, did you mean \"env.staging\"?",
            "    Write [env.staging] and [env.staging.vars].",
        ],
    );
    mistakes(
        "a list of queues in the singular",
        &and("[[queues.producer]]\nbinding = \"A\"\nqueue = \"a\"\n"),
        &[
            "61:10: queues.producer: unknown field, which wrangler ignores, did you mean \"producers\"?",
            "    Rename or remove it.",
        ],
    );
    mistakes(
        "operations of another world",
        &with("event_types = [\"product\"]", "operations = [\"update\"]"),
        &[
            "18:15: SUBSCRIPTION_PRODUCTS.operations[0]: unknown name \"update\"",
            "    Correct the name: one of add, modify, remove, link, unlink.",
        ],
    );
}

#[test]
fn destinations_and_bindings() {
    mistakes(
        "no destination",
        &with("queue = \"PRODUCT_EVENTS\"\n\n[vars", "\n[vars"),
        &[
            "17:7: SUBSCRIPTION_PRODUCTS: expected a destination: queue = \"<binding>\", kv = { binding = \"<binding>\" }, r2 = { binding = \"<binding>\" }, webhook = { url = \"<URL>\" } or service = \"<binding>\"",
            "    Add one of these fields.",
        ],
    );
    mistakes(
        "the queue's name instead of its binding",
        &with("queue = \"PRODUCT_EVENTS\"\n\n[vars", "queue = \"product-events\"\n\n[vars"),
        &[
            "19:1: SUBSCRIPTION_PRODUCTS.queue: no queue is bound as \"product-events\", did you mean \"PRODUCT_EVENTS\"?",
            "    Correct the name, or add the binding to this file.",
        ],
    );
    mistakes(
        "a namespace where a queue belongs",
        &with("queue = \"PRODUCT_EVENTS\"\n\n[vars", "queue = \"SPOOL\"\n\n[vars"),
        &[
            "19:1: SUBSCRIPTION_PRODUCTS.queue: \"SPOOL\" is reserved for the Worker itself, expected another binding",
            "    Bind a queue or a namespace of your own, and name that.",
            "19:1: SUBSCRIPTION_PRODUCTS.queue: \"SPOOL\" is bound to a KV namespace, expected a queue",
            "    Name another binding, or correct its kind in this file.",
        ],
    );
    mistakes(
        "a URL without its scheme",
        &with("https://shop.example.com", "shop.example.com"),
        &[
            "22:13: SUBSCRIPTION_SHOP.webhook.url: expected an absolute https URL",
            "    Change the value.",
        ],
    );
    mistakes(
        "a URL of http",
        &with("https://shop.example.com", "http://shop.example.com"),
        &[
            "22:13: SUBSCRIPTION_SHOP.webhook.url: expected https: http is only allowed with allow_insecure = true",
            "    Write https, or allow_insecure = true if this is a test.",
        ],
    );
    mistakes(
        "a password in the URL",
        &with("https://shop.example.com", "https://me:canary@shop.example.com"),
        &[
            "22:13: SUBSCRIPTION_SHOP.webhook.url: must not contain credentials: put them in secrets that auth names",
            "    Remove them from the URL, and use auth_type and auth. Replace the password: it was in a file.",
        ],
    );
    mistakes(
        "a webhook without the namespace of its dead letters",
        &with("[[kv_namespaces]]\nbinding = \"DEAD\"\n", ""),
        &[
            "22:1: SUBSCRIPTION_SHOP.webhook: no KV namespace is bound as \"DEAD\"",
            "    Correct the name, or add the binding to this file.",
        ],
    );
    mistakes(
        "one name for two bindings",
        &and("[[kv_namespaces]]\nbinding = \"SPOOL\"\n"),
        &[
            "61:1: kv_namespaces[2]: \"SPOOL\" is bound in kv_namespaces too",
            "    Rename one of the two.",
        ],
    );
    mistakes(
        "a queue without its name",
        &with("queue = \"product-events\"\n", ""),
        &["24:1: queues.producers[0]: queue is missing", "    Say what is bound."],
    );
    mistakes(
        "a table where a list of tables belongs",
        &and("[r2_buckets]\nbinding = \"ARCHIVE\"\n"),
        &["61:1: r2_buckets: expected a list of tables", "    Write it as [[r2_buckets]]."],
    );
    mistakes(
        "the spool among the dead letters",
        &with("binding = \"DEAD\"", "binding = \"DEAD\"\nid = \"1\"")
            .replace("binding = \"SPOOL\"", "binding = \"SPOOL\"\nid = \"1\""),
        &[
            "49:1: kv_namespaces: SPOOL is the same namespace as DEAD",
            "    Give each a namespace of its own.",
        ],
    );
    mistakes(
        "a binding under the wrong field",
        &with("binding = \"DEAD\"\n", "name = \"DEAD\"\n"),
        &[
            "22:1: SUBSCRIPTION_SHOP.webhook: no KV namespace is bound as \"DEAD\"",
            "    Correct the name, or add the binding to this file.",
            "45:1: kv_namespaces[0]: binding is missing",
            "    Name the binding, as the tables in vars do.",
            "46:1: kv_namespaces[0].name: unknown field",
            "    Rename or remove it.",
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
            "28:1: DELIVERIES: no consumer for the queue \"deliveries\", so its messages expire after four days and their events are lost",
            "    Add [[queues.consumers]] with queue = \"deliveries\".",
        ],
    );
    mistakes(
        "nothing consumes the queue of dead letters",
        &with("[[queues.consumers]]\nqueue = \"dead-letters\"\nmax_retries = 100\n", ""),
        &[
            "37:1: DEAD_LETTERS: no consumer for the queue \"dead-letters\", so its messages expire after four days and their events are lost",
            "    Add [[queues.consumers]] with queue = \"dead-letters\".",
        ],
    );
    mistakes(
        "a consumer with a typo in its queue",
        &with(
            "[[queues.consumers]]\nqueue = \"deliveries\"",
            "[[queues.consumers]]\nqueue = \"delivery\"",
        ),
        &[
            "28:1: DELIVERIES: no consumer for the queue \"deliveries\", so its messages expire after four days and their events are lost",
            "    Add [[queues.consumers]] with queue = \"deliveries\".",
            "32:1: queues.consumers[0]: the Worker consumes only the queues of DELIVERIES and DEAD_LETTERS, and would take the messages of \"delivery\" for events that died, did you mean \"deliveries\"?",
            "    Consume it in a Worker of its own, or bind the queue as one of these two.",
        ],
    );
    mistakes(
        "the Worker consumes what it sends",
        &and("[[queues.consumers]]\nqueue = \"product-events\"\n"),
        &[
            "61:1: queues.consumers[2]: the Worker consumes only the queues of DELIVERIES and DEAD_LETTERS, and would take the messages of \"product-events\" for events that died",
            "    Consume it in a Worker of its own, or bind the queue as one of these two.",
        ],
    );
    mistakes(
        "the queue gives an event up before its retries have ended",
        &with(
            "queue = \"deliveries\"\nmax_retries = 100",
            "queue = \"deliveries\"\nmax_retries = 3",
        ),
        &[
            "32:1: queues.consumers[0]: max_retries is 3, but a subscription retries 35 times: the queue would give the events up before",
            "    Write max_retries = 100, the most that is possible.",
        ],
    );
    mistakes(
        "what the queue gives up is lost",
        &with("dead_letter_queue = \"dead-letters\"\n", ""),
        &[
            "32:1: queues.consumers[0]: without dead_letter_queue, what the queue gives up is lost",
            "    Write dead_letter_queue = \"dead-letters\".",
        ],
    );
    mistakes(
        "what the queue gives up goes where nobody looks",
        &with("dead_letter_queue = \"dead-letters\"", "dead_letter_queue = \"dead\""),
        &[
            "32:1: queues.consumers[0]: dead_letter_queue is \"dead\", but DEAD_LETTERS is \"dead-letters\": nobody would see what the queue gives up",
            "    Write dead_letter_queue = \"dead-letters\".",
        ],
    );
    mistakes(
        "a dead letter is given up after a few minutes",
        &with("queue = \"dead-letters\"\nmax_retries = 100", "queue = \"dead-letters\""),
        &[
            "41:1: queues.consumers[1]: max_retries is 3, so an event that cannot be stored in DEAD by then is lost",
            "    Write max_retries = 100, the most that is possible.",
        ],
    );
    mistakes(
        "more than Cloudflare allows",
        &with(
            "queue = \"deliveries\"\nmax_retries = 100",
            "queue = \"deliveries\"\nmax_retries = 200",
        ),
        &[
            "34:15: queues.consumers[0].max_retries: expected a whole number from 0 to 100",
            "    Change the value.",
        ],
    );
    mistakes(
        "two bindings of one queue",
        &with("queue = \"product-events\"", "queue = \"deliveries\""),
        &[
            "24:1: queues.producers: PRODUCT_EVENTS is the same queue as DELIVERIES",
            "    Give each a queue of its own.",
        ],
    );
}

#[test]
fn what_the_workers_own_bindings_need() {
    mistakes(
        "nothing drains the spool",
        &with("[triggers]\ncrons = [\"* * * * *\"]\n", ""),
        &[
            "48:1: SPOOL: there is no cron trigger, so nothing ever drains the spool",
            "    Add [triggers] with crons = [\"* * * * *\"].",
        ],
    );
    mistakes(
        "nothing creates the ledger",
        &with("[[migrations]]\ntag = \"v1\"\nnew_sqlite_classes = [\"Ledger\"]\n", ""),
        &[
            "54:1: LEDGER: there is no migration that creates its class",
            "    Add [[migrations]] with tag = \"v1\" and new_sqlite_classes = [\"Ledger\"].",
        ],
    );
    mistakes(
        "a migration that forgets everything",
        &and("[[migrations]]\ntag = \"v2\"\ndeleted_classes = [\"Ledger\"]\n"),
        &[
            "54:1: LEDGER: a migration deletes its class, and everything that it remembers",
            "    Remove deleted_classes from [[migrations]].",
        ],
    );
    mistakes(
        "the ledger without SQLite",
        &with("new_sqlite_classes", "new_classes"),
        &[
            "54:1: LEDGER: its migration has new_classes, but the ledger needs SQLite",
            "    Rename new_classes to new_sqlite_classes in [[migrations]].",
        ],
    );
    mistakes(
        "another class",
        &with("class_name = \"Ledger\"", "class_name = \"LEDGER\""),
        &[
            "54:1: LEDGER: class_name is \"LEDGER\", but the Worker exports \"Ledger\"",
            "    Write class_name = \"Ledger\".",
        ],
    );
    mistakes(
        "an option of a consumer with a typo",
        &with(
            "queue = \"deliveries\"\nmax_retries",
            "queue = \"deliveries\"\nmax_retry = 1\nmax_retries",
        ),
        &[
            "34:1: queues.consumers[0].max_retry: unknown field, did you mean \"max_retries\"?",
            "    Rename or remove it.",
        ],
    );
}

#[test]
fn cloudflares_limits_for_vars() {
    let many = subscriptions(125);
    mistakes(
        "more vars than Cloudflare allows",
        &and(&many),
        &[
            "309:7: vars: 130 vars and secrets, but a Worker can have at most 128",
            "    Combine subscriptions, or deploy a second Worker for some of them.",
        ],
    );
    let long = format!("[vars]\nNOTE = \"{}\"\n", "x".repeat(5_121));
    mistakes(
        "a var that is longer than Cloudflare allows",
        &with("[vars.WEBHOOK]", &format!("{long}\n[vars.WEBHOOK]")),
        &["13:1: NOTE: 5121 bytes, but a var may have at most 5120", "    Shorten it."],
    );
}

#[test]
fn the_file_that_main_names_must_exist() {
    let report = elytra_webhooks_check::check(
        &with("src/cloudflare/executor/main.mjs", "build/index.js"),
        elytra_webhooks_check::Scope::All,
        |path| path == "src/cloudflare/executor/main.mjs",
    );
    assert_eq!(crate::heads(&report.mistakes), ["2: main: there is no file \"build/index.js\""]);
    mistakes(
        "no main at all",
        &with("main = \"src/cloudflare/executor/main.mjs\"\n", ""),
        &[
            "1:1: main: missing, so there is no Worker to run",
            "    Write main = \"src/index.js\", or in a checkout \"src/cloudflare/executor/main.mjs\", relative to this file.",
        ],
    );
}
