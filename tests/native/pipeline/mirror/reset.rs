//! An operator resets an object.

use elytra_webhooks::config::{Binding, Config};

use super::super::{Answer, Request, WEBHOOK, ask, configure_with, known, webhook_with};
use super::{LATER, Memory, NOON, held, send, state};
use crate::memory::{ALWAYS, Fault, START};
use crate::support::Head;

const ADMIN: &str = r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#;

fn config(subscriptions: &[(&str, &str)]) -> Config {
    let admin = [
        ("ADMIN", Binding::Json(ADMIN.to_owned())),
        ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
    ];
    configure_with(&admin, WEBHOOK, subscriptions)
}

fn mirroring() -> Config {
    let kv = r#"{"kv":{"binding":"KV","key":"object"}}"#;
    config(&[("PRICES", kv), ("STREAM", r#"{"active":false,"queue":"QUEUE"}"#)])
}

fn reset(config: &Config, query: &str, memory: &Memory) -> Answer {
    let head = Head::post().path("/objects/reset").query(query);
    let head = head.with("authorization", "Bearer admin-canary");
    ask(Ok(config), Request::new(head, ""), memory)
}

#[test]
fn the_next_event_is_written_whatever_its_time() {
    let memory = Memory::default();
    assert_eq!(send(&state("1", LATER, "modify"), &memory).status, 202);
    assert!(send(&state("2", NOON, "modify"), &memory).body.contains("superseded"));

    let answer = reset(&mirroring(), "object=product/7", &memory);
    let body = r#"{"code":"reset","object":"product/7","subscriptions":["prices"]}"#;
    assert_eq!((answer.status, &*answer.body), (200, body));
    assert!(answer.log.contains(r#"{"outcome":"reset","code":"reset""#), "{}", answer.log);
    assert!(answer.log.contains(r#""reasons":["\"product/7\" for prices"]"#), "{}", answer.log);

    // KV still shows the newer one, as it may after its key was deleted.
    let reads = memory.count("KV", "time");
    assert_eq!(send(&state("3", NOON, "modify"), &memory).status, 202);
    assert_eq!((held(&memory), memory.count("KV", "time")), ("3".to_owned(), reads), "not asked");
    assert!(send(&state("4", "2020-01-01T00:00:00Z", "add"), &memory).body.contains("superseded"));
}

/// The first write after a reset fails like this, and the sender retries.
#[track_caller]
fn check_retry(why: &str, method: &'static str, fault: Fault) {
    let binding = if method == "put" { "KV" } else { "LEDGER" };
    let memory = Memory::default();
    assert_eq!(send(&state("1", LATER, "modify"), &memory).status, 202);
    assert_eq!(reset(&mirroring(), "object=product/7", &memory).status, 200);
    memory.breaks(binding, method, fault, ALWAYS);
    assert_eq!(send(&state("2", NOON, "modify"), &memory).status, 503, "{why}");
    memory.repair();
    memory.time.pass(6_000);
    let again = send(&state("2", NOON, "modify"), &memory);
    assert!(again.status == 202 && !again.body.contains("superseded"), "{why}: {}", again.body);
    assert_eq!(held(&memory), "2", "{why}");
    let older = send(&state("3", "2020-01-01T00:00:00Z", "modify"), &memory);
    assert!(older.body.contains("superseded"), "{why}: it is written once: {}", older.body);
}

#[test]
fn a_reset_counts_until_something_is_written() {
    check_retry("KV refuses it", "put", Fault::Fails);
    check_retry("KV gives no answer", "put", Fault::Hangs);
    check_retry("KV took it, and gave no answer", "put", Fault::HangsAfterwards);
    check_retry("the ledger does not note it", "settle", Fault::Fails);
}

/// The ledger knows events by source and id, but not which of them are about an object.
#[test]
fn an_event_that_was_answered_before_is_a_duplicate_after_a_reset_too() {
    let kv = r#"{"kv":{"binding":"KV","key":"object"}}"#;
    let admin = [
        ("ADMIN", Binding::Json(ADMIN.to_owned())),
        ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
    ];
    let webhook = webhook_with(r#""dedupe_window_seconds":86400"#);
    let config = configure_with(&admin, &webhook, &[("PRICES", kv)]);
    let memory = Memory::default();
    let send = |id, time| ask(Ok(&config), Request::body(state(id, time, "modify")), &memory);
    assert_eq!([send("1", LATER).status, send("2", NOON).status], [202, 202]);
    assert_eq!(reset(&config, "object=product/7", &memory).status, 200);
    assert_eq!((send("2", NOON).status, &*held(&memory)), (200, "1"), "the same event");
    assert_eq!((send("3", NOON).status, &*held(&memory)), (202, "3"), "a new one");
}

#[test]
fn nothing_is_reset_while_it_is_written() {
    let memory = Memory::default().with("KV", "put", Fault::Hangs, 1);
    assert_eq!(send(&state("1", NOON, "modify"), &memory).status, 503);
    let answer = reset(&mirroring(), "object=product/7", &memory);
    assert!(answer.status == 503 && answer.headers.contains("retry-after: 1"), "{answer:?}");
    assert!(answer.body.contains(r#""code":"under_way""#), "{}", answer.body);
    memory.time.pass(5_000);
    assert_eq!(reset(&mirroring(), "object=product/7", &memory).status, 200, "the claim has ended");
}

#[test]
fn what_is_asked_must_be_in_order() {
    let table = [
        ("", "object: expected <objectType>/<objectId>"),
        ("object=product", "object: expected <objectType>/<objectId>"),
        ("object=/7", "object: expected <objectType>/<objectId>"),
        ("object=product/", "object: expected <objectType>/<objectId>"),
        ("objekt=product/7", "unknown parameter \\\"objekt\\\", did you mean \\\"object\\\"?"),
        ("object=product/7&subscription=price", "did you mean \\\"prices\\\"?"),
        ("object=product/7&subscription=stream", "no subscription \\\"stream\\\" has key"),
    ];
    let memory = Memory::default();
    for (query, expected) in table {
        let answer = reset(&mirroring(), query, &memory);
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
        assert!(answer.body.contains(expected), "{query}: {}", answer.body);
    }
    assert_eq!(memory.count("LEDGER", "reset"), 0);
    assert_eq!(reset(&mirroring(), "object=product%2F7&subscription=prices", &memory).status, 200);
}

#[test]
fn only_an_operator_may_and_only_where_there_is_something_to_reset() {
    let memory = Memory::default();
    let head = || known().path("/objects/reset").query("object=product/7");
    assert_eq!(ask(Ok(&mirroring()), Request::new(head(), ""), &memory).status, 401);
    let get = Head::post().method("GET").path("/objects/reset").query("object=product/7");
    let get = get.with("authorization", "Bearer admin-canary");
    assert_eq!(ask(Ok(&mirroring()), Request::new(get, ""), &memory).status, 405);
    assert_eq!(reset(&super::mirroring(""), "object=product/7", &memory).status, 404, "no ADMIN");
    let no_mirror = config(&[("A", r#"{"queue":"QUEUE"}"#)]);
    assert_eq!(reset(&no_mirror, "object=product/7", &memory).status, 404);
    let failing = Memory::failing(&["LEDGER"]);
    let answer = reset(&mirroring(), "object=product/7", &failing);
    assert!(answer.status == 503 && answer.body.contains("ledger_failed"), "{}", answer.body);
    assert_eq!(memory.time.now(), START);
}

#[test]
fn a_ledger_that_gives_no_answer_is_not_waited_for() {
    let memory = Memory::default().with("LEDGER", "reset", Fault::Hangs, 1);
    let answer = reset(&mirroring(), "object=product/7", &memory);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains(r#""code":"ledger_failed""#), "{}", answer.body);
}
