//! The values of headers (HTTP binding section 3.1.3.2).

use elytra_events::AttributeValue;
use elytra_events::http::Mode;

use super::{Case, Check::Edge, Check::Here, refuse_binary};
use crate::support::{Head, decode_one};

const VALUES: &str = "HTTP binding 3.1.3.2";

fn head(value: &str) -> Head {
    Head::post().with_event().with("ce-x", value)
}

/// What each header's value means.
#[track_caller]
fn decode(values: &[(&str, &str)]) {
    for (value, expected) in values {
        let head = head(value);
        let event = decode_one(Mode::Binary, &head, b"").unwrap();
        let expected = AttributeValue::String((*expected).into());
        assert_eq!(event.extension("x"), Some(&expected), "{value}");
    }
}

#[track_caller]
fn refuse(values: &[&str]) {
    for value in values {
        refuse_binary(&head(value), b"", "x", "bad_header");
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "header-unquote-first",
        section: VALUES,
        says: "double quotes are removed before the value is decoded",
        check: Here(|| {
            decode(&[(r#""a b""#, "a b"), (r#""%41""#, "A"), ("%22a%22", "\"a\"")]);
            refuse(&["\"a", r#""a"b"#]);
        }),
    },
    Case {
        rule: "header-backslashes",
        section: VALUES,
        says: "a backslash escapes within quotes, and only there",
        check: Here(|| {
            decode(&[(r#""a\"b\\c""#, r#"a"b\c"#), (r"a\b", r"a\b"), (r#""\%41""#, "A")]);
            refuse(&[r#""a\""#]);
        }),
    },
    Case {
        rule: "header-percent-decoding",
        section: VALUES,
        says: "values are percent-decoded",
        check: Here(|| decode(&[("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀")])),
    },
    Case {
        rule: "header-decoded-once",
        section: VALUES,
        says: "they are decoded exactly once",
        check: Here(|| decode(&[("%2525", "%25"), ("%2541", "%41"), ("%25", "%")])),
    },
    Case {
        rule: "header-lower-case-digits",
        section: VALUES,
        says: "hexadecimal digits may be lower case",
        check: Here(|| decode(&[("%e2%82%ac", "€"), ("%E2%82%aC", "€")])),
    },
    Case {
        rule: "header-needless-encoding",
        section: VALUES,
        says: "needless encoding is accepted",
        check: Here(|| decode(&[("%41%7E", "A~")])),
    },
    Case {
        rule: "header-invalid-utf8",
        section: VALUES,
        says: "a value that decodes to invalid UTF-8 is an error, including overlong \
               encodings",
        check: Here(|| refuse(&["%C0%A0", "%E9", "%ED%A0%80", "%F4%90%80%80", "%E2%82"])),
    },
    Case {
        rule: "header-malformed-percent",
        section: VALUES,
        says: "a truncated or malformed `%` is an error",
        check: Here(|| refuse(&["%", "100%", "%4", "%zz", "% 41", "%%41"])),
    },
    Case {
        rule: "header-replacement-character",
        section: "Ours",
        says: "an unencoded U+FFFD means broken bytes and is an error; encoded, it is \
               a character",
        check: Here(|| {
            refuse(&["\u{fffd}", "\"a\u{fffd}\""]);
            decode(&[("%EF%BF%BD", "\u{fffd}")]);
        }),
    },
    Case {
        rule: "header-bytes-not-utf8",
        section: VALUES,
        says: "a header whose bytes are not UTF-8 is an error",
        check: Edge("binary::header_bytes_that_are_not_utf8"),
    },
    Case {
        rule: "header-forbidden-characters",
        section: "core, Type System",
        says: "a decoded value is checked like every string",
        check: Here(|| {
            for value in ["%00", "%0D%0A", "%7F", "%C2%85", "%EF%BF%BE"] {
                refuse_binary(&head(value), b"", "x", "forbidden_character");
            }
        }),
    },
];
