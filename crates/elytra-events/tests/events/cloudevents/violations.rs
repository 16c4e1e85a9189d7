//! What makes an event invalid: each fault with its code and its exact text, all at once.

use elytra_events::http::Mode;
use elytra_events::{CloudEvent, InvalidEvent, Problem, Violation};
use test_support::{Head, check_faults, decode_one, event};

/// Each fault is a code and the text behind it.
#[track_caller]
fn check_body(why: &str, body: &[u8], faults: &[(&str, &str)]) -> InvalidEvent {
    let invalid = match decode_one(Mode::Structured, &Head::default(), body) {
        Ok(event) => panic!("{why}: accepted {event:?}"),
        Err(invalid) => invalid,
    };
    check_faults(why, &invalid, faults);
    invalid
}

/// A valid event with these members besides has one fault.
#[track_caller]
fn check(why: &str, members: &str, code: &str, text: &str) {
    check_body(why, event(members).as_bytes(), &[(code, text)]);
}

#[test]
fn what_is_not_json_is_told_with_its_place() {
    check_body("nothing", b"", &[("no_body", "the body is empty, expected JSON")]);
    check_body("white space", b" \r\n", &[("no_body", "the body is empty, expected JSON")]);
    let not_json = |why, body: &[u8], text| check_body(why, body, &[("not_json", text)]);
    not_json("cut off", b"{\"id\":1", "not JSON: EOF while parsing an object at line 1 column 7");
    not_json("an HTML page", b"<html>", "not JSON: expected value at line 1 column 1");
    not_json("a form", b"id=1", "not JSON: expected value at line 1 column 1");
    not_json("single quotes", b"{'id':1}", "not JSON: key must be a string at line 1 column 2");
    not_json("a comma too many", b"{\"id\":1,}", "not JSON: trailing comma at line 1 column 9");
    not_json("RFC 8259 6: no NaN", b"{\"x\":NaN}", "not JSON: expected value at line 1 column 6");
    not_json(
        "RFC 8259 6: no leading zero",
        b"{\"x\":01}",
        "not JSON: invalid number at line 1 column 7",
    );
    not_json(
        "RFC 8259 7: control characters are escaped",
        b"{\"x\":\"a\nb\"}",
        "not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 7",
    );
    let twice = format!("{} {}", event(""), event(""));
    not_json("two events", twice.as_bytes(), "not JSON: trailing characters at line 1 column 56");
    let garbage = format!("{}x", event(""));
    not_json(
        "more behind",
        garbage.as_bytes(),
        "not JSON: trailing characters at line 1 column 55",
    );
    let bom = format!("\u{feff}{}", event(""));
    not_json(
        "RFC 8259 8.1: a sender adds no byte order mark; what is forwarded would hold it",
        bom.as_bytes(),
        "not JSON: expected value at line 1 column 1",
    );
    let lone = br#"{"a\ud800":1}"#;
    not_json(
        "half a pair in a name",
        lone,
        "not JSON: unexpected end of hex escape at line 1 column 10",
    );
}

#[test]
fn what_is_not_utf8_is_told_with_its_offset() {
    let not_utf8 = |why, body: &[u8], text| check_body(why, body, &[("not_utf8", text)]);
    not_utf8("Latin-1", b"{\"id\":\"\xe9\"}", "not UTF-8: invalid byte at offset 7");
    not_utf8("UTF-16", b"\xff\xfe{\0}\0", "not UTF-8: invalid byte at offset 0");
    not_utf8("an overlong slash", b"\"\xc0\xaf\"", "not UTF-8: invalid byte at offset 1");
    not_utf8("an encoded surrogate", b"\"\xed\xa0\x80\"", "not UTF-8: invalid byte at offset 1");
    not_utf8("cut off within a character", b"\"\xc3", "not UTF-8: invalid byte at offset 1");
}

