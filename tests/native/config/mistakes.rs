//! What can be wrong with a configuration: the path and the exact text of each mistake.

mod authentication;
mod filters;
mod subscriptions;

use elytra_webhooks::config::{Binding, Bindings, Config};

use super::{json, text, with};

#[track_caller]
fn check(why: &str, bindings: &Bindings, expected: &[&str]) {
    let mistakes = match Config::from_bindings(bindings) {
        Ok(config) => panic!("{why}: accepted {config:?}"),
        Err(broken) => broken.mistakes,
    };
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
    assert!(!found.concat().contains("canary"), "{why}: a secret shows");
    assert!(!format!("{mistakes:?}").contains("canary"), "{why}: a secret is kept");
}

/// `WEBHOOK` with these fields has one mistake.
#[track_caller]
fn webhook(why: &str, fields: &str, expected: &str) {
    check(why, &with("WEBHOOK", json(&format!("{{{fields}}}"))), &[expected]);
}

/// `SUBSCRIPTION_A` with these fields has one mistake.
#[track_caller]
fn subscription(why: &str, fields: &str, expected: &str) {
    check(why, &with("SUBSCRIPTION_A", json(&format!("{{{fields}}}"))), &[expected]);
}

#[test]
fn nothing_configured_is_two_mistakes() {
    check(
        "missing authentication fails closed",
        &Bindings::new(),
        &[
            "WEBHOOK: missing",
            "SUBSCRIPTION_<NAME>: missing: without a subscription every event would be ignored",
        ],
    );
}

#[test]
fn vars_are_tables_within_cloudflares_limit() {
    let not_a_table = &["WEBHOOK: expected a table"];
    check("a list", &with("WEBHOOK", json("[]")), not_a_table);
    check("a string", &with("WEBHOOK", text("{}")), not_a_table);
    check("not JSON", &with("WEBHOOK", json("{")), not_a_table);
    check("nested too deeply", &with("WEBHOOK", json(&"[".repeat(5000))), not_a_table);
    check("a binding", &with("SUBSCRIPTION_A", Binding::Kv), &["SUBSCRIPTION_A: expected a table"]);
    let large = format!("{{{}}}", " ".repeat(5119));
    check(
        "a var over its limit",
        &with("SUBSCRIPTION_A", json(&large)),
        &["SUBSCRIPTION_A: 5121 bytes, but a var may have at most 5120"],
    );
}

/// A table under this name has one mistake.
#[track_caller]
fn unknown_var(why: &str, name: &str, expected: &str) {
    check(why, &with(name, json("{}")), &[&format!("{name}: unknown var{expected}")]);
}

#[test]
fn unknown_vars_come_with_a_suggestion() {
    let meant = |why, name, expected| {
        unknown_var(why, name, &format!(", did you mean {expected:?}?"));
    };
    meant("a slip of the pen would switch it off", "SUBSCRIPTON_B", "SUBSCRIPTION_B");
    meant("plural for singular", "SUBSCRIPTIONS_C", "SUBSCRIPTION_C");
    meant(
        "the length of the name after the first word does not matter",
        "SUBSCRIPTON_A_VERY_LONG_NAME",
        "SUBSCRIPTION_A_VERY_LONG_NAME",
    );
    meant("no name at all", "SUBSCRIPTION", "SUBSCRIPTION_<NAME>");
    meant("vars have a case, names keep theirs", "subscription_b", "SUBSCRIPTION_b");
    meant("vars have a case", "webhook", "WEBHOOK");
    meant("a slip of the pen", "WEBHOKS", "WEBHOOK");
    meant("there is one webhook, so it has no name of its own", "WEBHOOK_B", "WEBHOOK");
    unknown_var("nothing is near", "LIMITS", "");
    meant("a word too many", "MY_WEBHOOK", "WEBHOOK");
    meant("a line too many", "WEB_HOOK", "WEBHOOK");
    meant("nothing behind the line", "SUBSCRIPTONS_", "SUBSCRIPTION_<NAME>");
}

