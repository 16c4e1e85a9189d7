//! Replies and log lines never contain secrets or data. [`super::ask`] checks that.

use elytra_webhooks::config::{Binding, Bindings, Config};
use elytra_webhooks::outcome::MAX_LOGGED_VIOLATIONS;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Head, Memory, Request, ask, config, event};
use crate::support::property;

/// Apart from the type and the id of the object, the log holds nothing of `data`.
#[test]
fn faults_beside_data_tell_nothing_of_it() {
    let bodies = [
        r#"{"data":"data-canary""#.to_owned(),
        r#"{"data":"data-canary" "x"}"#.to_owned(),
        r#"{"data":data-canary}"#.to_owned(),
        "data-canary".to_owned(),
        "\"data-canary\"".to_owned(),
        r#"["data-canary"]"#.to_owned(),
        event(r#""data":"data-canary","data":"data-canary""#),
        event(r#""data":"data-canary","data_base64":"data-canary""#),
        event(r#""data_base64":"data-canary""#),
        event(r#""data_base64":["data-canary"]"#),
        event(r#""data":{"objectId":1,"objectData":{"a":"data-canary"},"x":"data-canary"}"#),
        event(
            r#""eventtype":"product","data":{"objectType":["data-canary"],"objectId":{"data-canary":1}}"#,
        ),
    ];
    for body in bodies {
        for failing in [&[][..], &["KV"], &["KV", "QUEUE"]] {
            let memory = Memory::failing(failing);
            ask(Ok(&config()), Request::body(&*body), &memory);
        }
    }
}

#[test]
fn credentials_tell_nothing_of_themselves() {
    let heads = [
        Head::post().with("authorization", "presented-canary"),
        Head::post().with("authorization", "Bearer presented-canary"),
        Head::post().with("authorization", "Basic presented-canary"),
        Head::post().with("authorization", "Bearer token-canary, Bearer token-canary"),
        Head::post().with("api-key", "token-canary"),
        Head::post().with("authorization", "Bearer token-canary").method("GET"),
        Head::post().with("authorization", "Bearer token-canary").path("/"),
    ];
    for head in heads {
        let answer = ask(Ok(&config()), Request::new(head, event("")), &Memory::default());
        assert!(answer.status >= 400);
    }
}

#[test]
fn a_secret_in_the_place_of_its_name_is_not_logged() {
    let webhook = r#"{"auth_type":"bearer","auth":{"token":"token-canary"}}"#;
    let broken = Config::from_bindings(&Bindings::from([
        ("WEBHOOK".to_owned(), Binding::Json(webhook.to_owned())),
        ("SUBSCRIPTION_A".to_owned(), Binding::Json(r#"{"queue":"QUEUE"}"#.to_owned())),
        ("QUEUE".to_owned(), Binding::Queue),
    ]))
    .unwrap_err();
    let answer = ask(Err(&broken), Request::event(""), &Memory::default());
    assert_eq!(
        answer.log,
        r#"{"outcome":"failed","code":"broken_configuration","status":503,"reasons":["WEBHOOK.auth.token: no secret with this name is set, expected the name of a secret"],"milliseconds":0}"#,
        "who reads logs need not know secrets"
    );
}

/// An event with this many faults gets this many violations, and these reasons in its log line.
#[track_caller]
fn check_faults(why: &str, faults: usize, logged: usize, more: Option<&str>) {
    let name = |number| format!("X{number:03}");
    let reported = "an attribute's name is made of lower-case letters and digits only";
    let members: Vec<_> = (0..faults).map(|number| format!(r#""{}":1"#, name(number))).collect();
    let answer = ask(Ok(&config()), Request::event(&members.join(",")), &Memory::default());

    let body: Value = answer.body.parse().unwrap();
    let violations: Vec<_> = (0..faults)
        .map(|number| json!({"attribute": name(number), "code": "bad_name", "message": reported}))
        .collect();
    assert_eq!(body["violations"], Value::from(violations), "{why}: the reply lists all");
    assert_eq!(body["detail"], format!("found {faults} violations"), "{why}");

    let line: Value = answer.log.parse().unwrap();
    let mut reasons: Vec<_> =
        (0..logged).map(|number| format!("{}: {reported}", name(number))).collect();
    reasons.extend(more.map(str::to_owned));
    assert_eq!(line["reasons"], Value::from(reasons), "{why}");
}

#[test]
fn a_senders_many_faults_are_cut_in_the_log_and_nowhere_else() {
    assert_eq!(MAX_LOGGED_VIOLATIONS, 64, "with 256 characters each they fit in Cloudflare's line");
    check_faults("one below the limit", 63, 63, None);
    check_faults("exactly the limit", 64, 64, None);
    check_faults("the one that is too many is counted", 65, 64, Some("and 1 more"));
    check_faults("as many as an event's attributes can be", 252, 64, Some("and 188 more"));
}

#[test]
fn a_senders_long_texts_are_cut_in_the_log_and_nowhere_else() {
    let long = "é".repeat(257);
    let request = Request::body(event("").replace(r#""id":"1""#, &format!(r#""id":"{long}""#)));
    let answer = ask(Ok(&config()), request, &Memory::default());
    let line: Value = answer.log.parse().unwrap();
    assert_eq!(line["id"], format!("{}…", "é".repeat(256)), "256 characters and a mark");
    let body: Value = answer.body.parse().unwrap();
    assert_eq!(body["id"], long, "the sender gets its identifier back whole");

    let whole = "é".repeat(256);
    let request = Request::body(event("").replace(r#""id":"1""#, &format!(r#""id":"{whole}""#)));
    let answer = ask(Ok(&config()), request, &Memory::default());
    assert_eq!(answer.log.parse::<Value>().unwrap()["id"], whole);
}

#[test]
fn whatever_comes_has_an_answer_and_one_line_of_log() {
    let chunks = vec(vec(any::<u8>(), 0..40), 0..4);
    let header = prop_oneof![Just("Bearer token-canary".to_owned()), ".{0,20}"];
    let content_type = "application/(json|cloudevents(-batch)?\\+json)|.{0,20}";
    let other = "ce-[a-z]{0,4}|ce-specversion|[a-z]{1,4}";
    let parts = (header, content_type, other, ".{0,20}", chunks);
    property(parts, |(authorization, content_type, name, value, chunks)| {
        let head = Head::post().with("authorization", &authorization);
        let head = head.with("content-type", &content_type).with(&name, &value).query(&value);
        let body = chunks.into_iter().map(Ok).collect();
        let answer = ask(Ok(&config()), Request { head, body }, &Memory::default());
        assert!([400, 401, 415].contains(&answer.status), "{answer:?}");
        assert!(answer.log.parse::<Value>().is_ok_and(|log| log["status"] == answer.status));
        assert!(answer.body.parse::<Value>().is_ok_and(|body| body["status"] == answer.status));
    });
}
