//! A request for whose answer nobody waits any more does not stay in memory for ever.

use edge::{Fault, Receiver, Settings, event, raw_post};

/// Starts a receiver, and a request that its queue holds up; lets so many seconds pass and another
/// request come, and lets the queue go on. What the first one is answered.
#[track_caller]
fn answer_after(seconds: u64) -> (Receiver, Option<u16>) {
    let receiver = Receiver::start(&Settings::standard());
    receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    let held_up = event("1", "product_text");
    let length = held_up.len().to_string();
    let headers = [("Content-Length", length.as_bytes())];
    let waiting = receiver.raw(&raw_post(&headers, held_up.as_bytes()));
    receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    receiver.advance(seconds);
    assert_eq!(receiver.post(event("2", "todo")).send().status, 200);
    receiver.fail(&[]);
    (receiver, waiting.answer().status())
}

#[test]
fn after_five_minutes() {
    let (receiver, status) = answer_after(301);
    assert_eq!(status, Some(500), "it is not acknowledged, though its queue takes it");
    assert_eq!(receiver.post(event("1", "product_text")).send().status, 202, "it comes again");
}

#[test]
fn but_no_earlier() {
    let (_receiver, status) = answer_after(299);
    assert_eq!(status, Some(202));
}
