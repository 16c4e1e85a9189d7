//! The claim check: what is sent of a large event, and the reference to the rest.

use elytra_webhooks::CloudEvent;
use elytra_webhooks::large::{DataRef, LargeEvent, TooLarge};
use elytra_webhooks::ledger::Key;
use elytra_webhooks::plan::EventTooLarge;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{event, property, text};

#[track_caller]
fn check(why: &str, text: &str, expected: Option<(&str, &str)>) {
    let found = DataRef::parse(text).map(|DataRef { binding, key }| (binding, key));
    assert_eq!(found, expected, "{why}: {text}");
}

#[test]
fn a_reference_of_ours_is_read() {
    check("what is sent", "kv:CLAIMS/a-_9#/data", Some(("CLAIMS", "a-_9")));
    check("binary data", "kv:CLAIMS/a-_9#/data_base64", Some(("CLAIMS", "a-_9")));
    check("a key may hold a solidus", "kv:CLAIMS/a/b#/data", Some(("CLAIMS", "a/b")));
    check("nothing", "", None);
    check("another scheme", "https://example.com/CLAIMS/a#/data", None);
    check("as it is written, and no other way", "KV:CLAIMS/a#/data", None);
    check("no pointer", "kv:CLAIMS/a", None);
    check("an empty one is the whole event", "kv:CLAIMS/a#", None);
    check("another one", "kv:CLAIMS/a#/subject", None);
    check("deeper", "kv:CLAIMS/a#/data/b", None);
    check("no JSON pointer", "kv:CLAIMS/a#data", None);
    check("two of them", "kv:CLAIMS/a#/data#/data", None);
    check("no key", "kv:CLAIMS/#/data", None);
    check("no solidus", "kv:CLAIMS#/data", None);
    check("no namespace", "kv:/a#/data", None);
}

#[test]
fn no_text_panics_and_what_is_read_is_what_is_written() {
    let part = || "[A-Za-z_/#:]{0,6}";
    let texts = prop_oneof![
        ".{0,20}",
        (part(), part(), "(/data)?(_base64)?").prop_map(|(a, b, c)| format!("kv:{a}/{b}#{c}")),
    ];
    property(texts, |text| {
        if let Some(DataRef { binding, key }) = DataRef::parse(&text) {
            let data =
                [format!("kv:{binding}/{key}#/data"), format!("kv:{binding}/{key}#/data_base64")];
            assert!(data.contains(&text), "{text}");
        }
    });
}

#[test]
fn only_a_dataref_of_ours_is_one() {
    let of = |members: &str| {
        let text = event(members);
        let event = CloudEvent::from_json(&text).unwrap();
        event.dataref().map(|found| found.key.to_owned())
    };
    let key = "a";
    let own = |binding: &str| format!(r#""dataref":"kv:{binding}/{key}#/data""#);
    assert_eq!(of(&own("CLAIMS")).as_deref(), Some(key));
    assert_eq!(of(""), None, "none");
    assert_eq!(of(&own("OTHER")), None, "nothing is stored in another namespace");
    assert_eq!(of(&(own("CLAIMS") + r#","data":1"#)), None, "nothing is missing");
    assert_eq!(of(r#""dataref":"https://example.com/a""#), None, "a sender's own");
    assert_eq!(of(r#""dataref":5"#), None, "no text");
}

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
    let alone = "the event has 127901 bytes, but the destination of \"a\" takes 127900";
    let third = "event 2 of the batch has 127901 bytes, but the destination of \"a\" takes 127900";
    let no_claims = format!("{third}, and there is no CLAIMS to store it in");
    check(Some(2), TooLarge::NoClaims, &no_claims);
    check(None, TooLarge::ForDestination, alone);
    let dataref = format!("{alone}, and it has a dataref of its own");
    check(None, TooLarge::HasDataref, &dataref);
    let attributes = format!("{third}, and its attributes alone are too large");
    check(Some(2), TooLarge::WithoutData, &attributes);
}
