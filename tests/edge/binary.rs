//! Binary mode: headers and a body become one event in the JSON format. If they cannot, the answer
//! says why.

use edge::{Answer, Call, RawAnswer, Receiver, Settings, raw_post};
use serde_json::{Value, json};

/// The attributes of all events in these tests, as headers and in JSON.
const HEADERS: [(&str, &str); 4] = [
    ("ce-specversion", "1.0"),
    ("ce-id", "e1"),
    ("ce-source", "/elytra/pim"),
    ("ce-type", "com.elytra.product"),
];
const JSON: &str =
    r#"{"specversion":"1.0","id":"e1","source":"/elytra/pim","type":"com.elytra.product""#;

fn binary<'a>(receiver: &'a Receiver, body: &[u8]) -> Call<'a> {
    let call = receiver.post(body).without("content-type");
    HEADERS.iter().fold(call, |call, (name, value)| call.header(name, value))
}

/// A binary event in raw bytes, with these additional headers.
fn raw(receiver: &Receiver, headers: &[(&str, &[u8])]) -> RawAnswer {
    let common = HEADERS.map(|(name, value)| (name, value.as_bytes()));
    let headers: Vec<_> = common.iter().chain(headers).copied().collect();
    receiver.raw(&raw_post(&headers, b"")).answer()
}

#[track_caller]
fn accepted(answer: &Answer) {
    let expected = r#"{"code":"accepted","id":"e1","subscriptions":["archive","stream"]}"#;
    assert_eq!((answer.status, &*answer.body), (202, expected));
}

#[track_caller]
fn refused(answer: &RawAnswer, violations: &Value) {
    assert_eq!(answer.status_and_code(), (400, "invalid_event".to_owned()));
    assert_eq!(answer.json()["violations"], *violations);
}

