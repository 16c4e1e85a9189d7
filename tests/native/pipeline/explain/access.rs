//! Who may ask for an explanation, and with what request.

use elytra_webhooks::config::Config;

use super::super::{TOKEN, known};
use super::{Answer, Head, Memory, Request, ask, config, configure_with, explain, operator};
use crate::support::event;

#[track_caller]
fn check(why: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{why}: {answer:?}");
    assert!(answer.body.contains(&format!(r#""code":"{code}""#)), "{why}: {answer:?}");
}

#[test]
fn without_an_operator_there_is_nothing() {
    let config: Config = configure_with(&[], super::WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)]);
    for head in [operator(), known().path("/explain"), Head::post().path("/explain")] {
        for method in ["POST", "GET", "OPTIONS"] {
            let request = Request::new(head.clone().method(method), event(""));
            let answer = ask(Ok(&config), request, &Memory::default());
            check("absent", &answer, 404, "not_found");
            assert_eq!(answer.polls, 0, "nothing was read");
        }
    }
}

#[test]
fn credentials_of_senders_and_operators_are_two() {
    let answer = explain(known().path("/explain"), event(""));
    check("a sender's", &answer, 401, "credentials_wrong");
    assert_eq!(answer.polls, 0, "nothing was read");
    let answer = explain(Head::post().path("/explain"), event(""));
    check("none", &answer, 401, "credentials_missing");
    let answer = explain(operator().path("/webhook"), event(""));
    check("an operator's, for an event", &answer, 401, "credentials_wrong");
    assert_ne!(TOKEN, "admin-canary");
    let head = Head::post().path("/explain").query("access_token=admin-canary");
    check("in the query", &explain(head, event("")), 200, "explained");
}

#[test]
fn the_request_is_one_that_webhook_would_read() {
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let answer = explain(operator().method(method), event(""));
        check("it is asked with POST", &answer, 405, "method_not_allowed");
        assert!(answer.headers.ends_with("\nallow: POST"), "{answer:?}");
    }
    let head = operator().with("content-type", "text/plain");
    check("a content type", &explain(head, "x"), 415, "unsupported_media_type");
    let head = operator().with("content-encoding", "gzip");
    check("an encoding", &explain(head, "x"), 415, "unsupported_content_encoding");
    check("max_body_bytes", &explain(operator(), " ".repeat(262_145)), 413, "body_too_large");
    let batch = operator().with("content-type", "application/cloudevents-batch+json");
    check("max_batch_events", &explain(batch, "[1,2,3,4]"), 413, "batch_too_large");
    let broken = Config::from_bindings(&std::collections::BTreeMap::new()).unwrap_err();
    let request = Request::new(operator(), event(""));
    let answer = ask(Err(&broken), request, &Memory::default());
    check("a broken configuration", &answer, 503, "broken_configuration");
    for path in ["/explain/", "/Explain", "/explain/x"] {
        check("another path", &explain(operator().path(path), event("")), 404, "not_found");
    }
}

#[test]
fn what_is_asked_must_be_there() {
    let table = [
        ("subscription=germany", r#"unknown subscription \"germany\", did you mean \"german\"?"#),
        ("subscription=", "subscription: expected 1 to 64 letters, digits and underscores"),
        ("subscription=GERMAN", r#"unknown subscription \"GERMAN\", did you mean \"german\"?"#),
        (
            "subscripton=german",
            r#"unknown parameter \"subscripton\", did you mean \"subscription\"?"#,
        ),
        ("id=1", r#"unknown parameter \"id\""#),
        ("subscription=german&subscription=products", "subscription: expected once"),
    ];
    for (query, detail) in table {
        let answer = explain(operator().query(query), event(""));
        check(query, &answer, 400, "bad_query");
        assert!(answer.body.contains(&format!(r#""detail":"{detail}"}}"#)), "{answer:?}");
        assert_eq!(answer.polls, 0, "nothing was read");
    }
    let names = config().subscriptions.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    assert_eq!(names, ["archive", "german", "off"]);
}
