//! What is true of every case.

use std::collections::BTreeSet;

use elytra_webhooks_conformance::{Case, Method, Options, Presented, cases};
use serde_json::Value;

use crate::support::options;

fn with_credentials() -> Vec<Case> {
    cases(&Options { presented: Presented::Something, ..options() })
}

#[test]
fn each_has_a_name_of_its_own_and_fits_in_a_table() {
    let cases = with_credentials();
    let ids: BTreeSet<_> = cases.iter().map(|case| case.id).collect();
    assert_eq!(ids.len(), cases.len());
    for Case { id, says, section, .. } in &cases {
        let is_good = |byte: u8| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte);
        assert!(id.bytes().all(is_good) && !id.starts_with('-') && !id.ends_with('-'), "{id}");
        assert!(!says.contains(['|', '\n']) && !says.ends_with('.'), "{id}: {says}");
        assert!(section.link.starts_with("https://") && section.link.contains('#'), "{id}");
    }
}

#[test]
fn each_builds_on_one_before_it() {
    let cases = with_credentials();
    for (index, case) in cases.iter().enumerate() {
        match case.needs() {
            None => assert_eq!((index, case.id), (0, "structured")),
            Some(needed) => {
                assert!(cases[..index].iter().any(|other| other.id == needed), "{}", case.id);
            }
        }
        assert!(case.requests().len() > 0, "{} asks nothing", case.id);
    }
}

/// By the `fetch` of browsers and Node, by ureq, and by curl.
#[test]
fn any_client_can_send_each_request() {
    let cases = with_credentials();
    for request in cases.iter().flat_map(Case::requests) {
        let mut names = BTreeSet::new();
        for (name, value) in &request.headers {
            assert!(names.insert(name), "{name} twice");
            let is_token =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(!name.is_empty() && name.bytes().all(is_token), "{name}");
            assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{name}: {value}");
            assert_eq!(value.trim(), value, "{name}");
            let of_the_connection = ["host", "content-length", "transfer-encoding", "connection"];
            assert!(!of_the_connection.contains(&name.as_str()), "{name}");
        }
        let has_body = request.body.is_some();
        assert!(request.method == Method::Post || !has_body, "{request:?}");
    }
}

/// So a receiver that recognizes duplicates takes none for another, in this run or the next.
#[test]
fn ids_are_unique() {
    let ids = |run: &str| {
        let options = Options { run_id: run.to_owned(), ..options() };
        let mut ids = Vec::new();
        for request in cases(&options).iter().flat_map(Case::requests) {
            let in_header = request.headers.iter().find(|(name, _)| name == "ce-id");
            let in_body = request.body.as_deref().and_then(|body| {
                let event: Value = serde_json::from_slice(body).ok()?;
                Some(event.get("id")?.as_str()?.to_owned())
            });
            ids.extend(in_body.or_else(|| in_header.map(|(_, id)| id.clone())));
        }
        // Those of cases about `id`.
        ids.retain(|id| !id.is_empty() && id != "other");
        assert!(ids.len() > 100, "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with(&format!("{run}-"))), "{ids:?}");
        ids
    };
    let all = [ids("one"), ids("two")].concat();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
}

#[test]
fn events_are_what_the_caller_says() {
    let options = Options {
        event_type: "com.example.tried".to_owned(),
        source: "/gr\u{f6}\u{df}e".to_owned(),
        extensions: vec![("shop".to_owned(), "a \"b\"".to_owned())],
        ..options()
    };
    let cases = cases(&options);
    let request =
        |id: &str| cases.iter().find(|case| case.id == id).unwrap().requests().next().unwrap();

    let body = request("structured").body.clone().unwrap();
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["type"], "com.example.tried");
    assert_eq!(event["source"], options.source);
    assert_eq!(event["shop"], "a \"b\"");

    let headers = &request("binary").headers;
    let header = |name: &str| &*headers.iter().find(|(other, _)| other == name).unwrap().1;
    assert_eq!(header("ce-type"), "com.example.tried");
    assert_eq!(header("ce-source"), "/gr%C3%B6%C3%9Fe");
    assert_eq!(header("ce-shop"), "a%20%22b%22");
}

#[test]
fn bodies_have_the_size_that_they_should_have() {
    let cases = cases(&options());
    for (id, bytes) in [("size-64-kib", 65_536), ("size-too-large", 100_000)] {
        let case = cases.iter().find(|case| case.id == id).unwrap();
        let body = case.requests().next().unwrap().body.clone().unwrap();
        assert_eq!(body.len(), bytes, "{id}");
        serde_json::from_slice::<Value>(&body).unwrap();
    }
}
