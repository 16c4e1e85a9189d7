//! What is dangerous unless it is intended.

use crate::{and, subscriptions, warnings, with};

#[test]
fn each_has_its_place() {
    warnings(
        "a binding that nothing names",
        &and("[[kv_namespaces]]\nbinding = \"EVENTS\"\n"),
        &[
            "61:1: kv_namespaces: nothing uses \"EVENTS\"",
            "    Name it in a subscription, or remove the binding.",
        ],
    );
    warnings(
        "one of the Worker's own with a typo",
        &and("[[kv_namespaces]]\nbinding = \"CLAIM\"\n"),
        &[
            "61:1: kv_namespaces: nothing uses \"CLAIM\", did you mean \"CLAIMS\"?",
            "    Name it in a subscription, or remove the binding.",
        ],
    );
    warnings(
        "a kind that the Worker does not use",
        &and("[[d1_databases]]\nbinding = \"DB\"\n"),
        &["61:1: d1_databases: the Worker uses no bindings of this kind", "    Remove them."],
    );
    let anew = "[[migrations]]\ntag = \"v2\"\ndeleted_classes = [\"Ledger\"]\n\n[[migrations]]\ntag = \"v3\"\n\
                new_sqlite_classes = [\"Ledger\"]\n";
    warnings("a ledger that begins anew", &and(anew), &[]);
    warnings(
        "a ledger without deduplication",
        &with("dedupe_window_seconds = 86_400\n", ""),
        &[
            "53:1: LEDGER: nothing uses LEDGER: without dedupe_window_seconds, an event that is sent again is forwarded again",
            "    Set dedupe_window_seconds in WEBHOOK, or remove the binding.",
        ],
    );
    warnings(
        "the journal is in the ledger as well",
        &with("dedupe_window_seconds = 86_400\n", "\n[vars.JOURNAL]\n"),
        &[],
    );
    warnings(
        "no build command",
        &with("build.command = \"cargo xtask build\"\n", "\n"),
        &[
            "2:8: build.command: missing, so wrangler deploys what was built before, and does not check this file",
            "    Write command = \"cargo xtask build\" in [build], as the shipped file does.",
        ],
    );
    warnings(
        "retries of half a minute where a day was the default",
        &with(
            "auth = { token = \"SHOP_TOKEN\" } }",
            "auth = { token = \"SHOP_TOKEN\" }, retry = { max_delay = 60_000 } }",
        ),
        &[
            "22:110: SUBSCRIPTION_SHOP.webhook.retry: retried only 5 times, because a table's missing fields follow Elytra's model, not the default of about a day",
            "    Add max_retries = 35 (with max_delay = 3_600_000, about a day), or what you mean.",
        ],
    );
    warnings(
        "a build command that does not check",
        &with("build.command = \"cargo xtask build\"\n", "build.command = \"make\"\n"),
        &[
            "4:17: build.command: not `cargo xtask build`, so wrangler may deploy this file unchecked",
            "    Write command = \"cargo xtask build\" in [build], as the shipped file does.",
        ],
    );
    warnings(
        "no log",
        &with("enabled = true", "enabled = false"),
        &[
            "5:1: observability: Cloudflare keeps no log, so nobody can look up what became of an event",
            "    Write enabled = true.",
        ],
    );
    warnings(
        "tokens in the log",
        &with("redact_query_string = true\n", ""),
        &[
            "5:1: observability: Cloudflare's log shows tokens that arrive in the query",
            "    Write redact_query_string = true.",
        ],
    );
    let many = subscriptions(65);
    warnings(
        "more vars than the free plan has",
        &and(&many),
        &[
            "189:7: vars: 70 vars and secrets, but on the free plan a Worker can have at most 64",
            "    Combine subscriptions, or use the paid plan.",
        ],
    );
    warnings(
        "a warning of the Worker's",
        &with(
            "auth = { token = \"SHOP_TOKEN\" } }",
            "auth = { token = \"SHOP_TOKEN\" }, retry = { max_retries = 99, initial_delay = 86_400_000, max_delay = 86_400_000 } }",
        ),
        &[
            "22:102: SUBSCRIPTION_SHOP.webhook.retry: the retries can take 8554600 seconds, but a queue keeps a message for 345600, unless its retention period is longer",
            "    Change one of the two values.",
        ],
    );
}
