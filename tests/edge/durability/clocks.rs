//! KV with one key per object: what counts as newer, and for how long.

use edge::Fault;

use super::mirror::{entry, mirror, operated_mirror, reset, state, state_without_time};
use super::{CLAIM_SECONDS, PATIENT, Stage, comes, json};

const DAY: u64 = 24 * 3_600;

/// `key = "object"`: the ledger has forgotten an object, after seven days, and an older event arrives
/// | 202
/// | KV is read, and the newer one stays, even if it has no `time`
#[test]
fn a_state_that_the_ledger_forgot() {
    let stage = Stage::new(mirror(PATIENT));
    let newer = state_without_time("1");
    stage.send(&newer, 202, "accepted");
    stage.receiver.advance(8 * DAY);
    let answer = stage.send(&state("2020-01-01T00:00:00Z", "modify"), 202, "accepted");
    assert_eq!(answer.json()["superseded"], json!(["state"]));
    assert_eq!(entry(&stage).value, newer);
}

/// `key = "object"`: the process dies before it records what KV took of an event whose `time` does not
/// fit in the metadata
/// | no answer
/// | KV holds it; an older event that arrives next does not replace it
#[test]
fn a_death_after_a_state_of_a_long_time() {
    let long = |day: u8| {
        let time = format!("2026-01-0{day}T00:00:00.{}1Z", "0".repeat(1_099));
        state("TIME", "modify")
            .replace("TIME", &day.to_string())
            .replace(&format!(r#""time":"{day}""#), &format!(r#""time":"{time}""#))
    };
    let mut stage = Stage::new(mirror(PATIENT));
    stage.receiver.fail(&[Fault::late("EVENTS_KV").on("put")]);
    let unanswered = comes(&stage, &long(2));
    stage.die("EVENTS_KV");
    assert_eq!(unanswered.answer().status(), None);
    stage.receiver.advance(CLAIM_SECONDS);
    stage.send(&long(1), 202, "accepted");
    assert_eq!(entry(&stage).value, long(2));
}

/// `key = "object"`: a clock was ten years ahead when an event was stored, and is now right
/// | 202
/// | the stored time is ignored: the next event is written
#[test]
fn a_clock_that_was_ahead() {
    let mut stage = Stage::new(mirror(PATIENT));
    stage.receiver.advance(3_650 * DAY);
    let stored = state_without_time("1");
    stage.send(&stored, 202, "accepted");
    assert_eq!(entry(&stage).value, stored);
    stage.receiver.kill();
    stage.receiver.restart();
    let next = state("2026-01-01T00:00:00Z", "modify");
    stage.send(&next, 202, "accepted");
    assert_eq!(entry(&stage).value, next);
}

/// `key = "object"`: an operator resets an object after an event from the year 9999, and KV fails at first
/// | 503; 202 when the sender retries
/// | the reset applies until an event is written, whatever KV shows
#[test]
fn a_reset_and_a_write_that_fails() {
    let stage = Stage::new(operated_mirror());
    stage.send(&state("9999-12-31T00:00:00Z", "modify"), 202, "accepted");
    let answer = stage.send(&state("2026-01-02T00:00:00Z", "modify"), 202, "accepted");
    assert_eq!(
        answer.json()["superseded"],
        json!(["state"]),
        "older than the arrival of the first"
    );

    reset(&stage);
    stage.receiver.fail(&[Fault::fail("EVENTS_KV").on("put")]);
    let next = state("2026-01-01T00:00:00Z", "modify");
    stage.send(&next, 503, "undelivered");
    stage.repair();
    stage.send(&next, 202, "accepted");
    assert_eq!(entry(&stage).value, next);
}
