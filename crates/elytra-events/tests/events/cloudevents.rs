//! Events in the JSON format: what is accepted, and that it is kept as it came.

mod batch;
mod binary;
mod data;
mod header;
mod mode;
mod properties;
mod scan;
mod violations;

use elytra_events::http::Mode;
use elytra_events::{AttributeValue, CloudEvent, MAX_ATTRIBUTES};
use test_support::{Head, decode_one, event};

/// The event that a text holds.
#[track_caller]
fn accept<'a>(why: &str, text: &'a str) -> CloudEvent<'a> {
    CloudEvent::from_json(text).unwrap_or_else(|invalid| panic!("{why}: {invalid:?}"))
}

#[test]
fn the_example_of_elytras_models_is_read_whole() {
    let text = r#"{
        "specversion": "1.0",
        "id": "385d27ef-ac6d-4d93-904b-ea9801fc1bde",
        "source": "elytra-pim",
        "type": "com.elytra.product.attribute.value",
        "datacontenttype": "application/json",
        "dataschema": "https://elytra.example/schema",
        "subject": "product/4711",
        "time": "2025-12-31T04:19:30.860984129+01:00",
        "eventtype": "product_attribute_value",
        "operation": "modify",
        "data": { "objectId": 4711 }
    }"#;
    let event = accept("all eleven fields of the model", text);
    assert_eq!(event.as_json(), text);
    assert_eq!(event.specversion(), "1.0");
    assert_eq!(event.id(), "385d27ef-ac6d-4d93-904b-ea9801fc1bde");
    assert_eq!(event.source(), "elytra-pim");
    assert_eq!(event.type_(), "com.elytra.product.attribute.value");
    assert_eq!(event.datacontenttype(), Some("application/json"));
    assert_eq!(event.dataschema(), Some("https://elytra.example/schema"));
    assert_eq!(event.subject(), Some("product/4711"));
    assert_eq!(event.time().unwrap().as_str(), "2025-12-31T04:19:30.860984129+01:00");
    let names: Vec<_> = event.extensions().map(|(name, _)| name).collect();
    assert_eq!(names, ["eventtype", "operation"]);
}

#[test]
fn nothing_missing_is_invented() {
    let text = event("");
    let event = accept("the four required attributes are enough", &text);
    assert_eq!(event.datacontenttype(), None);
    assert_eq!(event.dataschema(), None);
    assert_eq!(event.subject(), None);
    assert_eq!(event.time(), None);
    assert_eq!(event.extensions().count(), 0);
    assert!(event.data().is_none());
}

#[track_caller]
fn check_accepted(why: &str, members: &str) {
    let text = event(members);
    assert_eq!(accept(why, &text).as_json(), text, "{why}");
}

