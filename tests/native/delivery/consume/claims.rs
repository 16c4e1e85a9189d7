//! Large events: the queue carries a reference, and the destination gets the event.

use elytra_events::CloudEvent;
use elytra_webhooks::capacity::MAX_HELD_BYTES;
use elytra_webhooks::delivery::{Disposition, ROOM_POLL_MS, ROOM_TIMEOUT_MS, Received, consume};
use elytra_webhooks::large::LargeEvent;
use elytra_webhooks::ledger::Key;
use elytra_webhooks::platform::{HttpFailure, Isolate as _};
use futures_util::future::join_all;

use super::{ACK, ELYTRA, again, dead, delivery, hand_out, line};
use crate::delivery::{URL, shop, subscription};
use crate::memory::{Fault, Memory, status};
use crate::support::event;

/// A large event, as it is stored and as the queue carries it.
struct Large {
    whole: String,
    key: String,
    reference: String,
}

fn large() -> Large {
    let whole = event(&format!(r#""data":  "data-canary{}""#, "x".repeat(200_000)));
    let event = CloudEvent::from_json(&whole).unwrap();
    let large = LargeEvent::new(&event, 60).unwrap();
    let (key, reference) = (large.entry.key.clone(), large.message.clone());
    drop(event);
    Large { whole, key, reference }
}

/// A platform whose `CLAIMS` has the event.
fn stored(Large { whole, key, .. }: &Large) -> Memory {
    let memory = Memory::default();
    memory.store("CLAIMS", key, whole);
    memory
}

#[test]
fn it_is_delivered_whole() {
    let large = large();
    let memory = stored(&large);
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &large.reference), 1);
    assert_eq!((consumed.disposition, consumed.log), (ACK, line("delivered", 1, "")));
    assert!(memory.called()[0].text() == large.whole, "byte for byte, without a dataref");
    assert_eq!(memory.namespace("CLAIMS").len(), 1, "others may need it");

    let memory = stored(&large);
    let binary = shop(r#""mode":"binary""#);
    hand_out(&binary, &memory, &delivery("shop", &large.reference), 1);
    let called = &memory.called()[0];
    assert_eq!(called.header("ce-dataref"), None);
    assert!(called.text().starts_with("\"data-canary") && called.body.len() > 200_000);
}

#[test]
fn it_is_tried_again_until_its_data_are_there() {
    let large = large();
    let memory = Memory::default();
    let message = delivery("shop", &large.reference);
    for (attempt, delay) in (1..).zip([1, 2, 4, 8, 16]) {
        let consumed = hand_out(&shop(""), &memory, &message, attempt);
        assert_eq!(consumed.disposition, again(delay), "KV may need a minute to show it");
        let why = format!(
            r#","cause":"claim_missing","reasons":["the event's data is unavailable: there is no \"{}\" in CLAIMS"],"delay_seconds":{delay}"#,
            large.key
        );
        assert_eq!(consumed.log, line("retried", attempt, &why));
    }
    assert_eq!(memory.called(), [], "no destination gets an event without its data");
    memory.store("CLAIMS", &large.key, &large.whole);
    assert_eq!(hand_out(&shop(""), &memory, &message, 5).outcome(), "delivered");
}

/// What a large event is about is known once its data is.
#[test]
fn the_line_says_what_a_large_event_is_about() {
    let data = format!(
        r#""subject":"a","data":{{"objectId":7,"objectType":"product","objectData":["{}"]}}"#,
        "x".repeat(200_000)
    );
    let whole = event(&data);
    let read = CloudEvent::from_json(&whole).unwrap();
    let LargeEvent { entry, message } = LargeEvent::new(&read, 60).unwrap();
    let memory = Memory::default();
    let about = r#""type":"t","subject":"a","object_type":"product","object_id":"7","attempts""#;
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &message), 1);
    assert!(consumed.log.contains(r#""type":"t","subject":"a","attempts""#), "{}", consumed.log);
    memory.store("CLAIMS", &entry.key, &whole);
    for (text, outcome) in
        [(delivery("shop", &message), "delivered"), (dead("shop", &message), "stored")]
    {
        let consumed = hand_out(&shop(""), &memory, &text, 2);
        assert_eq!(consumed.outcome(), outcome);
        assert!(consumed.log.contains(about), "{}", consumed.log);
    }
}

#[test]
fn without_its_data_it_is_dead_in_the_end() {
    let large = large();
    let memory = Memory::default();
    let consumed = hand_out(&shop(ELYTRA), &memory, &delivery("shop", &large.reference), 6);
    assert_eq!((consumed.disposition, consumed.outcome()), (ACK, "dead"));
    let letters = memory.queue("DEAD_LETTERS").concat();
    assert!(letters.contains(r#""cause":"claim_missing""#) && letters.ends_with(&large.reference));
    assert_eq!(memory.called(), []);
    hand_out(&shop(""), &memory, &letters, 1);
    assert!(memory.namespace("DEAD")[0].1.value.ends_with(&large.reference), "what there is");
}

/// The destination is not called in the meantime, so this costs no retry, however often it fails.
#[test]
fn a_namespace_that_fails_is_waited_for() {
    let large = large();
    let memory = stored(&large).with("CLAIMS", "get", Fault::Fails, 20);
    let mut message = delivery("shop", &large.reference);
    let delays = [60, 120, 240, 480, 960, 1_920].into_iter().chain([3_600; 14]);
    for delay in delays {
        let consumed = hand_out(&shop(""), &memory, &message, 1);
        let why = format!(
            r#","cause":"claim_missing","reasons":["the event's data is unavailable: destination-canary"],"delay_seconds":{delay}"#
        );
        assert_eq!((consumed.disposition, consumed.log), (ACK, line("retried", 1, &why)));
        let (queue, next, later) = memory.later.borrow_mut().remove(0);
        assert_eq!((&*queue, later), ("DELIVERIES", delay));
        message = next;
    }
    assert_eq!(memory.called(), []);
    memory.answers(URL, [status(503), status(200)]);
    let first = hand_out(&shop(""), &memory, &message, 1);
    assert_eq!((first.disposition, first.outcome()), (again(1), "retried"), "the first call");
    assert_eq!(hand_out(&shop(""), &memory, &message, 2).outcome(), "delivered");
}

#[test]
fn a_dead_one_is_kept_whole() {
    let large = large();
    let memory = stored(&large);
    let consumed = hand_out(&shop(""), &memory, &dead("shop", &large.reference), 1);
    assert_eq!((consumed.disposition, consumed.log), (ACK, line("stored", 6, "")));
    let stored = &memory.namespace("DEAD")[0].1.value;
    assert!(*stored == dead("shop", &large.whole), "it outlives what is in CLAIMS");
}

#[test]
fn a_dead_one_waits_for_a_namespace_that_fails_once() {
    let large = large();
    let memory = stored(&large).with("CLAIMS", "get", Fault::Fails, 1);
    let message = dead("shop", &large.reference);
    let consumed = hand_out(&shop(""), &memory, &message, 1);
    assert!(
        matches!(consumed.disposition, Disposition::Retry { .. }),
        "its data are there, and are gone in a week: {}",
        consumed.log
    );
    memory.time.pass(60_000);
    assert_eq!(hand_out(&shop(""), &memory, &message, 2).disposition, ACK);
    assert!(memory.namespace("DEAD")[0].1.value == dead("shop", &large.whole), "whole");
}

#[test]
fn a_dead_one_does_not_wait_for_ever() {
    let large = large();
    let memory = Memory::failing(&["CLAIMS"]);
    // The queue delivers it one last time.
    let consumed = hand_out(&shop(""), &memory, &dead("shop", &large.reference), 101);
    assert_eq!((consumed.disposition, consumed.outcome()), (ACK, "stored"));
    assert_eq!(
        memory.namespace("DEAD")[0].1.value,
        dead("shop", &large.reference),
        "what there is"
    );
}

#[test]
fn a_senders_own_dataref_is_nothing_to_us() {
    let large = large();
    let table = [
        ("another scheme", r#""dataref":"https://a.example/1""#.to_owned()),
        ("another namespace", format!(r#""dataref":"kv:OTHER/{}#/data""#, large.key)),
        ("beside data", format!(r#""dataref":"kv:CLAIMS/{}#/data","data":1"#, large.key)),
    ];
    for (why, members) in table {
        let memory = stored(&large);
        let text = event(&members);
        let consumed = hand_out(&shop(""), &memory, &delivery("shop", &text), 1);
        assert_eq!(consumed.outcome(), "delivered", "{why}");
        assert_eq!(memory.called()[0].text(), text, "{why}: as it came");
    }
}

/// A destination never gets the data of another event, whatever the message refers to and whatever
/// is stored.
#[test]
fn what_is_stored_must_be_the_same_event() {
    let large = large();
    let refers_to =
        |members: &str, key: &str| event(&format!(r#"{members}"dataref":"kv:CLAIMS/{key}#/data""#));
    let old_key = Key::of_event(&CloudEvent::from_json(&large.whole).unwrap()).as_str().to_owned();
    let newer = large.whole.replace("data-canary", "other-canary");
    let attributes = "what is stored is an event with other attributes";
    let content = "the stored event does not match its key";
    let (whole, key) = (&*large.whole, &*large.key);
    let table = [
        (
            "another id",
            refers_to("", key).replace(r#""id":"1""#, r#""id":"2""#),
            key,
            whole,
            attributes,
        ),
        ("one attribute more", refers_to(r#""tenant":"b","#, key), key, whole, attributes),
        ("other data of the same event", refers_to("", key), key, &newer, content),
        ("a key of nothing", refers_to("", "a"), "a", whole, content),
        ("no event", refers_to("", key), key, "{}", "what is stored is not an event"),
    ];
    for (why, message, key, stored, reason) in table {
        let memory = Memory::default();
        memory.store("CLAIMS", key, stored);
        let consumed = hand_out(&shop(""), &memory, &delivery("shop", &message), 1);
        assert_eq!(consumed.outcome(), "retried", "{why}: {}", consumed.log);
        assert!(consumed.log.contains(r#""cause":"claim_missing""#), "{why}: {}", consumed.log);
        assert!(consumed.log.contains(reason), "{why}: {}", consumed.log);
        assert_eq!(memory.called(), [], "{why}");
        hand_out(&shop(""), &memory, &dead("shop", &message), 1);
        let kept = &memory.namespace("DEAD")[0].1.value;
        assert!(kept.ends_with(&message), "{why}: a dead letter has no other event's data either");
    }

    // Messages of version 0.1.0 may be in flight for some days.
    let memory = Memory::default();
    memory.store("CLAIMS", &old_key, whole);
    hand_out(&shop(""), &memory, &delivery("shop", &refers_to("", &old_key)), 1);
    assert!(memory.called()[0].text() == whole);
}

#[test]
fn a_webhook_that_is_gone_needs_no_data() {
    let large = large();
    let off = subscription("").replacen('{', r#"{"active":false,"#, 1);
    let memory = Memory::default();
    let config = super::super::configure(&[("SHOP", &off)]);
    hand_out(&config, &memory, &delivery("shop", &large.reference), 1);
    assert_eq!(memory.count("CLAIMS", "get"), 0);
    assert!(memory.queue("DEAD_LETTERS").concat().contains("no_subscription"));
}

/// Each call needs as many bytes as the largest body can become, and a server that does not answer
/// keeps them in memory. The queue delivers six messages at a time: six of 25 MB took 160 MB, and
/// an isolate has 128.
#[test]
fn large_events_share_the_memory_with_requests() {
    /// The time until a call to a server that does not answer ends, in milliseconds.
    const TIMEOUT_MS: u64 = 10_000;

    let cases = [(1_048_576, TIMEOUT_MS), (2_097_152, 2 * TIMEOUT_MS), (8_388_608, 6 * TIMEOUT_MS)];
    for (max_body_bytes, expected) in cases {
        let mut config = shop("");
        config.receiver.max_body_bytes = max_body_bytes;
        let large = large();
        let memory = stored(&large);
        memory.answers(URL, vec![Err(HttpFailure::Timeout); 6]);
        let received = Received {
            text: Some(delivery("shop", &large.reference)),
            attempts: 1,
            queue: "deliveries".to_owned(),
        };
        let consumed = join_all((0..6).map(|_| consume(&received, &config, &memory)));
        let consumed = memory.time.run(consumed);
        assert!(consumed.iter().all(|(disposition, _)| *disposition == again(1)));
        let waited = expected..expected + 6 * ROOM_POLL_MS;
        assert!(
            waited.contains(&memory.time.passed()),
            "{max_body_bytes}: {:?}",
            memory.time.passed()
        );
        assert_eq!(memory.capacity().held(), 0);
    }
}

#[test]
fn a_large_event_for_which_there_is_no_room_comes_again() {
    let large = large();
    let memory = stored(&large);
    let mut others = memory.capacity().reserve();
    others.grow_to(MAX_HELD_BYTES).unwrap();
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &large.reference), 1);
    assert_eq!((consumed.disposition, memory.time.passed()), (ACK, ROOM_TIMEOUT_MS));
    let (queue, _, later) = memory.later.borrow_mut().remove(0);
    assert_eq!((&*queue, later), ("DELIVERIES", 60), "that was no attempt");
    let consumed = hand_out(&shop(""), &memory, &dead("shop", &large.reference), 1);
    assert_eq!(consumed.disposition, again(60), "a dead letter is not kept without its data");
    assert_eq!((memory.called().len(), memory.count("CLAIMS", "get")), (0, 0));
}
