//! Deduplication: events are forwarded only to destinations that do not hold them.

mod batches;
mod destinations;
mod ledger_fails;
mod peers;
mod shards;

use elytra_webhooks::config::Config;
use elytra_webhooks::level::Level;
use futures_util::future::join;

use super::{
    Answer, Expected, Memory, Request, answer_to, ask, check_answer, configure, webhook_with,
};
use crate::memory::{ALWAYS, Fault};
use crate::support::event;

pub(super) const WINDOW: &str = r#""dedupe_window_seconds":86400"#;

/// Products go to a queue and to KV, documents only to KV, and all are remembered for a day.
fn deduplicating() -> Config {
    configure(
        &webhook_with(WINDOW),
        &[
            ("ARCHIVE", r#"{"event_types":["product","document"],"kv":{"binding":"KV"}}"#),
            ("PRODUCTS", r#"{"event_types":["product"],"queue":"QUEUE"}"#),
        ],
    )
}

fn product() -> Request {
    Request::event(r#""eventtype":"product","data":"data-canary""#)
}

/// Sends the product, a second after the previous event.
#[track_caller]
fn ask_again(memory: &Memory) -> Answer {
    memory.time.pass(1_000);
    ask(Ok(&deduplicating()), product(), memory)
}

/// How often the queue and KV were called.
fn forwarded(memory: &Memory) -> (usize, usize) {
    (memory.count("QUEUE", "send"), memory.count("KV", "put"))
}

const DUPLICATE: Expected<'_> = Expected {
    status: 200,
    headers: "",
    body: r#"{"code":"duplicate","id":"1","detail":"every subscription that wants this event already has it","subscriptions":["archive","products"]}"#,
    log: r#"{"outcome":"duplicate","code":"duplicate","status":200,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","subscriptions":["archive","products"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
};

const UNDER_WAY: Expected<'_> = Expected {
    status: 503,
    headers: "retry-after: 1",
    body: r#"{"type":"urn:elytra-webhooks:under_way","title":"The event is being forwarded","status":503,"code":"under_way","detail":"another request is forwarding the same event; send it again","failed":[],"under_way":["archive","products"],"held":[]}"#,
    log: r#"{"outcome":"under_way","code":"under_way","status":503,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","held":[],"under_way":["archive","products"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
};

#[test]
fn what_was_seen_before_is_a_duplicate() {
    let memory = Memory::default();
    assert_eq!(ask_again(&memory).status, 202);
    let again = ask_again(&memory);
    check_answer("a success, or the sender would retry", &again, &DUPLICATE);
    assert_eq!(again.level, Level::Info, "nobody must act");
    assert_eq!(forwarded(&memory), (1, 1), "once each");
    assert_eq!((memory.count("LEDGER", "claim"), memory.count("LEDGER", "settle")), (2, 1));
}

#[test]
fn it_is_remembered_for_the_window_and_no_longer() {
    let memory = Memory::default();
    assert_eq!(ask_again(&memory).status, 202);
    memory.time.pass(86_400_000 - 1_001);
    assert_eq!(ask_again(&memory).status, 200, "the last millisecond of the day");
    memory.time.pass(1);
    assert_eq!(ask_again(&memory).status, 202, "the day is over");
}

#[test]
fn only_source_and_id_make_a_duplicate() {
    let memory = Memory::default();
    let ask = |text: &str| {
        memory.time.pass(1_000);
        ask(Ok(&deduplicating()), Request::body(text), &memory).status
    };
    let text = event(r#""eventtype":"product""#);
    assert_eq!(ask(&text), 202);
    assert_eq!(ask(&text.replace(r#""id":"1""#, r#""id":"2""#)), 202, "another id");
    assert_eq!(ask(&text.replace(r#""source":"s""#, r#""source":"S""#)), 202, "another source");
    assert_eq!(ask(&text.replace(r#""type":"t""#, r#""type":"u""#)), 200, "core section 3.1.1");
}

#[test]
fn a_retry_goes_to_the_missing_destination_alone() {
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, 2);
    let first = ask_again(&memory);
    assert_eq!(first.status, 503);
    assert!(first.body.ends_with(r#""failed":["products"],"held":["archive"]}"#), "{first:?}");
    assert_eq!(forwarded(&memory), (2, 1), "the queue was tried twice");
    check_answer(
        "what failed is not remembered; what is held is not repeated",
        &ask_again(&memory),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["archive","products"],"held_before":["archive"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","subscriptions":["archive","products"],"held_before":["archive"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(forwarded(&memory), (3, 1), "KV was not called again");
    check_answer("now both hold it", &ask_again(&memory), &DUPLICATE);
    assert_eq!(memory.held().len(), 2);
}

#[test]
fn of_two_at_the_same_moment_one_forwards() {
    let config = deduplicating();
    let memory = Memory::default().with("QUEUE", "send", Fault::Takes(500), ALWAYS);
    let (first, second) = memory.time.run(join(
        answer_to(Ok(&config), product(), &memory),
        answer_to(Ok(&config), product(), &memory),
    ));
    assert_eq!((first.status, memory.time.passed()), (202, 500));
    check_answer("the other may still fail, so this is not a duplicate", &second, &UNDER_WAY);
    assert_eq!(second.level, Level::Info, "the sender retries");
    assert_eq!(forwarded(&memory), (1, 1));
    check_answer("when it is retried", &ask_again(&memory), &DUPLICATE);
}

#[test]
fn a_claim_whose_holder_died_is_taken_over() {
    let config = deduplicating();
    let memory = Memory::default().with("QUEUE", "send", Fault::Hangs, 1);
    let died = memory.time.run_for(600, answer_to(Ok(&config), product(), &memory));
    assert!(died.is_none(), "it was killed while it forwarded");
    assert_eq!(config.receiver.times.claim_ms(), 5_000, "the time budget and a second");

    check_answer("still unknown", &ask(Ok(&config), product(), &memory), &UNDER_WAY);
    memory.time.pass(4_399);
    check_answer("to the last", &ask(Ok(&config), product(), &memory), &UNDER_WAY);
    memory.time.pass(1);
    assert_eq!(ask(Ok(&config), product(), &memory).status, 202, "five seconds after it began");
    assert_eq!(memory.held().len(), 2);
    check_answer("and that is remembered", &ask_again(&memory), &DUPLICATE);
}

#[test]
fn a_holder_that_died_before_it_forwarded_is_taken_over_too() {
    let config = deduplicating();
    let memory = Memory::default().with("LEDGER", "claim", Fault::HangsAfterwards, 1);
    assert!(memory.time.run_for(100, answer_to(Ok(&config), product(), &memory)).is_none());
    assert_eq!(memory.held(), []);
    memory.time.pass(4_900);
    assert_eq!(ask(Ok(&config), product(), &memory).status, 202);
    assert_eq!(memory.held().len(), 2);
}

#[test]
fn a_holder_that_died_before_it_settled_forwards_again() {
    let config = deduplicating();
    let memory = Memory::default().with("LEDGER", "settle", Fault::Hangs, 1);
    assert!(memory.time.run_for(100, answer_to(Ok(&config), product(), &memory)).is_none());
    assert_eq!(memory.held().len(), 2, "both hold it, although the request died");
    memory.time.pass(4_900);
    assert_eq!(ask(Ok(&config), product(), &memory).status, 202);
    assert_eq!(memory.queue("QUEUE").len(), 2, "twice rather than never");
}

#[test]
fn a_subscription_that_came_later_is_served() {
    let memory = Memory::default();
    assert_eq!(ask_again(&memory).status, 202);
    let all = r#"{"queue":"OTHER"}"#;
    let archive = r#"{"event_types":["product","document"],"kv":{"binding":"KV"}}"#;
    let config = configure(&webhook_with(WINDOW), &[("ALL", all), ("ARCHIVE", archive)]);
    let answer = ask(Ok(&config), product(), &memory);
    assert!(answer.body.ends_with(r#""held_before":["archive"]}"#), "{answer:?}");
    assert_eq!(
        (answer.status, memory.count("KV", "put"), memory.count("OTHER", "send")),
        (202, 1, 1)
    );
}

#[test]
fn without_deduplication_the_ledger_is_not_asked() {
    let archive = r#"{"kv":{"binding":"KV"}}"#;
    let config = configure(super::WEBHOOK, &[("ARCHIVE", archive)]);
    let memory = Memory::default();
    for _ in 0..2 {
        memory.time.pass(1_000);
        assert_eq!(ask(Ok(&config), product(), &memory).status, 202);
    }
    assert_eq!((memory.count("KV", "put"), memory.count("LEDGER", "claim")), (2, 0));
}

#[test]
fn for_what_nobody_wants_the_ledger_is_not_asked() {
    let memory = Memory::default();
    for _ in 0..2 {
        let todo = Request::event(r#""eventtype":"todo""#);
        let answer = ask(Ok(&deduplicating()), todo, &memory);
        assert!(answer.body.starts_with(r#"{"code":"ignored""#), "each time: {answer:?}");
    }
    assert_eq!(*memory.calls.borrow(), []);
}
