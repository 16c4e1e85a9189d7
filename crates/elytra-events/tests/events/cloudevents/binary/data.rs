//! The body of a binary event: JSON as it came, text as a string, anything else as base64.

use elytra_events::Data;
use test_support::Head;

use super::{accept, refuse};

fn head(content_type: Option<&str>) -> Head {
    let head = Head::default().with_event();
    content_type.into_iter().fold(head, |head, value| head.with("content-type", value))
}

/// The member that stands for the data in the JSON format.
#[track_caller]
fn check(why: &str, content_type: Option<&str>, body: &[u8], member: &str) {
    let event = accept(why, &head(content_type), body);
    let type_member =
        content_type.map(|text| format!(r#","datacontenttype":{}"#, serde_json::json!(text)));
    let expected = format!(
        r#"{{"specversion":"1.0","id":"1","source":"s","type":"t"{}{member}}}"#,
        type_member.unwrap_or_default()
    );
    assert_eq!(event.as_json(), expected, "{why}");
    let kind = match event.data() {
        Some(Data::Json(_)) => ",\"data\":",
        Some(Data::Base64(_)) => ",\"data_base64\":",
        None => "",
    };
    assert!(member.starts_with(kind) && member.is_empty() == kind.is_empty(), "{why}");
}

#[test]
fn json_stays_byte_for_byte() {
    let json = |why, body: &str| {
        let member = format!(",\"data\":{body}");
        for content_type in ["application/json", "text/json; charset=utf-8", "IMAGE/X+JSON"] {
            check(why, Some(content_type), body.as_bytes(), &member);
        }
        check("JSON format 3.1: without a content type", None, body.as_bytes(), &member);
    };
    json("key order and white space inside", "{\"b\": 1,\n\t\"a\":{ } }");
    json("40 digits", "1234567890123456789012345678901234567890");
    json("1.0 is not 1", "[1.0, 1e400, -0]");
    json("a string, not parsed again", r#""{\"a\":1}""#);
    json("escapes as written", r#""\u00e9\/\ud83d\ude00""#);
    json("falsy", "0");
    json("falsy", "false");
    json("falsy", r#""""#);
    json("null is a payload", "null");
    json("duplicate keys are the consumer's affair", r#"{"a":1,"a":2}"#);
    json("half a surrogate pair likewise", r#"["\ud800"]"#);
    json("200 levels", &format!("{}{}", "[".repeat(200), "]".repeat(200)));
    check("white space around is no data", None, b" \r\n{ }\t ", ",\"data\":{ }");
}

#[test]
fn text_becomes_a_string() {
    let text = |why, content_type, body: &str, string| {
        check(why, Some(content_type), body.as_bytes(), &format!(",\"data\":{string}"));
    };
    text("plain", "text/plain", "a\"b\\c", r#""a\"b\\c""#);
    text("any text", "Text/XML; Charset=UTF-8", "<a>é€😀</a>", "\"<a>é€😀</a>\"");
    text("ASCII is UTF-8", "text/csv; charset=us-ascii", "a;b\n", r#""a;b\n""#);
    text("a quoted charset", r#"text/plain; charset="utf-8""#, "é", "\"é\"");
    text("text that looks like JSON is text", "text/plain", r#"{"a":1}"#, r#""{\"a\":1}""#);
    text("data may hold what attributes may not", "text/plain", "\0\u{7f}", "\"\\u0000\u{7f}\"");
}

#[test]
fn anything_else_becomes_base64() {
    let bytes = |why, content_type, body: &[u8], base64| {
        check(why, content_type, body, &format!(r#","data_base64":"{base64}""#));
    };
    bytes("RFC 4648 section 10", Some("application/octet-stream"), b"foobar", "Zm9vYmFy");
    bytes("with padding", Some("image/png"), b"foob", "Zm9vYg==");
    bytes("XML that is no text/*", Some("application/xml"), b"<a/>", "PGEvPg==");
    bytes("text of another charset", Some("text/plain; charset=iso-8859-1"), b"\xe9", "6Q==");
    bytes("even where it would be UTF-8", Some("text/plain; charset=utf-16"), b"a", "YQ==");
    bytes("text that is not UTF-8 after all", Some("text/plain"), b"\xff\xfe", "//4=");
    bytes("no content type, and no JSON", None, b"{", "ew==");
    bytes("no content type, and not UTF-8", None, b"\xff", "/w==");
    bytes("a suffix that only ends so", Some("application/notjson"), b"{}", "e30=");
}

#[test]
fn no_body_is_no_data() {
    for content_type in [None, Some("application/json"), Some("text/plain"), Some("image/png")] {
        check("HTTP binding 3.1.2", content_type, b"", "");
    }
}

#[test]
fn an_empty_content_type_is_none() {
    let event = accept("RFC 9110 8.3, as in structured mode", &head(Some("")), b"1");
    assert_eq!(event.datacontenttype(), None);
    accept("white space", &head(Some(" \t ")), b"1");
}

#[test]
fn json_that_is_none_is_a_fault_of_the_data() {
    let json = |why, body: &[u8], code, text| {
        refuse(why, &head(Some("application/json")), body, &[(code, text)]);
    };
    let cut_off = "data: not JSON: EOF while parsing an object at line 1 column 1";
    json("cut off", b"{", "not_json", cut_off);
    let expected = "data: not JSON: expected value at line 1 column 1";
    json("no JSON", b"hello", "not_json", expected);
    json("a byte order mark", "\u{feff}1".as_bytes(), "not_json", expected);
    let twice = "data: not JSON: trailing characters at line 1 column 3";
    json("two values", b"1 2", "not_json", twice);
    let empty = "data: not JSON: EOF while parsing a value at line 1 column 1";
    json("white space is a body, but no JSON", b" ", "not_json", empty);
    json("not UTF-8", b"\"\xe9\"", "not_utf8", "data: not UTF-8: invalid byte at offset 1");
    refuse(
        "beside other faults",
        &head(Some("text/json")).with("ce-time", ""),
        b"]",
        &[
            ("not_json", "data: not JSON: expected value at line 1 column 1"),
            ("empty", "time: must not be empty"),
        ],
    );
}
