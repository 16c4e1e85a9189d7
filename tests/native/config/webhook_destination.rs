//! `webhook`: each field of Elytra's `WebhookConfig`, its default and its bounds.

mod mistakes;

use elytra_webhooks::auth::Secret;
use elytra_webhooks::config::{Binding, Bindings};
use elytra_webhooks::destination::{
    CallMethod, CallSettings, ContentMode, Destination, HttpDestination, RetryPolicy,
};

use super::{accept, bindings, json, with};

const URL: &str = "https://shop.example/elytra?key=url-canary";

/// Valid bindings with everything that webhooks need, and with this `SUBSCRIPTION_A`.
pub(super) fn bindings_with(subscription: &str) -> Bindings {
    let mut bindings = with("SUBSCRIPTION_A", json(subscription));
    bindings.insert("DELIVERIES".to_owned(), Binding::Queue);
    bindings.insert("DEAD_LETTERS".to_owned(), Binding::Queue);
    bindings.insert("DEAD".to_owned(), Binding::Kv);
    bindings
}

/// The same bindings, where `SUBSCRIPTION_A` has a webhook with a URL and these fields.
fn with_fields(fields: &str) -> Bindings {
    let separator = if fields.is_empty() { "" } else { "," };
    bindings_with(&format!(r#"{{"webhook":{{"url":"{URL}"{separator}{fields}}}}}"#))
}

/// The webhook of a valid configuration.
#[track_caller]
fn webhook(why: &str, bindings: &Bindings) -> HttpDestination {
    match accept(why, bindings).subscriptions[0].destination.clone() {
        Destination::Http(http) => http,
        other => panic!("{why}: {other:?}"),
    }
}

fn default() -> HttpDestination {
    HttpDestination {
        url: URL.to_owned(),
        credential: None,
        call: CallSettings {
            method: CallMethod::Post,
            mode: ContentMode::Structured,
            timeout_ms: 10_000,
            retry: RetryPolicy {
                max_retries: 35,
                initial_delay: 1_000,
                backoff_multiplier: 2.0,
                max_delay: 3_600_000,
            },
        },
    }
}

#[test]
fn a_url_is_enough() {
    let why = "models: the defaults of WebhookConfig, but retries for a day";
    assert_eq!(webhook(why, &with_fields("")), default());
    let config = accept("its queues are drained too", &with_fields(""));
    assert_eq!(config.stores.queues, ["DEAD_LETTERS", "DELIVERIES", "EVENTS_QUEUE"]);
}

#[test]
fn the_policy_of_elytra_has_a_name_and_completes_a_table() {
    let elytra = RetryPolicy {
        max_retries: 5,
        initial_delay: 1_000,
        backoff_multiplier: 2.0,
        max_delay: 300_000,
    };
    let table = [
        ("models: RetryConfig", r#""elytra""#, elytra),
        ("an empty table", "{}", elytra),
        (
            "what a table leaves out does not last for a day",
            r#"{"max_retries":7}"#,
            RetryPolicy { max_retries: 7, ..elytra },
        ),
    ];
    for (why, retry, expected) in table {
        let found = webhook(why, &with_fields(&format!(r#""retry":{retry}"#)));
        assert_eq!(found.call.retry, expected, "{why}");
    }
}

#[test]
fn every_field_is_read() {
    let fields = r#""method":"put","auth_type":"bearer","auth":{"token":"TOKEN"},"mode":"binary",
        "timeout_ms":2500,"allow_insecure":true,"retry":{"max_retries":7,"initial_delay":500,
        "backoff_multiplier":1.5,"max_delay":60000}"#;
    let expected = HttpDestination {
        credential: Some(("authorization".to_owned(), Secret::new("Bearer token-canary"))),
        call: CallSettings {
            method: CallMethod::Put,
            mode: ContentMode::Binary,
            timeout_ms: 2_500,
            retry: RetryPolicy {
                max_retries: 7,
                initial_delay: 500,
                backoff_multiplier: 1.5,
                max_delay: 60_000,
            },
        },
        ..default()
    };
    assert_eq!(webhook("all fields", &with_fields(fields)), expected);
    let methods =
        [("post", CallMethod::Post), ("patch", CallMethod::Patch), ("put", CallMethod::Put)];
    for (name, method) in methods {
        let fields = with_fields(&format!(r#""method":"{name}""#));
        assert_eq!(webhook(name, &fields).call.method, method);
    }
    let structured = with_fields(r#""mode":"structured""#);
    assert_eq!(webhook("the default, written out", &structured), default());
}

#[test]
fn the_other_fields_of_the_subscription_are_read() {
    let text = r#"{"active":false,"event_types":["product"],"operations":["add"],"webhook":{"url":"https://a.example"}}"#;
    let subscription = accept("models", &bindings_with(text)).subscriptions[0].clone();
    assert!(!subscription.active);
    assert_eq!((subscription.event_types.len(), subscription.operations.len()), (1, 1));
}

#[test]
fn bounds_are_included() {
    let check = |fields: &str, of: fn(&HttpDestination) -> u64, expected: u64| {
        assert_eq!(of(&webhook(fields, &with_fields(fields))), expected, "{fields}");
    };
    let retries = |webhook: &HttpDestination| u64::from(webhook.call.retry.max_retries);
    check(r#""retry":{"max_retries":0}"#, retries, 0);
    check(r#""retry":{"max_retries":99}"#, retries, 99);
    check(r#""retry":{"initial_delay":100}"#, |w| w.call.retry.initial_delay, 100);
    check(r#""retry":{"initial_delay":86400000}"#, |w| w.call.retry.initial_delay, 86_400_000);
    check(r#""retry":{"max_delay":1000}"#, |w| w.call.retry.max_delay, 1_000);
    check(r#""retry":{"max_delay":86400000}"#, |w| w.call.retry.max_delay, 86_400_000);
    check(r#""timeout_ms":100"#, |w| w.call.timeout_ms, 100);
    check(r#""timeout_ms":60000"#, |w| w.call.timeout_ms, 60_000);
    for (written, expected) in [("1", 1.0), ("1.0", 1.0), ("1000", 1_000.0), ("2.5", 2.5)] {
        let fields = format!(r#""retry":{{"backoff_multiplier":{written}}}"#);
        let found =
            webhook("models: 1 or more", &with_fields(&fields)).call.retry.backoff_multiplier;
        assert!((found - expected).abs() < f64::EPSILON, "{written}");
    }
}

#[test]
fn each_kind_of_authentication_makes_its_header() {
    let table = [
        (r#""auth_type":"none""#, None),
        (
            r#""auth_type":"bearer","auth":{"token":"TOKEN"}"#,
            Some(("authorization", "Bearer token-canary")),
        ),
        (
            r#""auth_type":"basic","auth":{"username":"USERNAME","password":"PASSWORD"}"#,
            Some(("authorization", "Basic dXNlcm5hbWUtY2FuYXJ5OnBhc3N3b3JkOmNhbmFyeQ==")),
        ),
        (r#""auth_type":"apikey","auth":{"api_key":"API_KEY"}"#, Some(("api-key", "key-canary"))),
        (
            r#""auth_type":"apikey","auth":{"api_key":"API_KEY","header_name":"X-Shop-Key"}"#,
            Some(("x-shop-key", "key-canary")),
        ),
    ];
    for (fields, expected) in table {
        let expected = expected.map(|(name, value)| (name.to_owned(), Secret::new(value)));
        let config = accept(fields, &with_fields(fields));
        assert_eq!(webhook(fields, &with_fields(fields)).credential, expected, "{fields}");
        let shown = format!("{config:?}");
        for secret in ["token-canary", "key-canary", "username-canary", "password:canary", "dXNlcm"]
        {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn urls_are_absolute_and_secure() {
    let urls = [
        "https://a.example",
        "https://a.example/",
        "HTTPS://a.example/b/c?d=e&f",
        "https://a.example:8443/b",
        "https://127.0.0.1/b",
        "https://[::1]:8443/b",
        "https://xn--grn-yoa.example/%C3%BC",
    ];
    for url in urls {
        let text = format!(r#"{{"webhook":{{"url":"{url}"}}}}"#);
        assert_eq!(webhook(url, &bindings_with(&text)).url, url, "as it is written");
    }
    let insecure = r#"{"webhook":{"url":"http://127.0.0.1:8080/b","allow_insecure":true}}"#;
    let webhook = webhook("written out", &bindings_with(insecure));
    assert_eq!(webhook.url, "http://127.0.0.1:8080/b");
}

#[test]
fn other_destinations_do_not_need_the_queues() {
    accept("no webhook, no queue of deliveries", &bindings());
    let mut wrong = bindings();
    wrong.insert("DELIVERIES".to_owned(), Binding::Kv);
    wrong.insert("DEAD_LETTERS".to_owned(), Binding::Kv);
    wrong.insert("DEAD".to_owned(), Binding::Queue);
    accept("other bindings may have these names", &wrong);
}
