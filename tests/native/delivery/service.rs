//! Services: the same calls as those of webhooks, through a service binding.

use elytra_events::CloudEvent;
use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::delivery::Disposition;
use elytra_webhooks::large::LargeEvent;
use elytra_webhooks::platform::HttpFailure;

use super::bound;
use super::consume::{delivery, hand_out};
use crate::memory::{Memory, status};
use crate::pipeline::{WEBHOOK, configure_with};
use crate::support::event;

/// The URL that the service sees.
const URL: &str = "https://shop.service/events";

/// The subscription `shop` with a service of these fields, besides the binding and the path.
fn shop(fields: &str) -> Config {
    let mut bindings = bound();
    bindings.push(("SHOP", Binding::Service));
    let separator = if fields.is_empty() { "" } else { "," };
    let service =
        format!(r#"{{"service":{{"binding":"SHOP","path":"/events"{separator}{fields}}}}}"#);
    configure_with(&bindings, WEBHOOK, &[("SHOP", &service)])
}

fn product() -> String {
    event(r#""data":"data-canary""#)
}

#[test]
fn it_is_called_through_its_binding() {
    let memory = Memory::default();
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &product()), 1);
    assert_eq!((consumed.disposition, consumed.outcome()), (Disposition::Ack, "delivered"));
    let called = &memory.called()[0];
    assert_eq!((called.service.as_deref(), &*called.url), (Some("SHOP"), URL));
    assert_eq!((called.method, called.timeout_ms), ("POST", 10_000));
    assert_eq!(called.text(), product(), "byte for byte");
    let names: Vec<_> = called.headers.iter().map(|(name, _)| &**name).collect();
    let expected = ["user-agent", "idempotency-key", "content-type"];
    assert_eq!(names, expected, "as a webhook without credentials");
}

#[test]
fn its_settings_count() {
    let memory = Memory::default();
    let config = shop(r#""method":"patch","mode":"binary","timeout_ms":2000"#);
    hand_out(&config, &memory, &delivery("shop", &product()), 1);
    let called = &memory.called()[0];
    assert_eq!((called.method, called.timeout_ms), ("PATCH", 2_000));
    assert_eq!((called.header("ce-id"), called.text()), (Some("1"), "\"data-canary\""));
}

#[test]
fn it_is_retried_and_in_the_end_dead() {
    let config = shop(r#""retry":{"max_retries":2}"#);
    let memory = Memory::default();
    let failures = [status(503), Err(HttpFailure::Timeout), Err(connection())];
    memory.answers(URL, failures);
    let message = delivery("shop", &product());
    for (attempts, delay_seconds) in [(1, 1), (2, 2)] {
        let consumed = hand_out(&config, &memory, &message, attempts);
        assert_eq!(consumed.disposition, Disposition::Retry { delay_seconds });
    }
    let consumed = hand_out(&config, &memory, &message, 3);
    assert_eq!((consumed.disposition, consumed.outcome()), (Disposition::Ack, "dead"));
    let letter = memory.queue("DEAD_LETTERS").concat();
    assert!(letter.contains(r#""cause":"connection""#) && letter.ends_with(&product()), "{letter}");
    hand_out(&config, &memory, &letter, 1);
    assert!(memory.namespace("DEAD")[0].1.value.ends_with(&product()), "it is kept");
    assert_eq!(memory.called().len(), 3);
}

fn connection() -> HttpFailure {
    HttpFailure::Connection("it failed".to_owned())
}

#[test]
fn a_large_event_arrives_complete() {
    let whole = event(&format!(r#""data":  "data-canary{}""#, "x".repeat(200_000)));
    let event = CloudEvent::from_json(&whole).unwrap();
    let large = LargeEvent::new(&event, 60).unwrap();
    let memory = Memory::default();
    memory.store("CLAIMS", &large.entry.key, &whole);
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &large.message), 1);
    assert_eq!(consumed.outcome(), "delivered");
    assert!(memory.called()[0].text() == whole, "byte for byte, without a dataref");
}
