//! `service`: its fields, their defaults, and every mistake with its place and its exact text.

use elytra_webhooks::config::{Binding, Bindings, Config};
use elytra_webhooks::destination::{
    CallMethod, CallSettings, ContentMode, Destination, RetryPolicy, ServiceDestination,
};

use super::accept;
use super::webhook_destination::bindings_with as bindings_for_calls;

/// Bindings that are in order, with two services, and with this `service` in `SUBSCRIPTION_A`.
fn bindings_with(service: &str) -> Bindings {
    let mut bindings = bindings_for_calls(&format!(r#"{{"service":{service}}}"#));
    bindings.insert("SHOP".to_owned(), Binding::Service);
    bindings.insert("PRICE_LIST".to_owned(), Binding::Service);
    bindings
}

/// The same, with these fields beside the binding.
fn with_fields(fields: &str) -> Bindings {
    bindings_with(&format!(r#"{{"binding":"SHOP",{fields}}}"#))
}

#[track_caller]
fn service(why: &str, bindings: &Bindings) -> ServiceDestination {
    match accept(why, bindings).subscriptions[0].destination.clone() {
        Destination::Service(service) => service,
        other => panic!("{why}: {other:?}"),
    }
}

#[track_caller]
fn refuse(why: &str, bindings: &Bindings, expected: &[&str]) {
    let mistakes = match Config::from_bindings(bindings) {
        Ok(config) => panic!("{why}: accepted {config:?}"),
        Err(broken) => broken.mistakes,
    };
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
}

/// A service with these fields beside the binding has one mistake.
#[track_caller]
fn field(why: &str, fields: &str, expected: &str) {
    refuse(why, &with_fields(fields), &[&format!("SUBSCRIPTION_A.service.{expected}")]);
}

fn default() -> ServiceDestination {
    ServiceDestination {
        binding: "SHOP".to_owned(),
        url: "https://shop.service/".to_owned(),
        call: CallSettings {
            method: CallMethod::Post,
            mode: ContentMode::Structured,
            timeout_ms: 10_000,
            retry: RetryPolicy::default(),
        },
    }
}

#[test]
fn a_binding_is_enough() {
    assert_eq!(service("as a string", &bindings_with(r#""SHOP""#)), default());
    assert_eq!(service("as a table", &bindings_with(r#"{"binding":"SHOP"}"#)), default());
    let elytra = service("models: RetryConfig", &with_fields(r#""retry":"elytra""#));
    assert_eq!(elytra.call.retry, RetryPolicy::ELYTRA);
    let config = accept("its queues are drained too", &bindings_with(r#""SHOP""#));
    assert_eq!(config.stores.queues, ["DEAD_LETTERS", "DELIVERIES", "EVENTS_QUEUE"]);
}

#[test]
fn every_field_is_read() {
    let fields = r#"{"binding":"PRICE_LIST","path":"/events/elytra","method":"put","mode":"binary",
        "timeout_ms":2500,"retry":{"max_retries":7,"initial_delay":500,"backoff_multiplier":1.5,
        "max_delay":60000}}"#;
    let expected = ServiceDestination {
        binding: "PRICE_LIST".to_owned(),
        url: "https://price_list.service/events/elytra".to_owned(),
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
    };
    assert_eq!(service("all fields", &bindings_with(fields)), expected);
}

#[test]
fn paths() {
    for path in ["/", "/events", "/a/b%20c/", "//a", "/a:b@c"] {
        let found = service(path, &with_fields(&format!(r#""path":"{path}""#)));
        assert_eq!(found.url, format!("https://shop.service{path}"), "as it is written");
    }
    let bad = "path: expected a path that begins with /, without a query or a fragment";
    for path in ["", "events", "https://a.example/", "?a", "/a?b", "/a#b", "/a b", "/ä", ".evil"] {
        field("it is part of a URL", &format!(r#""path":"{path}""#), bad);
    }
    field("no text", r#""path":1"#, "path: expected a string");
}

#[test]
fn what_is_wrong_with_a_call_is_wrong_here_too() {
    field("GET carries no event", r#""method":"get""#, "method: unknown name \"get\"");
    field("each event by itself", r#""mode":"batch""#, "mode: unknown name \"batch\"");
    let timeout = "timeout_ms: expected a whole number from 100 to 60000";
    field("the bounds of a webhook", r#""timeout_ms":60001"#, timeout);
    let retries = "retry.max_retries: expected a whole number from 0 to 99";
    field("the bounds of a webhook", r#""retry":{"max_retries":100}"#, retries);
    let name = "retry: expected a table or \"elytra\", found \"elytr\", did you mean \"elytra\"?";
    field("the policies of a webhook", r#""retry":"elytr""#, name);
    let near = "metod: unknown field, did you mean \"method\"?";
    field("a slip of the pen", r#""metod":"put""#, near);
    field("a field of webhooks is not proposed", r#""uri":"/""#, "uri: unknown field");
}

#[test]
fn fields_of_webhooks_are_refused_with_the_reason() {
    field(
        "the binding is the address",
        r#""url":"https://a.example""#,
        "url: not for a service: its binding names the Worker, and path says where the events go",
    );
    let credentials =
        "not for a service: its binding lets this Worker in, so no credentials are sent";
    refuse(
        "the binding is the credential",
        &with_fields(r#""auth_type":"bearer","auth":{"token":"TOKEN"}"#),
        &[
            &format!("SUBSCRIPTION_A.service.auth_type: {credentials}"),
            &format!("SUBSCRIPTION_A.service.auth: {credentials}"),
        ],
    );
    field(
        "there is no network to be insecure",
        r#""allow_insecure":true"#,
        "allow_insecure: not for a service: it is not called over the network",
    );
}

#[test]
fn bindings() {
    let path = "SUBSCRIPTION_A.service";
    let near = format!("{path}: no service is bound as \"SHOPS\", did you mean \"SHOP\"?");
    refuse("a slip of the pen", &bindings_with(r#""SHOPS""#), &[&near]);
    let far = format!("{path}.binding: no service is bound as \"BILLING\"");
    refuse("in a table", &bindings_with(r#"{"binding":"BILLING"}"#), &[&far]);
    let kind = format!("{path}: \"EVENTS_KV\" is bound to a KV namespace, expected a service");
    refuse("of another kind", &bindings_with(r#""EVENTS_KV""#), &[&kind]);
    let missing = format!("{path}.binding: missing");
    refuse("no binding", &bindings_with(r#"{"path":"/"}"#), &[&missing]);
    let kind = format!("{path}: expected a string or a table");
    for value in ["1", "null", r#"["SHOP"]"#] {
        refuse("neither", &bindings_with(value), &[&kind]);
    }
    for name in ["CLAIMS", "SPOOL"] {
        let mut bindings = bindings_with(&format!("{name:?}"));
        bindings.insert(name.to_owned(), Binding::Service);
        let reserved =
            format!("{path}: {name:?} is reserved for the Worker itself, expected another binding");
        let wrong = format!("{name}: {name:?} is bound to a service, expected a KV namespace");
        refuse("it has another meaning", &bindings, &[&reserved, &wrong]);
    }
    let mut queue = bindings_with(r#""SHOP""#);
    queue.insert("SUBSCRIPTION_B".to_owned(), super::json(r#"{"queue":"SHOP"}"#));
    let wrong = "SUBSCRIPTION_B.queue: \"SHOP\" is bound to a service, expected a queue";
    refuse("nor is a service a queue", &queue, &[wrong]);
}

#[test]
fn nothing_dies_silently() {
    for (name, kind) in
        [("DELIVERIES", "queue"), ("DEAD_LETTERS", "queue"), ("DEAD", "KV namespace")]
    {
        let mut bindings = bindings_with(r#""SHOP""#);
        bindings.remove(name);
        let expected = format!("SUBSCRIPTION_A.service: no {kind} is bound as {name:?}");
        refuse("without it, services are refused", &bindings, &[&expected]);
    }
}

#[test]
fn a_subscription_has_one_destination() {
    let mut bindings =
        bindings_for_calls(r#"{"service":"SHOP","webhook":{"url":"https://a.example"}}"#);
    bindings.insert("SHOP".to_owned(), Binding::Service);
    let several = "SUBSCRIPTION_A: expected only one of queue, kv, r2, webhook and service: a second destination needs a second subscription";
    refuse("two are two subscriptions", &bindings, &[several]);
}

/// A large event is in `CLAIMS` for as long as its service may be called.
#[test]
fn retries_end_before_a_large_event_is_gone() {
    let retry = r#""timeout_ms":10000,"retry":{"max_retries":3,"initial_delay":100000,"backoff_multiplier":1}"#;
    // Three delays of 100 seconds with six of jitter each, and four calls of ten.
    for (ttl, fits) in [(359, true), (358, false)] {
        let mut bindings = with_fields(retry);
        let webhook = format!(r#"{{"auth_type":"none","claims_expiration_ttl":{ttl}}}"#);
        bindings.insert("WEBHOOK".to_owned(), super::json(&webhook));
        bindings.insert("CLAIMS".to_owned(), Binding::Kv);
        let expected = format!(
            "SUBSCRIPTION_A.service.retry: the retries can take 358 seconds, but CLAIMS keeps a large event for {ttl} (WEBHOOK.claims_expiration_ttl): reduce the retries, or keep large events longer"
        );
        if fits {
            accept("they end a second before", &bindings);
        } else {
            refuse("they end when it is gone", &bindings, &[&expected]);
        }
    }
    let days = r#""retry":{"initial_delay":86400000,"max_delay":86400000,"max_retries":4}"#;
    let warnings = accept("it may be meant", &with_fields(days)).warnings;
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    let expected = "SUBSCRIPTION_A.service.retry: the retries can take 345650 seconds, but a queue keeps a message for 345600, unless its retention period is longer";
    assert_eq!(warnings, [expected]);
}
