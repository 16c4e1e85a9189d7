//! Binary mode: headers become attributes, the body becomes data, and both become JSON.

mod data;
mod properties;

use elytra_events::http::{Headers, MAX_HEADER_BYTES, Mode, decode};
use elytra_events::{CloudEvent, InvalidEvents, MAX_ATTRIBUTES, Problem};
use test_support::{Head, check_faults, decode_one};

#[track_caller]
fn accept<'a>(why: &str, head: &Head, body: &'a [u8]) -> CloudEvent<'a> {
    decode_one(Mode::Binary, head, body).unwrap_or_else(|invalid| panic!("{why}: {invalid:?}"))
}

/// An event with one header more.
fn with(name: &str, value: &str) -> Head {
    Head::default().with_event().with(name, value)
}

#[track_caller]
fn refuse(why: &str, head: &Head, body: &[u8], faults: &[(&str, &str)]) {
    match decode_one(Mode::Binary, head, body) {
        Ok(event) => panic!("{why}: accepted {event:?}"),
        Err(invalid) => check_faults(why, &invalid, faults),
    }
}

#[test]
fn headers_are_attributes() {
    let head = Head::default()
        .with("Content-Type", "application/json; charset=utf-8")
        .with("CE-SpecVersion", "1.0")
        .with("Ce-Id", "385d27ef%2Dac6d")
        .with("host", "webhooks.example")
        .with("ce-source", "/elytra/%F0%9F%98%80".trim_end_matches("/%F0%9F%98%80"))
        .with("ce-TYPE", "com.elytra.product")
        .with("ce-time", "2025-12-31T04:19:30.860984129+01:00")
        .with("ce-subject", "Gr%C3%B6%C3%9Fe%20%22M%22")
        .with("ce-dataschema", "urn:elytra:product")
        .with("ce-operation", "modify")
        .with("ce-eventtype", "product")
        .with("ce-007", "\"true\"")
        .with("x-ce-id", "2")
        .with("authorization", "Bearer canary");
    let event = accept("HTTP binding 3.1.3", &head, b"{ \"objectId\": 4711 }");
    assert_eq!(event.specversion(), "1.0");
    assert_eq!((event.id(), event.source()), ("385d27ef-ac6d", "/elytra"));
    assert_eq!(event.type_(), "com.elytra.product");
    assert_eq!(event.subject(), Some("Größe \"M\""));
    assert_eq!(event.time().unwrap().as_str(), "2025-12-31T04:19:30.860984129+01:00");
    assert_eq!(event.dataschema(), Some("urn:elytra:product"));
    assert_eq!(event.datacontenttype(), Some("application/json; charset=utf-8"));
    let names: Vec<_> = event.extensions().map(|(name, _)| name).collect();
    assert_eq!(names, ["operation", "eventtype", "007"], "no header but those with ce-");
    assert_eq!(
        event.as_json(),
        concat!(
            r#"{"specversion":"1.0","id":"385d27ef-ac6d","source":"/elytra","#,
            r#""type":"com.elytra.product","datacontenttype":"application/json; charset=utf-8","#,
            r#""dataschema":"urn:elytra:product","subject":"Größe \"M\"","#,
            r#""time":"2025-12-31T04:19:30.860984129+01:00","operation":"modify","#,
            r#""eventtype":"product","007":"true","data":{ "objectId": 4711 }}"#
        )
    );
}

#[test]
fn nothing_missing_is_invented() {
    let event = accept("the four are enough", &Head::default().with_event(), b"");
    let json = r#"{"specversion":"1.0","id":"1","source":"s","type":"t"}"#;
    assert_eq!(event.as_json(), json, "no data, no content type, no time");
    assert!(event.data().is_none() && event.time().is_none());
}

#[test]
fn names_of_headers_are_names_of_attributes() {
    let name = "an attribute's name is made of lower-case letters and digits only";
    let bad = |why, header, attribute| {
        let text = format!("{attribute}: {name}");
        refuse(why, &with(header, "1"), b"", &[("bad_name", &text)]);
    };
    bad("peers crash: nothing behind the prefix", "ce-", "");
    bad("core 2.2: an underscore", "ce-event_type", "event_type");
    bad("a hyphen", "ce-event-type", "event-type");
    bad("the prefix twice", "ce-ce-id", "ce-id");
    bad("a dot", "ce-x.y", "x.y");
    bad("JSON's own member is no attribute", "ce-data_base64", "data_base64");
    let head = with("ce-datacontenttype", "application/json");
    refuse(
        "HTTP binding 3.1.1: the Content-Type says it, even where there is none",
        &head,
        b"",
        &[(
            "header_for_content_type",
            "datacontenttype: in binary mode the header Content-Type says this",
        )],
    );
    let both = head.with("content-type", "application/json");
    refuse(
        "nor where both say the same",
        &both,
        b"1",
        &[(
            "header_for_content_type",
            "datacontenttype: in binary mode the header Content-Type says this",
        )],
    );
    let data = "data: no attribute may have this name";
    refuse("core 2.2: data is reserved", &with("ce-data", "x"), b"", &[("reserved_name", data)]);
    refuse("in any case", &with("CE-Data", "%"), b"", &[("reserved_name", data)]);
}