#[test]
fn what_the_specification_allows_is_accepted() {
    check_accepted("null means absent (JSON format 2.2)", r#""time":null,"subject":null,"x":null"#);
    check_accepted("data_base64 null means absent", r#""data_base64":null,"data":1"#);
    check_accepted("an extension may be the empty string", r#""x":"""#);
    check_accepted("20 characters is a SHOULD", r#""averyveryverylongattributename":1"#);
    check_accepted("a name of digits", r#""007":true"#);
    check_accepted("an escaped name is the name", r#""subj\u0065ct":"x""#);
    check_accepted("a surrogate pair is one character", r#""subject":"\ud83d\ude00""#);
    check_accepted("the last code point before the noncharacters", r#""subject":"\ufdcf\ufdf0""#);
    check_accepted("U+FFFD is a character", "\"subject\":\"\u{fffd}\"");
    check_accepted("escaped solidus", r#""subject":"a\/b""#);
    check_accepted("datacontenttype with parameters", r#""datacontenttype":"Text/XML; a=\"b\"""#);
    check_accepted("a URN is an absolute URI", r#""dataschema":"urn:elytra:product""#);
    check_accepted(
        "non-JSON data should be a string, but need not",
        r#""datacontenttype":"text/xml","data":1"#,
    );
}

#[track_caller]
fn check_source(why: &str, source: &str) {
    let text = event("").replace(r#""source":"s""#, &format!(r#""source":"{source}""#));
    assert_eq!(accept(why, &text).source(), source, "{why}");
}

#[test]
fn a_source_is_any_uri_reference() {
    check_source("what Elytra sends", "elytra-pim");
    check_source("core 3.1.2: absolute", "https://github.com/cloudevents/spec/pull/123");
    check_source("core 3.1.2: mailto", "mailto:cncf-wg-serverless@lists.cncf.io");
    check_source("core 3.1.2: URN", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66");
    check_source("core 3.1.2: a path", "/sensors/tn-1234567/alerts");
    check_source("core 3.1.2: a relative path", "1-555-123-4567");
    check_source("RFC 3986 4.2: network path", "//host/path?query#fragment");
    check_source("RFC 3986 4.2: a query alone", "?x=1");
    check_source("percent-encoded", "a%20b");
}

#[test]
fn extensions_are_kept_with_their_types_and_in_their_order() {
    let text = event(concat!(
        r#""z":true,"y":false,"x":2147483647,"w":-2147483648,"v":-0,"u":"5","t":"true","#,
        r#""s":"Zm9v","r":"\u00e9é""#
    ));
    let event = accept("core 2.3: booleans, integers and strings", &text);
    let string = |text: &str| AttributeValue::String(text.to_owned().into());
    let expected = [
        ("z", AttributeValue::Boolean(true)),
        ("y", AttributeValue::Boolean(false)),
        ("x", AttributeValue::Integer(i32::MAX)),
        ("w", AttributeValue::Integer(i32::MIN)),
        ("v", AttributeValue::Integer(0)),
        ("u", string("5")),
        ("t", string("true")),
        ("s", string("Zm9v")),
        ("r", string("éé")),
    ];
    let found: Vec<_> = event.extensions().map(|(name, value)| (name, value.clone())).collect();
    assert_eq!(found, expected);
    assert_eq!(event.extension("x"), Some(&AttributeValue::Integer(i32::MAX)));
    assert_eq!(event.extension("q"), None);
    assert_eq!(event.extension("id"), None, "an attribute of the specification is no extension");
}

#[test]
fn an_event_may_have_256_members() {
    let members = |count: usize| {
        let extensions: Vec<_> = (4..count).map(|n| format!(r#""x{n}":{n}"#)).collect();
        event(&extensions.join(","))
    };
    assert_eq!(MAX_ATTRIBUTES, 256);
    let text = members(256);
    assert_eq!(accept("exactly as many", &text).extensions().count(), 252);
    let invalid = CloudEvent::from_json(&members(257)).unwrap_err();
    let texts: Vec<_> = invalid.violations.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["more than 256 attributes"]);
    assert_eq!(invalid.violations[0].code(), "too_many_attributes");
}

#[test]
fn an_event_of_the_largest_size_is_read() {
    let text = event(&format!(r#""data":"{}""#, "x".repeat(25 * 1024 * 1024)));
    accept("25 MiB, the largest value KV holds", &text);
}

#[test]
fn white_space_around_an_event_is_kept() {
    let text = format!("\r\n\t {} \n", event(""));
    let event = decode_one(Mode::Structured, &Head::default(), text.as_bytes()).unwrap();
    assert_eq!(event.as_json(), text);
}

#[test]
fn an_invalid_event_is_told_by_its_id_and_type() {
    let identity = |text: &str| {
        let invalid = CloudEvent::from_json(text).unwrap_err();
        (invalid.id, invalid.type_)
    };
    let known = (Some("1".to_owned()), Some("t".to_owned()));
    assert_eq!(identity(&event(r#""time":"now""#)), known, "so that it can be found");
    assert_eq!(identity(&event(r#""id":"2""#)), (None, known.1), "which of two ids is not known");
    assert_eq!(identity("[]"), (None, None));
}
