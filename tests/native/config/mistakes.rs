//! What can be wrong with a configuration: each mistake with its place and its exact text.

mod subscriptions;

use elytra_webhooks::config::{Binding, Bindings, Config};

use super::{json, text, with};

#[track_caller]
fn check(why: &str, bindings: &Bindings, expected: &[&str]) {
    let mistakes = match Config::from_bindings(bindings) {
        Ok(config) => panic!("{why}: accepted {config:?}"),
        Err(mistakes) => mistakes,
    };
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
    assert!(!found.concat().contains("canary"), "{why}: a secret shows");
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
        "peers #10: security that is missing fails closed",
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
        "design.md: a var over its limit",
        &with("SUBSCRIPTION_A", json(&large)),
        &["SUBSCRIPTION_A: 5121 bytes, but a var may hold 5120"],
    );
}

#[test]
fn unknown_vars_and_fields_are_told_with_the_nearest() {
    check(
        "a slip of the pen would switch a subscription off",
        &with("SUBSCRIPTON_B", json("{}")),
        &["SUBSCRIPTON_B: unknown var, did you mean \"SUBSCRIPTION_\"?"],
    );
    check("nothing is near", &with("LIMITS", json("{}")), &["LIMITS: unknown var"]);
    check(
        "vars have a case",
        &with("webhook", json("{}")),
        &["webhook: unknown var, did you mean \"WEBHOOK\"?"],
    );
    webhook(
        "the field of Elytra's models is auth_type",
        r#""auth_type":"none","auth_typ":"bearer""#,
        "WEBHOOK.auth_typ: unknown field, did you mean \"auth_type\"?",
    );
    webhook("nothing is near", r#""auth_type":"none","retry":{}"#, "WEBHOOK.retry: unknown field");
    webhook(
        "inside of auth",
        r#""auth_type":"bearer","auth":{"token":"TOKEN","header_name":"x"}"#,
        "WEBHOOK.auth.header_name: unknown field",
    );
    subscription(
        "singular for plural",
        r#""event_type":["product"],"queue":"EVENTS_QUEUE""#,
        "SUBSCRIPTION_A.event_type: unknown field, did you mean \"event_types\"?",
    );
    subscription(
        "inside of kv",
        r#""kv":{"binding":"EVENTS_KV","ttl":60}"#,
        "SUBSCRIPTION_A.kv.ttl: unknown field",
    );
}

#[test]
fn auth_type_is_written_out() {
    webhook("peers #10: no default", r#""auth":{"token":"TOKEN"}"#, "WEBHOOK.auth_type: missing");
    webhook("null is no default", r#""auth_type":null"#, "WEBHOOK.auth_type: expected a string");
    webhook("empty", r#""auth_type":"""#, "WEBHOOK.auth_type: unknown name \"\"");
    webhook(
        "names have a case",
        r#""auth_type":"Bearer","auth":{"token":"TOKEN"}"#,
        "WEBHOOK.auth_type: unknown name \"Bearer\", did you mean \"bearer\"?",
    );
    webhook(
        "as others spell it",
        r#""auth_type":"api_key","auth":{}"#,
        "WEBHOOK.auth_type: unknown name \"api_key\", did you mean \"apikey\"?",
    );
}

#[test]
fn auth_belongs_to_auth_type() {
    webhook(
        "Elytra's WebhookConfig refuses it too",
        r#""auth_type":"none","auth":{"token":"TOKEN"}"#,
        "WEBHOOK.auth: must not be there with auth_type \"none\"",
    );
    webhook(
        "Elytra's WebhookConfig asks for it",
        r#""auth_type":"basic""#,
        "WEBHOOK.auth: missing",
    );
    let bearer = |why, auth: &str, expected| {
        webhook(why, &format!(r#""auth_type":"bearer","auth":{auth}"#), expected);
    };
    bearer("an empty list lets nobody in", "[]", "WEBHOOK.auth: expected at least one credential");
    bearer("a secret itself", r#""secret""#, "WEBHOOK.auth: expected a table");
    bearer(
        "a list of something else",
        r#"[{"token":"TOKEN"},5]"#,
        "WEBHOOK.auth[1]: expected a table",
    );
    bearer("no token", "{}", "WEBHOOK.auth.token: missing");
    bearer("a number", r#"{"token":5}"#, "WEBHOOK.auth.token: expected a string");
    bearer(
        "design.md: a credential named but not set",
        r#"[{"token":"TOKEN"},{"token":"TOKN"}]"#,
        "WEBHOOK.auth[1].token: no secret \"TOKN\" is set, did you mean \"TOKEN\"?",
    );
    bearer("nothing near", r#"{"token":"X"}"#, "WEBHOOK.auth.token: no secret \"X\" is set");
    bearer(
        "a binding that is no secret",
        r#"{"token":"EVENTS_KV"}"#,
        "WEBHOOK.auth.token: no secret \"EVENTS_KV\" is set",
    );
    let mut empty = with("WEBHOOK", json(r#"{"auth_type":"bearer","auth":{"token":"EMPTY"}}"#));
    empty.insert("EMPTY".to_owned(), text(""));
    check(
        "peers #5: everybody knows the empty secret",
        &empty,
        &["WEBHOOK.auth.token: the secret \"EMPTY\" is empty"],
    );
}

#[test]
fn basic_and_apikey_have_rules_of_their_own() {
    check(
        "both at once",
        &with("WEBHOOK", json(r#"{"auth_type":"basic","auth":{"user":"USERNAME"}}"#)),
        &[
            "WEBHOOK.auth.username: missing",
            "WEBHOOK.auth.password: missing",
            "WEBHOOK.auth.user: unknown field, did you mean \"username\"?",
        ],
    );
    let colon = r#"{"auth_type":"basic","auth":{"username":"PASSWORD","password":"TOKEN"}}"#;
    check(
        "RFC 7617 section 2: a user name with a colon cannot be sent",
        &with("WEBHOOK", json(colon)),
        &[
            "WEBHOOK.auth.username: the user name in \"PASSWORD\" holds a colon, which HTTP Basic forbids",
        ],
    );
    for (name, quoted) in
        [("", r#""""#), ("api key", r#""api key""#), ("schlüssel", r#""schlüssel""#)]
    {
        webhook(
            "RFC 9110 5.1: a header's name is a token",
            &format!(
                r#""auth_type":"apikey","auth":{{"api_key":"API_KEY","header_name":"{name}"}}"#
            ),
            &format!("WEBHOOK.auth.header_name: {quoted} is not the name of a header"),
        );
    }
    webhook(
        "a list of names is none",
        r#""auth_type":"apikey","auth":{"api_key":"API_KEY","header_name":["a"]}"#,
        "WEBHOOK.auth.header_name: expected a string",
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
            "WEBHOOK.max_body_bytes: expected a whole number from 65536 to 26214400",
        );
    }
}

#[test]
fn a_list_of_unknown_methods_is_not_an_empty_one() {
    webhook(
        "one mistake is told once; Elytra writes methods in lower case, HTTP does not",
        r#""auth_type":"none","methods":["post"]"#,
        "WEBHOOK.methods[0]: unknown name \"post\", did you mean \"POST\"?",
    );
}

#[test]
fn all_mistakes_come_at_once() {
    let mut bindings =
        with("WEBHOOK", json(r#"{"max_body_bytes":1,"methods":["GET","PUT"],"x":1}"#));
    bindings.insert("SUBSCRIPTION_A".to_owned(), json(r#"{"active":1,"operations":["ad"]}"#));
    bindings.insert("SUBSCRIPTION_B".to_owned(), text(""));
    bindings.insert("SUBSCRIPTIONS_C".to_owned(), json("[]"));
    check(
        "in the order of the vars",
        &bindings,
        &[
            "SUBSCRIPTIONS_C: unknown var, did you mean \"SUBSCRIPTION_\"?",
            "SUBSCRIPTION_A.active: expected true or false",
            "SUBSCRIPTION_A.operations[0]: unknown name \"ad\", did you mean \"add\"?",
            "SUBSCRIPTION_A: expected a destination: queue or kv",
            "SUBSCRIPTION_B: expected a table",
            "WEBHOOK.auth_type: missing",
            "WEBHOOK.methods[0]: unknown name \"GET\"",
            "WEBHOOK.max_body_bytes: expected a whole number from 65536 to 26214400",
            "WEBHOOK.x: unknown field",
        ],
    );
}
