//! Batches: a JSON array of whole events, all of them valid or none read.

use elytra_events::InvalidEvents;
use elytra_events::http::{Mode, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use test_support::{Head, check_faults, event, property};

use super::properties::json_value;

/// A batch of these.
fn batch(elements: &[String]) -> String {
    format!("[{}]", elements.join(","))
}

#[track_caller]
fn check(why: &str, body: &str, limit: usize, ids: &[&str]) {
    let events = decode(Mode::Batch, &Head::default(), body.as_bytes(), limit);
    let events = events.unwrap_or_else(|invalid| panic!("{why}: {invalid:?}"));
    let found: Vec<_> = events.iter().map(elytra_events::CloudEvent::id).collect();
    assert_eq!(found, ids, "{why}");
}

/// A bad event: its index, and its faults.
type Bad<'e> = (Option<usize>, &'e [(&'e str, &'e str)]);

/// Every bad event is told.
#[track_caller]
fn refuse(why: &str, body: &[u8], expected: &[Bad<'_>]) {
    match decode(Mode::Batch, &Head::default(), body, 100) {
        Err(InvalidEvents::Invalid(invalid)) => {
            let indexes: Vec<_> = invalid.iter().map(|event| event.index).collect();
            let expected_indexes: Vec<_> = expected.iter().map(|(index, _)| *index).collect();
            assert_eq!(indexes, expected_indexes, "{why}");
            for (event, (_, faults)) in invalid.iter().zip(expected) {
                check_faults(why, event, faults);
            }
        }
        other => panic!("{why}: {other:?}"),
    }
}

fn numbered(id: usize) -> String {
    event("").replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

#[test]
fn a_batch_is_an_array_of_events() {
    check("HTTP binding 3.3.2: empty", "[]", 100, &[]);
    check("empty, with white space", " [ \r\n] ", 100, &[]);
    check("one", &batch(&[numbered(7)]), 100, &["7"]);
    let three = batch(&[numbered(3), numbered(1), numbered(2)]);
    check("peers take the first alone; in their order", &three, 100, &["3", "1", "2"]);
    check("the same event twice is two events", &batch(&[event(""), event("")]), 2, &["1", "1"]);
}

#[test]
fn each_event_keeps_its_own_text() {
    let spaced = r#"{ "type":"t",  "source":"s","id":"\u0031", "specversion":"1.0","data": 1.0 }"#;
    let body = format!("[\n{spaced} ,\t{}\n]", event(r#""data":null"#));
    let events = decode(Mode::Batch, &Head::default(), body.as_bytes(), 2).unwrap();
    let texts: Vec<_> = events.iter().map(elytra_events::CloudEvent::as_json).collect();
    assert_eq!(texts, [spaced, &event(r#""data":null"#)], "without what stands between them");
}

#[test]
fn a_batch_is_limited() {
    let of = |count: usize| batch(&(0..count).map(numbered).collect::<Vec<_>>());
    let ids: Vec<_> = (0..100).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    check("exactly the limit", &of(100), 100, &ids);
    let body = of(101);
    let too_many = decode(Mode::Batch, &Head::default(), body.as_bytes(), 100).unwrap_err();
    assert_eq!(too_many, InvalidEvents::TooMany { events: 101, limit: 100 }, "one more");
    let numbers = format!("[{}1]", "1,".repeat(5_000));
    let too_many = decode(Mode::Batch, &Head::default(), numbers.as_bytes(), 1).unwrap_err();
    assert_eq!(too_many, InvalidEvents::TooMany { events: 5_001, limit: 1 }, "not looked into");
}

#[test]
fn every_bad_event_is_told_by_its_index_with_every_fault() {
    let body = format!(
        r#"[{},{{"specversion":"1.0","source":"","type":"t","id":"9"}},{},{{}},null,"x",[{}]]"#,
        event(""),
        event(r#""time":"now","x":{}"#),
        event("")
    );
    refuse(
        "JSON format 4: each element is a whole event",
        body.as_bytes(),
        &[
            (Some(1), &[("empty", "source: must not be empty")]),
            (
                Some(2),
                &[
                    (
                        "wrong_type",
                        "x: expected a boolean, an integer or a string, found an object",
                    ),
                    (
                        "not_a_timestamp",
                        "time: not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit",
                    ),
                ],
            ),
            (
                Some(3),
                &[
                    ("missing", "specversion: required attribute is missing"),
                    ("missing", "id: required attribute is missing"),
                    ("missing", "source: required attribute is missing"),
                    ("missing", "type: required attribute is missing"),
                ],
            ),
            (Some(4), &[("not_an_object", "expected a JSON object, found null")]),
            (Some(5), &[("not_an_object", "expected a JSON object, found a string")]),
            (Some(6), &[("not_an_object", "expected a JSON object, found an array")]),
        ],
    );
    let invalid = decode(Mode::Batch, &Head::default(), body.as_bytes(), 100).unwrap_err();
    let InvalidEvents::Invalid(invalid) = invalid else { panic!("{invalid:?}") };
    assert_eq!((invalid[0].id.as_deref(), invalid[0].type_.as_deref()), (Some("9"), Some("t")));
}

#[test]
fn what_is_no_array_is_refused_as_a_whole() {
    let whole = |why, body: &[u8], code, text| refuse(why, body, &[(None, &[(code, text)])]);
    let one = event("");
    let found = "expected a JSON array, found an object";
    whole("one event is no batch", one.as_bytes(), "not_an_array", found);
    whole("null", b"null", "not_an_array", "expected a JSON array, found null");
    whole("a string", b"\"[]\"", "not_an_array", "expected a JSON array, found a string");
    whole("a number", b"1", "not_an_array", "expected a JSON array, found a number");
    let empty = "the body is empty, expected JSON";
    whole("nothing", b"", "no_body", empty);
    whole("white space", b" \n", "no_body", empty);
    whole("not UTF-8", b"[\xff]", "not_utf8", "not UTF-8: invalid byte at offset 1");
    let cut_off = "not JSON: EOF while parsing a list at line 1 column 1";
    whole("cut off", b"[", "not_json", cut_off);
    let comma = "not JSON: trailing comma at line 1 column 4";
    whole("a comma too many", b"[1,]", "not_json", comma);
    let behind = "not JSON: trailing characters at line 1 column 3";
    whole("two batches", b"[][]", "not_json", behind);
    whole(
        "an object that is none",
        b"{",
        "not_json",
        "not JSON: EOF while parsing an object at line 1 column 1",
    );
    let lines = format!("{}\n{}", event(""), event(""));
    let lines_text = "not JSON: trailing characters at line 2 column 1";
    whole("one event a line is no JSON", lines.as_bytes(), "not_json", lines_text);
}

#[test]
fn depth_harms_no_batch() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    refuse(
        "an array in it",
        deep.as_bytes(),
        &[(Some(0), &[("not_an_object", "expected a JSON object, found an array")])],
    );
    let body = batch(&[event(&format!(r#""data":{deep}"#))]);
    check("in data", &body, 1, &["1"]);
}

#[test]
fn no_batch_panics() {
    let elements = prop_oneof![Just(event("")), json_value().prop_map(|value| value.to_string())];
    property(vec(elements, 0..5), |elements| {
        let valid = elements.iter().filter(|element| **element == event("")).count();
        let body = batch(&elements);
        match decode(Mode::Batch, &Head::default(), body.as_bytes(), 100) {
            Ok(events) => assert_eq!(events.len(), elements.len()),
            Err(InvalidEvents::Invalid(invalid)) => {
                assert_eq!(invalid.len(), elements.len() - valid, "{body}");
                assert!(invalid.iter().all(|event| event.index.is_some()));
            }
            Err(other) => panic!("{other:?}"),
        }
    });
    property(vec(any::<u8>(), 0..60), |body| {
        let _ = decode(Mode::Batch, &Head::default(), &body, 3);
    });
    property((r"\[.{0,40}\]?", 0..3_usize), |(body, limit)| {
        let _ = decode(Mode::Batch, &Head::default(), body.as_bytes(), limit);
    });
}

#[test]
fn the_faults_of_a_batch_are_printed_with_the_place_of_each_event() {
    let body = batch(&[event(""), "{}".to_owned(), event(r#""time":"","a":[]"#)]);
    let invalid = decode(Mode::Batch, &Head::default(), body.as_bytes(), 100).unwrap_err();
    assert_eq!(
        invalid.to_string(),
        "event 1 of the batch: specversion: required attribute is missing; id: required attribute is \
         missing; source: required attribute is missing; type: required attribute is missing; event 2 \
         of the batch: a: expected a boolean, an integer or a string, found an array; time: must not \
         be empty"
    );
    let many = vec!["{}".to_owned(); 70];
    let invalid = decode(Mode::Batch, &Head::default(), batch(&many).as_bytes(), 100).unwrap_err();
    let text = invalid.to_string();
    assert!(text.ends_with("; event 69 of the batch: 4 violations"), "none of it was kept: {text}");
}
