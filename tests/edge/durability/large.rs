//! Events that are too large for a queue.

use std::time::{SystemTime, UNIX_EPOCH};

use edge::{Fault, Settings};
use serde_json::Value;

use super::{PATIENT, Stage, json, stream};

/// A week, the default.
const CLAIMS_SECONDS: u64 = 604_800;

/// An event of this many bytes that would not survive parsing and printing.
pub(crate) fn large(id: &str, bytes: usize) -> String {
    let head = format!(
        r#"{{ "specversion":"1.0","id":"{id}","source":"elytra-pim","type":"com.elytra.product",
        "data":{{"big":1234567890123456789012345678901234567890,"one":1.0,"emoji":"\ud83d\ude00 😀","pad":""#
    );
    let tail = "\"} }";
    format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len()))
}

fn claiming(time_budget_ms: u64) -> Settings {
    stream(time_budget_ms).with_kv("CLAIMS")
}

/// The stored event, and the message that refers to it.
#[track_caller]
fn assert_is_claimed(stage: &Stage, event: &str, message: &str) {
    let claims = stage.receiver.kv_of("CLAIMS");
    let (key, entry) = claims.first_key_value().expect("it is stored");
    assert_eq!(claims.len(), 1);
    assert!(entry.value == event, "it is not stored as it came");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let left = entry.expiration.expect("it goes by itself") - now;
    assert!((CLAIMS_SECONDS - 1_000..=CLAIMS_SECONDS + 1_000).contains(&left), "{left}");

    let message: Value = serde_json::from_str(message).unwrap();
    assert_eq!(
        message,
        json!({ "specversion": "1.0", "id": "1", "source": "elytra-pim", "type": "com.elytra.product",
                "dataref": format!("kv:CLAIMS/{key}#/data") })
    );
}

/// An event is too large for a queue, and there is no `CLAIMS`
/// | 413 `event_too_large`
/// | it is refused; nothing holds it
#[test]
fn a_large_event_without_claims() {
    let stage = Stage::new(stream(PATIENT));
    stage.send(&large("1", 127_901), 413, "event_too_large");
    assert!(stage.queue().is_empty());
    // The largest event that fits.
    let event = large("2", 127_900);
    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [event]);
}

/// An event is too large for a queue, and there is `CLAIMS`
/// | 202
/// | `CLAIMS` holds it, byte for byte; the queue gets a message that refers to it
#[test]
fn a_large_event() {
    let stage = Stage::new(claiming(PATIENT));
    let event = large("1", 1_000_000);
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    let queue = stage.queue();
    assert_eq!(queue.len(), 1);
    assert_is_claimed(&stage, &event, &queue[0]);
}

/// An event is too large for a queue, and `CLAIMS` fails
/// | 503
/// | nothing is sent; when the sender retries, it goes through
#[test]
fn claims_that_fail() {
    let stage = Stage::new(claiming(PATIENT));
    let event = large("1", 200_000);
    stage.receiver.fail(&[Fault::fail("CLAIMS")]);
    stage.send(&event, 503, "undelivered");
    assert!(stage.reasons(1).contains("CLAIMS: "), "{}", stage.reasons(1));
    assert_eq!(stage.receiver.calls("EVENTS_QUEUE").calls, 0);

    stage.repair();
    stage.send(&event, 202, "accepted");
    assert_is_claimed(&stage, &event, &stage.queue()[0]);
}

/// An event is too large for a queue, the queue fails, and there is a spool
/// | 202, `spooled`
/// | `CLAIMS` holds it; the cron trigger sends the message that refers to it to the queue
#[test]
fn a_large_event_and_a_queue_that_fails() {
    let stage = Stage::new(claiming(PATIENT).with_kv("SPOOL"));
    let event = large("1", 200_000);
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let answer = stage.send(&event, 202, "accepted");
    assert_eq!(answer.json()["spooled"], json!(["stream"]));
    assert_is_claimed(&stage, &event, &stage.values("SPOOL")[0]);

    stage.repair();
    stage.receiver.run_cron();
    assert_eq!(stage.queue().len(), 1);
    assert_is_claimed(&stage, &event, &stage.queue()[0]);
}
