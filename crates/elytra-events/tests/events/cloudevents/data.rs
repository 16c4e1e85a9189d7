//! The payload: untouched, whatever it is.

use elytra_events::{CloudEvent, Data};
use test_support::event;

use super::accept;

#[track_caller]
fn check_verbatim(why: &str, data: &str) {
    let text = event(&format!(r#""data": {data} "#));
    let event = accept(why, &text);
    match event.data() {
        Some(Data::Json(json)) => assert_eq!(json, data, "{why}"),
        other => panic!("{why}: {other:?}"),
    }
    assert_eq!(event.as_json(), text, "{why}");
}

#[test]
fn json_data_is_kept_verbatim() {
    check_verbatim("null is a payload", "null");
    check_verbatim("peers drop falsy data", "0");
    check_verbatim("peers drop falsy data", "false");
    check_verbatim("peers drop falsy data", r#""""#);
    check_verbatim("peers drop falsy data", "[]");
    check_verbatim("peers drop falsy data", "{}");
    check_verbatim("peers round beyond 2^53", "9007199254740993");
    check_verbatim("a number of 40 digits", "1234567890123456789012345678901234567890");
    check_verbatim("1.0 is not 1", "1.0");
    check_verbatim("no float holds it", "1e400");
    check_verbatim("nor this", "-0.1E-9999");
    check_verbatim("key order and white space", "{\"b\": 1,\n\t\"a\":{ } }");
    check_verbatim("duplicate keys are the consumer's affair", r#"{"a":1,"a":2}"#);
    check_verbatim("a string of JSON is not parsed again", r#""{\"a\":1}""#);
    check_verbatim("escapes as they were written", r#""\u00e9\/\ud83d\ude00""#);
    check_verbatim("half a surrogate pair is a fault of attributes only", r#"{"a":"\ud800"}"#);
    check_verbatim("noncharacters likewise", r#"["\uffff","\u0000"]"#);
}

#[track_caller]
fn check_base64(why: &str, base64: &str) {
    let text = event(&format!(r#""data_base64":"{base64}""#));
    match accept(why, &text).data() {
        Some(Data::Base64(found)) => assert_eq!(found, base64, "{why}"),
        other => panic!("{why}: {other:?}"),
    }
}

#[test]
fn binary_data_is_kept_as_base64() {
    check_base64("RFC 4648 section 10", "Zm9vYg==");
    check_base64("RFC 4648 section 10", "Zm9vYmE=");
    check_base64("no bytes at all", "");
    check_base64("both characters that base64url lacks", "+/+/");
    check_base64("RFC 4648 3.5: bits behind the last byte may be set", "Zm9=");
}

/// JSON of this many levels.
fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn data_may_be_nested_to_any_depth() {
    check_verbatim("more than serde_json's 128 levels", &nested(200));
    check_verbatim("no stack of ours grows with it", &nested(100_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    check_verbatim("objects as well", &objects);
}

#[test]
fn depth_harms_nowhere_else() {
    let deep = nested(100_000);
    let fault = |text: &str| CloudEvent::from_json(text).unwrap_err().violations[0].to_string();
    assert_eq!(
        fault(&event(&format!(r#""x":{deep}"#))),
        "x: expected a boolean, an integer or a string, found an array"
    );
    assert_eq!(fault(&deep), "expected a JSON object, found an array");
    assert!(fault(&"[".repeat(100_000)).starts_with("not JSON: EOF while parsing"));
    assert!(fault(&r#"{"a":"#.repeat(100_000)).starts_with("not JSON: EOF while parsing"));

    let many: Vec<_> = (0..300).map(|n| format!(r#""x{n}":1"#)).collect();
    let text = event(&format!(r#"{},"last":{deep}"#, many.join(",")));
    assert_eq!(fault(&text), "more than 256 attributes");

    let text = event(&format!(r#""data":{{"objectData":{deep},"other":{deep},"objectId":1}}"#));
    let event = accept("the object in data", &text);
    assert_eq!(event.object().data, Some(&*deep));
}
