//! What can be wrong with a webhook: the path and the exact text of each mistake.

use elytra_webhooks::config::{Binding, Bindings, Config};

use super::{bindings_with, with_fields};
use crate::config::{json, text};

#[track_caller]
fn refuse(why: &str, bindings: &Bindings, expected: &[&str]) {
    let mistakes = match Config::from_bindings(bindings) {
        Ok(config) => panic!("{why}: accepted {config:?}"),
        Err(broken) => broken.mistakes,
    };
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
    let shown = format!("{found:?} {mistakes:?}");
    assert!(!shown.contains("canary"), "{why}: a secret shows: {shown}");
}

/// A webhook with a URL and these fields has one mistake.
#[track_caller]
fn field(why: &str, fields: &str, expected: &str) {
    refuse(why, &with_fields(fields), &[&format!("SUBSCRIPTION_A.webhook.{expected}")]);
}

/// A webhook with this URL has one mistake.
#[track_caller]
fn url(why: &str, url: &str, expected: &str) {
    let bindings = bindings_with(&format!(r#"{{"webhook":{{"url":{url}}}}}"#));
    refuse(why, &bindings, &[&format!("SUBSCRIPTION_A.webhook.url: {expected}")]);
}

#[test]
fn urls() {
    let bad = "expected an absolute https URL";
    url("no URL", r#""""#, bad);
    url("relative", r#""/url-canary""#, bad);
    url("no scheme", r#""a.example/url-canary""#, bad);
    url("no host", r#""https:///url-canary""#, bad);
    url("a port alone", r#""https://:8443/url-canary""#, bad);
    url("no authority", r#""https:a.example""#, bad);
    url("another scheme", r#""ftp://a.example/url-canary""#, bad);
    url("white space", r#"" https://a.example""#, bad);
    url("not ASCII, which a URL must encode", r#""https://a.example/é""#, bad);
    url("no text", "1", "expected a string");
    let credentials = "must not contain credentials: put them in secrets that auth names";
    url("no credentials", r#""https://user:pass-canary@a.example""#, credentials);
    url("nor a name alone", r#""https://user-canary@a.example""#, credentials);
    url("nor empty ones", r#""https://@a.example""#, credentials);
    url("it would never be sent", r#""https://a.example/b#canary""#, "must not have a fragment");
    let insecure = "expected https: http is only allowed with allow_insecure = true";
    url("only https", r#""http://a.example/url-canary""#, insecure);
    url("in any case", r#""HTTP://a.example""#, insecure);
    let bindings = bindings_with(r#"{"webhook":{}}"#);
    refuse("models: required", &bindings, &["SUBSCRIPTION_A.webhook.url: missing"]);
    let denied = r#"{"webhook":{"url":"http://a.example","allow_insecure":false}}"#;
    let expected = format!("SUBSCRIPTION_A.webhook.url: {insecure}");
    refuse("written out", &bindings_with(denied), &[&expected]);
    let ftp = r#"{"webhook":{"url":"ftp://a.example","allow_insecure":true}}"#;
    let expected = format!("SUBSCRIPTION_A.webhook.url: {bad}");
    refuse("it only allows http", &bindings_with(ftp), &[&expected]);
}

#[test]
fn names_and_numbers() {
    field("GET carries no event", r#""method":"get""#, "method: unknown name \"get\"");
    let upper = "method: unknown name \"POST\", did you mean \"post\"?";
    field("Elytra writes them in lower case", r#""method":"POST""#, upper);
    field("no list", r#""method":["post"]"#, "method: expected a string");
    let batch = "mode: unknown name \"batch\"";
    field("each event by itself", r#""mode":"batch""#, batch);
    field("a word", r#""allow_insecure":"yes""#, "allow_insecure: expected true or false");
    for value in ["99", "60001", "-1", "1.5", "\"10s\"", "null"] {
        let fields = format!(r#""timeout_ms":{value}"#);
        let expected = "timeout_ms: expected a whole number from 100 to 60000";
        field("no server is that fast or that slow", &fields, expected);
    }
}

#[test]
fn retries() {
    let retry = |why: &str, name: &str, value: &str, expected: &str| {
        let fields = format!(r#""retry":{{"{name}":{value}}}"#);
        field(why, &fields, &format!("retry.{name}: expected {expected}"));
    };
    let retries = "a whole number from 0 to 99";
    for value in ["-1", "100", "1.5", "null"] {
        retry("models: ge=0; a queue hands out 100 times", "max_retries", value, retries);
    }
    let delay = "a whole number from 100 to 86400000";
    for value in ["99", "86400001", "1e3", "\"1s\""] {
        retry("models: ge=100; a queue delays for a day", "initial_delay", value, delay);
    }
    let delay = "a whole number from 1000 to 86400000";
    for value in ["999", "86400001", "-1000"] {
        retry("models: ge=1000; a queue delays for a day", "max_delay", value, delay);
    }
    for value in ["0.99", "0", "-2", "1000.1", "1e300", "\"2\"", "null"] {
        retry("models: ge=1.0", "backoff_multiplier", value, "a number from 1 to 1000");
    }
    let expected = "retry: expected a table or \"elytra\"";
    for value in ["5", "null", "true", "[]", r#"["elytra"]"#] {
        field("neither", &format!(r#""retry":{value}"#), expected);
    }
    for (why, name, rest) in [
        ("a typo", "elitra", ", found \"elitra\", did you mean \"elytra\"?"),
        ("names are in lower case", "Elytra", ", found \"Elytra\", did you mean \"elytra\"?"),
        ("nothing like it", "forever", ", found \"forever\""),
        ("an empty name", "", ", found \"\""),
    ] {
        field(why, &format!(r#""retry":"{name}""#), &format!("{expected}{rest}"));
    }
    let near = "retry.max_retrys: unknown field, did you mean \"max_retries\"?";
    field("a typo", r#""retry":{"max_retrys":1}"#, near);
}

#[test]
fn auth_is_required_unless_auth_type_is_none() {
    let token = r#""auth":{"token":"TOKEN"}"#;
    let with_none = "auth: not allowed with auth_type \"none\"";
    field("models: validate_auth", &format!(r#""auth_type":"none",{token}"#), with_none);
    field(
        "a secret that is named is meant to be sent",
        token,
        "auth_type: required with auth: expected \"basic\", \"bearer\" or \"apikey\"",
    );
    for auth_type in ["basic", "bearer", "apikey"] {
        field("models: validate_auth", &format!(r#""auth_type":"{auth_type}""#), "auth: missing");
    }
    let bearer = |why, auth: &str, expected| {
        field(why, &format!(r#""auth_type":"bearer","auth":{auth}"#), expected);
    };
    bearer("what is sent is one, not a choice", r#"[{"token":"TOKEN"}]"#, "auth: expected a table");
    bearer(
        "of another kind",
        r#"{"token":"TOKEN","username":"USERNAME"}"#,
        "auth.username: unknown field",
    );
    bearer("no token", "{}", "auth.token: missing");
    let unset = "auth.token: no secret with this name is set, expected the name of a secret";
    bearer("a secret in the place of its name", r#"{"token":"shop-canary-itself"}"#, unset);
    bearer("what senders know is not proposed for it", r#"{"token":"ELYTRA_TOKEM"}"#, unset);
    let near = format!("{unset}, did you mean \"TOKEN_NEXT\"?");
    bearer("what nobody has is", r#"{"token":"TOKEN_NEX"}"#, &near);
    let basic = r#""auth_type":"basic","auth":{"username":"PASSWORD","password":"PASSWORD"}"#;
    let colon =
        "auth.username: the user name in \"PASSWORD\" contains a colon, which HTTP Basic forbids";
    field("RFC 7617 section 2", basic, colon);
}

#[test]
fn an_unknown_auth_type_is_one_mistake() {
    field(
        "auth is not checked, because it belongs to the type that was meant",
        r#""auth_type":"beare","auth":{"token":"TOKEN"}"#,
        "auth_type: unknown name \"beare\", did you mean \"bearer\"?",
    );
}

#[test]
fn headers_of_api_keys() {
    let name = |why, name: &str, expected: &str| {
        let auth = format!(r#"{{"api_key":"API_KEY","header_name":"{name}"}}"#);
        let expected = format!("auth.header_name: {expected}");
        field(why, &format!(r#""auth_type":"apikey","auth":{auth}"#), &expected);
    };
    let taken = [
        "Content-Type",
        "content-length",
        "host",
        "Idempotency-Key",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "User-Agent",
        "ce-id",
        "CE-X",
    ];
    for header in taken {
        let expected = format!("the header {:?} is reserved", header.to_lowercase());
        name("it would be there twice, or replace ours", header, &expected);
    }
    name("RFC 9110 section 5.6.2", "a b", "\"a b\" is not the name of a header");
    name("nothing", "", "\"\" is not the name of a header");
}

#[test]
fn secrets_that_no_header_can_carry() {
    for secret in [" canary", "canary\n", "can\u{1}ary"] {
        let mut bindings = with_fields(r#""auth_type":"bearer","auth":{"token":"ODD"}"#);
        bindings.insert("ODD".to_owned(), text(secret));
        let expected = "SUBSCRIPTION_A.webhook.auth.token: the secret \"ODD\" begins or ends with white space or contains a control character, so it cannot be sent in a header";
        refuse("every call would fail", &bindings, &[expected]);
    }
}

#[test]
fn webhooks_need_their_queues_and_dead_letters() {
    let kinds = [("DELIVERIES", "queue"), ("DEAD_LETTERS", "queue"), ("DEAD", "KV namespace")];
    for (name, kind) in kinds {
        let mut bindings = with_fields("");
        bindings.remove(name);
        let expected = format!("SUBSCRIPTION_A.webhook: no {kind} is bound as \"{name}\"");
        // The names of the other queues are too different to be suggested.
        refuse("without it, webhooks are refused", &bindings, &[&expected]);
        bindings.insert(name.to_owned(), Binding::RateLimit);
        let expected = format!(
            "SUBSCRIPTION_A.webhook: \"{name}\" is bound to a rate limit, expected a {kind}"
        );
        refuse("of another kind", &bindings, &[&expected]);
    }
    let mut bindings = with_fields(r#""active":1"#);
    for (name, _) in kinds {
        bindings.remove(name);
    }
    let expected = [
        "SUBSCRIPTION_A.webhook: no queue is bound as \"DELIVERIES\"",
        "SUBSCRIPTION_A.webhook: no queue is bound as \"DEAD_LETTERS\"",
        "SUBSCRIPTION_A.webhook: no KV namespace is bound as \"DEAD\"",
        "SUBSCRIPTION_A.webhook.active: unknown field",
    ];
    refuse("all at once", &bindings, &expected);
}

#[test]
fn a_subscription_has_one_destination() {
    let several = "SUBSCRIPTION_A: expected only one of queue, kv, r2, webhook and service: a second destination needs a second subscription";
    let webhook = r#""webhook":{"url":"https://a.example"}"#;
    let (queue, kv) = (r#""queue":"EVENTS_QUEUE""#, r#""kv":{"binding":"EVENTS_KV"}"#);
    for fields in
        [format!("{queue},{webhook}"), format!("{kv},{webhook}"), format!("{queue},{kv},{webhook}")]
    {
        refuse(&fields, &bindings_with(&format!("{{{fields}}}")), &[several]);
    }
    let table = r#"{"webhook":"https://a.example/url-canary"}"#;
    let expected = "SUBSCRIPTION_A.webhook: expected a table";
    refuse("a table, not a URL", &bindings_with(table), &[expected]);
}

#[test]
fn reserved_bindings_are_no_destinations() {
    let path = "SUBSCRIPTION_A.queue";
    for name in ["DELIVERIES", "DEAD_LETTERS"] {
        let bindings = bindings_with(&format!(r#"{{"queue":"{name}"}}"#));
        let expected =
            format!("{path}: {name:?} is reserved for the Worker itself, expected another binding");
        refuse("its messages have another format", &bindings, &[&expected]);
    }
    for name in ["DEAD", "CLAIMS", "SPOOL"] {
        let mut bindings = bindings_with(&format!(r#"{{"kv":{{"binding":"{name}"}}}}"#));
        bindings.insert(name.to_owned(), Binding::Kv);
        let expected = format!(
            "SUBSCRIPTION_A.kv.binding: {name:?} is reserved for the Worker itself, expected another binding"
        );
        refuse("its keys have another format", &bindings, &[&expected]);
    }
}

#[test]
fn unknown_webhook_fields_come_with_a_suggestion() {
    field("a typo", r#""metod":"put""#, "metod: unknown field, did you mean \"method\"?");
    field("seconds", r#""timeout":10"#, "timeout: unknown field, did you mean \"timeout_ms\"?");
    let text = r#"{"webhok":{"url":"https://a.example/url-canary"}}"#;
    let expected = [
        "SUBSCRIPTION_A: expected a destination: queue = \"<binding>\", kv = { binding = \"<binding>\" }, r2 = { binding = \"<binding>\" }, webhook = { url = \"<URL>\" } or service = \"<binding>\"",
        "SUBSCRIPTION_A.webhok: unknown field, did you mean \"webhook\"?",
    ];
    refuse("without a destination", &bindings_with(text), &expected);
    let mut bindings = with_fields("");
    bindings.insert("SUBSCRIPTION_B".to_owned(), json(r#"{"webhook":{"url":"https://@b"}}"#));
    let expected = "SUBSCRIPTION_B.webhook.url: must not contain credentials: put them in secrets that auth names";
    refuse("each with its path", &bindings, &[expected]);
}
