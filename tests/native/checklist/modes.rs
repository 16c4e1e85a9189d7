//! Which mode a request is in (HTTP binding section 3).

use elytra_events::http::Mode;

use super::{Case, Check::Here};
use crate::pipeline::{Memory, Request, WEBHOOK, ask, configure, known};
use crate::support::{Head, event};

const MODES: &str = "HTTP binding 3";

fn with_type(content_type: &str) -> Head {
    Head::post().with("content-type", content_type)
}

#[track_caller]
fn mode(content_types: &[&str], expected: Option<Mode>) {
    for content_type in content_types {
        for head in [with_type(content_type), with_type(content_type).with_event()] {
            assert_eq!(Mode::of(&head).ok(), expected, "{head:?}");
        }
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "mode-batch-first",
        section: MODES,
        says: "`application/cloudevents-batch+json` is a batch; it is checked first",
        check: Here(|| mode(&["application/cloudevents-batch+json"], Some(Mode::Batch))),
    },
    Case {
        rule: "mode-structured",
        section: MODES,
        says: "`application/cloudevents+json` is a structured event",
        check: Here(|| {
            mode(
                &["application/cloudevents+json", "application/cloudevents"],
                Some(Mode::Structured),
            );
        }),
    },
    Case {
        rule: "mode-binary",
        section: MODES,
        says: "everything else is binary if headers announce an event",
        check: Here(|| {
            for content_type in ["application/json", "text/plain", "application/octet-stream"] {
                let head = with_type(content_type).with_event();
                assert_eq!(Mode::of(&head), Ok(Mode::Binary), "{content_type}");
            }
            assert_eq!(Mode::of(&Head::post().with_event()), Ok(Mode::Binary));
        }),
    },
    Case {
        rule: "mode-case",
        section: MODES,
        says: "media types are case-insensitive",
        check: Here(|| {
            mode(&["APPLICATION/CLOUDEVENTS+JSON"], Some(Mode::Structured));
            mode(&["Application/CloudEvents-Batch+Json"], Some(Mode::Batch));
        }),
    },
    Case {
        rule: "mode-parameters",
        section: MODES,
        says: "parameters do not matter",
        check: Here(|| {
            let structured = "application/cloudevents+json; charset=UTF-8; a=\"cloudevents-batch\"";
            mode(&[structured], Some(Mode::Structured));
            mode(&["application/cloudevents-batch+json; a=b"], Some(Mode::Batch));
        }),
    },
    Case {
        rule: "mode-spacing",
        section: MODES,
        says: "spaces are optional",
        check: Here(|| {
            let spaced = " application/cloudevents+json ;\tcharset=utf-8 ";
            mode(&[spaced, "application/cloudevents+json;charset=utf-8"], Some(Mode::Structured));
        }),
    },
    Case {
        rule: "mode-unknown-format",
        section: MODES,
        says: "an unknown format is refused with 415, never taken for binary",
        check: Here(|| {
            let unknown = ["application/cloudevents+avro", "application/cloudevents-batch+avro"];
            mode(&unknown, None);
            let config = configure(WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)]);
            let head = known().with("content-type", unknown[0]).with_event();
            let request = Request::new(head, event(""));
            assert_eq!(ask(Ok(&config), request, &Memory::default()).status, 415);
        }),
    },
    Case {
        rule: "mode-leniency",
        section: "Ours",
        says: "without `ce-specversion`, JSON under `application/json` or no type is structured",
        check: Here(|| {
            for head in [with_type("application/json"), Head::post(), with_type("")] {
                assert_eq!(Mode::of(&head), Ok(Mode::Structured), "{head:?}");
                let head = head.with("ce-specversion", "1.0");
                assert_eq!(Mode::of(&head), Ok(Mode::Binary), "{head:?}");
            }
        }),
    },
    Case {
        rule: "mode-body-decides",
        section: "HTTP binding 3.2.3",
        says: "if a structured event also has headers, the body decides",
        check: Here(|| {
            let head = with_type("application/cloudevents+json").with("ce-id", "other");
            let head = head.with("ce-specversion", "9").with("ce-", "%");
            let mode = Mode::of(&head).unwrap();
            let text = event("");
            let event = crate::support::decode_one(mode, &head, text.as_bytes()).unwrap();
            assert_eq!((event.id(), event.as_json()), ("1", &*text));
        }),
    },
];
