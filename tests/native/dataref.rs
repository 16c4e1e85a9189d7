//! The claim check: what is sent of a large event, and the reference to the rest.

use elytra_events::{CloudEvent, DataRef};
use elytra_webhooks::large::{LargeEvent, TooLarge};
use elytra_webhooks::ledger::Key;
use elytra_webhooks::plan::EventTooLarge;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{event, property, text};

#[test]
fn a_message_is_the_event_with_a_reference_instead_of_its_data() {
    let extension = || option::of(text());
    let parts = (text(), option::of(text()), extension(), any::<i32>(), any::<bool>(), text());
    property(parts, |(id, subject, extension, integer, is_base64, data)| {
        let mut all = json!({
            "specversion": "1.0", "id": id, "source": "s", "type": "t", "number": integer,
            "time": "2025-12-31T04:19:30.860984129+01:00", "flag": is_base64,
        });
        let optional = [("subject", &subject), ("other", &extension)];
        for (name, value) in optional.iter().filter(|(_, value)| value.is_some()) {
            all[*name] = json!(value);
        }
        let mut whole = all.clone();
        let (member, data) =
            if is_base64 { ("data_base64", "aGVsbG8=".to_owned()) } else { ("data", data) };
        whole[member] = json!(data);
        let whole = whole.to_string();
        let event = CloudEvent::from_json(&whole).unwrap();
        let large = LargeEvent::new(&event, 60).unwrap();

        let key = Key::of(&["claim", event.source(), event.id(), &whole]).as_str().to_owned();
        assert_eq!((&*large.entry.key, large.entry.value), (&*key, &*whole));
        let message = CloudEvent::from_json(&large.message).expect("it is a valid event");
        assert_eq!(message.dataref(), Some(DataRef { binding: "CLAIMS", key: &key }));
        assert!(message.data().is_none());
        all["dataref"] = json!(format!("kv:CLAIMS/{key}#/{member}"));
        assert_eq!(large.message.parse::<Value>().unwrap(), all, "every attribute, and no more");
        let stored: Value = large.entry.value.parse().unwrap();
        assert_eq!(stored.pointer(&format!("/{member}")), Some(&json!(data)), "it points at them");
    });
}

#[test]
fn some_events_cannot_be_sent_without_their_data() {
    let why = |members: &str| {
        let text = event(members);
        let result = LargeEvent::new(&CloudEvent::from_json(&text).unwrap(), 60).map(|_| ());
        result.err()
    };
    assert_eq!(why(r#""data":null"#), None, "a JSON null is data");
    assert_eq!(why(""), Some(TooLarge::WithoutData), "there is nothing to leave out");
    assert_eq!(why(r#""dataref":"x","data":1"#), Some(TooLarge::HasDataref), "it has but one");
}

#[test]
fn each_reason_has_its_text() {
    let check = |index, why, expected: &str| {
        let too_large =
            EventTooLarge { index, subscription: "a", bytes: 127_901, limit: 127_900, why };
        assert_eq!(too_large.to_string(), expected);
    };
    let alone = "the event has 127901 bytes, but the destination of \"a\" takes at most 127900";
    let third =
        "event 2 of the batch has 127901 bytes, but the destination of \"a\" takes at most 127900";
    let no_claims = format!("{third}, and no KV namespace is bound as CLAIMS");
    check(Some(2), TooLarge::NoClaims, &no_claims);
    check(None, TooLarge::ForDestination, alone);
    let dataref = format!("{alone}, and it already has a dataref");
    check(None, TooLarge::HasDataref, &dataref);
    let attributes = format!("{third}, and its attributes alone are too large");
    check(Some(2), TooLarge::WithoutData, &attributes);
}
