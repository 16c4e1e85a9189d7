//! The messages of the two queues: a line with instructions, followed by the event.

use elytra_webhooks::limits::{MAX_DELIVERY_EVENT_BYTES, MAX_QUEUE_EVENT_BYTES};
use elytra_webhooks::message::{DeadMessage, DeliveryMessage};
use elytra_webhooks::platform::HttpFailure;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::consume::{dead, delivery, hand_out};
use super::{URL, configure, shop, subscription};
use crate::memory::{Memory, START};
use crate::support::{event, property};

#[test]
fn their_first_lines_are_these() {
    let delivery = DeliveryMessage {
        subscription: "shop".into(),
        accepted_at: START,
        ..DeliveryMessage::default()
    };
    let line = format!(r#"{{"subscription":"shop","accepted_at":{START}}}"#);
    assert_eq!(delivery.print("event"), format!("{line}\nevent"));
    let dead = DeadMessage {
        subscription: "shop".into(),
        accepted_at: 1,
        died_at: 2,
        attempts: 3,
        cause: "status".into(),
        reason: "the destination answered 404".into(),
        status: Some(404),
        answer: None,
        waits: 0,
    };
    let line = r#"{"subscription":"shop","accepted_at":1,"died_at":2,"attempts":3,"cause":"status","reason":"the destination answered 404","status":404}"#;
    assert_eq!(dead.print("event"), format!("{line}\nevent"));
    let line = line.replace("404}", "null}");
    assert_eq!(DeadMessage { status: None, ..dead }.print("event"), format!("{line}\nevent"));
}

/// Any text, with line ends and white space in all positions.
fn any_text() -> impl Strategy<Value = String> {
    "(\n|\r\n| |\t|\u{feff}|\u{2028}|\\PC|[{}\":,]){0,30}"
}

/// The only message of a queue: its first line, and the rest.
#[track_caller]
fn only(memory: &Memory, queue: &str) -> (Value, String) {
    let [message] = &memory.queue(queue)[..] else { panic!("one message in {queue}") };
    let (line, event) = message.split_once('\n').unwrap();
    (line.parse().unwrap(), event.to_owned())
}

#[test]
fn what_is_written_is_read() {
    property((any_text(), any::<u64>(), any_text()), |(name, accepted_at, text)| {
        let memory = Memory::default();
        let message = DeliveryMessage {
            subscription: (&*name).into(),
            accepted_at,
            ..DeliveryMessage::default()
        };
        hand_out(&shop(""), &memory, &message.print(&text), 1);
        let (line, event) = only(&memory, "DEAD_LETTERS");
        let is_event = elytra_events::CloudEvent::from_json(&text).is_ok();
        assert!(!is_event, "none of these texts is one");
        let found = (&line["subscription"], &line["accepted_at"], &line["cause"]);
        assert_eq!(found, (&json!(name), &json!(accepted_at), &json!("not_an_event")));
        assert_eq!(event, text, "byte for byte");
        assert!(memory.held().iter().all(|held| held.binding == "DEAD_LETTERS"), "no dead letter");
    });
}

#[test]
fn a_dead_letter_is_stored_as_it_was_written() {
    let names = "[a-z0-9_]{1,64}";
    let parts = (names, any::<(u64, u64, u32)>(), any_text(), any::<Option<u16>>(), any_text());
    property(parts, |(name, (accepted_at, died_at, attempts), reason, status, text)| {
        let memory = Memory::default();
        let message = DeadMessage {
            subscription: name.into(),
            accepted_at,
            died_at,
            attempts,
            cause: "status".into(),
            reason: reason.into(),
            status,
            answer: None,
            waits: 0,
        };
        let message = message.print(&text);
        hand_out(&shop(""), &memory, &message, 1);
        let [(_, stored)] = &memory.namespace("DEAD")[..] else { panic!("one entry") };
        assert_eq!(stored.value, message, "byte for byte");
        assert_eq!(memory.called(), [], "and is never taken for a delivery");
    });
}

#[test]
fn a_webhook_gets_the_text_of_its_event() {
    let white = "[ \n\r\t]{0,4}";
    property((white, white, white), |(before, within, behind)| {
        let text = event("").replace(',', &format!("{within},"));
        let text = format!("{before}{text}{behind}");
        let memory = Memory::default();
        hand_out(&shop(""), &memory, &delivery("shop", &text), 1);
        assert_eq!(memory.called()[0].text(), text, "byte for byte");
    });
}

#[test]
fn what_is_no_message_is_not_lost() {
    let good = format!(r#"{{"subscription":"shop","accepted_at":{START}}}"#);
    let table = [
        ("nothing", String::new()),
        ("an event alone", event("")),
        ("a line without an end", good.clone()),
        ("no line", format!("\n{}", event(""))),
        ("white space in front of an event", format!("\n{good}\n{}", event(""))),
        ("a field is missing", "{\"subscription\":\"shop\"}\n".to_owned()),
        ("a wrong type", good.replace("\"shop\"", "1") + "\n"),
        ("half a dead letter", good.replace('}', ",\"died_at\":1}\n")),
        ("twice", good.replace('}', ",\"accepted_at\":1}\n")),
    ];
    for (why, text) in table {
        let memory = Memory::default();
        hand_out(&shop(""), &memory, &text, 1);
        let (line, event) = only(&memory, "DEAD_LETTERS");
        assert_eq!(
            (&line["cause"], &line["subscription"]),
            (&json!("not_an_event"), &json!("unknown"))
        );
        assert_eq!(event, text, "{why}: it is kept whole");
        assert_eq!(memory.called(), [], "{why}");
    }
}

/// An event of exactly this many bytes.
pub(super) fn event_of(bytes: usize) -> String {
    let room = bytes - event(r#""data":"""#).len();
    event(&format!(r#""data":"{}""#, "x".repeat(room)))
}

#[test]
fn the_largest_event_has_room_behind_the_longest_line() {
    let largest = event_of(MAX_DELIVERY_EVENT_BYTES);
    let name = "n".repeat(64);
    let config = configure(&[(&name.to_ascii_uppercase(), &subscription(""))]);
    let reasons = [
        ("what JSON writes with six characters", "\u{1}".repeat(1_000)),
        ("the longest characters", "😀".repeat(1_000)),
        ("quotes", "\"".repeat(1_000)),
    ];
    for (why, reason) in reasons {
        let memory = Memory::default();
        let message = DeliveryMessage {
            subscription: (&*name).into(),
            accepted_at: u64::MAX,
            ..DeliveryMessage::default()
        };
        let message = message.print(&largest);
        assert!(message.len() <= MAX_QUEUE_EVENT_BYTES, "as a delivery");
        memory.answers(URL, [Err(HttpFailure::Connection(reason))]);
        hand_out(&config, &memory, &message, u32::MAX);
        let [dead] = &memory.queue("DEAD_LETTERS")[..] else { panic!("one dead letter") };
        assert!(dead.len() <= MAX_QUEUE_EVENT_BYTES, "{why}: {} bytes", dead.len());
        assert!(dead.ends_with(&largest), "{why}: whole");
        assert_eq!(hand_out(&config, &memory, dead, 1).outcome(), "stored", "{why}");
    }
}

#[test]
fn the_longest_attributes_fit_in_the_metadata() {
    // A quote takes two characters in JSON, and a source cannot contain one. Each text has the
    // maximum length.
    let (quotes, source) = ("\\\"".repeat(160), "s".repeat(160));
    let text =
        format!(r#"{{"specversion":"1.0","id":"{quotes}","source":"{source}","type":"{quotes}"}}"#);
    for (cause, status) in
        [("redirect", Some(302)), ("no_subscription", None), ("status", Some(599))]
    {
        let memory = Memory::default();
        let message = DeadMessage {
            subscription: "n".repeat(64).into(),
            accepted_at: START,
            died_at: START,
            attempts: 100,
            cause: cause.into(),
            reason: "".into(),
            status,
            answer: None,
            waits: 0,
        };
        // The namespace in memory has the limits of KV.
        hand_out(&shop(""), &memory, &message.print(&text), 1);
        let metadata: Value = memory.namespace("DEAD")[0].1.metadata.parse().unwrap();
        assert_eq!(metadata["event"]["id"].as_str().unwrap().len(), 160);
    }
    let longer = text.replace(&source, &"s".repeat(161));
    let memory = Memory::default();
    hand_out(&shop(""), &memory, &dead("shop", &longer), 1);
    let metadata: Value = memory.namespace("DEAD")[0].1.metadata.parse().unwrap();
    assert_eq!(metadata["event"]["source"], Value::Null, "what is longer is left out");
    assert_ne!(metadata["event"]["id"], Value::Null);
}
