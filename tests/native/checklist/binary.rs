//! Binary mode (HTTP binding section 3.1).

use elytra_events::CloudEvent;
use elytra_events::http::{MAX_HEADER_BYTES, Mode};

use super::{Case, Check::Edge, Check::Here, binary, codes, refuse_binary};
use crate::support::{Head, decode_one};

fn with_type(content_type: &str) -> Head {
    Head::post().with_event().with("content-type", content_type)
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "binary-content-type",
        section: "HTTP binding 3.1.1",
        says: "`Content-Type` is `datacontenttype`",
        check: Here(|| {
            let json = binary(&with_type("text/xml; charset=utf-8"), b"<a/>");
            assert!(json.contains(r#","datacontenttype":"text/xml; charset=utf-8","#), "{json}");
            refuse_binary(&with_type("xml"), b"<a/>", "datacontenttype", "not_a_media_type");
        }),
    },
    Case {
        rule: "binary-no-datacontenttype-header",
        section: "HTTP binding 3.1.1",
        says: "a `ce-datacontenttype` header is an error",
        check: Here(|| {
            let head = with_type("text/xml").with("ce-datacontenttype", "text/xml");
            refuse_binary(&head, b"", "datacontenttype", "header_for_content_type");
        }),
    },
    Case {
        rule: "binary-header-names",
        section: "HTTP binding 3.1.3.1",
        says: "an attribute's header is `ce-` and its name, in any case",
        check: Here(|| {
            let head = Head::post().with("CE-SPECVERSION", "1.0").with("Ce-Id", "1");
            let head = head.with("cE-Source", "s").with("ce-type", "t").with("CE-Trace0", "x");
            let expected = r#"{"specversion":"1.0","id":"1","source":"s","type":"t","trace0":"x"}"#;
            assert_eq!(binary(&head.with("x-ce-y", "1"), b""), expected);
        }),
    },
    Case {
        rule: "binary-bare-prefix",
        section: "HTTP binding 3.1.3.1",
        says: "a header named just `ce-` is an error, not a crash",
        check: Here(|| {
            for value in ["", "x", "%"] {
                let head = Head::post().with_event().with("ce-", value);
                let invalid = decode_one(Mode::Binary, &head, b"").unwrap_err();
                assert_eq!(codes(&invalid)[0].0, Some(""), "{invalid:?}");
            }
        }),
    },
    Case {
        rule: "binary-bare-prefix-on-the-wire",
        section: "HTTP binding 3.1.3.1",
        says: "the same holds on the real runtime",
        check: Edge("binary::a_header_named_just_ce"),
    },
    Case {
        rule: "binary-body",
        section: "HTTP binding 3.1.2",
        says: "the body is the data, byte for byte",
        check: Here(|| {
            let json = binary(&with_type("application/json"), b"{ \"n\": 1.0,\n \"n\": 1e400 }");
            assert!(json.ends_with(",\"data\":{ \"n\": 1.0,\n \"n\": 1e400 }}"), "{json}");
            let json = binary(&with_type("text/plain"), "é\"\n".as_bytes());
            assert!(json.ends_with(r#","data":"é\"\n"}"#), "{json}");
            let json = binary(&with_type("image/png"), b"\x89PNG\xff\0");
            assert!(json.ends_with(r#","data_base64":"iVBOR/8A"}"#), "{json}");
        }),
    },
    Case {
        rule: "binary-no-body",
        section: "HTTP binding 3.1.2",
        says: "without a body there is no data",
        check: Here(|| {
            for content_type in ["application/json", "text/plain", "image/png"] {
                let json = binary(&with_type(content_type), b"");
                assert!(CloudEvent::from_json(&json).unwrap().data().is_none(), "{json}");
            }
        }),
    },
    Case {
        rule: "binary-json-is-json",
        section: "HTTP binding 2.2",
        says: "data announced as JSON is JSON, in UTF-8",
        check: Here(|| {
            refuse_binary(&with_type("application/json"), b"{", "data", "not_json");
            refuse_binary(&with_type("application/json"), b"\"\xff\"", "data", "not_utf8");
        }),
    },
    Case {
        rule: "binary-header-limit",
        section: "Ours",
        says: "the headers of an event have a limit for their total size",
        check: Here(|| {
            let head = Head::post().with_event().with("ce-x", &"x".repeat(MAX_HEADER_BYTES));
            let invalid = decode_one(Mode::Binary, &head, b"").unwrap_err();
            assert_eq!(codes(&invalid), [(None, "headers_too_large")]);
        }),
    },
    Case {
        rule: "binary-header-limit-on-the-wire",
        section: "Ours",
        says: "a header block that is larger than the runtime accepts is answered too",
        check: Edge("binary::a_large_header_block"),
    },
];
