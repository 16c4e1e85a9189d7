//! The same event more than once.

use std::collections::BTreeMap;
use std::thread;

use edge::{Fault, wait_until};

use super::{PATIENT, Stage, comes, product, stream, stream_and_archive, webhook};

/// An event is sent again after a 2xx
/// | 200 `duplicate`
/// | it is not forwarded again
#[test]
fn an_event_that_comes_again() {
    let mut stage = Stage::new(stream_and_archive(PATIENT));
    let event = product("1");
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    stage.receiver.restart();
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [&*event]);
    assert_eq!(stage.values("EVENTS_KV"), [event]);
    assert_eq!(stage.receiver.calls("EVENTS_KV").calls, 0);
}

/// An event is sent again after `dedupe_window_seconds`
/// | 202
/// | it is forwarded again
#[test]
fn an_event_that_comes_again_late() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.send(&event, 202, "accepted");
    stage.receiver.advance(3_590);
    stage.send(&event, 200, "duplicate");
    stage.receiver.advance(20);
    stage.send(&event, 202, "accepted");
    assert_eq!(stage.queue(), [&*event, &*event]);
}

/// A subscription gets another queue, and an event that the old one holds is sent again
/// | 202
/// | the new queue gets it too
#[test]
fn an_event_that_comes_again_after_a_change_of_queues() {
    let mut stage = Stage::new(stream(PATIENT).with_queue("OTHER_QUEUE"));
    let event = product("1");
    stage.send(&event, 202, "accepted");
    let other = webhook(PATIENT).with_queue("OTHER_QUEUE").with_vars(
        r#"
        [vars.SUBSCRIPTION_STREAM]
        queue = "OTHER_QUEUE"
        "#,
    );
    stage.receiver.restart_with(&other.with_sink(&stage.sink));
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [&*event]);
    assert_eq!(stage.sink.messages("OTHER_QUEUE"), [event]);
}

/// An event arrives twice at the same moment
/// | 202 for one; 503 `under_way` for the other in the meantime, and 200 `duplicate` when it is retried
/// | it is forwarded once
#[test]
fn an_event_that_comes_twice_at_once() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    thread::scope(|scope| {
        let first = scope.spawn(|| stage.send(&event, 202, "accepted"));
        stage.receiver.wait_until_hanging("EVENTS_QUEUE", 1);
        stage.send(&event, 503, "under_way");
        stage.repair();
        first.join().unwrap();
    });
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [event]);
}

/// An event arrives fifty times at the same moment
/// | 202 for one; 503 `under_way` or 200 `duplicate` for the others
/// | it is forwarded once
#[test]
fn an_event_that_comes_fifty_times_at_once() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    let answers = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..50).map(|_| scope.spawn(|| stage.receiver.post(&*event).send())).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    let mut codes: BTreeMap<_, usize> = BTreeMap::new();
    for answer in &answers {
        *codes.entry((answer.status, answer.code())).or_default() += 1;
    }
    assert_eq!(codes.remove(&(202, "accepted".to_owned())), Some(1), "{codes:?}");
    codes.remove(&(503, "under_way".to_owned()));
    codes.remove(&(200, "duplicate".to_owned()));
    assert!(codes.is_empty(), "{codes:?}");
    assert_eq!(stage.queue(), [event]);
}

/// The sender hangs up before the answer
/// | on a retry: 503 `under_way`, then 200 `duplicate`
/// | it is forwarded once
#[test]
fn a_sender_that_hangs_up() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    drop(comes(&stage, &event));
    stage.receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    stage.send(&event, 503, "under_way");
    stage.repair();
    let answer = wait_until("the first request has ended", || {
        let answer = stage.receiver.post(&*event).send();
        (answer.status != 503).then_some(answer)
    });
    assert_eq!((answer.status, &*answer.code()), (200, "duplicate"));
    assert_eq!(stage.queue(), [event]);
}
