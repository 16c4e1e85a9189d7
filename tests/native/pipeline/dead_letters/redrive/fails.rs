//! A redrive that fails or dies may duplicate an event, but never loses it.

use elytra_webhooks::delivery::Cause;
use elytra_webhooks::limits::MAX_DELIVERY_EVENT_BYTES;
use elytra_webhooks::operator::OPERATOR_CLAIM_MS;

use super::super::super::answer_to;
use super::super::super::large::event_of;
use super::super::{check_failed, form_encoded, list};
use super::{Memory, again, ask, bury, bury_all, config, letter, redrive, without_job};
use crate::memory::Fault;

/// How many messages are waiting for delivery, and how many dead letters there are.
fn counts(memory: &Memory) -> (usize, usize) {
    (memory.queue("DELIVERIES").len(), memory.letters().len())
}

#[test]
fn what_is_not_sent_stays() {
    let says = "destination-canary";
    let table = [
        ("DEAD", "list", Fault::Fails, (0, 1)),
        ("DEAD", "get", Fault::Fails, (0, 1)),
        ("DELIVERIES", "send", Fault::Fails, (0, 1)),
        ("DELIVERIES", "send", Fault::LosesAnswer, (1, 1)),
        ("DEAD", "delete", Fault::Fails, (1, 1)),
        ("DEAD", "delete", Fault::LosesAnswer, (1, 0)),
    ];
    for (binding, method, fault, expected) in table {
        let memory = Memory::default();
        bury_all(&memory, "shop", 1);
        memory.breaks(binding, method, fault, 1);
        let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
        check_failed(&format!("{binding} {method}"), &answer, says);
        assert_eq!(counts(&memory), expected, "sent first, deleted then: {binding} {method}");
        assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
        assert_eq!(memory.letters().len(), 0, "when the operator retries");
    }
}

/// The operator gets an answer and can retry at once, because the claim was released.
#[test]
fn what_hangs_is_given_up() {
    for (binding, method, expected) in [
        ("DEAD", "list", (0, 1)),
        ("DEAD", "get", (0, 1)),
        ("DELIVERIES", "send", (0, 1)),
        ("DEAD", "delete", (1, 1)),
    ] {
        let memory = Memory::default();
        let ids = bury_all(&memory, "shop", 1);
        memory.breaks(binding, method, Fault::Hangs, 1);
        let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
        check_failed(&format!("{binding} {method}"), &answer, "no answer within 5000 ms");
        assert_eq!(counts(&memory), expected, "{binding} {method}");
        assert_eq!(memory.time.passed(), 5_001, "{binding} {method}");
        assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
        assert_eq!(counts(&memory), (1, 0), "{binding} {method}");
        for query in [String::new(), format!("id={}", form_encoded(&ids[0]))] {
            memory.breaks("DEAD", "", Fault::Hangs, 1);
            let answer = ask(Ok(&config()), list(&query), &memory);
            check_failed(&query, &answer, "no answer within 5000 ms");
        }
    }
}

#[test]
fn a_redrive_that_dies_loses_nothing() {
    let hangs = [
        ("DELIVERIES", Fault::Hangs),
        ("DELIVERIES", Fault::HangsAfterwards),
        ("DEAD", Fault::Hangs),
    ];
    for (binding, fault) in hangs {
        let memory = Memory::default();
        bury_all(&memory, "shop", 1);
        let method = if binding == "DEAD" { "delete" } else { "send" };
        memory.breaks(binding, method, fault, 1);
        let config = config();
        let answer = answer_to(Ok(&config), redrive("subscription=shop"), &memory);
        assert!(memory.time.run_for(1_000, answer).is_none(), "it hangs, and is killed");
        assert_eq!(memory.letters().len(), 1, "{binding} {fault:?}");
        // The claim expires.
        memory.time.pass(OPERATOR_CLAIM_MS);
        assert_eq!(ask(Ok(&config), redrive("subscription=shop"), &memory).status, 200);
        let delivered = memory.queue("DELIVERIES");
        assert!(delivered.iter().all(|message| *message == again("shop", &letter(0))));
        // Before the deletion, the ledger has recorded what was sent.
        let twice = usize::from(fault == Fault::HangsAfterwards);
        assert_eq!((delivered.len(), memory.letters().len()), (1 + twice, 0));
    }
}

#[test]
fn what_was_sent_before_stays_sent() {
    let memory = Memory::default();
    // Two of these fit in one call.
    let letter = |id: u64| event_of(120_000).replace(r#""id":"1""#, &format!(r#""id":"{id}""#));
    let bury = |id| bury(&memory, "shop", id, &Cause::Timeout, &letter(id));
    let ids: Vec<_> = (0..3).map(bury).collect();
    memory.breaks("DELIVERIES", "send", Fault::Takes(1), 1);
    memory.breaks("DELIVERIES", "send", Fault::Fails, 1);
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    check_failed("the second call", &answer, "destination-canary");
    assert_eq!(counts(&memory), (2, 1));
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    assert_eq!(without_job(&answer), super::redriven(&ids[2..], "null"), "then the other");
    assert_eq!(counts(&memory), (3, 0));
}

#[test]
fn a_large_one_that_cannot_be_stored_stays() {
    let memory = Memory::default();
    bury(&memory, "shop", 1, &Cause::Timeout, &event_of(MAX_DELIVERY_EVENT_BYTES + 1));
    memory.breaks("CLAIMS", "put", Fault::Fails, 1);
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    check_failed("no reference leads nowhere", &answer, "destination-canary");
    assert_eq!(counts(&memory), (0, 1));
}

/// Checks that it stays, and is reported with this reason.
#[track_caller]
fn check_stuck(why: &str, memory: &Memory, id: &str, reason: &str) {
    let answer = ask(Ok(&config()), redrive("subscription=shop"), memory);
    let stuck = format!(r#""redriven":[],"stuck":[{{"id":"{id}","reason":"{reason}"}}]"#);
    assert_eq!(answer.status, 200, "{why}");
    assert!(answer.body.contains(&stuck), "{why}: {}", answer.body);
    let logged = format!(r#""reasons":["{id}: {reason}"],"redriven":0"#);
    assert!(answer.log.contains(&logged), "{why}: {}", answer.log);
    assert_eq!(counts(memory), (0, 1), "{why}");
}

#[test]
fn what_no_queue_takes_stays() {
    let memory = Memory::default();
    let text = "x".repeat(MAX_DELIVERY_EVENT_BYTES + 1);
    let id = bury(&memory, "shop", 1, &Cause::Timeout, &text);
    check_stuck("no event", &memory, &id, "not a valid event");
    let text = event_of(MAX_DELIVERY_EVENT_BYTES).replace("data", "subject\":\"x\",\"extension");
    let text = text.replace(r#""subject":"é\"","#, "");
    let memory = Memory::default();
    let id = bury(&memory, "shop", 1, &Cause::Timeout, &text);
    let reason = "too large, and cannot be stored in CLAIMS";
    check_stuck("its attributes alone are too large", &memory, &id, reason);
}

#[test]
fn what_others_put_there_stays_and_holds_up_no_other() {
    let memory = Memory::default();
    memory.store("DEAD", "shop/0", "anything");
    check_stuck("not a dead letter", &memory, "shop/0", "not a dead letter");
    bury(&memory, "shop", 1, &Cause::Timeout, &event_of(500));
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(counts(&memory), (1, 1), "the next one is sent");
}
