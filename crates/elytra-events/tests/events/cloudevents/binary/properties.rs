//! Whatever comes in binary mode keeps its meaning in the JSON format.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use elytra_events::http::Mode;
use elytra_events::{AttributeValue, CloudEvent, Data, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;
use test_support::{Head, decode_one, property, text};

use super::super::properties::{CORE, json_value};
use crate::timestamp::moment;

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A content type, a body of it, and whether the body is JSON.
#[derive(Debug, Clone)]
enum Body {
    None,
    Json(Option<&'static str>, String),
    Text(String),
    Bytes(Vec<u8>),
}

fn body() -> impl Strategy<Value = Body> {
    let json_types = prop_oneof![
        Just(None),
        Just(Some("application/json")),
        Just(Some("text/x+JSON; charset=\"utf-8\"")),
    ];
    prop_oneof![
        Just(Body::None),
        (json_types, json_value(), any::<bool>()).prop_map(|(type_, value, is_pretty)| {
            Body::Json(type_, if is_pretty { format!("{value:#}") } else { value.to_string() })
        }),
        ".+".prop_map(Body::Text),
        vec(any::<u8>(), 1..60).prop_map(Body::Bytes),
    ]
}

impl Body {
    fn parts(&self) -> (Option<&str>, &[u8]) {
        match self {
            Self::None => (None, b""),
            Self::Json(type_, text) => (*type_, text.as_bytes()),
            Self::Text(text) => (Some("text/plain"), text.as_bytes()),
            Self::Bytes(bytes) => (Some("application/octet-stream"), bytes),
        }
    }

    #[track_caller]
    fn check(&self, data: Option<Data<'_>>) {
        match (self, data) {
            (Self::None, None) => {}
            (Self::Json(_, text), Some(Data::Json(json))) => assert_eq!(json, text),
            (Self::Text(text), Some(Data::Json(json))) => {
                assert_eq!(json.parse::<Value>().unwrap(), *text);
            }
            (Self::Bytes(bytes), Some(Data::Base64(base64))) => {
                assert_eq!(BASE64_STANDARD.decode(base64).as_ref(), Ok(bytes));
            }
            (body, data) => panic!("{body:?} became {data:?}"),
        }
    }
}

#[test]
fn binary_to_structured_keeps_the_meaning() {
    let name = "[a-z0-9]{1,20}"
        .prop_filter("an extension", |name| !CORE.contains(&&**name) && name != "data");
    let source = "[a-z]{1,5}:[a-zA-Z0-9._~/-]{1,20}|[a-zA-Z0-9._~-]{1,9}(/[a-z]{0,5}){0,3}";
    let attributes = (text(), text(), source, option::of(text()), option::of(moment()));
    let extensions = btree_map(name, "\\PC{0,24}", 0..6);
    property((attributes, extensions, body()), |(attributes, extensions, body)| {
        let (id, type_, source, subject, time) = attributes;
        let time = time.map(|moment| format!("{moment:?}"));
        let (content_type, bytes) = body.parts();
        let mut head = Head::default().with("ce-specversion", "1.0").with("ce-id", &encode(&id));
        head = head.with("ce-type", &encode(&type_)).with("ce-source", &encode(&source));
        let optional = [("ce-subject", &subject), ("ce-time", &time)];
        for (name, value) in optional {
            head = value.iter().fold(head, |head, value| head.with(name, &encode(value)));
        }
        for (name, value) in &extensions {
            head = head.with(&format!("ce-{name}"), &encode(value));
        }
        head = content_type.into_iter().fold(head, |head, value| head.with("content-type", value));

        let event = decode_one(Mode::Binary, &head, bytes).unwrap();
        let again = CloudEvent::from_json(event.as_json()).unwrap();
        for event in [&event, &again] {
            assert_eq!([event.id(), event.type_(), event.source()], [&*id, &*type_, &*source]);
            assert_eq!(event.subject(), subject.as_deref());
            assert_eq!(event.time().map(Timestamp::as_str), time.as_deref());
            assert_eq!(event.datacontenttype(), content_type);
            assert_eq!(event.extensions().count(), extensions.len());
            for (name, value) in &extensions {
                let expected = AttributeValue::String(value.into());
                assert_eq!(event.extension(name), Some(&expected), "{name}");
            }
            body.check(event.data());
        }
    });
}

#[test]
fn no_request_panics() {
    let name = "ce-.{0,6}|(?i:ce-(id|source|type|specversion|time|data))|content-type|.{0,9}";
    let headers = vec((name, ".{0,20}|1\\.0|application/json|text/.{0,5}"), 0..9);
    property((headers, vec(any::<u8>(), 0..40)), |(headers, body)| {
        let head =
            headers.iter().fold(Head::default(), |head, (name, value)| head.with(name, value));
        match decode_one(Mode::Binary, &head, &body) {
            Ok(event) => {
                let again = CloudEvent::from_json(event.as_json());
                assert!(again.is_ok(), "{} gave {again:?}", event.as_json());
            }
            Err(invalid) => assert!(!invalid.violations.is_empty()),
        }
    });
}
