//! No secret and no data in replies and log lines, whatever comes. [`super::ask`] looks for them.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use super::{Head, Memory, Request, ask, config, event};
use crate::support::property;

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
        event(r#""data":{"objectId":"data-canary","objectData":{"a":"data-canary"}}"#),
        event(r#""eventtype":"product","data":{"objectType":"data-canary"}"#),
    ];
    for body in bodies {
        for failing in [vec![], vec!["KV"], vec!["KV", "QUEUE"]] {
            let memory = Memory { failing, ..Memory::default() };
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
    let content_type = prop_oneof![Just("application/json".to_owned()), ".{0,20}"];
    property((header, content_type, chunks), |(authorization, content_type, chunks)| {
        let head = Head::post().with("authorization", &authorization);
        let head = head.with("content-type", &content_type);
        let body = chunks.into_iter().map(Ok).collect();
        let answer = ask(Ok(&config()), Request { head, body }, &Memory::default());
        assert!([400, 401, 415].contains(&answer.status), "{answer:?}");
        assert!(answer.log.parse::<Value>().is_ok_and(|log| log["status"] == answer.status));
        assert!(answer.body.parse::<Value>().is_ok_and(|body| body["status"] == answer.status));
    });
}
