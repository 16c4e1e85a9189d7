//! Binary events through the line, and the choice of the mode.

use elytra_webhooks::config::Config;

use super::{Expected, Held, Memory, Request, WEBHOOK, ask, authorized, check, configure, known};
use crate::support::event;

#[test]
fn a_binary_event_is_held_as_a_structured_one() {
    let head = known().with("content-type", "application/json").with_event();
    let head = head.with("ce-eventtype", "product").with("ce-subject", "Gr%C3%B6%C3%9Fe");
    let destinations = check(
        "destinations get one format",
        Request::new(head, r#"{ "name": "data-canary", "n":1.0 }"#),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["archive","products"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"binary","id":"1","source":"s","type":"t","event_type":"product","subject":"Größe","subscriptions":["archive","products"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    let value = r#"{"specversion":"1.0","id":"1","source":"s","type":"t","datacontenttype":"application/json","subject":"Größe","eventtype":"product","data":{ "name": "data-canary", "n":1.0 }}"#;
    let expected = [
        Held {
            binding: "KV".to_owned(),
            key: Some("archive/s/1".to_owned()),
            value: value.to_owned(),
        },
        Held { binding: "QUEUE".to_owned(), key: None, value: value.to_owned() },
    ];
    assert_eq!(destinations, expected);
}

#[test]
fn an_invalid_binary_event_is_told_with_every_fault() {
    let head = known().with("content-type", "application/json").with_event();
    let destinations = check(
        "what is known of it is in the log",
        Request::new(head.with("ce-x", "100%").with("ce-time", ""), "data-canary"),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 3 violations","violations":[{"attribute":"x","code":"bad_header","message":"the header cannot be decoded: expected two hexadecimal digits after '%' at position 3"},{"attribute":"data","code":"not_json","message":"not JSON: expected value at line 1 column 1"},{"attribute":"time","code":"empty","message":"must not be empty"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"binary","id":"1","source":"s","type":"t","reasons":["x: the header cannot be decoded: expected two hexadecimal digits after '%' at position 3","data: not JSON: expected value at line 1 column 1","time: must not be empty"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(destinations, []);
}

#[test]
fn text_with_some_header_of_an_event_is_told_what_is_missing() {
    let head = known().with("content-type", "text/plain").with("ce-id", "1");
    check(
        "no 415: it was meant as a binary event",
        Request::new(head, "text"),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 3 violations","violations":[{"attribute":"specversion","code":"missing","message":"required attribute is missing"},{"attribute":"source","code":"missing","message":"required attribute is missing"},{"attribute":"type","code":"missing","message":"required attribute is missing"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"binary","id":"1","reasons":["specversion: required attribute is missing","source: required attribute is missing","type: required attribute is missing"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
}

#[test]
fn text_without_any_is_no_event() {
    check(
        "http-webhook 2.2: 415 for what cannot be read",
        Request::new(known().with("content-type", "text/plain"), "text"),
        &Expected {
            status: 415,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:unsupported_media_type","title":"Unsupported media type","status":415,"code":"unsupported_media_type","detail":"cannot read content type \"text/plain\", expected application/cloudevents+json, application/cloudevents-batch+json, application/json, or headers with ce-"}"#,
            log: r#"{"outcome":"refused","code":"unsupported_media_type","status":415,"reasons":["cannot read content type \"text/plain\", expected application/cloudevents+json, application/cloudevents-batch+json, application/json, or headers with ce-"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
}

/// All events go to one queue.
fn all() -> Config {
    configure(WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)])
}

#[test]
fn the_body_of_a_structured_event_decides() {
    let memory = Memory::default();
    let head = authorized().with("ce-specversion", "0.3").with("ce-id", "%").with("ce-", "");
    let answer = ask(Ok(&all()), Request::new(head, event("")), &memory);
    assert_eq!(answer.body, r#"{"code":"accepted","id":"1","subscriptions":["a"]}"#);
    assert_eq!(memory.held()[0].value, event(""), "headers beside it are not read");
}

#[test]
fn a_binary_event_is_measured_as_it_is_forwarded() {
    let octets = || known().with("content-type", "application/octet-stream").with_event();
    let answer = ask(Ok(&all()), Request::new(octets(), vec![0; 95_000]), &Memory::default());
    assert_eq!(answer.status, 202, "126,668 bytes of base64 and the attributes");
    let answer = ask(Ok(&all()), Request::new(octets(), vec![0; 96_000]), &Memory::default());
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(answer.body.contains(r#""code":"event_too_large""#), "{}", answer.body);
}

#[test]
fn a_binary_event_larger_than_kv_takes_goes_nowhere() {
    let webhook = WEBHOOK.replace(r#","auth""#, r#","max_body_bytes":8388608,"auth""#);
    let config = configure(&webhook, &[("A", r#"{"kv":{"binding":"KV"}}"#)]);
    // Each of these characters takes six bytes in JSON, and values in KV have at most 25 MiB.
    let texts = || known().with("content-type", "text/plain").with_event();
    let send = |bytes: usize| {
        let memory = Memory::default();
        let answer = ask(Ok(&config), Request::new(texts(), vec![1; bytes]), &memory);
        (answer.status, answer.body, memory.held().len())
    };
    let (status, body, held) = send(4_300_000);
    assert_eq!((status, held), (202, 1), "{body}");
    let (status, body, held) = send(4_400_000);
    assert_eq!((status, held), (413, 0), "{body}");
    assert!(body.contains(r#""code":"event_too_large""#), "{body}");
    assert!(body.contains("takes 26400002 bytes in the JSON format"), "{body}");
}
