//! What makes an event newer if its own `time` is missing or nonsense.

use super::{Memory, NOON, Request, ask, held, mirroring, send, state};
use crate::memory::{Fault, START};

/// A `time` that does not fit in KV's metadata.
fn long_time(day: u8) -> String {
    format!("2025-11-{day}T12:00:00.{}1Z", "0".repeat(1_100))
}

/// The ledger does not know the newer event, and an older one arrives.
#[track_caller]
fn check(why: &str, newer: &str, older: &str) {
    for (fault, forgets) in [(Some(Fault::HangsAfterwards), false), (None, true)] {
        let memory = Memory::default();
        if let Some(fault) = fault {
            memory.breaks("LEDGER", "settle", fault, 1);
        }
        let _ = send(&state("newer", newer, "modify"), &memory);
        memory.repair();
        memory.time.pass(6_000);
        if forgets {
            memory.time.pass(8 * 24 * 3_600_000);
        }
        assert_eq!(send(&state("older", older, "modify"), &memory).status, 202, "{why}");
        assert_eq!(held(&memory), "newer", "{why}, forgotten: {forgets}");
    }
}

#[test]
fn an_older_event_replaces_no_newer_one_whatever_the_ledger_has_forgotten() {
    check("a newer one without time", "", "2020-01-01T00:00:00Z");
    check("a newer one of a long time", &long_time(30), &long_time(29));
    check("a newer one of a wrong clock", "9999-12-31T23:59:59Z", NOON);
    check("an ordinary one", NOON, "2020-01-01T00:00:00Z");
}

/// The `time` of an event that arrives one second after [`START`], and its effective time in KV.
#[track_caller]
fn check_effective(why: &str, time: &str, expected: &str) {
    let memory = Memory::default();
    assert_eq!(memory.time.now(), START);
    let answer = send(&state("1", time, "modify"), &memory);
    assert_eq!(answer.status, 202, "{why}");
    let metadata: serde_json::Value = memory.namespace("KV")[0].1.metadata.parse().unwrap();
    assert_eq!(metadata["effective_time"], expected, "{why}");
    let is_in_future = answer.body.contains(r#""code":"time_in_future""#);
    assert_eq!(is_in_future, expected == ARRIVAL && !time.is_empty(), "{why}: {}", answer.body);
    assert_eq!(
        answer.log.contains(r#""notices":["time_in_future"]"#),
        is_in_future,
        "{}",
        answer.log
    );
    assert!(memory.namespace("KV")[0].1.value.contains(time), "it is forwarded as it came");
}

const ARRIVAL: &str = "2025-12-01T00:00:01.000000000Z";

#[test]
fn each_event_has_an_effective_time() {
    check_effective("none", "", ARRIVAL);
    check_effective("an offset", "2025-11-30T13:00:00.5+01:00", "2025-11-30T12:00:00.500000000Z");
    let cut = "2025-11-30T12:00:00.123456789Z";
    check_effective("more digits than count", "2025-11-30T12:00:00.1234567899Z", cut);
    let ahead = "2025-12-01T00:05:01Z";
    check_effective("ahead by the tolerance", ahead, "2025-12-01T00:05:01.000000000Z");
    check_effective("a nanosecond more", "2025-12-01T00:05:01.000000001Z", ARRIVAL);
    check_effective("the end of time", "9999-12-31T23:59:59Z", ARRIVAL);
    check_effective("beyond it", "9999-12-31T23:59:59-23:00", ARRIVAL);
    check_effective(
        "before the first year",
        "0000-01-01T00:00:00+23:59",
        "0000-01-01T00:00:00.000000000Z",
    );
    check_effective("a leap second", "2016-12-31T23:59:60.5Z", "2016-12-31T23:59:60.500000000Z");
}

#[test]
fn a_wrong_clock_freezes_nothing() {
    let memory = Memory::default();
    assert_eq!(send(&state("1", "9999-12-31T00:00:00Z", "modify"), &memory).status, 202);
    let answer = send(&state("2", "2025-12-01T00:00:02Z", "modify"), &memory);
    assert!(!answer.body.contains("superseded"), "{}", answer.body);
    assert_eq!(held(&memory), "2", "what comes later is newer");
}

/// Version 0.1.0 trusted every clock, and wrote no effective time.
#[test]
fn what_a_wrong_clock_left_behind_heals() {
    let kv = r#"{"kv":{"binding":"KV","key":"object"}}"#;
    let patient = super::super::configure(
        &super::super::webhook_with(r#""clock_tolerance_seconds":86400"#),
        &[("PRICES", kv)],
    );
    let memory = Memory::default();
    let ahead = state("1", "2025-12-01T23:00:00Z", "modify");
    assert_eq!(ask(Ok(&patient), Request::body(ahead), &memory).status, 202);
    for forgets in [false, true] {
        if forgets {
            memory.forget_ledger();
        }
        assert_eq!(send(&state("2", NOON, "modify"), &memory).status, 202);
        assert_eq!(
            held(&memory),
            "2",
            "neither the time in the ledger nor the one in KV is trusted"
        );
    }
    assert_eq!(ask(Ok(&mirroring("")), Request::body(state("3", "", "add")), &memory).status, 202);
}
