//! The fields of `WEBHOOK` for batches, the handshake and the rate limit, and what can be wrong with them.

use std::num::NonZeroU64;

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::handshake::{AllowedRate, HandshakeSettings};

use super::{accept, bindings, json, with};

/// A configuration whose `WEBHOOK` also has these fields.
#[track_caller]
fn read(why: &str, fields: &str) -> Config {
    accept(why, &with("WEBHOOK", json(&format!(r#"{{"auth_type":"none",{fields}}}"#))))
}

/// Checks that a configuration whose `WEBHOOK` also has these fields has these mistakes.
#[track_caller]
fn refuse(why: &str, fields: &str, expected: &[&str]) {
    let webhook = json(&format!(r#"{{"auth_type":"none",{fields}}}"#));
    let mistakes = Config::from_bindings(&with("WEBHOOK", webhook)).unwrap_err().mistakes;
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
}

#[test]
fn batches_have_a_limit() {
    for events in [1, 100, 1_000] {
        let config = read("both ends", &format!(r#""max_batch_events":{events}"#));
        assert_eq!(config.receiver.max_batch_events, events);
    }
    for events in ["0", "1001", "-1", "1.5", "\"100\"", "null"] {
        refuse(
            "a batch has at least one event, and a Worker writes at most 1,000 keys",
            &format!(r#""max_batch_events":{events}"#),
            &["WEBHOOK.max_batch_events: expected a whole number from 1 to 1000"],
        );
    }
}

#[test]
fn a_request_has_a_time_budget() {
    for milliseconds in [100, 4_000, 30_000] {
        let config = read("both ends", &format!(r#""time_budget_ms":{milliseconds}"#));
        assert_eq!(config.receiver.times.time_budget_ms, milliseconds);
    }
    for milliseconds in ["99", "30001", "\"4s\""] {
        refuse(
            "no destination is that fast, and no sender waits that long",
            &format!(r#""time_budget_ms":{milliseconds}"#),
            &["WEBHOOK.time_budget_ms: expected a whole number from 100 to 30000"],
        );
    }
}

#[test]
fn the_handshake_is_read() {
    let settings = |why, fields| read(why, fields).receiver.handshake.unwrap();
    let any = settings("any rate", r#""allowed_origins":["a.example","B"],"allowed_rate":"*""#);
    let expected = HandshakeSettings {
        allowed_origins: vec!["a.example".to_owned(), "B".to_owned()],
        allowed_rate: AllowedRate::Unlimited,
    };
    assert_eq!(any, expected, "origins keep their case and their order");
    let rate = settings("requests a minute", r#""allowed_origins":[],"allowed_rate":120"#);
    let expected = AllowedRate::PerMinute(NonZeroU64::new(120).unwrap());
    assert_eq!((rate.allowed_origins.len(), rate.allowed_rate), (0, expected));
    assert_eq!(accept("neither", &bindings()).receiver.handshake, None);
}

#[test]
fn origins_and_rate_belong_together() {
    refuse(
        "http-webhook 4.2: an answer has both headers",
        r#""allowed_origins":["a.example"]"#,
        &["WEBHOOK.allowed_rate: missing"],
    );
    refuse("the other way", r#""allowed_rate":"*""#, &["WEBHOOK.allowed_origins: missing"]);
    for rate in ["0", "-1", "1.5", "\"120\"", "\"\"", "\"**\"", "null", "true", "[\"*\"]"] {
        refuse(
            "http-webhook 4.2.2: a positive integer or a star",
            &format!(r#""allowed_origins":["a.example"],"allowed_rate":{rate}"#),
            &["WEBHOOK.allowed_rate: expected \"*\" or a number of requests per minute"],
        );
    }
    for origins in ["\"a.example\"", "[1]", "[\"a.example\",null]", "null", "{}"] {
        refuse(
            "a list of them",
            &format!(r#""allowed_origins":{origins},"allowed_rate":1"#),
            &["WEBHOOK.allowed_origins: expected a list of strings"],
        );
    }
    refuse(
        "all at once",
        r#""allowed_origin":["a.example"],"allowed_rate":0"#,
        &[
            "WEBHOOK.allowed_origins: missing",
            "WEBHOOK.allowed_rate: expected \"*\" or a number of requests per minute",
            "WEBHOOK.allowed_origin: unknown field, did you mean \"allowed_origins\"?",
        ],
    );
}

#[test]
fn the_rate_limit_is_a_binding() {
    let config = read("by its name", r#""rate_limit":"CALLS""#);
    assert_eq!(config.receiver.rate_limit.as_deref(), Some("CALLS"));
    assert_eq!(accept("none by default", &bindings()).receiver.rate_limit, None);
    refuse(
        "a binding that does not exist",
        r#""rate_limit":"CALL""#,
        &["WEBHOOK.rate_limit: no rate limit is bound as \"CALL\", did you mean \"CALLS\"?"],
    );
    refuse(
        "only bindings of the right kind are suggested",
        r#""rate_limit":"EVENTS_K""#,
        &["WEBHOOK.rate_limit: no rate limit is bound as \"EVENTS_K\""],
    );
    for (binding, kind) in [
        ("EVENTS_KV", "a KV namespace"),
        ("EVENTS_QUEUE", "a queue"),
        ("TOKEN", "a string"),
        ("WEBHOOK", "a table or a list"),
    ] {
        let mistake =
            format!("WEBHOOK.rate_limit: \"{binding}\" is bound to {kind}, expected a rate limit");
        refuse("of another kind", &format!(r#""rate_limit":"{binding}""#), &[&mistake]);
    }
    for value in ["100", "null", "{\"binding\":\"CALLS\"}"] {
        let fields = format!(r#""rate_limit":{value}"#);
        refuse("a name", &fields, &["WEBHOOK.rate_limit: expected a string"]);
    }
    let mut bindings = bindings();
    bindings.insert("SUBSCRIPTION_A".to_owned(), json(r#"{"queue":"CALLS"}"#));
    let mistakes = Config::from_bindings(&bindings).unwrap_err().mistakes;
    assert_eq!(
        mistakes[0].to_string(),
        "SUBSCRIPTION_A.queue: \"CALLS\" is bound to a rate limit, expected a queue"
    );
    assert_eq!(format!("{:?}", Binding::RateLimit), "RateLimit");
}
