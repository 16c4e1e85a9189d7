//! Turning the Worker's bindings into a configuration: fields, defaults and bounds.

mod admin;
mod danger;
mod journal;
mod mistakes;
mod properties;
mod r2;
mod service_destination;
mod shipped;
mod storage;
mod webhook;
mod webhook_destination;

use std::collections::BTreeMap;

use elytra_events::{EventType, Known, Operation};
use elytra_webhooks::auth::{ApiKey, Authentication, Credential};
use elytra_webhooks::config::{Binding, Bindings, Config, Method, Receiver, Stores};
use elytra_webhooks::destination::{Destination, KvDestination, QueueDestination};
use elytra_webhooks::filter::DataPaths;
use elytra_webhooks::ledger::LedgerSettings;
use elytra_webhooks::subscription::{Subscription, Subscriptions};
use elytra_webhooks::times::Times;

const WEBHOOK: &str = r#"{"auth_type":"bearer","auth":{"token":"ELYTRA_TOKEN"}}"#;

fn json(text: &str) -> Binding {
    Binding::Json(text.to_owned())
}

fn text(text: &str) -> Binding {
    Binding::Text(text.to_owned())
}

/// Valid bindings.
fn bindings() -> Bindings {
    BTreeMap::from([
        ("WEBHOOK".to_owned(), json(WEBHOOK)),
        ("SUBSCRIPTION_A".to_owned(), json(r#"{"queue":"EVENTS_QUEUE"}"#)),
        ("EVENTS_QUEUE".to_owned(), Binding::Queue),
        ("EVENTS_KV".to_owned(), Binding::Kv),
        ("ARCHIVE".to_owned(), Binding::R2),
        ("LEDGER".to_owned(), Binding::DurableObject),
        ("CALLS".to_owned(), Binding::RateLimit),
        ("ELYTRA_TOKEN".to_owned(), text("canary-of-a-sender")),
        ("TOKEN".to_owned(), text("token-canary")),
        ("TOKEN_NEXT".to_owned(), text("next-canary")),
        ("USERNAME".to_owned(), text("username-canary")),
        ("PASSWORD".to_owned(), text("password:canary")),
        ("API_KEY".to_owned(), text("key-canary")),
    ])
}

/// Valid bindings with one binding added or replaced.
fn with(name: &str, binding: Binding) -> Bindings {
    let mut bindings = bindings();
    bindings.insert(name.to_owned(), binding);
    bindings
}

#[track_caller]
fn accept(why: &str, bindings: &Bindings) -> Config {
    Config::from_bindings(bindings).unwrap_or_else(|mistakes| panic!("{why}: {mistakes:?}"))
}

#[test]
fn absent_fields_have_defaults() {
    let config = accept("auth_type and a destination are enough", &bindings());
    let expected = Config {
        receiver: Receiver {
            authentication: Authentication::Bearer(vec![Credential::secret(
                "ELYTRA_TOKEN",
                "canary-of-a-sender",
            )]),
            methods: vec![Method::Post, Method::Put, Method::Patch],
            max_body_bytes: 1_048_576,
            body_timeout_ms: 30_000,
            max_batch_events: 100,
            times: Times {
                time_budget_ms: 4_000,
                dedupe_window_ms: None,
                clock_tolerance_ms: 300_000,
            },
            handshake: None,
            rate_limit: None,
        },
        admin: None,
        journal: None,
        tables: serde_json::Map::from_iter([
            ("SUBSCRIPTION_A".to_owned(), serde_json::json!({ "queue": "EVENTS_QUEUE" })),
            (
                "WEBHOOK".to_owned(),
                serde_json::json!({ "auth_type": "bearer", "auth": { "token": "ELYTRA_TOKEN" } }),
            ),
        ]),
        stores: Stores {
            claims_expiration_ttl: None,
            ledger: Some(LedgerSettings { shards: 1, jurisdiction: None }),
            has_spool: false,
            has_dead_letters: false,
            queues: vec!["EVENTS_QUEUE".to_owned()],
        },
        subscriptions: Subscriptions::new(
            vec![Subscription {
                name: "a".to_owned(),
                active: true,
                event_types: Vec::new(),
                operations: Vec::new(),
                filters: Vec::new(),
                destination: Destination::Queue(QueueDestination {
                    binding: "EVENTS_QUEUE".to_owned(),
                }),
                holder: "queue/EVENTS_QUEUE".to_owned(),
            }],
            DataPaths::default(),
        ),
        warnings: Vec::new(),
    };
    assert_eq!(config, expected);
}

#[test]
fn every_field_can_be_set() {
    let mut bindings = with(
        "WEBHOOK",
        json(
            r#"{"auth_type":"bearer","auth":{"token":"TOKEN"},"methods":["PUT"],"max_body_bytes":65536}"#,
        ),
    );
    bindings.insert(
        "SUBSCRIPTION_B_2".to_owned(),
        json(
            r#"{"active":false,"event_types":["product","todo"],"operations":["add"],
                "kv":{"binding":"EVENTS_KV","expiration_ttl":60}}"#,
        ),
    );
    let config = accept("all fields", &bindings);
    assert_eq!(
        (config.receiver.methods, config.receiver.max_body_bytes),
        (vec![Method::Put], 65_536)
    );
    let names: Vec<_> = config.subscriptions.iter().map(|s| &*s.name).collect();
    assert_eq!(names, ["a", "b_2"], "in the order of their names, in lower case");
    let expected = Subscription {
        name: "b_2".to_owned(),
        active: false,
        event_types: vec![EventType::Product, EventType::Todo],
        operations: vec![Operation::Add],
        filters: Vec::new(),
        destination: Destination::Kv(KvDestination {
            binding: "EVENTS_KV".to_owned(),
            expiration_ttl: Some(60),
        }),
        holder: "kv/EVENTS_KV/b_2".to_owned(),
    };
    assert_eq!(config.subscriptions[1], expected);
}

#[test]
fn empty_lists_select_everything() {
    let empty = json(r#"{"event_types":[],"operations":[],"filters":[],"queue":"EVENTS_QUEUE"}"#);
    let config = accept("absent or empty: all", &with("SUBSCRIPTION_A", empty));
    let config = Config { tables: accept("absent", &bindings()).tables, ..config };
    assert_eq!(config, accept("absent", &bindings()));
}

#[track_caller]
fn check_authentication(why: &str, auth: &str, expected: &Authentication) {
    let webhook = json(&format!("{{{auth}}}"));
    assert_eq!(accept(why, &with("WEBHOOK", webhook)).receiver.authentication, *expected, "{why}");
}

#[test]
fn each_kind_of_authentication_finds_its_secrets() {
    let bearer = |name, secret| Credential::secret(name, secret);
    let key = |header_name: &str| ApiKey {
        header_name: header_name.to_owned(),
        credential: Credential::secret("API_KEY", "key-canary"),
    };
    check_authentication("written out", r#""auth_type":"none""#, &Authentication::None);
    check_authentication(
        "bearer",
        r#""auth_type":"bearer","auth":{"token":"TOKEN"}"#,
        &Authentication::Bearer(vec![bearer("TOKEN", "token-canary")]),
    );
    check_authentication(
        "a list while rotating",
        r#""auth_type":"bearer","auth":[{"token":"TOKEN"},{"token":"TOKEN_NEXT"}]"#,
        &Authentication::Bearer(vec![
            bearer("TOKEN", "token-canary"),
            bearer("TOKEN_NEXT", "next-canary"),
        ]),
    );
    check_authentication(
        "a password with a colon",
        r#""auth_type":"basic","auth":{"username":"USERNAME","password":"PASSWORD"}"#,
        &Authentication::Basic(vec![Credential::user_pass(
            "PASSWORD",
            "username-canary",
            "password:canary",
        )]),
    );
    check_authentication(
        "the header of Elytra's APIKeyAuth",
        r#""auth_type":"apikey","auth":{"api_key":"API_KEY"}"#,
        &Authentication::ApiKey(vec![key("api-key")]),
    );
    check_authentication(
        "another header, whose name is case-insensitive",
        r#""auth_type":"apikey","auth":{"api_key":"API_KEY","header_name":"X-Elytra_Key!"}"#,
        &Authentication::ApiKey(vec![key("x-elytra_key!")]),
    );
}

#[test]
fn secrets_may_contain_whatever_their_header_can_carry() {
    let accept_secret = |why, auth_type, auth: &str, secret: &str| {
        let webhook = json(&format!(r#"{{"auth_type":"{auth_type}","auth":{auth}}}"#));
        let mut bindings = with("WEBHOOK", webhook);
        bindings.insert("ODD".to_owned(), text(secret));
        accept(why, &bindings).receiver.authentication
    };
    let inside = "two words";
    assert_eq!(
        accept_secret("a space inside is sent", "bearer", r#"{"token":"ODD"}"#, inside),
        Authentication::Bearer(vec![Credential::secret("ODD", inside)])
    );
    let header_name = "api-key".to_owned();
    assert_eq!(
        accept_secret("a space inside is sent", "apikey", r#"{"api_key":"ODD"}"#, inside),
        Authentication::ApiKey(vec![ApiKey {
            header_name,
            credential: Credential::secret("ODD", inside)
        }])
    );
    let odd = " pass\tword\n";
    assert_eq!(
        accept_secret(
            "RFC 7617 section 2: base64 carries white space at the ends too",
            "basic",
            r#"{"username":"ODD","password":"ODD"}"#,
            odd,
        ),
        Authentication::Basic(vec![Credential::user_pass("ODD", odd, odd)])
    );
}

#[test]
fn bounds_are_included() {
    for bytes in [65_536, 8_388_608] {
        let webhook = format!(r#"{{"auth_type":"none","max_body_bytes":{bytes}}}"#);
        let config = accept("both ends", &with("WEBHOOK", json(&webhook)));
        assert_eq!(config.receiver.max_body_bytes, bytes);
    }
    let start = r#"{"queue":"EVENTS_QUEUE""#;
    let padded = format!("{start}{}}}", " ".repeat(5120 - start.len() - 1));
    assert_eq!(padded.len(), 5120);
    accept("a var of 5,120 bytes", &with("SUBSCRIPTION_A", json(&padded)));
    let longest = format!("SUBSCRIPTION_{}", "N".repeat(64));
    accept("a name of 64 characters", &with(&longest, json(r#"{"queue":"EVENTS_QUEUE"}"#)));
}

#[test]
fn other_bindings_are_ignored() {
    let mut others = bindings();
    others.insert("ASSETS".to_owned(), Binding::Other("Fetcher".to_owned()));
    others.insert("GREETING".to_owned(), text("a var of another kind of use"));
    others.insert("OTHER_KV".to_owned(), Binding::Kv);
    // Other tools may set these, and a subscription is always a table.
    for (number, scalar) in
        ["[]", r#"[{"queue":"X"}]"#, "5", "true", "null", r#""{}""#].iter().enumerate()
    {
        others.insert(format!("SUBSCRIPTIONS_{number}"), json(scalar));
    }
    others.insert("WEBHOOKS".to_owned(), text("{}"));
    assert_eq!(accept("other bindings", &others), accept("without them", &bindings()));
}

#[test]
fn methods_are_named_as_http_names_them() {
    let names: Vec<_> = Method::ALL.iter().map(|method| method.as_str()).collect();
    assert_eq!(names, ["POST", "PUT", "PATCH"]);
}

#[test]
fn no_debug_text_shows_a_secret() {
    let config = accept("bearer", &bindings());
    for shown in [format!("{:?}", bindings()), format!("{config:?}"), format!("{config:#?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
    let kinds = ["basic", "apikey"].map(|auth_type| {
        let auth = r#"{"username":"USERNAME","password":"PASSWORD"}"#;
        let auth = if auth_type == "basic" { auth } else { r#"{"api_key":"API_KEY"}"# };
        let webhook = format!(r#"{{"auth_type":"{auth_type}","auth":{auth}}}"#);
        format!("{:?}", accept(auth_type, &with("WEBHOOK", json(&webhook))))
    });
    assert!(!kinds.concat().contains("canary"), "{kinds:?}");
}