#[test]
fn json_text_and_bytes() {
    let receiver = Receiver::start(&Settings::both());
    let mut expected = Vec::new();

    // JSON stays as it is, and attributes are decoded once. Extensions are sorted by name, as the
    // runtime lists headers, and they are strings, because headers have no types.
    let data = r#"{ "z":1.0,"a":1e400,"big":1234567890123456789012345678901234567890,
    "objectId":9007199254740993,"emoji":"\ud83d\ude00 😀","zero":-0.0,"z":2 }"#;
    let answer = binary(&receiver, data.as_bytes())
        .header("content-type", "application/json; charset=UTF-8")
        .header("ce-subject", "Gr%C3%B6%c3%9fe %2541 %22x%22 %61")
        .header("ce-time", "2025-12-31T04:19:30.860984129+01:00")
        .header("ce-dataschema", "https://elytra.example/product#1")
        .header("ce-operation", "modify")
        .header("CE-EventType", "product")
        .header("ce-answer", "-42")
        .header("ce-zebra", "true")
        .header("ce-quoted", r#""a \"b\" \\ %5c""#)
        .send();
    accepted(&answer);
    expected.push(format!(
        r#"{JSON},"datacontenttype":"application/json; charset=UTF-8","dataschema":"https://elytra.example/product#1","subject":"Größe %41 \"x\" a","time":"2025-12-31T04:19:30.860984129+01:00","answer":"-42","eventtype":"product","operation":"modify","quoted":"a \"b\" \\ \\","zebra":"true","data":{data}}}"#
    ));

    // JSON by its suffix, and JSON that is not an object.
    for (content_type, data) in
        [("application/vnd.elytra+json", "[1.50]"), ("text/JSON", "null"), ("a/b+json", r#""x""#)]
    {
        accepted(&binary(&receiver, data.as_bytes()).header("content-type", content_type).send());
        expected.push(format!(r#"{JSON},"datacontenttype":"{content_type}","data":{data}}}"#));
    }

    // Text becomes a string if it is UTF-8. Bytes become base64, and so does other text.
    for (content_type, data, member) in [
        ("text/plain", "Grün \"€\"\r\n{}".as_bytes(), r#""data":"Grün \"€\"\r\n{}""#),
        ("text/plain; charset=us-ascii", b"{}", r#""data":"{}""#),
        ("text/plain; charset=iso-8859-1", b"gr\xfcn", r#""data_base64":"Z3L8bg==""#),
        ("application/octet-stream", b"\x00\xff{}", r#""data_base64":"AP97fQ==""#),
        ("image/png", b"\x89PNG\r\n", r#""data_base64":"iVBORw0K""#),
    ] {
        accepted(&binary(&receiver, data).header("content-type", content_type).send());
        expected.push(format!(r#"{JSON},"datacontenttype":"{content_type}",{member}}}"#));
    }

    // Without a body there is no data. Without a content type, JSON is recognized. A chunked body
    // works.
    accepted(&binary(&receiver, b"").header("content-type", "application/json").send());
    expected.push(format!(r#"{JSON},"datacontenttype":"application/json"}}"#));
    accepted(&binary(&receiver, b"").send());
    expected.push(format!("{JSON}}}"));
    accepted(&binary(&receiver, b"1.0").send());
    expected.push(format!(r#"{JSON},"data":1.0}}"#));
    accepted(&binary(&receiver, b"{").chunked().send());
    expected.push(format!(r#"{JSON},"data_base64":"ew=="}}"#));

    assert_eq!(receiver.received(expected.len()), expected);
    let kv = receiver.kv();
    assert_eq!(kv["archive/%2Felytra%2Fpim/e1"].value, expected[expected.len() - 1]);
    assert!(receiver.log(expected.len()).iter().all(|line| line["mode"] == "binary"));
}

#[test]
fn header_bytes_that_are_not_utf8() {
    let receiver = Receiver::start(&Settings::both());

    // UTF-8 that is not percent-encoded is accepted.
    let answer = raw(&receiver, &[("ce-subject", "Größe €".as_bytes())]);
    assert_eq!(answer.status_and_code(), (202, "accepted".to_owned()), "{}", answer.text());
    assert_eq!(receiver.received(1), [format!(r#"{JSON},"subject":"Größe €"}}"#)]);

    // Latin-1, a truncated character, a lone surrogate, an overlong slash: the original cannot be
    // recovered.
    let broken_bytes =
        "the header cannot be decoded: the header's bytes are not UTF-8, expected percent-encoding";
    for bytes in [&b"caf\xe9"[..], b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf", b"\xff"] {
        let violation =
            json!([{ "attribute": "subject", "code": "bad_header", "message": broken_bytes }]);
        refused(&raw(&receiver, &[("ce-subject", bytes)]), &violation);
    }
    // Percent-encoded bytes that are not UTF-8 are refused as well.
    let not_utf8 = "the header cannot be decoded: what is percent-encoded is not UTF-8";
    let violation = json!([{ "attribute": "subject", "code": "bad_header", "message": not_utf8 }]);
    refused(&raw(&receiver, &[("ce-subject", b"%C0%A0")]), &violation);

    // U+FFFD itself is accepted only if it is encoded.
    let answer = raw(&receiver, &[("ce-subject", b"%EF%BF%BD")]);
    assert_eq!(answer.status_and_code(), (202, "accepted".to_owned()));
    assert_eq!(receiver.received(2)[1], format!("{JSON},\"subject\":\"\u{fffd}\"}}"));
}

#[test]
fn repeated_headers() {
    let receiver = Receiver::start(&Settings::both());

    // The runtime joins the values of repeated headers before the Worker sees them. So both arrive,
    // and neither passes for the whole value.
    let twice: [(&str, &[u8]); 2] = [("ce-subject", b"one"), ("CE-Subject", b"two")];
    let answer = raw(&receiver, &twice);
    assert_eq!(answer.status_and_code(), (202, "accepted".to_owned()), "{}", answer.text());
    assert_eq!(receiver.received(1), [format!(r#"{JSON},"subject":"one, two"}}"#)]);

    // If the joined value is invalid, the event is refused.
    for (name, value, attribute, code) in [
        ("ce-specversion", "1.0", "specversion", "unsupported_specversion"),
        ("ce-source", "/elytra/pim", "source", "not_a_uri_reference"),
        ("ce-id", "1", "id", "repeated"),
        ("ce-type", "com.elytra.product", "type", "repeated"),
    ] {
        let answer = raw(&receiver, &[(name, value.as_bytes())]);
        assert_eq!(answer.status_and_code(), (400, "invalid_event".to_owned()));
        let violation = &answer.json()["violations"][0];
        assert_eq!(
            (&violation["attribute"], &violation["code"]),
            (&json!(attribute), &json!(code))
        );
    }
    let time: (&str, &[u8]) = ("ce-time", b"2025-12-31T04:19:30Z");
    assert_eq!(raw(&receiver, &[time, time]).json()["violations"][0]["code"], "not_a_timestamp");
    let content_type: (&str, &[u8]) = ("Content-Type", b"application/json");
    let answer = raw(&receiver, &[content_type, content_type]);
    assert_eq!(answer.json()["violations"][0]["code"], "not_a_media_type", "{}", answer.text());
    let quoted: [(&str, &[u8]); 2] = [("ce-subject", b"\"a\""), ("ce-subject", b"\"b\"")];
    assert_eq!(raw(&receiver, &quoted).json()["violations"][0]["code"], "bad_header");
}

#[test]
fn a_header_named_just_ce() {
    let receiver = Receiver::start(&Settings::both());
    let bad_name = json!([{
        "attribute": "", "code": "bad_name",
        "message": "an attribute's name is made of lower-case letters and digits only",
    }]);
    for value in [&b"x"[..], b""] {
        refused(&raw(&receiver, &[("ce-", value)]), &bad_name);
    }
    let answer = raw(&receiver, &[("ce-event-type", b"x"), ("ce-event_type", b"y")]);
    assert_eq!(answer.json()["violations"][0]["attribute"], "event-type");
    assert_eq!(answer.json()["violations"][1]["attribute"], "event_type");

    // Such headers mean nothing next to a structured event: only the body counts.
    let answer = receiver.post(edge::event("e1", "product")).header("ce-", "x").send();
    accepted(&answer);
}

#[test]
fn a_large_header_block() {
    let receiver = Receiver::start(&Settings::both());
    let attributes = |count: usize, bytes: usize| {
        let names: Vec<_> = (0..count).map(|n| format!("ce-x{n:03}")).collect();
        let value = "v".repeat(bytes - "x000".len());
        let headers: Vec<_> = names.iter().map(|name| (&**name, value.as_bytes())).collect();
        raw(&receiver, &headers)
    };

    // 60 KB are accepted, and all of them arrive.
    let answer = attributes(60, 1_000);
    assert_eq!(answer.status_and_code(), (202, "accepted".to_owned()), "{}", answer.text());
    let event: Value = serde_json::from_str(&receiver.received(1)[0]).unwrap();
    assert_eq!(event["x059"], "v".repeat(996));

    // 70 KB are too much for the Worker, in one header or in many.
    for (count, bytes) in [(70, 1_000), (1, 70_000)] {
        let common: usize = HEADERS.iter().map(|(name, value)| name.len() + value.len()).sum();
        let size = count * ("ce-".len() + bytes) + common;
        let message = format!("the headers of the event have {size} bytes, more than 65536");
        refused(
            &attributes(count, bytes),
            &json!([{ "code": "headers_too_large", "message": message }]),
        );
    }
    // So are 257 attributes, however short.
    let message = "more than 256 attributes";
    refused(&attributes(253, 5), &json!([{ "code": "too_many_attributes", "message": message }]));

    // The runtime accepts 128 KB and more. Locally, its limit is between 400 and 512 KB.
    let answer = attributes(128, 1_024);
    assert_eq!(answer.json()["violations"][0]["code"], "headers_too_large", "{}", answer.text());
    let answer = attributes(512, 1_024);
    assert_eq!(answer.status(), Some(431), "{}", answer.text());
    assert_eq!(receiver.received_so_far().len(), 1);
}
