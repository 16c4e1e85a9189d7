//! Operators list and read dead letters.

mod access;
mod filters;
mod jobs;
mod redrive;

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::delivery::Cause;
use elytra_webhooks::message::DeadMessage;

use super::{Answer, Expected, Head, Memory, Request, WEBHOOK, ask, check_answer, configure_with};
use crate::delivery::consume::hand_out;
use crate::delivery::{bound, subscription};
use crate::memory::{Fault, START};
use crate::support::event;

const ADMIN: &str = r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#;

/// Two HTTP destinations, and an operator.
fn config() -> Config {
    with_webhook(WEBHOOK)
}

fn with_webhook(webhook: &str) -> Config {
    let admin = [bound(), vec![("ADMIN", Binding::Json(ADMIN.to_owned()))]].concat();
    let shop = subscription("");
    configure_with(&admin, webhook, &[("SHOP", &shop), ("SHOP_B", &shop)])
}

/// The same without `LEDGER`.
fn without_ledger() -> Config {
    let mut config = config();
    config.stores.ledger = None;
    config
}

/// An operator's request.
fn operator(method: &'static str, path: &'static str, query: &str) -> Request {
    let head = Head::post().method(method).path(path).query(query);
    Request::new(head.with("authorization", "Bearer admin-canary"), "")
}

fn list(query: &str) -> Request {
    operator("GET", "/dead-letters", query)
}

fn delete(query: &str) -> Request {
    operator("POST", "/dead-letters/delete", query)
}

fn redrive(query: &str) -> Request {
    operator("POST", "/dead-letters/redrive", query)
}

/// The log line of an operator's request.
fn log(outcome: &str, code: &str, status: u16, reasons: &str) -> String {
    format!(
        r#"{{"outcome":"{outcome}","code":"{code}","status":{status}{reasons},"auth_type":"bearer","credential":"ADMIN_TOKEN","milliseconds":0}}"#
    )
}

