//! Events in binary mode: the attributes are headers, and the data is the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use elytra_events::http::Mode;
use elytra_events::{AttributeValue, CloudEvent, Data, MediaType, Timestamp};
use elytra_webhooks::destination::ContentMode;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{call, http};
use crate::memory::Called;
use crate::support::{Head, decode_one, event, property, text};

fn binary(text: &str) -> Called {
    call(&http(ContentMode::Binary), text)
}

#[track_caller]
fn check_data(why: &str, members: &str, content_type: Option<&str>, body: &[u8]) {
    let called = binary(&event(members));
    assert_eq!(called.header("content-type"), content_type, "{why}");
    assert_eq!(called.body, body, "{why}");
}

const JSON: Option<&str> = Some("application/json");

#[test]
fn json_data_are_the_body_as_they_came() {
    let typed = r#""datacontenttype":"application/json","data":"#;
    let table = [
        ("an object", r#"{ "a": 1.0e2 }"#),
        ("a number beyond what a double holds", "12345678901234567890.10"),
        ("a string stays JSON", r#""x\u00e9""#),
        ("null is a payload", "null"),
        ("false is one, too", "false"),
    ];
    for (why, data) in table {
        check_data(why, &format!("{typed}{data}"), JSON, data.as_bytes());
        let untyped = format!(r#""data":{data}"#);
        check_data("JSON format 3.1: JSON without a type", &untyped, JSON, data.as_bytes());
    }
    let suffix = r#""datacontenttype":"application/a+json; x=1","data":"x""#;
    check_data("a JSON type", suffix, Some("application/a+json; x=1"), br#""x""#);
}

#[test]
fn a_string_under_another_type_is_text() {
    let plain = r#""datacontenttype":"text/plain; charset=utf-8","data":"#;
    let content_type = Some("text/plain; charset=utf-8");
    let text = "é \"\n".as_bytes();
    check_data("JSON format 3.1.1", &format!(r#"{plain}"é \"\n""#), content_type, text);
    check_data("no string", &format!(r#"{plain}{{"a": 1}}"#), content_type, br#"{"a": 1}"#);
    let xml = r#""datacontenttype":"application/xml","data":"<a/>""#;
    check_data("any other type", xml, Some("application/xml"), b"<a/>");
}

#[test]
fn binary_data_are_the_bytes_themselves() {
    let octets = r#""datacontenttype":"application/octet-stream","data_base64":"AP8K""#;
    check_data("decoded", octets, Some("application/octet-stream"), &[0, 255, 10]);
    let json = r#""datacontenttype":"application/json","data_base64":"e30=""#;
    check_data("whatever the type", json, JSON, b"{}");
    check_data("without a type", r#""data_base64":"AP8K""#, None, &[0, 255, 10]);
}

#[test]
fn no_data_are_no_body() {
    check_data("nothing", "", None, b"");
    check_data("a type alone", r#""datacontenttype":"text/plain""#, Some("text/plain"), b"");
}

#[test]
fn every_attribute_is_a_header() {
    let members = r#""datacontenttype":"application/json","dataschema":"https://a.example/b",
        "subject":"Größe \"50%\" €","time":"2025-12-31T04:19:30.860984129+01:00",
        "eventtype":"product","yes":true,"number":-5,"empty":"","tracestate":"a=1","data":1"#;
    let called = binary(&event(members));
    let headers: Vec<_> = called.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let expected = [
        ("tracestate", "a=1"),
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "s"),
        ("ce-type", "t"),
        ("ce-dataschema", "https://a.example/b"),
        ("ce-subject", "Gr%C3%B6%C3%9Fe%20%2250%25%22%20%E2%82%AC"),
        ("ce-time", "2025-12-31T04:19:30.860984129+01:00"),
        ("ce-eventtype", "product"),
        ("ce-yes", "true"),
        ("ce-number", "-5"),
        ("ce-empty", ""),
        ("ce-tracestate", "a=1"),
        ("content-type", "application/json"),
    ];
    assert_eq!(headers[2..], expected, "HTTP binding 3.1.3, and no ce-datacontenttype");
}

/// Values of extension attributes.
fn extension() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text().prop_map(Value::from),
        Just(Value::from("")),
    ]
}

/// The members that contain data.
fn data() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let others = ["text/plain", "application/xml", "text/csv; x=y", "image/png"];
    let types = [&others[..], &["application/json", "a/b+json"]].concat();
    let json = prop_oneof![
        Just(None),
        extension().prop_map(|value| Some(("data", value))),
        text().prop_map(|text| Some(("data", json!({ "a": [text] })))),
    ];
    let bytes = proptest::collection::vec(any::<u8>(), 0..20);
    let base64 = bytes.prop_map(|bytes| Value::from(BASE64_STANDARD.encode(bytes)));
    let base64 = base64.prop_map(|base64| Some(("data_base64", base64)));
    // No decoder accepts bytes that claim to be JSON and are not.
    let one_of = |names| option::of(proptest::sample::select(names));
    let data = prop_oneof![(one_of(types), json), (one_of(others.to_vec()), base64)];
    data.prop_map(|(content_type, data)| {
        let content_type = content_type.map(|text| ("datacontenttype", Value::from(text)));
        content_type.into_iter().chain(data).collect()
    })
}

/// An event with everything that an event can have.
fn any_event() -> impl Strategy<Value = String> {
    let time = option::of(Just("2025-12-31t04:19:30.1z"));
    let schema = option::of(Just("https://a.example/%20"));
    let core = (text(), "[a-z]{1,4}(/%C3%A9)?", text(), option::of(text()), time, schema);
    let extensions = btree_map("x[a-z0-9]{0,8}", extension(), 0..4);
    (core, extensions, data()).prop_map(
        |((id, source, type_, subject, time, schema), more, data)| {
            let members = json!({
                "specversion": "1.0", "id": id, "source": source, "type": type_, "subject": subject,
                "time": time, "dataschema": schema,
            });
            let mut members: Map<String, Value> = members.as_object().unwrap().clone();
            members.extend(more);
            members.extend(data.into_iter().map(|(name, value)| (name.to_owned(), value)));
            Value::from(members).to_string()
        },
    )
}

/// The attributes except `datacontenttype`, as texts, in the order of their names.
fn attributes(event: &CloudEvent<'_>) -> Vec<(String, String)> {
    let core = [
        ("id", Some(event.id())),
        ("source", Some(event.source())),
        ("type", Some(event.type_())),
        ("subject", event.subject()),
        ("dataschema", event.dataschema()),
        ("time", event.time().map(Timestamp::as_str)),
    ];
    let core = core.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
    let extensions = event.extensions().map(|(name, value)| match value {
        AttributeValue::Boolean(boolean) => (name, boolean.to_string()),
        AttributeValue::Integer(integer) => (name, integer.to_string()),
        AttributeValue::String(text) => (name, text.to_string()),
    });
    let all = core.chain(extensions).map(|(name, value)| (name.to_owned(), value));
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

/// The bytes of the data, however the data is written.
fn payload(event: &CloudEvent<'_>) -> Vec<u8> {
    let is_json =
        event.datacontenttype().is_none_or(|text| MediaType::parse(text).unwrap().is_json());
    match event.data() {
        None => Vec::new(),
        Some(Data::Base64(base64)) => BASE64_STANDARD.decode(base64).unwrap(),
        Some(Data::Json(data)) => match serde_json::from_str(data).unwrap() {
            Value::String(text) if !is_json => text.into_bytes(),
            _ => data.as_bytes().to_vec(),
        },
    }
}

#[test]
fn our_own_decoder_reads_the_same_event() {
    property(any_event(), |text| {
        let sent = CloudEvent::from_json(&text).unwrap();
        let called = binary(&text);
        let head = called.headers.iter();
        let head = head.fold(Head::post(), |head, (name, value)| head.with(name, value));
        assert_eq!(Mode::of(&head), Ok(Mode::Binary));
        let read = decode_one(Mode::Binary, &head, &called.body).unwrap();
        assert_eq!(attributes(&read), attributes(&sent));
        assert_eq!(payload(&read), payload(&sent));
        let is_json = matches!(sent.data(), Some(Data::Json(_)));
        let content_type = sent.datacontenttype().or(is_json.then_some("application/json"));
        assert_eq!(read.datacontenttype(), content_type);
    });
}
