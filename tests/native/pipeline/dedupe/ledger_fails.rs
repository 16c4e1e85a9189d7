//! Deduplication is a convenience: without the ledger, everything is still forwarded.

use super::{
    Answer, DUPLICATE, Expected, Memory, UNDER_WAY, ask, ask_again, check_answer, deduplicating,
    forwarded, product,
};
use crate::memory::{ALWAYS, Fault, SAYS};
use elytra_webhooks::level::Level;

/// Checks that the event was accepted, and that the log has this failure of the ledger.
#[track_caller]
fn check_accepted(why: &str, answer: &Answer, reason: &str) {
    let log = format!(
        r#"{{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","subscriptions":["archive","products"],"auth_type":"bearer","credential":"TOKEN","ledger_failures":["{reason}"],"milliseconds":0}}"#
    );
    let expected = Expected {
        status: 202,
        headers: "",
        body: r#"{"code":"accepted","id":"1","subscriptions":["archive","products"]}"#,
        log: &log,
    };
    check_answer(why, answer, &expected);
    assert_eq!(answer.level, Level::Warning, "{why}: something is wrong, and nothing is lost");
}

#[test]
fn where_the_ledger_fails_everything_is_forwarded() {
    let memory = Memory::default().with("LEDGER", "claim", Fault::Fails, ALWAYS);
    check_accepted("rule 5", &ask_again(&memory), &format!("claim: {SAYS}"));
    check_accepted("and again", &ask_again(&memory), &format!("claim: {SAYS}"));
    assert_eq!(forwarded(&memory), (2, 2), "the ledger did not know that it was held");
    memory.repair();
    check_answer("but it was noted", &ask_again(&memory), &DUPLICATE);
}

#[test]
fn where_the_ledger_hangs_it_is_not_waited_for_long() {
    let memory = Memory::default().with("LEDGER", "claim", Fault::Hangs, ALWAYS);
    let answer = ask(Ok(&deduplicating()), product(), &memory);
    check_accepted("an eighth of the time budget", &answer, "claim: no answer within 500 ms");
    assert_eq!(memory.time.passed(), 500);
}

#[test]
fn everything_together_keeps_within_the_time_budget() {
    let budget = deduplicating().receiver.times.time_budget_ms;
    let memory = Memory::default().with("LEDGER", "claim", Fault::Takes(499), ALWAYS);
    let memory = memory.with("QUEUE", "send", Fault::Hangs, ALWAYS);
    let memory = memory.with("LEDGER", "settle", Fault::Hangs, ALWAYS);
    let answer = ask(Ok(&deduplicating()), product(), &memory);
    assert_eq!((answer.status, memory.time.passed()), (503, budget), "everything is slow");
    let failures = r#""ledger_failures":["settle: no answer within 500 ms"]"#;
    assert!(answer.log.contains(failures), "{}", answer.log);
    assert_eq!(answer.level, Level::Error, "a failure stays one");

    let memory = Memory::default();
    for binding in ["LEDGER", "QUEUE", "KV"] {
        memory.breaks(binding, "", Fault::Hangs, ALWAYS);
    }
    let answer = ask(Ok(&deduplicating()), product(), &memory);
    assert_eq!(answer.status, 503, "everything hangs");
    assert!(memory.time.passed() <= budget, "{} ms", memory.time.passed());
}

#[test]
fn what_is_held_is_acknowledged_even_if_that_cannot_be_noted() {
    let memory = Memory::default().with("LEDGER", "settle", Fault::Fails, 1);
    check_accepted("it is held, so it is a 202", &ask_again(&memory), &format!("settle: {SAYS}"));
    check_answer("the claim is still there", &ask_again(&memory), &UNDER_WAY);
    memory.time.pass(4_000);
    assert_eq!(ask_again(&memory).status, 202, "then it has ended");
    assert_eq!(forwarded(&memory), (2, 2), "twice rather than never");
}

#[test]
fn an_answer_of_the_ledger_can_be_lost() {
    let memory = Memory::default().with("LEDGER", "settle", Fault::LosesAnswer, 1);
    check_accepted("it was noted", &ask_again(&memory), &format!("settle: {SAYS}"));
    check_answer("so it is known", &ask_again(&memory), &DUPLICATE);

    let memory = Memory::default().with("LEDGER", "claim", Fault::LosesAnswer, 1);
    let why = "it was claimed, and the number was lost";
    check_accepted(why, &ask_again(&memory), &format!("claim: {SAYS}"));
    check_answer("but what is held is held", &ask_again(&memory), &DUPLICATE);
}

#[test]
fn a_failure_that_cannot_be_noted_delays_the_retry_and_loses_nothing() {
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, 2);
    let memory = memory.with("LEDGER", "settle", Fault::Fails, 1);
    assert_eq!(ask_again(&memory).status, 503);
    check_answer("the claim is still there", &ask_again(&memory), &UNDER_WAY);
    memory.time.pass(5_000);
    assert_eq!(ask_again(&memory).status, 202);
    assert_eq!(memory.held().len(), 2);
}
