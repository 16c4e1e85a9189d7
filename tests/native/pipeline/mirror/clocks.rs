//! A stored time is ignored only if a wrong clock must have written it, and never if an event
//! arrived while another one was waiting.

use futures_util::future::join;

use super::super::{configure, webhook_with};
use super::{Config, Memory, NOON, Request, ask, held, mirroring, send, state};
use crate::memory::Fault;
use crate::pipeline::answer_to;

fn tolerating(seconds: u64) -> Config {
    let kv = r#"{"kv":{"binding":"KV","key":"object"}}"#;
    let webhook =
        webhook_with(&format!(r#""clock_tolerance_seconds":{seconds},"time_budget_ms":30000"#));
    configure(&webhook, &[("PRICES", kv)])
}

/// An old event asks the ledger, which takes this long, and a newer one arrives in the meantime.
#[track_caller]
fn check_overtaken(why: &str, tolerance: u64, waits: u64, newer: &str) {
    let config = tolerating(tolerance);
    let memory = Memory::default().with("LEDGER", "claim", Fault::Takes(waits), 1);
    let old = answer_to(Ok(&config), Request::body(state("old", NOON, "add")), &memory);
    let (old, new) = memory.time.run(join(old, async {
        memory.time.sleep(100).await;
        answer_to(Ok(&config), Request::body(state("new", newer, "modify")), &memory).await
    }));
    assert_eq!((old.status, new.status), (202, 202), "{why}");
    assert!(old.body.contains("superseded"), "{why}: {}", old.body);
    assert_eq!(held(&memory), "new", "{why}");
}

#[test]
fn a_newer_state_that_came_in_meanwhile_is_believed() {
    check_overtaken("without tolerance, a later arrival", 0, 500, "");
    check_overtaken("the longest that a state can wait", 0, 29_000, "");
    check_overtaken("ahead by the whole tolerance", 300, 500, "2025-12-01T00:05:00.100Z");
}

/// A receiver that tolerates this time stores an event. A second after the start, an older one
/// arrives at a receiver that tolerates nothing.
/// after the beginning, to one that tolerates nothing.
#[track_caller]
fn check_stored(why: &str, time: &str, forgets: bool, stays: &str) {
    let memory = Memory::default();
    let first = Request::body(state("stored", time, "modify"));
    assert_eq!(ask(Ok(&tolerating(86_400)), first, &memory).status, 202, "{why}");
    if forgets {
        memory.forget_ledger();
    }
    memory.time.pass(1_000);
    let second = Request::body(state("older", NOON, "modify"));
    assert_eq!(ask(Ok(&tolerating(0)), second, &memory).status, 202, "{why}");
    assert_eq!(held(&memory), stays, "{why}, forgotten: {forgets}");
}

#[test]
fn a_stored_time_is_disbelieved_beyond_the_tolerance_and_a_minute() {
    for forgets in [false, true] {
        check_stored(
            "a minute: another machine's clock, or a wait",
            "2025-12-01T00:01:01Z",
            forgets,
            "stored",
        );
        check_stored("a nanosecond more", "2025-12-01T00:01:01.000000001Z", forgets, "older");
    }
}

/// The default shows nothing of this: what is stored is within five minutes.
#[test]
fn a_state_within_the_tolerance_keeps_its_time() {
    let memory = Memory::default();
    let ahead = Request::body(state("1", "2025-12-01T00:05:00Z", "modify"));
    assert_eq!(ask(Ok(&mirroring("")), ahead, &memory).status, 202);
    assert!(
        send(&state("2", "2025-12-01T00:04:59Z", "modify"), &memory).body.contains("superseded")
    );
    assert_eq!(held(&memory), "1");
}