#[test]
fn what_is_missing_is_told_at_once() {
    let head = Head::default().with("content-type", "text/plain").with("ce-x", "1");
    refuse(
        "core 3.1: one header announced the mode",
        &head,
        b"text",
        &[
            ("missing", "specversion: required attribute is missing"),
            ("missing", "id: required attribute is missing"),
            ("missing", "source: required attribute is missing"),
            ("missing", "type: required attribute is missing"),
        ],
    );
    let head = Head::default().with("ce-specversion", "0.3").with("ce-id", "").with("ce-type", "%");
    refuse(
        "every fault, and none of them twice",
        &head.with("content-type", "json").with("ce-source", "a b").with("ce-time", "now"),
        b"",
        &[
            (
                "bad_header",
                "type: the header cannot be decoded: expected two hexadecimal digits after '%' at position 0",
            ),
            (
                "unsupported_specversion",
                "specversion: unsupported version \"0.3\", expected \"1.0\"",
            ),
            ("empty", "id: must not be empty"),
            ("not_a_uri_reference", "source: not a URI-reference by RFC 3986"),
            ("not_a_media_type", "datacontenttype: not a media type by RFC 2046"),
            (
                "not_a_timestamp",
                "time: not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit",
            ),
        ],
    );
}

#[test]
fn an_invalid_event_is_told_by_its_id_and_type() {
    let invalid = decode_one(Mode::Binary, &with("ce-time", "now"), b"").unwrap_err();
    let known = (Some("1".to_owned()), Some("t".to_owned()), None);
    assert_eq!((invalid.id, invalid.type_, invalid.index), known);
}

#[test]
fn a_repeated_header_is_one_value_by_the_time_it_arrives() {
    // The runtime joins them; that it does is shown by tests/edge.
    let twice = Head::default().with_event().with("ce-time", "2025-01-01T00:00:00Z");
    let text = "time: not an RFC 3339 timestamp: unexpected character ',' at position 20, expected the end";
    refuse(
        "what is joined is seldom valid",
        &twice.with("ce-time", "2025-01-01T00:00:00Z"),
        b"",
        &[("not_a_timestamp", text)],
    );
}

/// Headers of which the same may come twice.
struct Repeated(Vec<(String, String)>);

impl Headers for Repeated {
    fn header(&self, _: &str) -> Option<String> {
        None
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        self.0.clone()
    }
}

#[test]
fn a_repeated_header_is_an_error_where_it_is_seen() {
    for name in ["id", "x"] {
        let names = ["specversion", "id", "source", "type", "x", name];
        let value = |name| if name == "specversion" { "1.0" } else { "a" };
        let headers = names.map(|name| (name.to_owned(), value(name).to_owned()));
        let text = format!("{name}: occurs more than once");
        match decode(Mode::Binary, &Repeated(headers.into()), b"", 1) {
            Err(InvalidEvents::Invalid(invalid)) => {
                check_faults("core 3.1", &invalid[0], &[("repeated", &text)]);
            }
            other => panic!("core 3.1, {name}: {other:?}"),
        }
    }
}

#[test]
fn headers_are_limited_together() {
    assert_eq!(MAX_HEADER_BYTES, 65_536);
    let room = MAX_HEADER_BYTES - "ce-specversion1.0ce-id1ce-sourcesce-typetce-x".len();
    let head = with("ce-x", &"y".repeat(room)).with("x-other", &"z".repeat(10_000));
    accept("exactly the limit, other headers do not count", &head, b"");
    let head = with("ce-x", &"y".repeat(room + 1));
    let text = "the headers of the event have 65537 bytes, more than 65536";
    refuse("one byte more", &head, b"", &[("headers_too_large", text)]);
    let head = with("ce-x", &format!("{}é", "y".repeat(room - 1)));
    refuse("bytes, not characters", &head, b"", &[("headers_too_large", text)]);
    let head = with(&format!("ce-{}", "n".repeat(room + 2)), "");
    refuse("names count as well", &head, b"", &[("headers_too_large", text)]);
    let invalid = decode_one(Mode::Binary, &head, b"").unwrap_err();
    assert_eq!(invalid.violations[0].problem, Problem::HeadersTooLarge { bytes: 65_537 });
}

/// An event of so many attributes, each of them a header.
fn head_of(attributes: usize) -> Head {
    (4..attributes)
        .fold(Head::default().with_event(), |head, n| head.with(&format!("ce-x{n}"), "1"))
}

#[test]
fn attributes_are_limited() {
    let event = accept("exactly the limit", &head_of(MAX_ATTRIBUTES), b"");
    assert_eq!(event.extensions().count(), 252);
    let fault = [("too_many_attributes", "more than 256 attributes")];
    refuse("one more", &head_of(MAX_ATTRIBUTES + 1), b"", &fault);
}

#[test]
fn what_is_accepted_can_be_read_again() {
    // The content type and the data are members as well, and MAX_ATTRIBUTES counts those.
    for attributes in [MAX_ATTRIBUTES - 2, MAX_ATTRIBUTES - 1, MAX_ATTRIBUTES] {
        let head = head_of(attributes).with("content-type", "application/json");
        if let Ok(event) = decode_one(Mode::Binary, &head, b"1") {
            let again = CloudEvent::from_json(event.as_json());
            let texts = again.map(|_| ()).map_err(|invalid| invalid.violations[0].to_string());
            assert_eq!(texts, Ok(()), "a consumer reads what we sent: {attributes} headers");
        }
    }
}
