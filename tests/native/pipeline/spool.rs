//! Messages that a queue does not take are spooled, and the sender gets an acceptance.

mod aside;
mod drain;
mod drain_fails;
mod operator;
mod turns;

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::destination::SEND_AGAIN_MS;
use elytra_webhooks::ledger::Key;
use elytra_webhooks::level::Level;

use super::dedupe::WINDOW;
use super::{
    Answer, Expected, Memory, Request, WEBHOOK, ask, batch, batches::numbered, check_answer,
    configure_with, webhook_with,
};
use crate::memory::{ALWAYS, Fault, START};
use crate::support::event;

/// Products go to a queue and to KV, and there is a spool.
fn config(webhook: &str) -> Config {
    let subscriptions = [
        ("ARCHIVE", r#"{"event_types":["product","document"],"kv":{"binding":"KV"}}"#),
        ("PRODUCTS", r#"{"event_types":["product"],"queue":"QUEUE"}"#),
    ];
    configure_with(&[("SPOOL", Binding::Kv)], webhook, &subscriptions)
}

fn spooling() -> Config {
    config(WEBHOOK)
}

const PRODUCT: &str = r#""eventtype":"product","data":"data-canary""#;

fn send(memory: &Memory) -> Answer {
    ask(Ok(&spooling()), Request::event(PRODUCT), memory)
}

/// The key of the product in the spool, this many milliseconds after the start.
fn key(passed: u64) -> String {
    let key = Key::of(&["message", &event(PRODUCT)]);
    format!("QUEUE/{}/{}", START + passed, key.as_str())
}

/// Checks that an event was spooled for this reason.
#[track_caller]
fn check_spooled(why: &str, answer: &Answer, reason: &str) {
    let log = format!(
        r#"{{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","subscriptions":["archive","products"],"spooled":["products"],"reasons":["products: {reason}"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}}"#
    );
    let expected = Expected {
        status: 202,
        headers: "",
        body: r#"{"code":"accepted","id":"1","subscriptions":["archive","products"],"spooled":["products"]}"#,
        log: &log,
    };
    check_answer(why, answer, &expected);
    assert_eq!(answer.level, Level::Warning, "{why}: the queue has to be mended before long");
}

/// Checks that neither the queue nor the spool took an event, for this reason.
#[track_caller]
fn check_undelivered(why: &str, answer: &Answer, reason: &str) {
    let log = format!(
        r#"{{"outcome":"failed","code":"undelivered","status":503,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","held":["archive"],"reasons":["products: {reason}"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}}"#
    );
    let expected = Expected {
        status: 503,
        headers: "retry-after: 1",
        body: r#"{"type":"urn:elytra-webhooks:undelivered","title":"A destination failed","status":503,"code":"undelivered","detail":"not every destination holds the event; send it again","failed":["products"],"held":["archive"]}"#,
        log: &log,
    };
    check_answer(why, answer, &expected);
}

#[test]
fn what_a_queue_refuses_twice_is_spooled() {
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, ALWAYS);
    check_spooled("it outlasts the sender's retries", &send(&memory), "destination-canary");
    assert_eq!((memory.count("QUEUE", "send"), memory.time.passed()), (2, SEND_AGAIN_MS));
    let [(found, stored)] = &memory.namespace("SPOOL")[..] else { panic!("one entry") };
    assert_eq!(*found, key(100), "queue, time and message, so that keys sort by time");
    assert_eq!(stored.value, event(PRODUCT), "what the queue would have got");
    assert_eq!(
        stored.metadata, r#"{"type":"t","eventtype":"product","id":"1","source":"s"}"#,
        "for those who look for an event"
    );
    assert_eq!(stored.expiration_ttl, None, "it is kept until the queue has it");
}

#[test]
fn what_a_queue_takes_at_last_is_not_spooled() {
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, 1);
    let answer = send(&memory);
    assert_eq!((answer.status, answer.level), (202, Level::Info), "a queue that fails once");
    assert!(!answer.body.contains("spooled") && !answer.log.contains("spooled"), "{answer:?}");
    assert_eq!((memory.namespace("SPOOL").len(), memory.queue("QUEUE").len()), (0, 1));
}

#[test]
fn what_a_spool_refuses_is_to_come_again() {
    let memory = Memory::failing(&["QUEUE", "SPOOL"]);
    check_undelivered(
        "the log has both reasons, and the answer none",
        &send(&memory),
        "destination-canary; SPOOL: destination-canary",
    );
    let memory = Memory::failing(&["QUEUE"]);
    let config = super::config();
    let answer = ask(Ok(&config), Request::event(PRODUCT), &memory);
    check_undelivered("without a SPOOL", &answer, "destination-canary");
    assert_eq!(memory.count("SPOOL", "put"), 0);
}

