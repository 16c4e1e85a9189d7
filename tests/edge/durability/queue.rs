//! Failures of queues, without a spool.

use edge::{Fault, Reason};

use super::large::large;
use super::{PATIENT, QUICK, Stage, assert_failed_and_held, json, product, stream};

/// A queue fails once
/// | 202
/// | the second attempt gets it into the queue
#[test]
fn a_queue_that_fails_once() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE").times(1)]);
    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [&*event]);
    assert_eq!(stage.receiver.calls("EVENTS_QUEUE").calls, 2);
}

/// A queue fails, and there is no spool
/// | 503
/// | nothing holds it; when the sender retries, the queue gets it
#[test]
fn a_queue_that_fails() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["stream"]), &json!([]));
    assert!(stage.queue().is_empty());

    stage.repair();
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [event]);
}

/// A queue says "Too Many Requests" or "Storage Limit Exceeded"
/// | as when it fails
/// | as when it fails
#[test]
fn a_queue_that_is_overloaded() {
    let stage = Stage::new(stream(PATIENT).with_kv("SPOOL"));
    let reasons = [
        (Reason::TooManyRequests, "Too Many Requests"),
        (Reason::StorageLimitExceeded, "Storage Limit Exceeded"),
    ];
    for (n, (reason, words)) in reasons.into_iter().enumerate() {
        let event = product(&n.to_string());
        let overloaded = Fault::fail("EVENTS_QUEUE").because(reason);
        // The spool does not hold it either.
        stage.receiver.fail(&[overloaded.clone(), Fault::fail("SPOOL")]);
        stage.send(&event, 503, "undelivered");
        assert!(stage.reasons(2 * n + 1).contains(words));
        // The spool holds it.
        stage.receiver.fail(&[overloaded]);
        let answer = stage.send(&event, 202, "accepted");
        assert_eq!(answer.json()["spooled"], json!(["stream"]));
        assert!(stage.reasons(2 * n + 2).contains(words));
    }
    assert!(stage.queue().is_empty());
    assert_eq!(stage.receiver.kv_of("SPOOL").len(), 2);
}

/// A queue gives no answer, and there is no spool
/// | 503 when `time_budget_ms` is over
/// | the queue may hold it; when the sender retries, it does
#[test]
fn a_queue_that_hangs() {
    let stage = Stage::new(stream(QUICK));
    let event = product("1");
    stage.receiver.fail(&[Fault::hang("EVENTS_QUEUE")]);
    stage.send(&event, 503, "undelivered");
    assert_eq!(stage.reasons(1), r#"["stream: no answer before the deadline"]"#);

    stage.repair();
    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [event]);
}

/// A queue takes the event, and its answer is lost
/// | 202
/// | the second attempt sends it to the queue again: a duplicate
#[test]
fn a_queue_whose_answer_is_lost() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::lost("EVENTS_QUEUE").times(1)]);
    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [&*event, &*event]);
}

/// One of two queues fails
/// | 503, which says where the event is held
/// | the other queue holds it; when the sender retries, it goes only where it is missing
#[test]
fn one_of_two_queues_that_fails() {
    let copy = r#"
        [vars.SUBSCRIPTION_COPY]
        queue = "OTHER_QUEUE"
        "#;
    let stage = Stage::new(stream(PATIENT).with_vars(copy).with_queue("OTHER_QUEUE"));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("OTHER_QUEUE")]);
    let answer = stage.send(&event, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["copy"]), &json!(["stream"]));
    assert_eq!(stage.queue(), [&*event]);

    stage.repair();
    let answer = stage.send(&event, 202, "accepted").json();
    assert_eq!(answer["subscriptions"], json!(["copy", "stream"]));
    assert_eq!(answer["held_before"], json!(["stream"]));
    assert_eq!(stage.queue(), [&*event]);
    assert_eq!(stage.sink.messages("OTHER_QUEUE"), [event]);
    assert_eq!(stage.receiver.calls("EVENTS_QUEUE").calls, 1);
}

/// A queue takes only part of a batch
/// | 503, which says where each event is held
/// | when the batch is sent again, the queue gets only the events it is missing
#[test]
fn a_queue_that_takes_a_part_of_a_batch() {
    let stage = Stage::new(stream(PATIENT));
    // More events than fit in one call.
    let events: Vec<_> = (0..30).map(|n| large(&n.to_string(), 10_000)).collect();
    let send = || {
        let call = stage.receiver.post(format!("[{}]", events.join(",")));
        call.header("content-type", "application/cloudevents-batch+json").send()
    };
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE").after(1)]);
    let answer = send();
    assert_eq!((answer.status, &*answer.code()), (503, "undelivered"));
    let held = stage.queue();
    assert!(!held.is_empty() && held.len() < events.len(), "{}", held.len());

    stage.repair();
    assert_eq!(send().status, 202);
    let mut messages = stage.queue();
    messages.sort_unstable();
    let mut expected = events.clone();
    expected.sort_unstable();
    assert!(messages == expected, "each is there, and none twice");
}
