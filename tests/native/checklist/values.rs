//! What an attribute may hold (core, "Type System").

use elytra_events::{AttributeValue, CloudEvent};

use super::{Case, Check::Here, accept, refuse};
use crate::pipeline::{Memory, Request, WEBHOOK, ask, configure, known};
use crate::support::event;

const TYPES: &str = "core, Type System";
const JSON_TYPES: &str = "JSON format 2.2";

/// The extension `x` with this JSON value.
#[track_caller]
fn check(json: &str, expected: &AttributeValue<'_>) {
    accept(&format!(r#""x":{json}"#));
    let text = event(&format!(r#""x":{json}"#));
    assert_eq!(CloudEvent::from_json(&text).unwrap().extension("x"), Some(expected));
}

#[track_caller]
fn check_string(text: &str) {
    check(&format!(r#""{text}""#), &AttributeValue::String(text.into()));
}

#[track_caller]
fn not_an_integer(numbers: &[&str]) {
    for number in numbers {
        refuse(&format!(r#""x":{number}"#), "x", "not_an_integer");
    }
}

#[track_caller]
fn forbidden(escapes: &[&str]) {
    for escape in escapes {
        refuse(&format!(r#""x":"a{escape}""#), "x", "forbidden_character");
        refuse(&format!(r#""subject":"a{escape}""#), "subject", "forbidden_character");
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "type-boolean",
        section: TYPES,
        says: "an extension may be `true` or `false`",
        check: Here(|| {
            check("true", &AttributeValue::Boolean(true));
            check("false", &AttributeValue::Boolean(false));
        }),
    },
    Case {
        rule: "type-integer",
        section: TYPES,
        says: "an extension may be a whole number of 32 bits",
        check: Here(|| {
            check("2147483647", &AttributeValue::Integer(i32::MAX));
            check("-2147483648", &AttributeValue::Integer(i32::MIN));
            not_an_integer(&["2147483648", "-2147483649", "9007199254740993"]);
        }),
    },
    Case {
        rule: "integer-no-plus",
        section: JSON_TYPES,
        says: "an integer has no plus sign (JSON has none either)",
        check: Here(|| {
            let text = event(r#""x":+1"#);
            let invalid = CloudEvent::from_json(&text).unwrap_err();
            assert_eq!(super::codes(&invalid), [(None, "not_json")]);
        }),
    },
    Case {
        rule: "integer-no-fraction",
        section: JSON_TYPES,
        says: "an integer has no fraction, not even `.0`",
        check: Here(|| not_an_integer(&["1.5", "1.0", "-0.0"])),
    },
    Case {
        rule: "integer-no-exponent",
        section: JSON_TYPES,
        says: "an integer has no exponent",
        check: Here(|| not_an_integer(&["1e3", "1E0", "0e0"])),
    },
    Case {
        rule: "type-string",
        section: TYPES,
        says: "an extension may be a string, even an empty one",
        check: Here(|| {
            check_string("");
            check_string("Jürgen 😀");
        }),
    },
    Case {
        rule: "type-binary",
        section: TYPES,
        says: "a binary value is a string of base64, and is not changed",
        check: Here(|| check_string("Zm9v+/==")),
    },
    Case {
        rule: "type-uri",
        section: TYPES,
        says: "a URI is a string, and is not changed",
        check: Here(|| check_string("HTTPS://A.example:443/%7e")),
    },
    Case {
        rule: "type-uri-reference",
        section: TYPES,
        says: "a URI-reference is a string, and is not changed",
        check: Here(|| check_string("../a/./b?c#d")),
    },
    Case {
        rule: "type-timestamp",
        section: TYPES,
        says: "a timestamp is a string, and is not changed",
        check: Here(|| check_string("2025-12-31T04:19:30.860984129+01:00")),
    },
    Case {
        rule: "no-objects",
        section: TYPES,
        says: "no attribute is an object",
        check: Here(|| {
            refuse(r#""x":{}"#, "x", "wrong_type");
            refuse(r#""subject":{}"#, "subject", "wrong_type");
        }),
    },
    Case {
        rule: "no-arrays",
        section: TYPES,
        says: "no attribute is an array",
        check: Here(|| refuse(r#""x":["a"]"#, "x", "wrong_type")),
    },
    Case {
        rule: "core-attributes-are-strings",
        section: JSON_TYPES,
        says: "the attributes of the specification are strings, never numbers or booleans",
        check: Here(|| {
            refuse(r#""subject":1"#, "subject", "wrong_type");
            refuse(r#""time":true"#, "time", "wrong_type");
        }),
    },
    Case {
        rule: "string-no-c0",
        section: TYPES,
        says: "a string contains no U+0000 to U+001F",
        check: Here(|| forbidden(&[r"\u0000", r"\t", r"\n", r"\u001f"])),
    },
    Case {
        rule: "string-no-c1",
        section: TYPES,
        says: "a string contains no U+007F to U+009F",
        check: Here(|| forbidden(&["\u{7f}", r"\u0080", r"\u009f"])),
    },
    Case {
        rule: "string-no-noncharacters",
        section: TYPES,
        says: "a string contains no noncharacters of any plane",
        check: Here(|| forbidden(&[r"\ufdd0", r"\ufdef", r"\ufffe", r"\uffff", r"\udbff\udffe"])),
    },
    Case {
        rule: "string-no-surrogates",
        section: TYPES,
        says: "a string contains no lone surrogate; a pair is one character",
        check: Here(|| {
            for escape in [r"\ud800", r"\udfff", r"\udc00\ud800"] {
                refuse(&format!(r#""x":"{escape}""#), "x", "lone_surrogate");
            }
            accept(r#""x":"\ud83d\ude00""#);
        }),
    },
    Case {
        rule: "string-other-characters",
        section: TYPES,
        says: "every other character is allowed, up to the ends of the forbidden ranges",
        check: Here(|| {
            accept("\"x\":\" ~\u{a0}\u{fdcf}\u{fdf0}\u{fffd}\u{1fffd}\u{10fffd}\"");
        }),
    },
    Case {
        rule: "types-survive",
        section: "Ours",
        says: "booleans, numeric strings and base64 keep their type",
        check: Here(|| {
            accept(r#""a":true,"b":"true","c":5,"d":"5","e":"Zm9v""#);
            let head = crate::support::Head::post().with_event().with("ce-a", "true");
            let json = super::binary(&head.with("ce-b", "5"), b"");
            assert!(json.ends_with(r#","a":"true","b":"5"}"#), "strings in headers: {json}");
        }),
    },
    Case {
        rule: "size-64-kib",
        section: "core, Size Limits",
        says: "an event of 64 KiB is forwarded, whatever the configuration",
        check: Here(|| {
            let webhook = WEBHOOK.replace(r#","auth""#, r#","max_body_bytes":65536,"auth""#);
            let config = configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)]);
            let room = 64 * 1024 - event(r#""data":"""#).len();
            let text = event(&format!(r#""data":"{}""#, "x".repeat(room)));
            let request = Request::new(known().with("content-type", "application/json"), text);
            assert_eq!(ask(Ok(&config), request, &Memory::default()).status, 202);
        }),
    },
];
