//! Draining the spool: oldest first, and deleted only after the queue took it.

use elytra_webhooks::level::Level;
use elytra_webhooks::spool::{DRAIN_MS, DRAIN_STEP, DrainLine, Drained, drain};

use super::{WINDOW, config, spooling, webhook_with};
use crate::memory::{ALWAYS, Fault, Memory};

/// Spools this many messages for a queue, the oldest first.
pub(super) fn spool(memory: &Memory, queue: &str, count: usize) {
    for number in 0..count {
        let key = format!("{queue}/{:013}/key{}", number * 7, 9 - number % 10);
        memory.store("SPOOL", &key, &message(queue, number));
    }
}

fn message(queue: &str, number: usize) -> String {
    format!("{queue} {number}")
}

pub(super) fn messages(queue: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| message(queue, number)).collect()
}

/// Drains the spool, without a ledger.
pub(super) fn drain_all(memory: &Memory) -> Drained {
    memory.time.run(drain(&spooling(), memory))
}

/// Drains the spool, with a ledger that remembers what was sent.
pub(super) fn drain_with_ledger(memory: &Memory) -> Drained {
    memory.time.run(drain(&config(&webhook_with(WINDOW)), memory))
}

pub(super) fn sent(sent: usize) -> Drained {
    Drained { sent, failures: Vec::new() }
}

pub(super) fn left(memory: &Memory) -> usize {
    memory.namespace("SPOOL").len()
}

#[test]
fn the_oldest_of_each_queue_is_sent_first() {
    for drain in [drain_all, drain_with_ledger] {
        let memory = Memory::default();
        spool(&memory, "QUEUE", 50);
        spool(&memory, "OTHER", 3);
        assert_eq!(drain(&memory), sent(53));
        assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 50), "in the order of time");
        assert_eq!(memory.queue("OTHER"), messages("OTHER", 3));
        assert_eq!(memory.sizes("QUEUE", "send"), [DRAIN_STEP, DRAIN_STEP, 10], "in steps");
        assert_eq!((left(&memory), memory.most_under_way.get()), (0, 1));
    }
}

#[test]
fn an_empty_spool_is_no_work() {
    let memory = Memory::default();
    assert_eq!(drain_with_ledger(&memory), sent(0));
    let calls = memory.calls.borrow();
    assert!(calls.iter().all(|call| call.method == "list"), "{calls:?}");
    assert!(calls.len() <= 3, "a minute has few calls: {calls:?}");
}

#[test]
fn a_spool_of_more_than_kv_lists_at_a_time_is_drained() {
    let memory = Memory::default();
    spool(&memory, "QUEUE", 2_050);
    assert_eq!(drain_with_ledger(&memory), sent(2_050));
    assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 2_050), "all of them, in their order");
    assert_eq!(left(&memory), 0);
}

#[test]
fn no_more_than_six_calls_are_under_way() {
    let memory = Memory::with_latency(10);
    spool(&memory, "QUEUE", 40);
    assert_eq!(drain_all(&memory), sent(40));
    assert_eq!(memory.most_under_way.get(), 6, "Cloudflare's limit of connections");
}

#[test]
fn large_messages_are_divided_among_calls() {
    let memory = Memory::default();
    let large = "x".repeat(127_900);
    for number in 0..5 {
        memory.store("SPOOL", &format!("QUEUE/{number}/key"), &large);
    }
    assert_eq!(drain_with_ledger(&memory), sent(5));
    assert_eq!(memory.sizes("QUEUE", "send"), [2, 2, 1], "256,000 bytes each");
}

#[test]
fn an_entry_is_deleted_after_the_queue_took_it() {
    let config = spooling();
    let memory = Memory::default().with("QUEUE", "send", Fault::Takes(100), ALWAYS);
    spool(&memory, "QUEUE", 3);
    assert!(memory.time.run_for(99, drain(&config, &memory)).is_none());
    assert_eq!((left(&memory), memory.count("SPOOL", "delete")), (3, 0), "not yet");
    assert_eq!(drain_all(&memory), sent(3));
    assert_eq!((left(&memory), memory.queue("QUEUE").len()), (0, 3));
}

#[test]
fn the_time_of_draining_is_kept() {
    assert_eq!(DRAIN_MS, 45_000, "less than the minute between two cron triggers");
    let memory = Memory::default().with("QUEUE", "send", Fault::Takes(4_000), ALWAYS);
    spool(&memory, "QUEUE", 300);
    assert_eq!(drain_all(&memory), sent(240), "twelve steps, the last began in time");
    assert_eq!((left(&memory), memory.time.passed()), (60, 48_000));
    assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 240));
    memory.repair();
    assert_eq!(drain_all(&memory), sent(60), "the rest goes the next time");
    assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 300));
}

#[track_caller]
fn check_line(drained: Drained, level: Option<Level>, expected: &str) {
    let line = DrainLine::new(drained);
    assert_eq!((line.level(), &*line.to_json()), (level, expected));
}

#[test]
fn the_log_tells_what_was_drained_and_what_is_left() {
    let nothing = r#"{"outcome":"drained","code":"spool","sent":0}"#;
    check_line(sent(0), None, nothing);
    check_line(sent(3), Some(Level::Info), r#"{"outcome":"drained","code":"spool","sent":3}"#);
    let failures = vec!["QUEUE: out of order".to_owned(), "é".repeat(257)];
    let cut = "é".repeat(256);
    check_line(
        Drained { sent: 3, failures },
        Some(Level::Error),
        &format!(
            r#"{{"outcome":"failed","code":"spool","sent":3,"reasons":["QUEUE: out of order","{cut}…"]}}"#
        ),
    );
}
