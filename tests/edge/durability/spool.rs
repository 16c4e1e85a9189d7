//! Failures of queues, with a spool, and of the spool itself.

use edge::{Fault, Settings, wait_until};

use super::{PATIENT, QUICK, Stage, json, product, stream};

fn spooling(time_budget_ms: u64) -> Settings {
    stream(time_budget_ms).with_kv("SPOOL")
}

/// In one run of four, the newest messages come first.
fn sorted(mut messages: Vec<String>) -> Vec<String> {
    messages.sort_unstable();
    messages
}

/// Sends these events while the queue fails.
fn spool(stage: &Stage, ids: &[&str]) -> Vec<String> {
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let events: Vec<_> = ids.iter().map(|id| product(id)).collect();
    for event in &events {
        let answer = stage.send(event, 202, "accepted");
        assert_eq!(answer.json()["spooled"], json!(["stream"]));
    }
    assert_eq!(stage.values("SPOOL"), events);
    assert!(stage.queue().is_empty());
    events
}

/// A queue fails, and there is a spool
/// | 202, `spooled`
/// | the spool holds it; the cron trigger sends it to the queue, then deletes it from the spool
#[test]
fn a_queue_that_fails_with_a_spool() {
    let stage = Stage::new(spooling(PATIENT));
    let events = spool(&stage, &["1", "2"]);
    stage.send(&events[0], 200, "duplicate");

    // The queue still fails, so nothing leaves the spool.
    stage.receiver.run_cron();
    assert_eq!(stage.values("SPOOL"), events);
    assert_eq!(stage.receiver.calls("SPOOL").failed, 0);

    stage.repair();
    stage.receiver.run_cron();
    assert_eq!(sorted(stage.queue()), events);
    assert!(stage.values("SPOOL").is_empty());
    stage.send(&events[0], 200, "duplicate");

    let log = stage.receiver.log(5);
    let cron: Vec<_> = log.iter().filter(|line| !line["sent"].is_null()).collect();
    let reported: Vec<_> = cron.iter().map(|line| (&line["outcome"], &line["sent"])).collect();
    assert_eq!(reported, [(&json!("failed"), &json!(0)), (&json!("drained"), &json!(2))]);
}

/// A queue gives no answer, and there is a spool
/// | 202, `spooled`, when a quarter of `time_budget_ms` is over
/// | the spool holds it; if the queue took it after all, it gets it twice
#[test]
fn a_queue_that_hangs_with_a_spool() {
    let stage = Stage::new(spooling(QUICK));
    let event = product("1");
    stage.receiver.fail(&[Fault::late("EVENTS_QUEUE")]);
    let answer = stage.send(&event, 202, "accepted");
    assert_eq!(answer.json()["spooled"], json!(["stream"]));
    assert_eq!(stage.reasons(1), r#"["stream: no answer within 1000 ms"]"#);
    assert_eq!(stage.queue(), [&*event]);

    stage.repair();
    stage.receiver.run_cron();
    assert_eq!(stage.queue(), [&*event, &*event]);
    assert!(stage.values("SPOOL").is_empty());
}

/// A queue fails, and so does the spool
/// | 503
/// | nothing holds it; when the sender retries, the queue gets it
#[test]
fn a_spool_that_fails() {
    let stage = Stage::new(spooling(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE"), Fault::fail("SPOOL")]);
    stage.send(&event, 503, "undelivered");
    let reasons = stage.reasons(1);
    assert!(reasons.contains("Queue send failed") && reasons.contains("SPOOL: "), "{reasons}");

    stage.repair();
    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [event]);
    assert!(stage.values("SPOOL").is_empty());
}

/// The spool does not delete what the cron trigger sent
/// | nothing
/// | it is not sent again; it is deleted later
#[test]
fn a_deletion_that_fails() {
    let stage = Stage::new(spooling(PATIENT));
    let events = spool(&stage, &["1"]);
    stage.receiver.fail(&[Fault::fail("SPOOL").on("delete")]);
    stage.receiver.run_cron();
    stage.receiver.run_cron();
    assert_eq!(stage.queue(), events);
    assert_eq!(stage.values("SPOOL"), events);

    stage.repair();
    stage.receiver.run_cron();
    assert_eq!(stage.queue(), events);
    assert!(stage.values("SPOOL").is_empty());
}

/// A queue never takes one of the messages in the spool
/// | nothing
/// | the others get through; it is set aside after five runs in which others got through, and the log names it
#[test]
fn a_message_that_is_never_taken() {
    let stage = Stage::new(spooling(PATIENT));
    let events = spool(&stage, &["bad", "good-1", "good-2"]);
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE").of("bad")]);
    stage.receiver.run_cron();
    assert_eq!(sorted(stage.queue()), events[1..]);
    let left = stage.receiver.kv_of("SPOOL");
    assert_eq!(left.values().map(|entry| &entry.value).collect::<Vec<_>>(), [&events[0]]);
    let (key, _) = left.first_key_value().unwrap();
    assert!(stage.reasons(4).contains(key), "{}", stage.reasons(4));

    stage.repair();
    stage.receiver.run_cron();
    assert_eq!(stage.queue().len(), 3);
    assert!(stage.values("SPOOL").is_empty());
}

/// The cron trigger dies before it learns that the queue took a message, and the shard with it
/// | nothing
/// | it is sent again: a duplicate
#[test]
fn a_cron_trigger_that_dies_before_the_queue_answers() {
    let mut stage = Stage::new(spooling(PATIENT));
    let events = spool(&stage, &["1"]);
    stage.receiver.fail(&[Fault::late("EVENTS_QUEUE")]);
    let _cron = stage.receiver.start_cron();
    stage.die("EVENTS_QUEUE");
    assert_eq!(stage.queue(), events);

    stage.receiver.run_cron();
    assert_eq!(stage.queue(), [&*events[0], &*events[0]]);
    assert!(stage.values("SPOOL").is_empty());
}

/// The cron trigger dies after the ledger recorded that the queue took a message
/// | nothing
/// | it is not sent again, only deleted
#[test]
fn a_cron_trigger_that_dies_before_it_deletes() {
    let mut stage = Stage::new(spooling(PATIENT));
    let events = spool(&stage, &["1"]);
    stage.receiver.fail(&[Fault::hang("SPOOL").on("delete")]);
    let _cron = stage.receiver.start_cron();
    stage.die("SPOOL");
    assert_eq!(stage.values("SPOOL"), events);

    stage.receiver.run_cron();
    assert_eq!(stage.queue(), events);
    assert!(stage.values("SPOOL").is_empty());
}

/// A queue gives no answer to the cron trigger
/// | nothing
/// | its messages stay in the spool; those of the other queues get through
#[test]
fn a_queue_that_hangs_in_the_cron_trigger() {
    let copy = r#"
        [vars.SUBSCRIPTION_COPY]
        queue = "OTHER_QUEUE"
        "#;
    let stage = Stage::new(spooling(PATIENT).with_vars(copy).with_queue("OTHER_QUEUE"));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE"), Fault::fail("OTHER_QUEUE")]);
    stage.send(&event, 202, "accepted");
    stage.receiver.fail(&[Fault::hang("EVENTS_QUEUE")]);
    let _cron = stage.receiver.start_cron();
    wait_until("the other queue has its message", || {
        (stage.sink.messages("OTHER_QUEUE") == [&*event]).then_some(())
    });
}
