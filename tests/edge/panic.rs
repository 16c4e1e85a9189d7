//! A panic: the request in which it happens fails, and later requests are served.

use edge::{Fault, Receiver, Settings, event, raw_post};

#[test]
fn costs_the_requests_of_its_moment_and_no_other() {
    let receiver = Receiver::start(&Settings::standard());
    assert_eq!(receiver.post(event("1", "product_text")).send().status, 202);

    // Another event waits for its queue. It is not acknowledged, because its fate is unknown.
    receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    let waiting = event("2", "product_text");
    let length = waiting.len().to_string();
    let headers = [("Content-Length", length.as_bytes())];
    let unanswered = receiver.raw(&raw_post(&headers, waiting.as_bytes()));
    receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    receiver.panic_next();
    assert_eq!(receiver.post(event("3", "product_text")).send().status, 500);

    receiver.fail(&[]);
    for id in ["4", "5"] {
        let answer = receiver.post(event(id, "product_text")).send();
        assert_eq!(answer.status, 202, "{id}: {}", answer.body);
    }
    assert_eq!(unanswered.answer().status(), Some(500));
    let held = receiver.kv();
    for id in ["1", "4", "5"] {
        assert!(held.values().any(|entry| entry.value == event(id, "product_text")), "{id}");
    }
}
