//! Failures of R2.

use edge::{Fault, Settings};

use super::{PATIENT, QUICK, Stage, assert_failed_and_held, json, product, stream};

/// The key of the event, with the date of its `time`.
const KEY: &str = "2025-12-31/archive/elytra-pim/1";

/// Every event goes to the queue and to R2.
fn stream_and_archive(time_budget_ms: u64) -> Settings {
    stream(time_budget_ms).with_r2("ARCHIVE").with_vars(
        r#"
        [vars.SUBSCRIPTION_ARCHIVE]
        r2 = { binding = "ARCHIVE" }
        "#,
    )
}

/// The keys and bodies of all objects.
fn objects(stage: &Stage) -> Vec<(String, String)> {
    let objects = stage.receiver.r2_of("ARCHIVE");
    objects.into_iter().map(|(key, object)| (key, object.body)).collect()
}

/// The event is sent again, and the queue is not called.
#[track_caller]
fn comes_again(stage: &Stage, event: &str) {
    stage.repair();
    let answer = stage.send(event, 202, "accepted");
    assert_eq!(answer.json()["held_before"], json!(["stream"]));
    assert_eq!(stage.receiver.calls("EVENTS_QUEUE").calls, 1);
    assert_eq!(stage.queue(), [event]);
    assert_eq!(objects(stage), [(KEY.to_owned(), event.to_owned())]);
    stage.send(event, 200, "duplicate");
    assert_eq!(stage.receiver.calls("ARCHIVE").calls, 2);
}

/// R2 fails
/// | 503, which says where the event is held
/// | when the sender retries, it goes to R2 only
#[test]
fn r2_that_fails() {
    let stage = Stage::new(stream_and_archive(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("ARCHIVE")]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["archive"]), &json!(["stream"]));
    assert!(objects(&stage).is_empty());
    comes_again(&stage, &event);
}

/// R2 gives no answer
/// | 503 when `time_budget_ms` is over, which says where the event is held
/// | R2 may hold it; when the sender retries, it does
#[test]
fn r2_that_hangs() {
    let stage = Stage::new(stream_and_archive(QUICK));
    let event = product("1");
    stage.receiver.fail(&[Fault::hang("ARCHIVE")]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["archive"]), &json!(["stream"]));
    assert_eq!(stage.reasons(1), r#"["archive: no answer before the deadline"]"#);
    comes_again(&stage, &event);
}

/// R2 writes the event, and its answer is lost
/// | 503, which says where the event is held
/// | when the sender retries, the same object is written again
#[test]
fn r2_whose_answer_is_lost() {
    let stage = Stage::new(stream_and_archive(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::lost("ARCHIVE").times(1)]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["archive"]), &json!(["stream"]));
    assert_eq!(objects(&stage), [(KEY.to_owned(), event.clone())]);
    comes_again(&stage, &event);
}
