//! Where a run starts, when it ends, and what counts as a refusal.

use elytra_webhooks::spool::aside::MAX_REFUSALS;
use elytra_webhooks::spool::{DRAIN_STEP, Drained};

use super::aside::memory;
use super::drain::{drain_all, left, spool};
use crate::memory::{ALWAYS, Fault, Memory, SAYS};

const MINUTE: u64 = 60_000;

/// Neither the oldest nor the newest can be sent, and from either end the queue seems down.
#[test]
fn bad_messages_at_both_ends_do_not_hold_up_those_between() {
    let memory = memory(300, 30);
    for number in 330..630 {
        memory.store("SPOOL", &format!("QUEUE/{number:013}/key"), &format!("bad {number}"));
    }
    let sent: usize = (0..12)
        .map(|_| {
            memory.time.pass(MINUTE);
            drain_all(&memory).sent
        })
        .sum();
    assert_eq!((sent, left(&memory)), (30, 600));
}

#[test]
fn what_the_spool_does_not_give_is_no_refusal() {
    let memory = Memory::default();
    spool(&memory, "QUEUE", 1);
    let key = memory.namespace("SPOOL")[0].0.clone();
    for _ in 0..2 * MAX_REFUSALS {
        memory.store("SPOOL", "QUEUE/9999999999999/key", "good");
        memory.breaks("SPOOL", "get", Fault::Fails, 1);
        memory.time.pass(1_000);
        let failures = vec![format!("{key}: {SAYS}")];
        assert_eq!(drain_all(&memory), Drained { sent: 1, failures });
    }
    assert_eq!(memory.count("SPOOL", "put"), 0, "the queue was never asked for it");
    assert_eq!(drain_all(&memory).sent, 1);
}

#[test]
fn a_spool_that_gives_nothing_any_more_ends_the_run() {
    let memory = Memory::default().with("SPOOL", "get", Fault::Takes(0), DRAIN_STEP);
    memory.breaks("SPOOL", "get", Fault::Fails, ALWAYS);
    spool(&memory, "QUEUE", 1_000);
    let drained = drain_all(&memory);
    let failures = vec![format!("QUEUE: {SAYS}")];
    assert_eq!(drained, Drained { sent: DRAIN_STEP, failures }, "only one reason is logged");
    let gets = memory.count("SPOOL", "get");
    assert_eq!(
        gets,
        2 * DRAIN_STEP,
        "beyond the plan's limit of calls, more of them only cost time"
    );
}

/// Refusals after the last message that the queue took may be its own fault: it may have gone down.
#[test]
fn an_outage_that_begins_in_a_run_sets_nothing_aside() {
    let memory = Memory::default();
    spool(&memory, "QUEUE", 200);
    for _ in 0..=MAX_REFUSALS {
        memory.repair();
        memory.breaks("QUEUE", "send", Fault::Takes(0), 1);
        memory.breaks("QUEUE", "send", Fault::Fails, ALWAYS);
        let drained = drain_all(&memory);
        assert_eq!((drained.sent, drained.failures), (20, vec![format!("QUEUE: {SAYS}")]));
    }
    assert_eq!((left(&memory), memory.count("SPOOL", "put")), (80, 0));
}

/// KV allows one write per second and key, so a refusal right after spooling cannot be recorded.
#[test]
fn a_refusal_that_cannot_be_noted_is_told_and_holds_up_no_other() {
    let memory = memory(2, 1).with("SPOOL", "put", Fault::Fails, 1);
    let drained = drain_all(&memory);
    let [first, second] = &drained.failures[..] else { panic!("two of them: {drained:?}") };
    assert!(
        first.ends_with(&format!(": {SAYS}; and the refusal could not be recorded: {SAYS}")),
        "{first}"
    );
    assert!(second.ends_with(&format!("k: {SAYS}")), "{second}");
    assert_eq!((drained.sent, memory.count("SPOOL", "put")), (1, 2));
}

/// The log has a limited number of entries.
#[test]
fn fifty_are_named_and_the_rest_are_counted() {
    let memory = memory(60, 1);
    let drained = drain_all(&memory);
    assert_eq!((drained.failures.len(), memory.count("SPOOL", "put")), (51, 50));
    assert_eq!(drained.failures.last().unwrap(), "QUEUE: and 10 more");

    let memory = Memory::default().with("SPOOL", "get", Fault::Takes(0), 1);
    for _ in 0..6 {
        memory.breaks("SPOOL", "get", Fault::Fails, DRAIN_STEP - 1);
        memory.breaks("SPOOL", "get", Fault::Takes(0), 1);
    }
    spool(&memory, "QUEUE", 6 * DRAIN_STEP);
    let drained = drain_all(&memory);
    assert_eq!((drained.sent, drained.failures.len()), (6, 51), "{drained:?}");
    assert_eq!(drained.failures.last().unwrap(), "QUEUE: and 64 more");
}

/// Each refusal of the first queue takes seconds, so its entries use up the time of every run.
#[test]
fn a_queue_that_refuses_slowly_does_not_starve_those_behind_it() {
    let memory = Memory::default().with("OTHER", "send", Fault::FailsAfter(4_000), ALWAYS);
    spool(&memory, "OTHER", 50);
    spool(&memory, "QUEUE", 50);
    let sent: usize = (0..4)
        .map(|_| {
            memory.time.pass(MINUTE);
            drain_all(&memory).sent
        })
        .sum();
    assert_eq!((sent, memory.queue("QUEUE").len(), left(&memory)), (50, 50, 50));
}