#[test]
fn unknown_fields_come_with_a_suggestion() {
    webhook(
        "the field of Elytra's models is auth_type",
        r#""auth_type":"none","auth_typ":"bearer""#,
        "WEBHOOK.auth_typ: unknown field, did you mean \"auth_type\"?",
    );
    webhook("nothing is near", r#""auth_type":"none","retry":{}"#, "WEBHOOK.retry: unknown field");
    webhook(
        "inside auth",
        r#""auth_type":"bearer","auth":{"token":"TOKEN","header_name":"x"}"#,
        "WEBHOOK.auth.header_name: unknown field",
    );
    subscription(
        "singular for plural",
        r#""event_type":["product"],"queue":"EVENTS_QUEUE""#,
        "SUBSCRIPTION_A.event_type: unknown field, did you mean \"event_types\"?",
    );
    subscription(
        "inside kv",
        r#""kv":{"binding":"EVENTS_KV","ttl":60}"#,
        "SUBSCRIPTION_A.kv.ttl: unknown field",
    );
}

#[test]
fn methods_and_limits_of_the_webhook() {
    let none = |why, field: &str, expected| {
        webhook(why, &format!(r#""auth_type":"none",{field}"#), expected);
    };
    none("no method, no event", r#""methods":[]"#, "WEBHOOK.methods: expected at least one method");
    none("one name", r#""methods":"POST""#, "WEBHOOK.methods: expected a list of names");
    none("a number", r#""methods":["POST",1]"#, "WEBHOOK.methods[1]: expected a name");
    none(
        "GET brings no event",
        r#""methods":["POST","GET"]"#,
        "WEBHOOK.methods[1]: unknown name \"GET\"",
    );
    for bytes in ["65535", "26214401", "-1", "1e6", "1048576.0", "\"1048576\"", "null"] {
        none(
            "core section 5: 64 KiB at least; KV: 25 MiB at most",
            &format!(r#""max_body_bytes":{bytes}"#),
            "WEBHOOK.max_body_bytes: expected a whole number from 65536 to 8388608",
        );
    }
}

#[test]
fn a_list_of_unknown_methods_is_not_an_empty_one() {
    webhook(
        "each mistake is reported once; Elytra writes methods in lower case, HTTP does not",
        r#""auth_type":"none","methods":["post"]"#,
        "WEBHOOK.methods[0]: unknown name \"post\", did you mean \"POST\"?",
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let mut bindings =
        with("WEBHOOK", json(r#"{"max_body_bytes":1,"methods":["GET","PUT"],"x":1}"#));
    bindings.insert("SUBSCRIPTION_A".to_owned(), json(r#"{"active":1,"operations":["ad"]}"#));
    bindings.insert("SUBSCRIPTION_B".to_owned(), text(""));
    bindings.insert("SUBSCRIPTIONS_C".to_owned(), json("{}"));
    check(
        "in the order of the vars",
        &bindings,
        &[
            "SUBSCRIPTIONS_C: unknown var, did you mean \"SUBSCRIPTION_C\"?",
            "SUBSCRIPTION_A.active: expected true or false",
            "SUBSCRIPTION_A.operations[0]: unknown name \"ad\", did you mean \"add\"?",
            "SUBSCRIPTION_A: expected a destination: queue = \"<binding>\", kv = { binding = \"<binding>\" }, r2 = { binding = \"<binding>\" }, webhook = { url = \"<URL>\" } or service = \"<binding>\"",
            "SUBSCRIPTION_B: expected a table",
            "WEBHOOK.auth_type: missing",
            "WEBHOOK.methods[0]: unknown name \"GET\"",
            "WEBHOOK.max_body_bytes: expected a whole number from 65536 to 8388608",
            "WEBHOOK.x: unknown field",
        ],
    );
}
