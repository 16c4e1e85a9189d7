//! Mistakes in forwarding that other receivers have made.

use futures_util::future::join;

use super::super::{WEBHOOK, configure, webhook_with};
use super::{Memory, Request, WINDOW, answer_to, ask, ask_again, deduplicating, product};
use crate::memory::{ALWAYS, Fault};
use crate::support::event;

#[test]
fn a_retry_after_a_failure_is_no_duplicate() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::LosesAnswer] {
        let memory = Memory::default().with("QUEUE", "", fault, ALWAYS);
        let memory = memory.with("KV", "", fault, ALWAYS);
        for _ in 0..3 {
            let answer = ask_again(&memory);
            assert_eq!(answer.status, 503, "{fault:?} is never a success");
            assert!(answer.headers.contains("retry-after: 1"), "it should be retried");
        }
        memory.repair();
        assert_eq!(ask_again(&memory).status, 202, "{fault:?}");
        assert!(
            memory.queue("QUEUE").contains(&event(r#""eventtype":"product","data":"data-canary""#))
        );
    }
}

#[test]
fn no_lock_is_held_across_a_send() {
    let config = deduplicating();
    let memory = Memory::default().with("QUEUE", "send", Fault::Takes(500), ALWAYS);
    let other = event(r#""eventtype":"product""#).replace(r#""id":"1""#, r#""id":"2""#);
    let (first, second) = memory.time.run(join(
        answer_to(Ok(&config), product(), &memory),
        answer_to(Ok(&config), Request::body(other), &memory),
    ));
    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(memory.time.passed(), 500, "neither waited for the other");
}

#[test]
fn a_message_is_the_event_and_nothing_more() {
    let memory = Memory::default();
    let members = r#""eventtype":"product","data":{ "a" :1.0}"#;
    assert_eq!(ask(Ok(&deduplicating()), Request::event(members), &memory).status, 202);
    assert_eq!(memory.queue("QUEUE"), [event(members)], "byte for byte, and once");
}

#[test]
fn a_replay_is_not_swallowed() {
    let memory = Memory::default();
    assert_eq!(ask_again(&memory).status, 202);
    let products = r#"{"event_types":["product"],"queue":"QUEUE"}"#;
    let config = configure(WEBHOOK, &[("PRODUCTS", products)]);
    assert_eq!(ask(Ok(&config), product(), &memory).status, 202, "with the window switched off");
    let others = [("PRODUCTS_AGAIN", r#"{"event_types":["product"],"queue":"OTHER"}"#)];
    let config = configure(&webhook_with(WINDOW), &others);
    assert_eq!(ask(Ok(&config), product(), &memory).status, 202, "to a queue of its own");
    assert_eq!((memory.queue("QUEUE").len(), memory.queue("OTHER").len()), (2, 1));
}
