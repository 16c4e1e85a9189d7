//! Draining when something fails, hangs or dies: nothing is lost, and little is sent twice.

use elytra_webhooks::spool::{DRAIN_MS, Drained, drain};
use futures_util::future::join;

use super::drain::{drain_all, drain_with_ledger, left, messages, sent, spool};
use super::{WINDOW, config, spooling, webhook_with};
use crate::memory::{ALWAYS, Fault, Memory, SAYS};

fn failed(sent: usize, queue: &str) -> Drained {
    Drained { sent, failures: vec![format!("{queue}: {SAYS}")] }
}

/// The same spool, with a ledger or without.
type Drain = fn(&Memory) -> Drained;

#[test]
fn a_queue_that_fails_holds_up_no_other() {
    for drain in [drain_all, drain_with_ledger] {
        let memory = Memory::failing(&["OTHER"]);
        spool(&memory, "OTHER", 50);
        spool(&memory, "QUEUE", 50);
        assert_eq!(drain(&memory), failed(50, "OTHER"));
        assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 50));
        assert_eq!(left(&memory), 50, "what was not sent stays");
        assert!(memory.count("OTHER", "send") <= 53, "it is not tried for ever");
        memory.repair();
        assert_eq!(drain(&memory), sent(50), "the claims were released");
        assert_eq!((memory.queue("OTHER"), left(&memory)), (messages("OTHER", 50), 0));
    }
}

#[test]
fn a_queue_that_hangs_holds_up_no_other() {
    let memory = Memory::default().with("OTHER", "send", Fault::Hangs, ALWAYS);
    spool(&memory, "OTHER", 50);
    spool(&memory, "QUEUE", 50);
    let drained = memory.time.run_for(60_000, drain(&spooling(), &memory));
    assert!(drained.is_some(), "the next cron trigger comes after a minute");
    assert_eq!((memory.queue("QUEUE").len(), left(&memory)), (50, 50));
}

#[test]
fn a_message_that_a_queue_refuses_holds_up_no_other() {
    // The first call with all of them, then the first message alone.
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, 2);
    spool(&memory, "QUEUE", 3);
    let drained = drain_with_ledger(&memory);
    let failures = vec![format!("QUEUE/0000000000000/key9: {SAYS}")];
    assert_eq!(drained, Drained { sent: 2, failures });
    assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 3)[1..]);
    assert_eq!(drain_with_ledger(&memory), sent(1), "it goes the next time");
}

#[test]
fn what_was_sent_and_not_deleted_is_not_sent_again() {
    let memory = Memory::default().with("SPOOL", "delete", Fault::Fails, 1);
    spool(&memory, "QUEUE", 3);
    assert_eq!(drain_with_ledger(&memory), failed(3, "QUEUE"));
    assert_eq!(left(&memory), 1);
    assert_eq!(drain_with_ledger(&memory), sent(0), "the ledger knows");
    assert_eq!((left(&memory), memory.queue("QUEUE").len()), (0, 3), "it is deleted all the same");

    let memory = Memory::default().with("SPOOL", "delete", Fault::Fails, 1);
    spool(&memory, "QUEUE", 3);
    assert_eq!(drain_all(&memory), failed(3, "QUEUE"));
    assert_eq!(drain_all(&memory), sent(1), "without a ledger: twice rather than never");
}

#[test]
fn a_death_between_sending_and_deleting_loses_nothing() {
    let again: [(Drain, usize); 2] = [(drain_all, 3), (drain_with_ledger, 0)];
    for (drain_again, again) in again {
        let config = if again == 0 { config(&webhook_with(WINDOW)) } else { spooling() };
        let memory = Memory::default().with("SPOOL", "delete", Fault::Hangs, 3);
        spool(&memory, "QUEUE", 3);
        assert!(memory.time.run_for(10, drain(&config, &memory)).is_none(), "it was killed");
        assert_eq!((left(&memory), memory.queue("QUEUE").len()), (3, 3));
        assert_eq!(drain_again(&memory), sent(again));
        assert_eq!((left(&memory), memory.queue("QUEUE").len()), (0, 3 + again));
    }
}

