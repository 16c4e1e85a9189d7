//! Events in the JSON format, and their data.

use elytra_events::{CloudEvent, Data, MediaType};

use super::{Case, Check::Here, accept, codes, refuse};
use crate::support::event;

const DATA: &str = "JSON format 3.1.1";
const DECODING: &str = "JSON format 3.1.2";

/// The data of an event is this JSON, byte for byte.
#[track_caller]
fn data(json: &str) {
    let text = event(&format!(r#""data":{json}"#));
    let event = CloudEvent::from_json(&text).unwrap();
    let Some(Data::Json(found)) = event.data() else { panic!("{:?}", event.data()) };
    assert_eq!((found, event.as_json()), (json, &*text));
}

#[track_caller]
fn is_json(texts: &[&str], expected: bool) {
    for text in texts {
        assert_eq!(MediaType::parse(text).unwrap().is_json(), expected, "{text}");
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "json-object",
        section: "JSON format 3",
        says: "an event is one JSON object",
        check: Here(|| {
            for (text, code) in [("[]", "not_an_object"), ("{", "not_json"), ("", "no_body")] {
                let invalid = CloudEvent::from_json(text).unwrap_err();
                assert_eq!(codes(&invalid), [(None, code)]);
            }
        }),
    },
    Case {
        rule: "null-absent",
        section: "JSON format 2.2",
        says: "an attribute that is null is absent",
        check: Here(|| {
            let text = event(r#""subject":null,"time":null,"x":null,"data_base64":null"#);
            let event = CloudEvent::from_json(&text).unwrap();
            assert!(event.subject().is_none() && event.time().is_none());
            assert!(event.extension("x").is_none() && event.data().is_none());
        }),
    },
    Case {
        rule: "null-required",
        section: "JSON format 2.2",
        says: "a required attribute that is null is missing",
        check: Here(|| {
            for (member, name) in [(r#""id":"1""#, "id"), (r#""type":"t""#, "type")] {
                let text = event("").replace(member, &format!(r#""{name}":null"#));
                super::refuse_text(&text, name, "missing");
            }
        }),
    },
    Case {
        rule: "data-once",
        section: DATA,
        says: "`data` and `data_base64` are mutually exclusive",
        check: Here(|| {
            refuse(r#""data":1,"data_base64":"AA==""#, "data_base64", "data_twice");
            refuse(r#""data":null,"data_base64":"AA==""#, "data_base64", "data_twice");
        }),
    },
    Case {
        rule: "data-base64-valid",
        section: DECODING,
        says: "`data_base64` is base64, and a bad one is an error, not a crash",
        check: Here(|| {
            accept(r#""data_base64":"Zm9vYg==""#);
            for text in ["Zg", "Z", "Zm9-", "?", "Zg==Zg==", "====", "é"] {
                refuse(&format!(r#""data_base64":"{text}""#), "data_base64", "not_base64");
            }
            refuse(r#""data_base64":5"#, "data_base64", "wrong_type");
        }),
    },
    Case {
        rule: "data-null",
        section: DATA,
        says: "`data: null` is a payload",
        check: Here(|| data("null")),
    },
    Case {
        rule: "data-absent",
        section: DATA,
        says: "without `data` there is none",
        check: Here(|| assert!(CloudEvent::from_json(&event("")).unwrap().data().is_none())),
    },
    Case {
        rule: "data-falsy",
        section: DATA,
        says: "`0`, `false` and the empty string are payloads",
        check: Here(|| ["0", "false", r#""""#].into_iter().for_each(data)),
    },
    Case {
        rule: "data-untouched",
        section: "Ours",
        says: "`data` is never serialized again: 40 digits, `1.0`, `1e400`, order and \
               spaces survive",
        check: Here(|| {
            data("1234567890123456789012345678901234567890");
            data("[1.0, 1e400, 9007199254740993]");
            data("{\"b\" : 1,\n\"a\":{ } }");
        }),
    },
    Case {
        rule: "data-json-by-default",
        section: DECODING,
        says: "without `datacontenttype` the data is JSON",
        check: Here(|| {
            data(r#"{"a":1}"#);
            let head = crate::support::Head::post().with_event();
            assert!(super::binary(&head, b"[1]").ends_with(r#","data":[1]}"#));
        }),
    },
    Case {
        rule: "json-subtype",
        section: DATA,
        says: "a media type is JSON if its subtype is `json`, whatever its type",
        check: Here(|| {
            is_json(&["application/json", "text/json", "x/json"], true);
            is_json(&["application/xml", "json/x", "a/notjson", "a/json-seq"], false);
        }),
    },
    Case {
        rule: "json-suffix",
        section: DATA,
        says: "or if it has the suffix `+json`",
        check: Here(|| {
            is_json(&["application/ld+json", "image/a+b+json"], true);
            is_json(&["application/json+xml", "application/jsonx"], false);
        }),
    },
    Case {
        rule: "json-case",
        section: DATA,
        says: "in any case",
        check: Here(|| is_json(&["Application/JSON", "text/x+Json"], true)),
    },
    Case {
        rule: "json-parameters",
        section: DATA,
        says: "with its parameters ignored",
        check: Here(|| {
            is_json(&["Application/JSON; charset=UTF-8", "a/json;x=\"+xml\""], true);
            is_json(&["text/plain; x=json", "text/plain; x=\"+json\""], false);
        }),
    },
    Case {
        rule: "string-not-parsed-again",
        section: DECODING,
        says: "a JSON string in `data` is a string, whatever it contains",
        check: Here(|| data(r#""{\"a\": 1}""#)),
    },
    Case {
        rule: "non-json-data",
        section: DECODING,
        says: "data of another type should be a string; anything else is kept too",
        check: Here(|| {
            accept(r#""datacontenttype":"text/xml","data":"<a/>""#);
            accept(r#""datacontenttype":"text/xml","data":{"a":1}"#);
        }),
    },
];