/// An event with this id and without secrets.
fn letter(id: usize) -> String {
    event(r#""data": {"price": 1.50}"#).replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

/// Stores a dead letter with this text in `DEAD`, this many milliseconds after the start, as the
/// consumer does. Returns its key.
fn bury(memory: &Memory, subscription: &str, passed: u64, cause: &Cause, text: &str) -> String {
    let before = memory.letters();
    let dead = DeadMessage {
        subscription: subscription.into(),
        accepted_at: START,
        died_at: START + passed,
        attempts: 6,
        cause: cause.code().into(),
        reason: cause.to_string().into(),
        status: cause.status(),
        answer: None,
        waits: 0,
    };
    assert_eq!(hand_out(&config(), memory, &dead.print(text), 1).outcome(), "stored");
    memory.calls.borrow_mut().clear();
    // What is asked afterwards is asked after its death.
    memory.time.pass((passed + 1).saturating_sub(memory.time.passed()));
    let keys = memory.letters().into_iter().map(|(key, _)| key);
    let mut new = keys.filter(|key| before.iter().all(|(other, _)| other != key));
    new.next().unwrap()
}

/// Stores this many dead letters of a subscription, the oldest first. Returns their keys.
fn bury_all(memory: &Memory, subscription: &str, count: usize) -> Vec<String> {
    let bury = |number: usize| {
        let passed = u64::try_from(number).unwrap();
        bury(memory, subscription, passed, &Cause::Status(503), &letter(number))
    };
    (0..count).map(bury).collect()
}

/// The ids of the dead letters in an answer.
fn ids(answer: &Answer) -> Vec<String> {
    let body: serde_json::Value = answer.body.parse().unwrap();
    let letters = body["dead_letters"].as_array().unwrap().iter();
    letters.map(|letter| letter["id"].as_str().unwrap().to_owned()).collect()
}

/// The cursor in an answer, as a parameter of the next query.
fn cursor(answer: &Answer) -> Option<String> {
    let body: serde_json::Value = answer.body.parse().unwrap();
    let encode = |text: &str| form_encoded(text);
    body["cursor"].as_str().map(|cursor| format!("&cursor={}", encode(cursor)))
}

fn form_encoded(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F").replace(' ', "+")
}

#[test]
fn they_are_listed() {
    let memory = Memory::default();
    let second = bury(&memory, "shop", 9, &Cause::Status(503), &letter(2));
    let first = bury(&memory, "shop", 1, &Cause::Gone, &letter(1));
    let third = bury(&memory, "shop_b", 5, &Cause::Timeout, "no event");
    let body = [
        r#"{"code":"dead_letters","dead_letters":["#,
        &format!(
            r#"{{"id":"{first}","subscription":"shop","cause":"gone","status":410,"attempts":6,"accepted_at":{START},"died_at":{},"event":{{"id":"1","source":"s","type":"t"}},"accepted_time":"2025-12-01T00:00:00.000Z","died_time":"2025-12-01T00:00:00.001Z"}},"#,
            START + 1
        ),
        &format!(
            r#"{{"id":"{second}","subscription":"shop","cause":"status","status":503,"attempts":6,"accepted_at":{START},"died_at":{},"event":{{"id":"2","source":"s","type":"t"}},"accepted_time":"2025-12-01T00:00:00.000Z","died_time":"2025-12-01T00:00:00.009Z"}},"#,
            START + 9
        ),
        &format!(
            r#"{{"id":"{third}","subscription":"shop_b","cause":"timeout","attempts":6,"accepted_at":{START},"died_at":{},"event":{{}},"accepted_time":"2025-12-01T00:00:00.000Z","died_time":"2025-12-01T00:00:00.005Z"}}"#,
            START + 5
        ),
        r#"],"cursor":null}"#,
    ];
    let log = log("dead_letters", "dead_letters", 200, "");
    let expected = Expected { status: 200, headers: "", body: &body.concat(), log: &log };
    check_answer("the oldest of each first", &ask(Ok(&config()), list(""), &memory), &expected);
    assert_eq!(memory.calls.borrow().len(), 1, "and none is read");
    let head = operator("HEAD", "/dead-letters", "");
    check_answer("HEAD", &ask(Ok(&config()), head, &memory), &expected);
}

#[test]
fn none_are_an_empty_list() {
    let body = r#"{"code":"dead_letters","dead_letters":[],"cursor":null}"#;
    let log = log("dead_letters", "dead_letters", 200, "");
    let expected = Expected { status: 200, headers: "", body, log: &log };
    let answer = ask(Ok(&config()), list(""), &Memory::default());
    check_answer("nothing died", &answer, &expected);
}

#[test]
fn they_are_filtered() {
    let memory = Memory::default();
    let gone = bury(&memory, "shop", 1, &Cause::Gone, &letter(1));
    let late = bury(&memory, "shop", 2, &Cause::Timeout, &letter(2));
    let other = bury(&memory, "shop_b", 3, &Cause::Timeout, &letter(3));
    let table = [
        ("all", "", vec![&gone, &late, &other]),
        ("whole names, no prefixes", "subscription=shop", vec![&gone, &late]),
        ("the other", "subscription=shop_b", vec![&other]),
        ("a cause", "cause=timeout", vec![&late, &other]),
        ("both", "cause=timeout&subscription=shop", vec![&late]),
        ("nothing died of it", "cause=status", vec![]),
    ];
    for (why, query, expected) in table {
        let answer = ask(Ok(&config()), list(query), &memory);
        assert_eq!(ids(&answer).iter().collect::<Vec<_>>(), expected, "{why}");
        assert_eq!(cursor(&answer), None, "{why}");
    }
}

#[test]
fn a_subscription_that_was_taken_away_is_found_while_it_has_dead_letters() {
    let memory = Memory::default();
    let id = bury(&memory, "gone", 1, &Cause::NoSubscription, &letter(1));
    assert_eq!(ids(&ask(Ok(&config()), list("subscription=gone"), &memory)), [&*id]);
    let answer = ask(Ok(&config()), list("subscription=gone&cause=timeout"), &memory);
    assert_eq!((answer.status, ids(&answer)), (200, vec![]), "it has others");
    let answer = ask(Ok(&config()), list("subscription=gone&cursor=behind+x"), &memory);
    assert_eq!(answer.status, 200, "the last page can be empty");
    assert_eq!(ask(Ok(&config()), redrive("subscription=gone"), &memory).status, 200);
    assert_eq!(ask(Ok(&config()), list("subscription=gone"), &memory).status, 400);
}

#[test]
fn they_come_in_pages() {
    let memory = Memory::default();
    let keys = bury_all(&memory, "shop", 101);
    for (limit, pages) in
        [("", vec![100, 1]), ("&limit=40", vec![40, 40, 21]), ("&limit=1000", vec![101])]
    {
        let mut found = Vec::new();
        let mut sizes = Vec::new();
        let mut place = Some(String::new());
        while let Some(cursor_) = place {
            let query = format!("subscription=shop{limit}{cursor_}");
            let answer = ask(Ok(&config()), list(&query), &memory);
            sizes.push(ids(&answer).len());
            found.extend(ids(&answer));
            place = cursor(&answer);
        }
        assert_eq!((sizes, &found), (pages, &keys), "{limit}");
    }
    let late = bury(&memory, "shop", 500, &Cause::Gone, &letter(500));
    let first = ask(Ok(&config()), list("cause=gone&limit=1"), &memory);
    assert_eq!((ids(&first), cursor(&first)), (vec![late], None), "it is looked for to the end");
}

#[test]
fn what_others_put_there_is_listed_as_well() {
    let memory = Memory::default();
    memory.store("DEAD", "x", "anything");
    let answer = ask(Ok(&config()), list(""), &memory);
    let body = r#"{"code":"dead_letters","dead_letters":[{"id":"x","subscription":"","cause":"","attempts":0,"accepted_at":0,"died_at":0,"event":{},"accepted_time":"1970-01-01T00:00:00.000Z","died_time":"1970-01-01T00:00:00.000Z"}],"cursor":null}"#;
    assert_eq!(answer.body, body, "otherwise it could not be found");
}

#[test]
fn one_is_shown_whole() {
    let memory = Memory::default();
    let text = letter(1).replace(',', " ,\n");
    let id = bury(&memory, "shop", 9, &Cause::Status(503), &text);
    let of = |id: &str, rest: &str, event: &str| {
        format!(
            r#"{{"code":"dead_letter","id":"{id}","subscription":"shop","accepted_at":{START},"died_at":{},"attempts":6,{rest},"accepted_time":"2025-12-01T00:00:00.000Z","died_time":"2025-12-01T00:00:00.009Z","event":{event}}}"#,
            START + 9
        )
    };
    let log = log("dead_letter", "dead_letter", 200, "");
    let status = r#""cause":"status","reason":"the destination answered 503","status":503"#;
    let body = of(&id, status, &text);
    let expected = Expected { status: 200, headers: "", body: &body, log: &log };
    let query = format!("id={}", form_encoded(&id));
    let answer = ask(Ok(&config()), list(&query), &memory);
    check_answer("with its event, byte for byte", &answer, &expected);

    let id = bury(&memory, "shop", 9, &Cause::NotAnEvent("x".to_owned()), "{ no JSON");
    let why = r#""cause":"not_an_event","reason":"the message is not an event: x","status":null"#;
    let body = of(&id, why, r#""the message was not JSON""#);
    let expected = Expected { status: 200, headers: "", body: &body, log: &log };
    let answer = ask(Ok(&config()), list(&format!("id={id}")), &memory);
    check_answer("a message that is not JSON cannot be part of JSON", &answer, &expected);
}

/// The query for an id that is possible but does not exist.
fn no_such() -> String {
    format!("id=shop/{START}/{}", "A".repeat(43))
}

#[test]
fn one_that_is_not_there_is_not_found() {
    let body = r#"{"type":"urn:elytra-webhooks:no_such_dead_letter","title":"There is no such dead letter","status":404,"code":"no_such_dead_letter","detail":"there is no dead letter with this id"}"#;
    let reasons = r#","reasons":["there is no dead letter with this id"]"#;
    let log = log("refused", "no_such_dead_letter", 404, reasons);
    let expected = Expected { status: 404, headers: "", body, log: &log };
    for request in [list(&no_such()), redrive(&no_such())] {
        check_answer("it is gone", &ask(Ok(&config()), request, &Memory::default()), &expected);
    }
}

/// Checks what an operator gets when a binding fails for this reason.
#[track_caller]
fn check_failed(why: &str, answer: &Answer, reason: &str) {
    let body = r#"{"type":"urn:elytra-webhooks:dead_letters_failed","title":"The dead letters are unavailable","status":503,"code":"dead_letters_failed","detail":"the dead letters are unavailable right now; the log says why"}"#;
    let reasons = format!(r#","reasons":["{reason}"]"#);
    let log = log("failed", "dead_letters_failed", 503, &reasons);
    let expected = Expected { status: 503, headers: "retry-after: 1", body, log: &log };
    check_answer(why, answer, &expected);
}

#[test]
fn a_namespace_that_fails_is_told() {
    for (method, query) in [("list", ""), ("get", &*no_such())] {
        let memory = Memory::default().with("DEAD", method, Fault::Fails, 1);
        let answer = ask(Ok(&config()), list(query), &memory);
        check_failed("the log has the reason", &answer, "destination-canary");
    }
    let memory = Memory::default();
    let query = no_such();
    let (_, id) = query.split_once('=').unwrap();
    memory.store("DEAD", id, "anything");
    let answer = ask(Ok(&config()), list(&query), &memory);
    check_failed("what others put there", &answer, &format!("{id}: not a dead letter"));
}