#[test]
fn a_death_between_sending_and_settling_sends_again_when_the_claim_ends() {
    let config = config(&webhook_with(WINDOW));
    let memory = Memory::default().with("LEDGER", "settle", Fault::Hangs, 1);
    spool(&memory, "QUEUE", 3);
    assert!(memory.time.run_for(10, drain(&config, &memory)).is_none());
    assert_eq!(drain_with_ledger(&memory), sent(0), "another one may be at it");
    memory.time.pass(DRAIN_MS);
    assert_eq!(drain_with_ledger(&memory), sent(3), "twice rather than never");
    assert_eq!((left(&memory), memory.queue("QUEUE").len()), (0, 6));
}

#[test]
fn two_who_drain_at_the_same_time_send_everything_once() {
    let config = config(&webhook_with(WINDOW));
    let memory = Memory::with_latency(10);
    spool(&memory, "QUEUE", 50);
    let both = join(drain(&config, &memory), drain(&config, &memory));
    let (first, second) = memory.time.run(both);
    assert_eq!(first.sent + second.sent, 50, "a cron trigger can come before the last has ended");
    assert_eq!((memory.queue("QUEUE").len(), left(&memory)), (50, 0));
}

#[test]
fn without_the_ledger_everything_is_sent() {
    for (method, fault) in
        [("claim", Fault::Fails), ("claim", Fault::Hangs), ("settle", Fault::Hangs)]
    {
        let memory = Memory::default().with("LEDGER", method, fault, ALWAYS);
        spool(&memory, "QUEUE", 3);
        assert_eq!(drain_with_ledger(&memory), sent(3), "{method} {fault:?}");
        assert_eq!(left(&memory), 0);
    }
}

#[test]
fn a_list_that_lags_does_no_harm() {
    for drain in [drain_all, drain_with_ledger] {
        let memory = Memory::default();
        memory.lists_lag.set(true);
        spool(&memory, "QUEUE", 30);
        assert_eq!(drain(&memory), sent(30), "it comes to an end");
        assert_eq!(drain(&memory), sent(0), "what was deleted is listed still");
        assert_eq!(memory.queue("QUEUE"), messages("QUEUE", 30));
    }
}

#[test]
fn what_is_listed_and_not_found_is_not_lost() {
    for drain in [drain_all, drain_with_ledger] {
        let memory = Memory::default();
        memory.gets_lag.set(1);
        spool(&memory, "QUEUE", 3);
        drain(&memory);
        drain(&memory);
        let mut found = memory.queue("QUEUE");
        found.sort();
        assert_eq!(found, messages("QUEUE", 3), "KV may show a key in a list before it shows it");
    }
}

#[test]
fn a_spool_that_fails_is_told() {
    for (method, failures) in [("list", 3), ("get", 1)] {
        let memory = Memory::default().with("SPOOL", method, Fault::Fails, ALWAYS);
        spool(&memory, "QUEUE", 3);
        let drained = drain_with_ledger(&memory);
        assert_eq!((drained.sent, drained.failures.len()), (0, failures), "{method}: {drained:?}");
        assert_eq!(left(&memory), 3);
        memory.repair();
        assert_eq!(drain_with_ledger(&memory), sent(3), "{method}");
    }
}

#[test]
fn entries_of_a_queue_that_is_bound_no_more_are_told() {
    for key in ["GONE/0000000000000/key", "QUEUE_2/0000000000000/key", "no key of ours"] {
        let memory = Memory::default();
        memory.store("SPOOL", key, "x");
        spool(&memory, "QUEUE", 3);
        let failures = vec![format!("{key}: no queue of this name is bound")];
        assert_eq!(drain_all(&memory), Drained { sent: 3, failures }, "somebody has to look");
        assert_eq!(left(&memory), 1, "nothing is thrown away");
    }
}
