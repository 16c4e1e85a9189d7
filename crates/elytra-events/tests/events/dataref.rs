//! The reference to the data of an event that was too large for a queue.

use elytra_events::{CloudEvent, DataRef, NotWhole};
use proptest::prelude::*;
use test_support::{event, property};

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
fn only_the_same_event_is_the_whole_of_a_message() {
    let dataref = r#""dataref":"kv:CLAIMS/a#/data""#;
    let check = |why: &str, message: &str, stored: &str, expected: Result<(), NotWhole>| {
        let message = event(message);
        let message = CloudEvent::from_json(&message).unwrap();
        assert_eq!(
            message.whole(stored).map(|whole| assert_eq!(whole.as_json(), stored)),
            expected,
            "{why}"
        );
    };
    let message = format!(r#""subject":"a","n":1,{dataref}"#);
    let whole = event(r#""n":1,"data":[1, 2],"subject":"a""#);
    check("the order does not matter", &message, &whole, Ok(()));
    let other = Err(NotWhole::OtherAttributes);
    check("another subject", &message, &event(r#""subject":"b","n":1,"data":1"#), other);
    check("an attribute less", &message, &event(r#""subject":"a","data":1"#), other);
    check("an attribute more", dataref, &event(r#""n":1,"data":1"#), other);
    check("no event", &message, "{}", Err(NotWhole::NotAnEvent));
    check("nothing is referred to", "", &whole, Err(NotWhole::NoDataref));
    check("nothing is missing", &format!("{dataref},\"data\":1"), &whole, Err(NotWhole::NoDataref));
}

#[test]
fn each_reason_has_its_text() {
    let texts = [NotWhole::NoDataref, NotWhole::NotAnEvent, NotWhole::OtherAttributes];
    assert_eq!(
        texts.map(|why| why.to_string()),
        [
            "the event does not refer to CLAIMS",
            "what is stored is not an event",
            "what is stored is an event with other attributes",
        ]
    );
}