#[test]
fn what_a_hanging_queue_does_not_answer_is_spooled_in_time() {
    for fault in [Fault::Hangs, Fault::HangsAfterwards] {
        let memory = Memory::default().with("QUEUE", "send", fault, ALWAYS);
        let answer = send(&memory);
        check_spooled("it is unknown what the queue holds", &answer, "no answer within 1000 ms");
        assert_eq!(memory.time.passed(), 1_000, "a quarter of the time budget");
        assert_eq!(memory.namespace("SPOOL")[0].0, key(1_000));
    }
    let memory = Memory::default().with("QUEUE", "send", Fault::Hangs, ALWAYS);
    let memory = memory.with("SPOOL", "put", Fault::Takes(2_999), ALWAYS);
    check_spooled("a slow spool", &send(&memory), "no answer within 1000 ms");
    let memory = Memory::default().with("QUEUE", "send", Fault::Hangs, ALWAYS);
    let memory = memory.with("SPOOL", "put", Fault::Hangs, ALWAYS);
    let why = "a spool that hangs as well";
    check_undelivered(why, &send(&memory), "no answer before the deadline");
    assert_eq!(memory.time.passed(), 4_000, "the time budget");
}

#[test]
fn a_queue_that_fails_slowly_leaves_time_for_the_spool() {
    let memory = Memory::default().with("QUEUE", "send", Fault::Takes(950), 1);
    assert!(!send(&memory).log.contains("spooled"), "slow, and within a quarter of the budget");
    let memory = Memory::default().with("QUEUE", "send", Fault::LosesAnswer, ALWAYS);
    check_spooled("its answers are lost", &send(&memory), "destination-canary");
    assert_eq!(memory.queue("QUEUE").len(), 2, "three times rather than never");
}

#[test]
fn a_namespace_that_hangs_leaves_room_for_the_spool() {
    let memory = Memory::failing(&["QUEUE"]).with("KV", "put", Fault::Hangs, ALWAYS);
    let elements: Vec<_> = (0..20).map(|id| numbered(id, "product")).collect();
    assert_eq!(ask(Ok(&spooling()), batch(&elements), &memory).status, 503);
    assert_eq!(memory.namespace("SPOOL").len(), 20, "though KV uses up all other connections");
}

#[test]
fn what_is_spooled_is_held() {
    let config = config(&webhook_with(WINDOW));
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, 2);
    let ask = || {
        memory.time.pass(1_000);
        ask(Ok(&config), Request::event(PRODUCT), &memory)
    };
    assert!(ask().log.contains(r#""spooled":["products"]"#));
    let again = ask();
    assert_eq!(again.status, 200, "the spool will send it: {again:?}");
    assert!(again.body.ends_with(r#""subscriptions":["archive","products"]}"#), "{again:?}");
    assert_eq!((memory.queue("QUEUE").len(), memory.namespace("SPOOL").len()), (0, 1));
}

#[test]
fn an_event_that_is_twice_in_a_batch_is_spooled_once() {
    let memory = Memory::failing(&["QUEUE"]);
    let elements = vec![numbered(1, "product"); 2];
    let answer = ask(Ok(&config(&webhook_with(WINDOW))), batch(&elements), &memory);
    assert_eq!(
        answer.body,
        r#"{"code":"accepted","events":[{"code":"accepted","id":"1","subscriptions":["archive","products"],"spooled":["products"]},{"code":"duplicate","id":"1","detail":"every subscription that wants this event already has it","subscriptions":["archive","products"]}]}"#
    );
    assert_eq!(memory.namespace("SPOOL").len(), 1);
}

#[test]
fn two_subscriptions_with_one_queue_are_spooled_once() {
    let queue = r#"{"queue":"QUEUE"}"#;
    let subscriptions = [("A", queue), ("B", queue)];
    let config = configure_with(&[("SPOOL", Binding::Kv)], WEBHOOK, &subscriptions);
    let memory = Memory::failing(&["QUEUE"]);
    let answer = ask(Ok(&config), Request::event(PRODUCT), &memory);
    let body = r#"{"code":"accepted","id":"1","subscriptions":["a","b"],"spooled":["a","b"]}"#;
    assert_eq!((&*answer.body, memory.namespace("SPOOL").len()), (body, 1));
}

#[test]
fn each_event_of_a_batch_is_spooled_by_itself() {
    let memory = Memory::failing(&["QUEUE"]);
    let mut elements: Vec<_> = (0..20).map(|id| numbered(id, "product")).collect();
    elements.push(numbered(20, "document"));
    let answer = ask(Ok(&spooling()), batch(&elements), &memory);
    assert_eq!((answer.status, answer.level), (202, Level::Warning), "{answer:?}");
    assert_eq!(answer.body.matches(r#""spooled":["products"]"#).count(), 20);
    let mut spooled = memory.namespace("SPOOL");
    spooled.sort_by_key(|(_, stored)| elements.iter().position(|text| *text == stored.value));
    let spooled: Vec<_> = spooled.into_iter().map(|(_, stored)| stored.value).collect();
    assert_eq!(spooled, elements[..20], "every product, each once");

    let memory = Memory::failing(&["QUEUE"]).with("SPOOL", "put", Fault::Fails, 1);
    let answer = ask(Ok(&spooling()), batch(&elements), &memory);
    assert_eq!(answer.status, 503, "no destination holds one of them");
    assert_eq!(answer.body.matches(r#""code":"undelivered""#).count(), 2, "it, and the whole");
}
