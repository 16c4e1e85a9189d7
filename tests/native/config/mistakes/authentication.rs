//! What can be wrong with `auth_type`, `auth` and the secrets it names.

use elytra_webhooks::config::Bindings;

use super::super::{json, text, with};
use super::{check, webhook};

#[test]
fn auth_type_is_written_out() {
    webhook("no default", r#""auth":{"token":"TOKEN"}"#, "WEBHOOK.auth_type: missing");
    webhook("null is no default", r#""auth_type":null"#, "WEBHOOK.auth_type: expected a string");
    webhook("empty", r#""auth_type":"""#, "WEBHOOK.auth_type: unknown name \"\"");
    webhook(
        "names are case-sensitive",
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
        "WEBHOOK.auth: not allowed with auth_type \"none\"",
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
        "a credential named but not set",
        r#"[{"token":"TOKEN"},{"token":"TOKN"}]"#,
        "WEBHOOK.auth[1].token: no secret with this name is set, expected the name of a secret, did you mean \"TOKEN\"?",
    );
    bearer(
        "nothing near",
        r#"{"token":"X"}"#,
        "WEBHOOK.auth.token: no secret with this name is set, expected the name of a secret",
    );
    bearer(
        "a binding that is not a secret",
        r#"{"token":"EVENTS_KV"}"#,
        "WEBHOOK.auth.token: no secret with this name is set, expected the name of a secret",
    );
    let mut empty = with("WEBHOOK", json(r#"{"auth_type":"bearer","auth":{"token":"EMPTY"}}"#));
    empty.insert("EMPTY".to_owned(), text(""));
    check(
        "everybody knows the empty secret",
        &empty,
        &["WEBHOOK.auth.token: the secret \"EMPTY\" is empty"],
    );
}

#[test]
fn basic_and_apikey_have_their_own_rules() {
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
            "WEBHOOK.auth.username: the user name in \"PASSWORD\" contains a colon, which HTTP Basic forbids",
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
        "a list of names is not a list of tables",
        r#""auth_type":"apikey","auth":{"api_key":"API_KEY","header_name":["a"]}"#,
        "WEBHOOK.auth.header_name: expected a string",
    );
}

#[test]
fn a_secret_instead_of_its_name_is_not_shown() {
    let not_set = |field| {
        format!(
            "WEBHOOK.auth.{field}: no secret with this name is set, expected the name of a secret"
        )
    };
    let pasted = |why, auth_type, auth: &str, expected: &[&str]| {
        let fields = format!(r#"{{"auth_type":"{auth_type}","auth":{auth}}}"#);
        check(why, &with("WEBHOOK", json(&fields)), expected);
    };
    let token = not_set("token");
    pasted("mistakes stand in the log", "bearer", r#"{"token":"pasted-canary"}"#, &[&token]);
    pasted("the whole header", "bearer", r#"{"token":"Bearer pasted-canary"}"#, &[&token]);
    pasted("what cannot be sent either", "bearer", r#"{"token":" canary\n"}"#, &[&token]);
    let nearest = format!("{token}, did you mean \"TOKEN_NEXT\"?");
    pasted("one that is set", "bearer", r#"{"token":"token-canary"}"#, &[&nearest]);
    pasted("a key", "apikey", r#"{"api_key":"pasted-canary"}"#, &[&not_set("api_key")]);
    pasted(
        "both of Basic, and the colon is not looked for",
        "basic",
        r#"{"username":"a:canary","password":"b:canary"}"#,
        &[&not_set("username"), &not_set("password")],
    );
    pasted("no table", "bearer", r#""pasted-canary""#, &["WEBHOOK.auth: expected a table"]);
    pasted("a list", "bearer", r#"["pasted-canary"]"#, &["WEBHOOK.auth[0]: expected a table"]);
}

/// Bindings with this `WEBHOOK` and a secret `ODD`.
fn with_odd(webhook: &str, secret: &str) -> Bindings {
    let mut bindings = with("WEBHOOK", json(webhook));
    bindings.insert("ODD".to_owned(), text(secret));
    bindings
}

#[test]
fn secrets_that_no_header_can_carry_are_mistakes() {
    let not_sendable = |path| {
        format!(
            "{path}: the secret \"ODD\" begins or ends with white space or contains a control character, so it cannot be sent in a header"
        )
    };
    let bearer = r#"{"auth_type":"bearer","auth":{"token":"ODD"}}"#;
    let apikey = r#"{"auth_type":"apikey","auth":{"api_key":"ODD"}}"#;
    let secrets = [
        ("a file piped into wrangler ends with a line feed", "canary\n"),
        ("or with that of Windows", "canary\r\n"),
        ("RFC 9110 5.5: white space at the ends is no part of a header's value", " canary"),
        ("at the other end", "canary "),
        ("a tab is white space too", "\tcanary"),
        ("copied from a web page", "canary\u{a0}"),
        ("nothing else at all", "  "),
        ("two secrets, one a line", "canary\ncanary"),
        ("RFC 9110 5.5: a header's value has no control characters", "can\0ary"),
        ("the last of ASCII", "canary\u{7f}canary"),
    ];
    for (why, secret) in secrets {
        check(why, &with_odd(bearer, secret), &[&not_sendable("WEBHOOK.auth.token")]);
        check(why, &with_odd(apikey, secret), &[&not_sendable("WEBHOOK.auth.api_key")]);
    }
    check(
        "one in a list is enough, and other mistakes are reported too",
        &with_odd(
            r#"{"auth_type":"apikey","auth":[{"api_key":"API_KEY"},{"api_key":"ODD","header_name":"","x":1}]}"#,
            "canary\n",
        ),
        &[
            &not_sendable("WEBHOOK.auth[1].api_key"),
            "WEBHOOK.auth[1].header_name: \"\" is not the name of a header",
            "WEBHOOK.auth[1].x: unknown field",
        ],
    );
    check(
        "an empty secret is reported as empty",
        &with_odd(bearer, ""),
        &["WEBHOOK.auth.token: the secret \"ODD\" is empty"],
    );
}
