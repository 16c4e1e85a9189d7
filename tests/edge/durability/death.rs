//! The process dies at each step between the claim and the answer, and with it the shard, which forgets the claims
//! that were not settled.

use edge::Fault;

use super::{PATIENT, Stage, comes, product, stream, stream_and_archive};

/// An event arrives, and the process dies while a call to this binding hangs.
#[track_caller]
fn comes_and_dies(stage: &mut Stage, event: &str, fault: Fault, binding: &str) {
    stage.receiver.fail(&[fault]);
    let unanswered = comes(stage, event);
    stage.die(binding);
    assert_eq!(unanswered.answer().status(), None);
}

/// The process dies after it claimed an event
/// | no answer
/// | when the sender retries, it is forwarded
#[test]
fn dies_before_forwarding() {
    let mut stage = Stage::new(stream(PATIENT));
    let event = product("1");
    comes_and_dies(&mut stage, &event, Fault::late("LEDGER"), "LEDGER");
    assert!(stage.queue().is_empty());

    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [event]);
}

/// The process dies while it forwards an event: KV holds it, the queue does not
/// | no answer
/// | when the sender retries, both get it, KV under the same key
#[test]
fn dies_while_forwarding() {
    let mut stage = Stage::new(stream_and_archive(PATIENT));
    let event = product("1");
    // KV is called at the same time as the queue, and hangs after it has written.
    stage.receiver.fail(&[Fault::hang("EVENTS_QUEUE"), Fault::late("EVENTS_KV")]);
    let unanswered = comes(&stage, &event);
    stage.receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    stage.die("EVENTS_KV");
    assert_eq!(unanswered.answer().status(), None);
    assert!(stage.queue().is_empty());
    assert_eq!(stage.values("EVENTS_KV"), [&*event]);

    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [&*event]);
    assert_eq!(stage.values("EVENTS_KV"), [event]);
}

/// The process dies before it learns that the queue took an event
/// | no answer
/// | when the sender retries, it is forwarded again: a duplicate, never a loss
#[test]
fn dies_after_forwarding() {
    let mut stage = Stage::new(stream(PATIENT));
    let event = product("1");
    comes_and_dies(&mut stage, &event, Fault::late("EVENTS_QUEUE"), "EVENTS_QUEUE");
    assert_eq!(stage.queue(), [&*event]);

    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [&*event, &*event]);
}

/// The process dies before the ledger records that an event was forwarded
/// | no answer
/// | when the sender retries, it is forwarded again: a duplicate, never a loss
#[test]
fn dies_before_it_is_noted() {
    let mut stage = Stage::new(stream(PATIENT));
    let event = product("1");
    comes_and_dies(&mut stage, &event, Fault::hang("LEDGER").after(1), "LEDGER");
    assert_eq!(stage.queue(), [&*event]);

    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [&*event, &*event]);
}

/// The process dies after the ledger recorded that an event was forwarded
/// | no answer; then 200 `duplicate`
/// | it is not forwarded again
#[test]
fn dies_before_the_answer() {
    let mut stage = Stage::new(stream(PATIENT));
    let event = product("1");
    comes_and_dies(&mut stage, &event, Fault::late("LEDGER").after(1), "LEDGER");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [event]);
}

/// A shard is restarted while a request forwards an event that it has claimed
/// | 202
/// | if the same event arrives again meanwhile, it is forwarded twice: a duplicate, never a loss
#[test]
fn a_shard_that_is_restarted() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    let first = comes(&stage, &event);
    stage.receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    stage.receiver.restart_shards();
    let second = comes(&stage, &event);
    stage.receiver.wait_until_hanging("EVENTS_QUEUE", 2);
    stage.receiver.fail(&[]);
    assert_eq!([first, second].map(|call| call.answer().status()), [Some(202); 2]);
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [&*event, &*event]);
}
