//! Events that cannot be delivered: the message of a dead letter, and what is stored of it.

use elytra_events::CloudEvent;
use elytra_webhooks::ledger::Key;
use elytra_webhooks::level::Level;
use elytra_webhooks::platform::HttpFailure;

use super::{ACK, ELYTRA, dead, delivery, hand_out, line, product, receive, try_it};
use crate::delivery::{configure, shop, subscription};
use crate::memory::{Memory, START, status};
use crate::support::event;

#[test]
fn a_dead_letter_says_why_when_and_after_how_many_attempts() {
    let (_, memory) = try_it("", status(404), 3);
    let line = format!(
        r#"{{"subscription":"shop","accepted_at":{},"died_at":{START},"attempts":3,"cause":"status","reason":"the destination answered 404","status":404}}"#,
        START - 7
    );
    assert_eq!(memory.queue("DEAD_LETTERS"), [format!("{line}\n{}", product())]);

    let (_, memory) = try_it(ELYTRA, Err(HttpFailure::Timeout), 6);
    let died_at = START + 10_000;
    let line = format!(
        r#"{{"subscription":"shop","accepted_at":{},"died_at":{died_at},"attempts":6,"cause":"timeout","reason":"the destination did not answer in time","status":null}}"#,
        START - 7
    );
    assert_eq!(memory.queue("DEAD_LETTERS"), [format!("{line}\n{}", product())], "no status");
}

#[test]
fn a_long_reason_is_cut() {
    let (consumed, memory) = try_it(ELYTRA, Err(HttpFailure::Connection("é".repeat(300))), 6);
    let dead = memory.queue("DEAD_LETTERS").concat();
    let start = "no connection to the destination: ";
    let reason = format!("{start}{}\"", "é".repeat(256 - start.len()));
    assert!(dead.contains(&reason), "256 characters: {dead}");
    let reason = format!("{start}{}…\"", "é".repeat(256 - start.len()));
    assert!(consumed.log.contains(&reason), "{}", consumed.log);
}

