//! The HTTP contract, row by row.

mod framing;

use edge::{Answer, Receiver, Settings, event};

#[test]
fn every_status() {
    let receiver = Receiver::start(&Settings::standard());

    // Health, and other paths than /webhook.
    let health = receiver.post("").method("GET").path("/health").without("authorization").send();
    assert_eq!((health.status, &*health.body), (200, r#"{"code":"healthy"}"#));
    expect(&receiver.post("").path("/health").send(), 405, "method_not_allowed");
    expect(&receiver.post("").path("/webhook/").send(), 404, "not_found");
    expect(&receiver.post("").path("/").send(), 404, "not_found");

    // Methods.
    for method in ["POST", "PUT", "PATCH"] {
        let answer = receiver.post(event("1", "todo")).method(method).send();
        assert_eq!(answer.status, 200, "{method}: {}", answer.body);
    }
    for method in ["GET", "DELETE", "PROPFIND"] {
        let answer = receiver.post("").method(method).without("authorization").send();
        expect(&answer, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("POST, PUT, PATCH, OPTIONS"));
    }

    // Content types: structured, plain JSON and none, in any case and with any parameters.
    for content_type in [
        "application/cloudevents+json",
        "application/cloudevents+json;charset=utf-8",
        "Application/CloudEvents+JSON; charset=UTF-8",
        "application/json",
    ] {
        let call = receiver.post(event("1", "todo")).header("content-type", content_type);
        assert_eq!(call.send().status, 200, "{content_type}");
    }
    assert_eq!(receiver.post(event("1", "todo")).without("content-type").send().status, 200);
    for content_type in ["application/cloudevents+avro", "text/plain", "nonsense"] {
        let call = receiver.post(event("1", "todo")).header("content-type", content_type);
        expect(&call.send(), 415, "unsupported_media_type");
    }

    // Bodies that are not events.
    let faults =
        receiver.post(r#"{"specversion":"1.0","id":"","source":"a b","time":"now"}"#).send();
    expect(&faults, 400, "invalid_event");
    assert_eq!(
        faults.json()["violations"],
        serde_json::json!([
            { "attribute": "id", "code": "empty", "message": "must not be empty" },
            { "attribute": "source", "code": "not_a_uri_reference",
              "message": "not a URI-reference by RFC 3986" },
            { "attribute": "type", "code": "missing", "message": "required attribute is missing" },
            { "attribute": "time", "code": "not_a_timestamp",
              "message": "not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit" },
        ])
    );
    for body in ["", "{", "[]", "null", "\u{feff}{}", "{}x"] {
        expect(&receiver.post(body).send(), 400, "invalid_event");
    }
    expect(&receiver.post(*b"{\"id\":\"\xff\"}").send(), 400, "invalid_event");

    // Bodies at and over the limit, with and without an announced length.
    let (fits, too_large) = (padded(65_536), padded(65_537));
    assert_eq!(receiver.post(&*fits).send().status, 200);
    assert_eq!(receiver.post(&*fits).chunked().send().status, 200);
    expect(&receiver.post(&*too_large).send(), 413, "body_too_large");
    expect(&receiver.post(&*too_large).chunked().send(), 413, "body_too_large");

    // Nothing was forwarded.
    assert!(receiver.received_so_far().is_empty());
    assert!(receiver.kv().is_empty());
}

#[track_caller]
fn expect(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["type"], format!("urn:elytra-webhooks:{code}"));
    assert_eq!(answer.json()["status"], status);
}

/// An event of exactly this many bytes that no subscription wants.
fn padded(bytes: usize) -> String {
    let event = event("1", "todo");
    let padding = " ".repeat(bytes - event.len());
    event + &padding
}
