//! How an HTTP destination is called.

use elytra_events::CloudEvent;
use elytra_webhooks::auth::Secret;
use elytra_webhooks::destination::{CallMethod, ContentMode, Destination, HttpDestination};
use elytra_webhooks::platform::HttpRequest;

use super::{URL, call, http};
use crate::support::event;

fn structured(text: &str) -> crate::memory::Called {
    call(&http(ContentMode::Structured), text)
}

#[test]
fn structured_mode_sends_the_event_as_it_came() {
    let text = event("\"data\": {\"price\": 1.50, \"sku\": \"\\u00e9\"}").replace(',', " ,\n\t");
    let called = structured(&text);
    assert_eq!(called.text(), text, "byte for byte");
    let version = env!("CARGO_PKG_VERSION");
    let headers = [
        ("user-agent", format!("elytra-webhooks/{version}")),
        ("idempotency-key", "s/1".to_owned()),
        ("content-type", "application/cloudevents+json; charset=UTF-8".to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(called.headers, headers, "HTTP binding 3.2: and no others");
    assert_eq!((called.method, &*called.url, called.timeout_ms), ("POST", URL, 10_000));
}

#[test]
fn each_method_is_sent_as_http_spells_it() {
    let methods =
        [(CallMethod::Post, "POST"), (CallMethod::Patch, "PATCH"), (CallMethod::Put, "PUT")];
    for (method, expected) in methods {
        let mut webhook = http(ContentMode::Structured);
        webhook.call.method = method;
        assert_eq!(call(&webhook, &event("")).method, expected);
    }
}

#[test]
fn source_and_id_are_the_idempotency_key() {
    let table = [
        ("elytra-pim", "385d27ef-ac6d", "elytra-pim/385d27ef-ac6d"),
        ("a/b?c", "1/2", "a%2Fb%3Fc/1%2F2"),
        ("s", "é \\\"%", "s/%C3%A9%20%22%25"),
    ];
    for (source, id, expected) in table {
        let text = format!(r#"{{"specversion":"1.0","id":"{id}","source":"{source}","type":"t"}}"#);
        for mode in [ContentMode::Structured, ContentMode::Binary] {
            let called = call(&http(mode), &text);
            assert_eq!(called.header("idempotency-key"), Some(expected), "the key of the event");
        }
    }
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn the_trace_is_passed_on() {
    let check = |members: &str, parent, state| {
        for mode in [ContentMode::Structured, ContentMode::Binary] {
            let called = call(&http(mode), &event(members));
            let found = (called.header("traceparent"), called.header("tracestate"));
            assert_eq!(found, (parent, state), "{members}");
        }
    };
    check("", None, None);
    let parent = format!(r#""traceparent":"{PARENT}""#);
    check(&parent, Some(PARENT), None);
    check(&format!(r#"{parent},"tracestate":"a=1,b=t:2""#), Some(PARENT), Some("a=1,b=t:2"));
    check(r#""traceparent":1,"tracestate":true"#, None, None);
}

#[test]
fn the_state_of_a_trace_has_no_encoding() {
    let text = event(r#""tracestate":"congo=t61%rcW, rojo=00f0 \"67\"""#);
    let expected = Some(r#"congo=t61%rcW, rojo=00f0 "67""#);
    assert_eq!(
        structured(&text).header("tracestate"),
        expected,
        "W3C Trace Context 3.3: spaces, quotes and percent signs stand for themselves"
    );
}

#[test]
fn the_credential_is_sent_and_nowhere_shown() {
    let credential = Some(("x-key".to_owned(), Secret::new("shop-canary")));
    let webhook = HttpDestination { credential, ..http(ContentMode::Structured) };
    let text = event("");
    assert_eq!(call(&webhook, &text).header("x-key"), Some("shop-canary"));
    assert!(!format!("{webhook:?}").contains("shop-canary"), "secrets are redacted");
}

#[test]
fn a_request_does_not_print_its_credential() {
    let credential = Some(("x-key".to_owned(), Secret::new("shop-canary")));
    let webhook = HttpDestination { credential, ..http(ContentMode::Structured) };
    let webhook = Destination::Http(webhook);
    let text = event("");
    let event = CloudEvent::from_json(&text).unwrap();
    let shown = format!("{:?}", HttpRequest::new(&webhook.callee().unwrap(), &event, None));
    assert!(!shown.contains("shop-canary"), "{shown}");
}

#[test]
fn no_event_makes_a_header_that_none_can_hold() {
    let members = r#""subject":"é€😀","ext":"é","traceparent":"é","tracestate":"é€""#;
    let text = event(members).replace(r#""id":"1""#, r#""id":"é\"😀""#);
    for mode in [ContentMode::Structured, ContentMode::Binary] {
        for (name, value) in call(&http(mode), &text).headers {
            assert!(value.chars().all(|c| matches!(c, ' '..='~')), "{name}: {value}");
        }
    }
}

#[test]
fn a_content_type_that_no_header_can_hold_does_not_stop_an_event() {
    let text = event(r#""datacontenttype":"text/plain; x=\"€\"","data":"x""#);
    for mode in [ContentMode::Structured, ContentMode::Binary] {
        let called = call(&http(mode), &text);
        let content_type = called.header("content-type").unwrap();
        assert!(content_type.is_ascii(), "it would be tried in vain: {content_type}");
    }
}