#[test]
fn without_an_active_subscription_it_is_dead_at_once() {
    let off = subscription("").replacen('{', r#"{"active":false,"#, 1);
    let table = [
        ("it was taken away", configure(&[("OTHER", r#"{"queue":"QUEUE"}"#)])),
        ("it is not active", configure(&[("SHOP", &off)])),
        ("it has another destination now", configure(&[("SHOP", r#"{"queue":"QUEUE"}"#)])),
    ];
    let why = r#","cause":"no_subscription","reasons":["no active subscription with this name has a webhook or a service"]"#;
    for (case, config) in table {
        let memory = Memory::default();
        let consumed = hand_out(&config, &memory, &delivery("shop", &product()), 1);
        assert_eq!((consumed.disposition, consumed.log), (ACK, line("dead", 1, why)), "{case}");
        assert_eq!(consumed.level, Level::Error, "{case}");
        let dead = memory.queue("DEAD_LETTERS").concat();
        assert!(
            dead.contains(r#""cause":"no_subscription""#) && dead.ends_with(&product()),
            "{case}"
        );
        assert_eq!(memory.called(), [], "{case}");
    }
}

#[test]
fn what_is_no_event_is_dead_at_once() {
    let memory = Memory::default();
    let text = r#"{"specversion":"1.0","id":"","data":"data-canary"}"#;
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", text), 1);
    let reasons = "id: must not be empty; source: required attribute is missing; type: required attribute is missing";
    let log = format!(
        r#"{{"outcome":"dead","subscription":"shop","attempts":1,"cause":"not_an_event","reasons":["the message is not an event: {reasons}"],"milliseconds":0}}"#
    );
    assert_eq!((consumed.disposition, consumed.log), (ACK, log));
    assert!(memory.queue("DEAD_LETTERS").concat().ends_with(text), "whole");
}

#[test]
fn what_is_no_text_is_dead_at_once() {
    let memory = Memory::default();
    let consumed = receive(&shop(""), &memory, None, 2);
    let log = r#"{"outcome":"dead","subscription":"unknown","attempts":2,"cause":"not_an_event","reasons":["the message is not an event: it has no first line"],"milliseconds":0}"#;
    assert_eq!((consumed.disposition, &*consumed.log), (ACK, log));
    assert_eq!(memory.queue("DEAD_LETTERS").len(), 1);
}

#[test]
fn the_log_tells_nothing_of_what_is_no_message() {
    // Messages of other producers, whose first lines may be anything.
    let table = [
        "\"data-canary\"\nx",
        "{\"subscription\":\"shop\",\"accepted_at\":\"data-canary\"}\nx",
        "{\"data-canary\":1}\nx",
        "[\"data-canary\"]\nx",
        "data-canary\nx",
    ];
    for text in table {
        // The stored data may be missing.
        hand_out(&shop(""), &Memory::default(), text, 1);
    }
}

fn key_of(text: &str) -> String {
    Key::of_event(&CloudEvent::from_json(text).unwrap()).as_str().to_owned()
}

#[test]
fn a_dead_letter_is_kept() {
    let memory = Memory::default();
    let message = dead("shop", &product());
    let consumed = hand_out(&shop(""), &memory, &message, 1);
    assert_eq!((consumed.disposition, consumed.level), (ACK, Level::Info));
    assert_eq!(consumed.log, line("stored", 6, ""));
    let [(key, stored)] = &memory.namespace("DEAD")[..] else { panic!("one entry") };
    assert_eq!(*key, format!("shop/{START}/{}", key_of(&product())), "keys sort by time");
    assert_eq!(stored.value, message);
    let metadata = format!(
        r#"{{"subscription":"shop","cause":"status","status":503,"attempts":6,"accepted_at":{},"died_at":{START},"event":{{"id":"1","source":"s","type":"t"}}}}"#,
        START - 7
    );
    assert_eq!(stored.metadata, metadata);
    assert_eq!(stored.expiration_ttl, None, "until an operator says so");
    assert_eq!(memory.called(), [], "and it is not called again");
}

#[test]
fn a_dead_letter_that_is_no_event_is_kept_too() {
    let memory = Memory::default();
    let message = dead("shop", "data-canary");
    let consumed = hand_out(&shop(""), &memory, &message, 1);
    let log = r#"{"outcome":"stored","subscription":"shop","attempts":6,"milliseconds":0}"#;
    assert_eq!((consumed.disposition, &*consumed.log), (ACK, log));
    let [(key, stored)] = &memory.namespace("DEAD")[..] else { panic!("one entry") };
    assert_eq!(*key, format!("shop/{START}/{}", Key::of(&["text", "data-canary"]).as_str()));
    assert_eq!(stored.value, message);
    assert!(stored.metadata.ends_with(r#""event":{}}"#), "{}", stored.metadata);
}

#[test]
fn the_same_dead_letter_has_one_key() {
    let memory = Memory::default();
    for _ in 0..2 {
        hand_out(&shop(""), &memory, &dead("shop", &product()), 1);
        memory.time.pass(1_000);
    }
    assert_eq!(memory.namespace("DEAD").len(), 1, "a queue delivers at least once");
    hand_out(
        &shop(""),
        &memory,
        &dead("shop", &event("").replace(r#""id":"1""#, r#""id":"2""#)),
        1,
    );
    hand_out(&shop(""), &memory, &dead("other", &product()), 1);
    assert_eq!(memory.namespace("DEAD").len(), 3);
}

#[test]
fn what_the_queue_gave_up_is_tried_again_from_there() {
    let memory = Memory::default();
    // `dead_letter_queue`: a delivery arrives in DEAD_LETTERS, and its attempts start over.
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &product()), 1);
    assert_eq!((consumed.outcome(), memory.called().len()), ("delivered", 1));
}
