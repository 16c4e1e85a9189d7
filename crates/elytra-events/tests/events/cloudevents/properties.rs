//! Whatever event a sender may print is accepted and kept; whatever else it sends harms nobody.

use std::collections::BTreeMap;

use elytra_events::http::Mode;
use elytra_events::{AttributeValue, CloudEvent, Data, Timestamp};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use test_support::{Head, decode_one, event, property, text};

use crate::timestamp::moment;

pub(super) const CORE: [&str; 8] =
    ["id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time"];

/// What an event is made of.
#[derive(Debug, Clone)]
struct Parts {
    /// `id`, `type`, `source`.
    required: [String; 3],
    /// `subject`, `time`, `datacontenttype`, `dataschema`.
    optional: [Option<String>; 4],
    extensions: BTreeMap<String, Value>,
    data: Option<Value>,
}

pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(".{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn parts() -> impl Strategy<Value = Parts> {
    let source =
        "[a-z][a-z0-9+.-]{0,5}:[a-zA-Z0-9._~/-]{1,20}|[a-zA-Z0-9._~-]{1,9}(/[a-z]{0,5}){0,3}";
    let time = moment().prop_map(|moment| format!("{moment:?}"));
    let media_type = select(vec!["application/json", "text/xml; charset=utf-8", "a/b+json"]);
    let schema = "[a-z]{1,5}:[a-zA-Z0-9._~/-]{1,20}(#[a-z]{0,5})?";
    let extension = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let name = "[a-z0-9]{1,20}"
        .prop_filter("an extension", |name| !CORE.contains(&&**name) && name != "data");
    (
        [text().boxed(), text().boxed(), source.boxed()],
        [
            option::of(text()).boxed(),
            option::of(time).boxed(),
            option::of(media_type.prop_map(str::to_owned)).boxed(),
            option::of(schema).boxed(),
        ],
        btree_map(name, extension, 0..6),
        option::of(json_value()),
    )
        .prop_map(|(required, optional, extensions, data)| Parts {
            required,
            optional,
            extensions,
            data,
        })
}

impl Parts {
    fn to_json(&self) -> Value {
        let mut members: Map<_, _> = self.extensions.clone().into_iter().collect();
        members.insert("specversion".to_owned(), json!("1.0"));
        for (name, value) in ["id", "type", "source"].into_iter().zip(&self.required) {
            members.insert(name.to_owned(), json!(value));
        }
        let names = ["subject", "time", "datacontenttype", "dataschema"];
        for (name, value) in names.into_iter().zip(&self.optional) {
            if let Some(value) = value {
                members.insert(name.to_owned(), json!(value));
            }
        }
        if let Some(data) = &self.data {
            members.insert("data".to_owned(), data.clone());
        }
        Value::Object(members)
    }
}

fn value_of(attribute: &AttributeValue<'_>) -> Value {
    match attribute {
        AttributeValue::Boolean(boolean) => json!(boolean),
        AttributeValue::Integer(integer) => json!(integer),
        AttributeValue::String(text) => json!(text),
    }
}

#[test]
fn every_valid_event_is_accepted_and_tells_what_was_put_in() {
    property((parts(), any::<bool>()), |(parts, is_pretty)| {
        let value = parts.to_json();
        let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
        let event = CloudEvent::from_json(&text).unwrap();
        assert_eq!(event.as_json(), text);
        assert_eq!([event.id(), event.type_(), event.source()], parts.required);
        let time = event.time().map(Timestamp::as_str);
        let optional = [event.subject(), time, event.datacontenttype(), event.dataschema()];
        assert_eq!(optional, parts.optional.each_ref().map(Option::as_deref));
        let extensions = event.extensions();
        let extensions: BTreeMap<_, _> =
            extensions.map(|(name, value)| (name.to_owned(), value_of(value))).collect();
        assert_eq!(extensions, parts.extensions);
        match (event.data(), &parts.data) {
            (None, None) => {}
            (Some(Data::Json(found)), Some(data)) if is_pretty => {
                let parse = |text: &str| text.parse::<Value>().unwrap();
                assert_eq!(parse(found), parse(&data.to_string()));
            }
            (Some(Data::Json(found)), Some(data)) => assert_eq!(*found, data.to_string()),
            (found, data) => panic!("{found:?} where {data:?} was put in"),
        }
    });
}

/// Nothing panics, neither in reading nor in telling what is wrong.
fn read(body: &[u8]) {
    match decode_one(Mode::Structured, &Head::default(), body) {
        Ok(event) => {
            let _ = (event.event_type(), event.operation(), event.object());
            assert_eq!(event.as_json().as_bytes(), body);
        }
        Err(invalid) => {
            assert!(!invalid.violations.is_empty());
            for violation in invalid.violations {
                let _ = (violation.code(), violation.to_string());
            }
        }
    }
}

#[test]
fn no_bytes_panic() {
    property(vec(any::<u8>(), 0..200), |body| read(&body));
}

#[test]
fn no_json_panics() {
    property(json_value(), |value| read(value.to_string().as_bytes()));
    let names = select(vec!["id", "source", "type", "specversion", "time", "data", "data_base64"]);
    let members = vec((prop_oneof![names.prop_map(str::to_owned), ".{0,5}"], json_value()), 0..9);
    property(members, |members| {
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        read(format!("{{{}}}", members.join(",")).as_bytes());
    });
}

#[test]
fn no_damage_to_an_event_panics() {
    let whole = event(
        r#""time":"2025-12-31T04:19:30.8+01:00","x":-5,"data":{"objectId":1e5,"a":"\ud83d\ude00"}"#,
    );
    property((any::<Index>(), any::<Index>(), any::<u8>()), |(from, to, byte)| {
        let mut body = whole.clone().into_bytes();
        let (from, to) = (from.index(body.len()), to.index(body.len()));
        read(&body[..from]);
        body[to] = byte;
        read(&body);
        body.swap(from, to);
        read(&body);
    });
}

/// Every name that occurs more than once is refused, once, in the order in which that shows.
#[test]
fn repeated_names_are_told_however_many_there_are() {
    property(vec("[a-d]{1,2}", 0..60), |names| {
        let members: Vec<_> = names.iter().map(|name| format!(r#""{name}":1,"#)).collect();
        let members = members.concat();
        let text = format!(r#"{{"specversion":"1.0",{members}"id":"1","source":"s","type":"t"}}"#);
        let mut expected = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) && !expected.contains(name) {
                expected.push(name.clone());
            }
        }
        let violations =
            CloudEvent::from_json(&text).map_or_else(|invalid| invalid.violations, |_| Vec::new());
        let found = violations.iter().filter(|fault| fault.code() == "repeated");
        let found: Vec<_> = found.filter_map(|fault| fault.attribute.clone()).collect();
        assert_eq!(found, expected, "{text}");
    });
}
