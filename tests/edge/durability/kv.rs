//! Failures of KV, with one key per event.

use edge::Fault;

use super::{PATIENT, QUICK, Stage, assert_failed_and_held, json, product, stream_and_archive};

/// The event is sent again, and the queue is not called.
#[track_caller]
fn comes_again(stage: &Stage, event: &str) {
    stage.repair();
    let answer = stage.send(event, 202, "accepted");
    assert_eq!(answer.json()["held_before"], json!(["stream"]));
    // The log says the same of both answers.
    let log = stage.receiver.log(2);
    let (failed, accepted) = (&log[0], &log[1]);
    assert_eq!((&failed["held"], &failed["subscriptions"]), (&json!(["stream"]), &json!(null)));
    assert_eq!(accepted["subscriptions"], answer.json()["subscriptions"]);
    assert_eq!(accepted["held_before"], json!(["stream"]));
    assert_eq!(stage.receiver.calls("EVENTS_QUEUE").calls, 1);
    assert_eq!(stage.queue(), [event]);
    assert_eq!(stage.values("EVENTS_KV"), [event]);
}

/// KV fails
/// | 503, which says where the event is held
/// | when the sender retries, it goes to KV only
#[test]
fn kv_that_fails() {
    let stage = Stage::new(stream_and_archive(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("EVENTS_KV")]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["archive"]), &json!(["stream"]));
    assert!(stage.values("EVENTS_KV").is_empty());
    comes_again(&stage, &event);
}

/// KV gives no answer
/// | 503 when `time_budget_ms` is over, which says where the event is held
/// | KV may hold it; when the sender retries, it does
#[test]
fn kv_that_hangs() {
    let stage = Stage::new(stream_and_archive(QUICK));
    let event = product("1");
    stage.receiver.fail(&[Fault::hang("EVENTS_KV")]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["archive"]), &json!(["stream"]));
    assert_eq!(stage.reasons(1), r#"["archive: no answer before the deadline"]"#);
    comes_again(&stage, &event);
}

/// KV writes the event, and its answer is lost
/// | 503, which says where the event is held
/// | when the sender retries, it is written again, under the same key
#[test]
fn kv_whose_answer_is_lost() {
    let stage = Stage::new(stream_and_archive(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::lost("EVENTS_KV").times(1)]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["archive"]), &json!(["stream"]));
    assert_eq!(stage.values("EVENTS_KV"), [&*event]);
    comes_again(&stage, &event);
}