#[test]
fn an_event_is_a_json_object() {
    let other = |why, body: &[u8], text| check_body(why, body, &[("not_an_object", text)]);
    other("a batch, or the mistake for one", b"[{}]", "expected a JSON object, found an array");
    other("null", b"null", "expected a JSON object, found null");
    other("a boolean", b"true", "expected a JSON object, found a boolean");
    other("a number", b"-1.5e3", "expected a JSON object, found a number");
    other("a string, an event encoded twice", br#""{}""#, "expected a JSON object, found a string");
    let cut_off = "not JSON: EOF while parsing a value at line 1 column 3";
    check_body("an array that is none", b"[1,", &[("not_json", cut_off)]);
}

#[test]
fn required_attributes_are_there() {
    check_body(
        "core 3.1: all four at once, in the order of the specification's checks",
        b"{}",
        &[
            ("missing", "specversion: required attribute is missing"),
            ("missing", "id: required attribute is missing"),
            ("missing", "source: required attribute is missing"),
            ("missing", "type: required attribute is missing"),
        ],
    );
    check_body(
        "JSON format 2.2: null is absent",
        br#"{"specversion":null,"id":null,"source":"s","type":"t"}"#,
        &[
            ("missing", "specversion: required attribute is missing"),
            ("missing", "id: required attribute is missing"),
        ],
    );
    check_body(
        "core 3.1: none is empty, nor of another type",
        br#"{"specversion":1.0,"id":1,"source":"","type":true}"#,
        &[
            ("wrong_type", "specversion: expected a string, found a number"),
            ("wrong_type", "id: expected a string, found a number"),
            ("wrong_type", "type: expected a string, found a boolean"),
            ("empty", "source: must not be empty"),
        ],
    );
    let versions = [("0.3", r#""0.3""#), ("1.0.2", r#""1.0.2""#), (" 1.0", r#"" 1.0""#)];
    for (version, quoted) in versions {
        let text = event("").replace("1.0", version);
        let fault = format!("specversion: unsupported version {quoted}, expected \"1.0\"");
        check_body(
            "core 3.1: exactly 1.0",
            text.as_bytes(),
            &[("unsupported_specversion", &fault)],
        );
    }
}

#[test]
fn attributes_hold_what_the_specification_says() {
    check("core 3.2: subject", r#""subject":"""#, "empty", "subject: must not be empty");
    check("core 3.2: time", r#""time":"""#, "empty", "time: must not be empty");
    check(
        "core 3.2: time is RFC 3339",
        r#""time":"2025-01-01""#,
        "not_a_timestamp",
        "time: not an RFC 3339 timestamp: ends where 'T' is expected",
    );
    let not_a_uri = "dataschema: not an absolute URI by RFC 3986";
    check("core 3.2: dataschema is absolute", r#""dataschema":"/a""#, "not_a_uri", not_a_uri);
    check("a space in a URI", r#""dataschema":"urn:a b""#, "not_a_uri", not_a_uri);
    let not_a_media_type = "datacontenttype: not a media type by RFC 2046";
    check("core 3.2", r#""datacontenttype":"json""#, "not_a_media_type", not_a_media_type);
    for source in ["a b", "ä", "a%2", "http://[::1", "1:b", "<"] {
        let text = event("").replace(r#""source":"s""#, &format!(r#""source":"{source}""#));
        let fault = ("not_a_uri_reference", "source: not a URI-reference by RFC 3986");
        check_body(&format!("core 3.1.2: {source}"), text.as_bytes(), &[fault]);
    }
}

#[test]
fn names_are_lower_case_letters_and_digits() {
    for name in ["", "A", "objectId", "event_type", "event-type", "x.y", "é", "x ", "ID"] {
        let fault =
            format!("{name}: an attribute's name is made of lower-case letters and digits only");
        check("core 2.2", &format!(r#""{name}":1"#), "bad_name", &fault);
    }
}

#[test]
fn values_have_the_types_of_the_specification() {
    let integer = "x: expected a whole number from -2147483648 to 2147483647";
    for number in ["2147483648", "-2147483649", "1.0", "1.5", "1e3", "1E0", "123456789012345678901"]
    {
        check("core 2.3, Integer", &format!(r#""x":{number}"#), "not_an_integer", integer);
    }
    let expected = "x: expected a boolean, an integer or a string, found";
    check("core 2.3", r#""x":{}"#, "wrong_type", &format!("{expected} an object"));
    check("core 2.3", r#""x":[1]"#, "wrong_type", &format!("{expected} an array"));
    let expected = "subject: expected a string, found";
    check("core 3.2", r#""subject":{}"#, "wrong_type", &format!("{expected} an object"));
    check("core 3.2", r#""subject":1.5"#, "wrong_type", &format!("{expected} a number"));
}

#[test]
fn strings_hold_no_forbidden_characters() {
    let forbidden = |why, value: &str, text| {
        check(why, &format!(r#""x":"{value}""#), "forbidden_character", text);
    };
    forbidden("U+0000", r"\u0000", "x: forbidden character U+0000 at position 0");
    forbidden("U+001F", r"ab\u001f", "x: forbidden character U+001F at position 2");
    forbidden("a line break", r"a\nb", "x: forbidden character U+000A at position 1");
    forbidden("U+007F, unescaped", "é\u{7f}", "x: forbidden character U+007F at position 1");
    forbidden("U+009F", r"\u009f", "x: forbidden character U+009F at position 0");
    forbidden("first noncharacter", r"\ufdd0", "x: forbidden character U+FDD0 at position 0");
    forbidden("last of that row", r"\ufdef", "x: forbidden character U+FDEF at position 0");
    forbidden("U+FFFE", "\u{fffe}", "x: forbidden character U+FFFE at position 0");
    forbidden(
        "in another plane",
        r"😀\udbff\udfff",
        "x: forbidden character U+10FFFF at position 1",
    );
    for surrogate in [r"\ud800", r"\udfff", r"\ud800\ud800", r"\udc00\ud800", r"\ud800x"] {
        let fault = "x: half of a surrogate pair is not a character";
        check("core 2.3", &format!(r#""x":"{surrogate}""#), "lone_surrogate", fault);
    }
}

#[test]
fn each_attribute_occurs_once() {
    let repeated = |why, members, text| check(why, members, "repeated", text);
    repeated("peers let the last one win", r#""id":"2""#, "id: occurs more than once");
    repeated("the same value is no excuse", r#""id":"1""#, "id: occurs more than once");
    repeated("escaped, it is the same name", r#""i\u0064":"2""#, "id: occurs more than once");
    repeated("thrice is one fault", r#""x":1,"x":1,"x":1"#, "x: occurs more than once");
    repeated("null is an occurrence", r#""x":null,"x":1"#, "x: occurs more than once");
    repeated("data", r#""data":1,"data":2"#, "data: occurs more than once");
    repeated(
        "data_base64",
        r#""data_base64":"","data_base64":"""#,
        "data_base64: occurs more than once",
    );
}

#[test]
fn data_is_there_once_and_base64_is_base64() {
    let twice = "data_base64: data and data_base64 exclude each other";
    check("JSON format 3.1", r#""data":1,"data_base64":"""#, "data_twice", twice);
    check("null is a payload too", r#""data_base64":"","data":null"#, "data_twice", twice);
    for base64 in ["Zg", "Zg=", "Zm9v\\n", "Zm9-", "Z", "====", "Zm 9v"] {
        let fault = "data_base64: not base64 by RFC 4648 section 4";
        check("JSON format 3.1.1", &format!(r#""data_base64":"{base64}""#), "not_base64", fault);
    }
    let wrong_type = "data_base64: expected a base64 string, found a number";
    check("JSON format 3.1.1", r#""data_base64":1"#, "wrong_type", wrong_type);
    let lone = "data_base64: half of a surrogate pair is not a character";
    check("core 2.3", r#""data_base64":"\ud800""#, "lone_surrogate", lone);
}

#[test]
fn one_fault_does_not_hide_another() {
    check_body(
        "mended, the base64 would be refused again",
        event(r#""data":1,"data_base64":"?""#).as_bytes(),
        &[
            ("not_base64", "data_base64: not base64 by RFC 4648 section 4"),
            ("data_twice", "data_base64: data and data_base64 exclude each other"),
        ],
    );
}

#[test]
fn a_space_that_is_none_in_json_is_no_empty_body() {
    let fault = ("not_json", "not JSON: expected value at line 1 column 1");
    check_body("RFC 8259 section 2", "\u{a0}".as_bytes(), &[fault]);
}

#[test]
fn all_faults_come_at_once_and_in_order() {
    let text = concat!(
        r#"{"Bad":1,"time":"now","id":"","type":"t\u0000","x":1.5,"data_base64":"?","#,
        r#""dataschema":"a","datacontenttype":"b","subject":"","y":[],"y":{},"specversion":"2"}"#
    );
    check_body(
        "repeated ones first, then as they stand there, then by the specification",
        text.as_bytes(),
        &[
            ("repeated", "y: occurs more than once"),
            ("bad_name", "Bad: an attribute's name is made of lower-case letters and digits only"),
            ("forbidden_character", "type: forbidden character U+0000 at position 1"),
            ("not_an_integer", "x: expected a whole number from -2147483648 to 2147483647"),
            ("not_base64", "data_base64: not base64 by RFC 4648 section 4"),
            ("wrong_type", "y: expected a boolean, an integer or a string, found an array"),
            ("wrong_type", "y: expected a boolean, an integer or a string, found an object"),
            ("unsupported_specversion", "specversion: unsupported version \"2\", expected \"1.0\""),
            ("empty", "id: must not be empty"),
            ("missing", "source: required attribute is missing"),
            ("not_a_media_type", "datacontenttype: not a media type by RFC 2046"),
            ("not_a_uri", "dataschema: not an absolute URI by RFC 3986"),
            ("empty", "subject: must not be empty"),
            (
                "not_a_timestamp",
                "time: not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit",
            ),
        ],
    );
}

#[test]
fn faults_are_printed_one_after_the_other() {
    let invalid =
        check_body("one", b"null", &[("not_an_object", "expected a JSON object, found null")]);
    assert_eq!(invalid.to_string(), "expected a JSON object, found null");
    let text = event(r#""a\nb":1,"c":null,"d":{}"#);
    let printed = CloudEvent::from_json(&text).unwrap_err().to_string();
    assert!(printed.contains("; ") && !printed.contains("; and"), "two: {printed}");
}

#[test]
fn beyond_the_bound_faults_are_counted() {
    let invalid = InvalidEvent {
        index: None,
        id: None,
        source: None,
        type_: None,
        violations: vec![Violation { attribute: Some("id".to_owned()), problem: Problem::Empty }],
        left_out: 2,
    };
    assert_eq!(invalid.to_string(), "id: must not be empty; and 2 more");
    assert_eq!(invalid.faults(), 3);
}
