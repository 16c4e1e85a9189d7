//! Messages that a queue never takes do not block others, and an operator decides about them.

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::spool::Drained;
use elytra_webhooks::spool::aside::MAX_REFUSALS;

use super::super::{Answer, Request, WEBHOOK, ask, configure_with};
use super::drain::{drain_all, drain_with_ledger, left};
use crate::memory::{Memory, SAYS};
use crate::support::Head;

const MINUTE: u64 = 60_000;

/// Spools this many messages that the queue never takes, followed by others that it does.
pub(super) fn memory(bad: usize, good: usize) -> Memory {
    let memory = Memory::default();
    memory.never_taken.set("bad");
    for number in 0..bad + good {
        let text = if number < bad { format!("bad {number}") } else { format!("good {number}") };
        memory.store("SPOOL", &format!("QUEUE/{:013}/{}", number, "k".repeat(43)), &text);
    }
    memory
}

#[test]
fn those_at_the_head_hold_up_no_others() {
    for drain in [drain_all, drain_with_ledger] {
        // Twenty fill a whole step.
        for bad in [1, 19, 20, 40] {
            let memory = memory(bad, 30);
            assert_eq!(drain(&memory).sent, 30, "{bad} bad ones");
            assert_eq!(left(&memory), bad, "none is lost");
        }
    }
}

#[test]
fn more_than_a_page_of_keys_is_drained() {
    let memory = memory(0, 2_500);
    assert_eq!(drain_all(&memory), Drained { sent: 2_500, failures: Vec::new() });
    assert_eq!(left(&memory), 0);
}

/// If so many are refused that the queue seems down, the run at the other end gets through.
#[test]
fn a_thousand_of_them_hold_up_no_others_for_long() {
    let memory = memory(1_000, 30);
    let sent: usize = (0..2)
        .map(|_| {
            memory.time.pass(MINUTE);
            drain_all(&memory).sent
        })
        .sum();
    assert_eq!((sent, left(&memory)), (30, 1_000));
}

#[test]
fn what_is_refused_again_and_again_is_set_aside_and_named_once() {
    let memory = memory(2, 0);
    for minute in 1..=MAX_REFUSALS {
        // A refusal counts only if the queue takes other messages.
        let good = format!("QUEUE/{:013}/{}", 90 + minute, "g".repeat(43));
        memory.store("SPOOL", &good, "good");
        memory.time.pass(MINUTE);
        let drained = drain_all(&memory);
        assert_eq!((drained.sent, drained.failures.len()), (1, 2), "{drained:?}");
        let is_last = minute == MAX_REFUSALS;
        assert!(
            drained.failures.iter().all(|reported| reported.contains("set aside") == is_last),
            "{drained:?}"
        );
    }
    memory.time.pass(MINUTE);
    assert_eq!(drain_all(&memory), Drained::default(), "neither tried nor named any more");
    let keys: Vec<_> = memory.namespace("SPOOL").into_iter().map(|(key, _)| key).collect();
    assert!(keys.len() == 2 && keys.iter().all(|key| key.starts_with("~aside/QUEUE/")), "{keys:?}");
}

#[test]
fn while_a_queue_takes_nothing_nothing_is_set_aside() {
    let memory = memory(30, 0);
    for _ in 0..2 * MAX_REFUSALS {
        memory.time.pass(MINUTE);
        let drained = drain_all(&memory);
        assert_eq!(drained, Drained { sent: 0, failures: vec![format!("QUEUE: {SAYS}")] });
    }
    assert_eq!((left(&memory), memory.count("SPOOL", "put")), (30, 0), "it may be down for a day");
}

pub(super) fn config() -> Config {
    let admin = r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#;
    let bound = [
        ("ADMIN", Binding::Json(admin.to_owned())),
        ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
        ("SPOOL", Binding::Kv),
    ];
    configure_with(&bound, WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)])
}

fn operator(method: &'static str, path: &'static str, query: &str, memory: &Memory) -> Answer {
    let head = Head::post().method(method).path(path).query(query);
    let head = head.with("authorization", "Bearer admin-canary");
    ask(Ok(&config()), Request::new(head, ""), memory)
}

#[test]
fn an_operator_sends_or_deletes_what_was_set_aside() {
    let memory = Memory::default();
    let id = |number: usize| format!("QUEUE/{number:013}/{}", "k".repeat(43));
    for number in 0..3 {
        memory.store("SPOOL", &format!("~aside/{}", id(number)), &format!("text {number}"));
    }
    let list = operator("GET", "/spool", "", &memory);
    let ids: Vec<_> = (0..3)
        .map(|number| {
            format!(
                r#"{{"id":"{}","queue":"QUEUE","spooled_at":{number},"spooled_time":"1970-01-01T00:00:00.00{number}Z","refused":0,"event":{{}}}}"#,
                id(number)
            )
        })
        .collect();
    let expected =
        format!(r#"{{"code":"set_aside","set_aside":[{}],"cursor":null}}"#, ids.join(","));
    assert_eq!((list.status, list.body), (200, expected));

    let sent = operator("POST", "/spool/send", &format!("id={}", id(0)), &memory);
    assert_eq!(sent.body, format!(r#"{{"code":"sent","id":"{}"}}"#, id(0)));
    assert_eq!((memory.queue("QUEUE"), left(&memory)), (vec!["text 0".to_owned()], 2));
    let again = operator("POST", "/spool/send", &format!("id={}", id(0)), &memory);
    assert!(again.body.contains(r#""already_sent":true"#), "{}", again.body);
    assert_eq!(memory.queue("QUEUE").len(), 1);

    let deleted = operator("POST", "/spool/delete", &format!("id={}", id(1)), &memory);
    assert_eq!(deleted.body, format!(r#"{{"code":"deleted","id":"{}"}}"#, id(1)));
    assert!(deleted.log.contains(&id(1)), "who deletes an event is on record: {}", deleted.log);
    assert_eq!(left(&memory), 1);

    // Messages that the queue still refuses stay.
    memory.never_taken.set("text");
    let refused = operator("POST", "/spool/send", &format!("id={}", id(2)), &memory);
    assert!(refused.status == 503 && refused.body.contains("spool_failed"), "{}", refused.body);
    memory.never_taken.set("");
    assert_eq!(operator("POST", "/spool/send", &format!("id={}", id(2)), &memory).status, 200);
}

#[test]
fn what_is_asked_must_be_there() {
    let memory = Memory::default();
    let missing = format!("id=QUEUE/0000000000000/{}", "k".repeat(43));
    for (method, path, query, status) in [
        ("GET", "/spool/send", "", 405),
        ("POST", "/spool", "", 405),
        ("POST", "/spool/send", "", 400),
        ("POST", "/spool/delete", "id=x", 400),
        ("POST", "/spool/send", &*missing, 404),
        ("POST", "/spool/delete", &*missing, 404),
    ] {
        let answer = operator(method, path, query, &memory);
        assert_eq!(answer.status, status, "{method} {path}?{query}: {}", answer.body);
    }
}
