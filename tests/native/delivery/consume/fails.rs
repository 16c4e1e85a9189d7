//! A message that cannot be moved is redelivered, and never lost.

use elytra_webhooks::delivery::REDELIVERY_SECONDS;
use elytra_webhooks::level::Level;

use super::{ACK, ELYTRA, again, dead, delivery, hand_out, line, product};
use crate::delivery::{URL, shop};
use crate::memory::{ALWAYS, Fault, Memory, status};

#[test]
fn without_dead_letters_a_message_comes_again() {
    for fault in [Fault::Fails, Fault::LosesAnswer] {
        let memory = Memory::default().with("DEAD_LETTERS", "send", fault, 1);
        memory.answers(URL, [status(404)]);
        let message = delivery("shop", &product());
        let consumed = hand_out(&shop(""), &memory, &message, 1);
        assert_eq!(consumed.disposition, again(REDELIVERY_SECONDS), "{fault:?}");
        let why = r#","cause":"status","status":404,"reasons":["the destination answered 404","destination-canary"]"#;
        assert_eq!(consumed.log, line("failed", 1, why));
        assert_eq!(consumed.level, Level::Error, "we have to act");
        memory.answers(URL, [status(404)]);
        assert_eq!(hand_out(&shop(""), &memory, &message, 2).outcome(), "dead", "then it works");
    }
}

#[test]
fn a_message_that_comes_again_may_still_be_delivered() {
    let memory = Memory::default().with("DEAD_LETTERS", "send", Fault::Fails, 1);
    memory.answers(URL, [status(503)]);
    let message = delivery("shop", &product());
    assert_eq!(hand_out(&shop(ELYTRA), &memory, &message, 6).outcome(), "failed");
    let consumed = hand_out(&shop(ELYTRA), &memory, &message, 7);
    assert_eq!((consumed.disposition, consumed.outcome()), (ACK, "delivered"));
}

#[test]
fn without_its_namespace_a_dead_letter_comes_again() {
    for fault in [Fault::Fails, Fault::LosesAnswer] {
        let memory = Memory::default().with("DEAD", "put", fault, 1);
        let message = dead("shop", &product());
        let consumed = hand_out(&shop(""), &memory, &message, 1);
        assert_eq!(consumed.disposition, again(REDELIVERY_SECONDS), "{fault:?}");
        assert_eq!(consumed.log, line("failed", 6, r#","reasons":["destination-canary"]"#));
        assert_eq!(consumed.level, Level::Error, "we have to act");
        memory.time.pass(REDELIVERY_SECONDS * 1_000);
        assert_eq!(hand_out(&shop(""), &memory, &message, 2).outcome(), "stored", "then it works");
        assert_eq!(memory.namespace("DEAD").len(), 1);
    }
}

#[test]
fn what_is_no_message_comes_again_too() {
    let memory = Memory::failing(&["DEAD_LETTERS"]);
    let consumed = hand_out(&shop(""), &memory, "nothing", 1);
    assert_eq!(consumed.disposition, again(REDELIVERY_SECONDS));
    assert_eq!(memory.count("DEAD_LETTERS", "send"), 1);
}

#[test]
fn what_is_delivered_needs_nothing_else() {
    let memory = Memory::default();
    for binding in ["DELIVERIES", "DEAD_LETTERS", "DEAD", "CLAIMS", "SPOOL", "LEDGER"] {
        memory.breaks(binding, "", Fault::Fails, ALWAYS);
    }
    let consumed = hand_out(&shop(""), &memory, &delivery("shop", &product()), 1);
    assert_eq!(consumed.disposition, ACK);
    assert_eq!(*memory.calls.borrow(), []);
}
