//! Forwarding to all destinations at once. The answer is all or nothing.

use elytra_webhooks::config::Binding;
use elytra_webhooks::forward::MAX_BYTES_IN_FLIGHT;
use elytra_webhooks::limits::MAX_CONNECTIONS;

use super::{
    Expected, Memory, Request, WEBHOOK, ask, check_answer, config, configure, configure_with, event,
};
use crate::memory::{ALWAYS, Fault};

#[track_caller]
fn check_failing(why: &str, memory: &Memory, expected: &Expected<'_>, held: &[&str]) {
    let request = Request::event(r#""eventtype":"product","data":"data-canary""#);
    check_answer(why, &ask(Ok(&config()), request, memory), expected);
    let found = memory.held();
    let found: Vec<_> = found.iter().map(|held| &*held.binding).collect();
    assert_eq!(found, held, "{why}");
}

#[test]
fn a_destination_that_fails_is_a_failure_of_ours() {
    check_failing(
        "503, so that the sender tries again",
        &Memory::failing(&["QUEUE"]),
        &Expected {
            status: 503,
            headers: "retry-after: 1",
            body: r#"{"type":"urn:elytra-webhooks:undelivered","title":"A destination failed","status":503,"code":"undelivered","detail":"not every destination holds the event; send it again","failed":["products"],"held":["archive"]}"#,
            log: r#"{"outcome":"failed","code":"undelivered","status":503,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","held":["archive"],"reasons":["products: destination-canary"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
        &["KV"],
    );
    check_failing(
        "the first of them",
        &Memory::failing(&["KV"]),
        &Expected {
            status: 503,
            headers: "retry-after: 1",
            body: r#"{"type":"urn:elytra-webhooks:undelivered","title":"A destination failed","status":503,"code":"undelivered","detail":"not every destination holds the event; send it again","failed":["archive"],"held":["products"]}"#,
            log: r#"{"outcome":"failed","code":"undelivered","status":503,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","held":["products"],"reasons":["archive: destination-canary"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
        &["QUEUE"],
    );
    check_failing(
        "all of them",
        &Memory::failing(&["KV", "QUEUE"]),
        &Expected {
            status: 503,
            headers: "retry-after: 1",
            body: r#"{"type":"urn:elytra-webhooks:undelivered","title":"A destination failed","status":503,"code":"undelivered","detail":"not every destination holds the event; send it again","failed":["archive","products"],"held":[]}"#,
            log: r#"{"outcome":"failed","code":"undelivered","status":503,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","held":[],"reasons":["archive: destination-canary","products: destination-canary"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
        &[],
    );
}

#[test]
fn a_fast_failure_does_not_cut_a_slow_destination_short() {
    check_failing(
        "what is reported as held is held",
        &Memory::failing(&["KV"]).with("QUEUE", "send", Fault::Takes(3_000), 1),
        &Expected {
            status: 503,
            headers: "retry-after: 1",
            body: r#"{"type":"urn:elytra-webhooks:undelivered","title":"A destination failed","status":503,"code":"undelivered","detail":"not every destination holds the event; send it again","failed":["archive"],"held":["products"]}"#,
            log: r#"{"outcome":"failed","code":"undelivered","status":503,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","held":["products"],"reasons":["archive: destination-canary"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
        &["QUEUE"],
    );
}

#[test]
fn a_destination_that_hangs_does_not_hang_the_sender() {
    let memory = Memory::default().with("KV", "put", Fault::Hangs, ALWAYS);
    let memory = memory.with("QUEUE", "send", Fault::Takes(3_999), 1);
    let answer = ask(Ok(&config()), Request::event(r#""eventtype":"product""#), &memory);
    assert_eq!(answer.status, 503, "what is not durable by then must be retried");
    assert!(
        answer.body.ends_with(r#""failed":["archive"],"held":["products"]}"#),
        "{}",
        answer.body
    );
    let reason = r#""reasons":["archive: no answer before the deadline"]"#;
    assert!(answer.log.contains(reason), "{}", answer.log);
    assert_eq!(memory.time.passed(), 4_000, "the time budget");
    assert_eq!(memory.held().len(), 1, "the other one had enough time");
}

#[test]
fn a_success_waits_for_the_slowest() {
    let memory = Memory::default().with("KV", "put", Fault::Takes(3_999), 1);
    let answer = ask(Ok(&config()), Request::event(r#""eventtype":"product""#), &memory);
    assert_eq!((answer.status, memory.held().len()), (202, 2), "rule 6");
    let names = r#"{"code":"accepted","id":"1","subscriptions":["archive","products"]}"#;
    assert_eq!(answer.body, names, "in the order of the configuration, not of finishing");
}

#[test]
fn destinations_are_served_at_once() {
    let memory = Memory::with_latency(10);
    let answer = ask(Ok(&config()), Request::event(r#""eventtype":"product""#), &memory);
    assert_eq!((answer.status, memory.time.passed()), (202, 10), "neither waits for the other");
}

#[test]
fn many_destinations_are_served_six_at_a_time_and_told_in_order() {
    let names: Vec<_> = (10..70).map(|number| format!("S{number}")).collect();
    let subscriptions: Vec<_> =
        names.iter().map(|name| (&**name, r#"{"kv":{"binding":"KV"}}"#)).collect();
    let config = configure(WEBHOOK, &subscriptions);
    let memory = Memory::with_latency(10);
    let answer = ask(Ok(&config), Request::body(event("")), &memory);
    let expected: Vec<_> =
        names.iter().map(|name| format!("\"{}\"", name.to_lowercase())).collect();
    let expected =
        format!(r#"{{"code":"accepted","id":"1","subscriptions":[{}]}}"#, expected.join(","));
    assert_eq!(answer.body, expected, "a Worker of 64 vars");
    assert_eq!(memory.held().len(), 60);
    assert_eq!(
        (MAX_CONNECTIONS, memory.most_under_way.get(), memory.time.passed()),
        (6, 6, 100),
        "Cloudflare's limit of connections is reached and not exceeded"
    );
}

/// For each call, JavaScript has a copy of the event, with two bytes per character as soon as one
/// is not in Latin-1. One event of 8 MB for six namespaces took 96 MB in addition to its own, and
/// the isolate died on every retry.
#[test]
fn large_events_are_written_a_few_at_a_time() {
    const LATENCY_MS: u64 = 100;

    let webhook = WEBHOOK.replace(r#","auth""#, r#","max_body_bytes":8388608,"auth""#);
    let kv = r#"{"kv":{"binding":"KV"}}"#;
    let names = ["A", "B", "C", "D", "E", "F"];
    let mut subscriptions = names.map(|name| (name, kv)).to_vec();
    subscriptions.push(("G", r#"{"queue":"QUEUE"}"#));
    let config = configure_with(&[("CLAIMS", Binding::Kv)], &webhook, &subscriptions);
    let cases = [(MAX_BYTES_IN_FLIGHT / 7, 1), (MAX_BYTES_IN_FLIGHT / 3, 2), (8_000_000, 6)];
    for (bytes, rounds) in cases {
        let memory = Memory::with_latency(LATENCY_MS);
        let text = "x".repeat(bytes - 100);
        let answer = ask(Ok(&config), Request::event(&format!(r#""data":"{text}""#)), &memory);
        assert_eq!((answer.status, memory.count("KV", "put")), (202, 6), "{}", answer.body);
        let sent = memory.calls.borrow().iter().map(|call| call.at / LATENCY_MS).max();
        assert_eq!(sent, Some(rounds), "{bytes} bytes");
    }
}
