//! Which attributes an event has (core, "Context Attributes").

use elytra_events::CloudEvent;

use super::{Case, Check::Edge, Check::Here, accept, refuse, refuse_binary, refuse_text};
use crate::support::{Head, event};

/// An event without this member, or with another value for it.
fn replaced(member: &str, with: &str) -> String {
    let text = event(r#""z":1"#).replace(&format!("{member},"), with);
    assert_ne!(text, event(r#""z":1"#), "{member} is there");
    text
}

const NAMING: &str = "core, Naming Conventions";
const REQUIRED: &str = "core, Required Attributes";
const OPTIONAL: &str = "core, Optional Attributes";

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "name-characters",
        section: NAMING,
        says: "a name contains lower-case letters and digits, nothing else",
        check: Here(|| {
            accept(r#""abc0129xyz":"v""#);
            for name in ["A", "a_b", "a-b", "a.b", "é", "a b"] {
                refuse(&format!(r#""{name}":1"#), name, "bad_name");
            }
        }),
    },
    Case {
        rule: "name-not-empty",
        section: NAMING,
        says: "a name has at least one character",
        check: Here(|| refuse(r#""":1"#, "", "bad_name")),
    },
    Case {
        rule: "name-length",
        section: NAMING,
        says: "a name should have at most 20 characters; longer ones are accepted",
        check: Here(|| {
            accept(r#""abcdefghijklmnopqrst":1"#);
            accept(&format!(r#""{}":1"#, "n".repeat(200)));
        }),
    },
    Case {
        rule: "name-data-reserved",
        section: NAMING,
        says: "no attribute is named `data`",
        check: Here(|| {
            let head = Head::post().with_event().with("ce-data", "x");
            refuse_binary(&head, b"", "data", "reserved_name");
        }),
    },
    Case {
        rule: "attribute-once-in-json",
        section: "core, Context Attributes",
        says: "an attribute occurs once: a repeated JSON key is an error",
        check: Here(|| {
            refuse(r#""id":"1""#, "id", "repeated");
            refuse(r#""x":"1","x":"2""#, "x", "repeated");
        }),
    },
    Case {
        rule: "attribute-once-in-headers",
        section: "core, Context Attributes",
        says: "an attribute occurs once: a repeated header arrives joined by `, `, and \
               is refused unless that is a valid value; in free text, such as \
               `subject`, it cannot be recognized",
        check: Edge("binary::repeated_headers"),
    },
    Case {
        rule: "id-required",
        section: REQUIRED,
        says: "`id` is present",
        check: Here(|| refuse_text(&replaced(r#""id":"1""#, ""), "id", "missing")),
    },
    Case {
        rule: "id-not-empty",
        section: REQUIRED,
        says: "`id` is not empty",
        check: Here(|| refuse_text(&replaced(r#""id":"1""#, r#""id":"","#), "id", "empty")),
    },
    Case {
        rule: "source-required",
        section: REQUIRED,
        says: "`source` is present",
        check: Here(|| refuse_text(&replaced(r#""source":"s""#, ""), "source", "missing")),
    },
    Case {
        rule: "source-not-empty",
        section: REQUIRED,
        says: "`source` is not empty",
        check: Here(|| {
            refuse_text(&replaced(r#""source":"s""#, r#""source":"","#), "source", "empty");
        }),
    },
    Case {
        rule: "source-uri-reference",
        section: REQUIRED,
        says: "`source` is a URI-reference by RFC 3986, such as `elytra-pim`",
        check: Here(|| {
            for source in ["elytra-pim", "/a/b", "https://a.example/?q#f", "urn:uuid:1", "//h/p"] {
                let text = replaced(r#""source":"s""#, &format!(r#""source":"{source}","#));
                assert_eq!(CloudEvent::from_json(&text).unwrap().source(), source);
            }
            for source in ["a b", "é", "%", "http://[", "1:b"] {
                let text = replaced(r#""source":"s""#, &format!(r#""source":"{source}","#));
                refuse_text(&text, "source", "not_a_uri_reference");
            }
        }),
    },
    Case {
        rule: "specversion-required",
        section: REQUIRED,
        says: "`specversion` is present",
        check: Here(|| {
            refuse_text(&replaced(r#""specversion":"1.0""#, ""), "specversion", "missing");
        }),
    },
    Case {
        rule: "specversion-not-empty",
        section: REQUIRED,
        says: "`specversion` is not empty",
        check: Here(|| {
            let text = replaced(r#""specversion":"1.0""#, r#""specversion":"","#);
            refuse_text(&text, "specversion", "empty");
        }),
    },
    Case {
        rule: "specversion-exact",
        section: REQUIRED,
        says: "`specversion` is exactly `1.0`",
        check: Here(|| {
            for version in ["0.3", "1", "1.0.2", "1.1", "1.0 ", "01.0"] {
                let member = format!(r#""specversion":"{version}","#);
                let text = replaced(r#""specversion":"1.0""#, &member);
                refuse_text(&text, "specversion", "unsupported_specversion");
            }
        }),
    },
    Case {
        rule: "type-required",
        section: REQUIRED,
        says: "`type` is present",
        check: Here(|| refuse_text(&replaced(r#""type":"t""#, ""), "type", "missing")),
    },
    Case {
        rule: "type-not-empty",
        section: REQUIRED,
        says: "`type` is not empty",
        check: Here(|| refuse_text(&replaced(r#""type":"t""#, r#""type":"","#), "type", "empty")),
    },
    Case {
        rule: "optional-absent",
        section: OPTIONAL,
        says: "the four required attributes are enough",
        check: Here(|| accept("")),
    },
    Case {
        rule: "datacontenttype-media-type",
        section: OPTIONAL,
        says: "`datacontenttype` is a media type by RFC 2046",
        check: Here(|| {
            accept(r#""datacontenttype":"text/xml""#);
            for text in ["json", "/json", "a/", "a/b/c", "a b/c"] {
                let member = format!(r#""datacontenttype":"{text}""#);
                refuse(&member, "datacontenttype", "not_a_media_type");
            }
            refuse(r#""datacontenttype":"""#, "datacontenttype", "empty");
        }),
    },
    Case {
        rule: "datacontenttype-parameters",
        section: OPTIONAL,
        says: "`datacontenttype` may have parameters",
        check: Here(|| accept(r#""datacontenttype":"text/xml; charset=utf-8;a=\"b;c\"""#)),
    },
    Case {
        rule: "datacontenttype-case",
        section: OPTIONAL,
        says: "the names in `datacontenttype` are case-insensitive",
        check: Here(|| accept(r#""datacontenttype":"Text/XML; Charset=UTF-8""#)),
    },
    Case {
        rule: "dataschema-not-empty",
        section: OPTIONAL,
        says: "`dataschema`, if present, is not empty",
        check: Here(|| refuse(r#""dataschema":"""#, "dataschema", "empty")),
    },
    Case {
        rule: "dataschema-absolute",
        section: OPTIONAL,
        says: "`dataschema` is an absolute URI",
        check: Here(|| {
            accept(r#""dataschema":"https://a.example/schema?v=1""#);
            accept(r#""dataschema":"urn:a:b""#);
            for text in ["/a", "a", "//a.example/b", "urn:a b"] {
                refuse(&format!(r#""dataschema":"{text}""#), "dataschema", "not_a_uri");
            }
        }),
    },
    Case {
        rule: "dataschema-fragment",
        section: "Ours",
        says: "a fragment in it is accepted, although RFC 3986 4.3 does not allow one \
               in an absolute URI",
        check: Here(|| accept(r#""dataschema":"https://a.example/schema#product""#)),
    },
    Case {
        rule: "subject-not-empty",
        section: OPTIONAL,
        says: "`subject`, if present, is not empty",
        check: Here(|| {
            accept(r#""subject":" ""#);
            refuse(r#""subject":"""#, "subject", "empty");
        }),
    },
    Case {
        rule: "extensions-unknown",
        section: "core, Extension Context Attributes",
        says: "unknown extensions are accepted and forwarded",
        check: Here(|| {
            accept(r#""com0example0x":"v","traceparent":"00-1-2-01","sequence":7"#);
            let head = Head::post().with_event().with("ce-unknown", "v");
            assert!(super::binary(&head, b"").ends_with(r#","unknown":"v"}"#));
        }),
    },
    Case {
        rule: "nothing-invented",
        section: "core, Required Attributes",
        says: "nothing is invented for a missing attribute: no made-up `id`, no \
               made-up `time`",
        check: Here(|| {
            refuse_text(&replaced(r#""id":"1""#, ""), "id", "missing");
            let text = event("");
            let event = CloudEvent::from_json(&text).unwrap();
            assert!(event.time().is_none() && event.subject().is_none());
            assert_eq!(event.as_json(), text);
        }),
    },
];
