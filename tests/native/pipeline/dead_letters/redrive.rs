//! Operators send dead letters again.

mod fails;

use elytra_webhooks::delivery::Cause;
use elytra_webhooks::jobs::STEP_LETTERS;
use elytra_webhooks::limits::MAX_DELIVERY_EVENT_BYTES;
use elytra_webhooks::message::DeliveryMessage;
use futures_util::future::join;

use super::super::dedupe::WINDOW;
use super::super::large::{event_of, message_of};
use super::super::{answer_to, webhook_with};
use super::{
    Expected, Memory, Request, ask, bury, bury_all, check_answer, config, form_encoded, hand_out,
    letter, log, redrive, with_webhook,
};
use crate::delivery::URL;
use crate::memory::{Fault, START, status};

/// The message that delivers an event again.
fn again(subscription: &str, event: &str) -> String {
    DeliveryMessage {
        subscription: subscription.into(),
        accepted_at: START,
        redrive: true,
        ..DeliveryMessage::default()
    }
    .print(event)
}

/// The reply that lists these dead letters.
fn redriven(keys: &[String], cursor: &str) -> String {
    let keys: Vec<_> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    format!(r#"{{"code":"redriven","redriven":[{}],"cursor":{cursor}}}"#, keys.join(","))
}

/// An answer without what it says about the job.
fn without_job(answer: &super::Answer) -> String {
    let (body, _) = answer.body.split_once(r#","job":"#).unwrap();
    format!("{body}}}")
}

#[test]
fn one_is_sent_again() {
    let memory = Memory::default();
    let ids = bury_all(&memory, "shop", 3);
    let body = redriven(&ids[1..2], "null");
    let reported = format!(r#","redriven":1,"dead_letters":["{}"]"#, ids[1]);
    let log = log("redriven", "redriven", 200, &reported);
    let expected = Expected { status: 200, headers: "", body: &body, log: &log };
    let request = redrive(&format!("id={}", form_encoded(&ids[1])));
    check_answer("by its id", &ask(Ok(&config()), request, &memory), &expected);
    assert_eq!(memory.queue("DELIVERIES"), [again("shop", &letter(1))], "accepted when it was");
    let left: Vec<_> = memory.letters().into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, [&*ids[0], &*ids[2]], "the others stay");
}

#[test]
fn none_sent_again_is_told_too() {
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &Memory::default());
    assert_eq!(without_job(&answer), redriven(&[], "null"), "nothing died");
    assert_eq!(answer.log, log("redriven", "redriven", 200, r#","redriven":0"#));
}

/// Cloudflare allows 1,000 calls of its own services for an invocation.
#[test]
fn a_step_keeps_within_the_calls_of_the_free_plan() {
    for bytes in [1_000, MAX_DELIVERY_EVENT_BYTES + 1] {
        let memory = Memory::default();
        for number in 0..STEP_LETTERS {
            let text = event_of(bytes).replace(r#""id":"1""#, &format!(r#""id":"1{number}""#));
            bury(&memory, "shop", 1, &Cause::Timeout, &text);
        }
        assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
        assert_eq!(memory.letters().len(), 0, "one step");
        let calls = memory.calls.borrow().len();
        assert!(calls <= 500, "{calls} calls for events of {bytes} bytes");
    }
}

#[test]
fn what_is_sent_again_passes_by_deduplication() {
    let memory = Memory::default();
    let config = with_webhook(&webhook_with(WINDOW));
    let send = || ask(Ok(&config), Request::body(letter(1)), &memory);
    assert_eq!(send().status, 202);
    let [delivery, _] = &memory.queue("DELIVERIES")[..] else { panic!("one for each webhook") };
    memory.answers(URL, [status(410)]);
    assert_eq!(hand_out(&config, &memory, delivery, 1).outcome(), "dead");
    let [dead] = &memory.queue("DEAD_LETTERS")[..] else { panic!("one dead letter") };
    assert_eq!(hand_out(&config, &memory, dead, 1).outcome(), "stored");
    assert_eq!(memory.take_queue("DELIVERIES").len(), 2);
    memory.time.pass(1);

    assert_eq!(ask(Ok(&config), redrive("subscription=shop"), &memory).status, 200);
    assert_eq!(memory.queue("DELIVERIES"), [again("shop", &letter(1))], "on purpose");
    let delivery = &memory.queue("DELIVERIES")[0];
    assert_eq!(hand_out(&config, &memory, delivery, 1).outcome(), "delivered");
    assert_eq!(memory.called().len(), 2);
    assert_eq!(send().status, 200, "for senders it is a duplicate all the while");
}

#[test]
fn a_large_one_is_stored_beside_the_queue_again() {
    let largest = event_of(MAX_DELIVERY_EVENT_BYTES);
    let memory = Memory::default();
    bury(&memory, "shop", 1, &Cause::Timeout, &largest);
    assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
    assert!(memory.queue("DELIVERIES") == [again("shop", &largest)], "what fits is sent whole");
    assert_eq!(memory.count("CLAIMS", "put"), 0);

    let large = event_of(MAX_DELIVERY_EVENT_BYTES + 1);
    let memory = Memory::default();
    bury(&memory, "shop", 1, &Cause::Timeout, &large);
    assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
    assert_eq!(memory.queue("DELIVERIES"), [again("shop", &message_of(large.len()))]);
    let stored = &memory.namespace("CLAIMS")[0].1;
    assert!(stored.value == large);
    assert_eq!(stored.expiration_ttl, Some(604_800));
    let delivery = &memory.queue("DELIVERIES")[0];
    assert_eq!(hand_out(&config(), &memory, delivery, 1).outcome(), "delivered");
    assert!(memory.called()[0].text() == large, "whole");
}

#[test]
fn what_is_no_event_is_sent_again_as_well() {
    let memory = Memory::default();
    bury(&memory, "shop", 1, &Cause::NotAnEvent("x".to_owned()), "no event");
    assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
    assert_eq!(
        memory.queue("DELIVERIES"),
        [again("shop", "no event")],
        "a newer version may read it"
    );
}

#[test]
fn what_a_list_shows_that_is_gone_is_left_out() {
    let memory = Memory::default();
    let ids = bury_all(&memory, "shop", 2);
    memory.lists_lag.set(true);
    let ask = |query: &str| ask(Ok(&config()), redrive(query), &memory);
    assert_eq!(ask(&format!("id={}", ids[0])).status, 200);
    let answer = ask("subscription=shop");
    assert_eq!(memory.queue("DELIVERIES").len(), 2, "each once");
    let already_sent = format!(r#","already_sent":["{}"],"cursor""#, ids[0]);
    let expected = redriven(&ids[1..], "null").replace(r#","cursor""#, &already_sent);
    assert_eq!(without_job(&answer), expected, "it tells what is new, and what is not");
    let again = ask("subscription=shop");
    assert!(again.body.starts_with(r#"{"code":"redriven","redriven":[],"#), "{}", again.body);
    assert_eq!(memory.queue("DELIVERIES").len(), 2, "and comes to an end");
}

/// Two operators, or an impatient one, redrive the same dead letters at the same moment.
#[test]
fn two_at_once_send_each_only_once() {
    let memory = Memory::with_latency(10);
    let ids = bury_all(&memory, "shop", 3);
    let config = config();
    let (one, other) = memory.time.run(join(
        answer_to(Ok(&config), redrive("subscription=shop"), &memory),
        answer_to(Ok(&config), redrive("subscription=shop"), &memory),
    ));
    assert_eq!(without_job(&one), redriven(&ids, "null"));
    let under_way = ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",");
    let expected =
        format!(r#"{{"code":"redriven","redriven":[],"under_way":[{under_way}],"cursor":null}}"#);
    assert_eq!(without_job(&other), expected);
    assert!(other.body.contains(r#""state":"running""#), "it looks again when the claims end");
    assert_eq!((memory.queue("DELIVERIES").len(), memory.letters().len()), (3, 0));
    assert_eq!((memory.count("LEDGER", "claim"), memory.count("LEDGER", "settle")), (2, 1));
}

/// If the ledger fails, nothing is sent. It is kept, and can be sent later.
#[test]
fn without_an_answer_of_the_ledger_nothing_is_sent() {
    for fault in [Fault::Fails, Fault::Hangs] {
        let memory = Memory::default().with("LEDGER", "claim", fault, 1);
        bury_all(&memory, "shop", 1);
        let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
        assert_eq!(answer.status, 503, "{fault:?}: {}", answer.body);
        assert_eq!((memory.queue("DELIVERIES").len(), memory.letters().len()), (0, 1));
        assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
    }
}

/// What was sent but not deleted is not sent again, only deleted.
#[test]
fn what_was_not_deleted_is_deleted_later() {
    let memory = Memory::default().with("DEAD", "delete", Fault::Fails, 1);
    let ids = bury_all(&memory, "shop", 1);
    assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 503);
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    let expected = format!(
        r#"{{"code":"redriven","redriven":[],"already_sent":["{}"],"cursor":null}}"#,
        ids[0]
    );
    assert_eq!(without_job(&answer), expected);
    assert_eq!((memory.queue("DELIVERIES").len(), memory.letters().len()), (1, 0));
}
