//! A destination holds an event, not a subscription: after a change of the destination, the event
//! is missing.

use elytra_webhooks::config::{Binding, Config};

use super::super::{Memory, ask, configure_with, webhook_with};
use super::{WINDOW, product};

fn config(destination: &str) -> Config {
    let bound = [
        ("OTHER_KV", Binding::Kv),
        ("DELIVERIES", Binding::Queue),
        ("DEAD_LETTERS", Binding::Queue),
        ("DEAD", Binding::Kv),
        ("SHOP", Binding::Service),
        ("OTHER_SHOP", Binding::Service),
    ];
    configure_with(&bound, &webhook_with(WINDOW), &[("A", &format!("{{{destination}}}"))])
}

/// The event arrives before and after the configuration is changed.
#[track_caller]
fn check(why: &str, before: &str, after: &str, expected: &str) {
    let memory = Memory::default();
    let first = ask(Ok(&config(before)), product(), &memory);
    assert_eq!(first.status, 202, "{why}: {}", first.body);
    memory.time.pass(1_000);
    let again = ask(Ok(&config(after)), product(), &memory);
    assert!(again.body.starts_with(&format!(r#"{{"code":"{expected}""#)), "{why}: {}", again.body);
}

#[test]
fn another_destination_gets_what_the_one_before_has() {
    let queue = r#""queue":"QUEUE""#;
    check("nothing has changed", queue, queue, "duplicate");
    check("another queue", queue, r#""queue":"OTHER""#, "accepted");
    check("KV instead of a queue", queue, r#""kv":{"binding":"KV"}"#, "accepted");
    let kv = r#""kv":{"binding":"KV"}"#;
    check("another namespace", kv, r#""kv":{"binding":"OTHER_KV"}"#, "accepted");
    check("another lifetime", kv, r#""kv":{"binding":"KV","expiration_ttl":60}"#, "duplicate");
    let webhook = r#""webhook":{"url":"https://one.example/"}"#;
    check("another server", webhook, r#""webhook":{"url":"https://two.example/"}"#, "accepted");
    let patient = r#""webhook":{"url":"https://one.example/","timeout_ms":60000}"#;
    check("the same, with more patience", webhook, patient, "duplicate");
    let service = r#""service":"SHOP""#;
    check("a service instead of a server", webhook, service, "accepted");
    check("the same service", service, r#""service":{"binding":"SHOP","path":"/a"}"#, "duplicate");
    check("another service", service, r#""service":"OTHER_SHOP""#, "accepted");
    let off = r#""active":false,"queue":"QUEUE""#;
    check("switched on again", queue, off, "ignored");
}

/// Two subscriptions with one queue: it gets an event once, and the answer lists both.
#[test]
fn subscriptions_that_share_a_queue_share_what_it_holds() {
    let queue = r#"{"queue":"QUEUE"}"#;
    let config = |names: &[&str]| {
        let subscriptions: Vec<_> = names.iter().map(|name| (*name, queue)).collect();
        configure_with(&[], &webhook_with(WINDOW), &subscriptions)
    };
    let memory = Memory::default();
    let first = ask(Ok(&config(&["A", "B"])), product(), &memory);
    assert_eq!(first.body, r#"{"code":"accepted","id":"1","subscriptions":["a","b"]}"#);
    memory.time.pass(1_000);
    let again = ask(Ok(&config(&["B", "C"])), product(), &memory);
    assert!(again.body.contains(r#""code":"duplicate""#), "{}", again.body);
    assert!(again.body.contains(r#""subscriptions":["b","c"]"#), "it is there: {}", again.body);
    assert_eq!(memory.queue("QUEUE").len(), 1);
    assert_eq!(memory.sizes("LEDGER", "claim"), [1, 1], "one claim each time");
}
