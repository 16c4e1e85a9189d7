//! A destination that fails: the sender is told to come again, and told no half of the truth.

use edge::{Receiver, Settings, event};
use serde_json::json;

#[test]
fn a_failing_destination() {
    let receiver = Receiver::start(&Settings::standard());

    // The queue fails, KV holds the event.
    receiver.fail(&[("EVENTS_QUEUE", "queue")]);
    let answer = receiver.post(event("1", "product_text")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let body = answer.json();
    assert_eq!(body["code"], "undelivered");
    assert_eq!(body["detail"], "not every destination holds the event, send it again");
    assert_eq!((&body["failed"], &body["held"]), (&json!(["products"]), &json!(["archive"])));
    assert_eq!(receiver.kv().len(), 1);
    assert!(receiver.received_so_far().is_empty());

    // KV fails, the queue holds the event.
    receiver.fail(&[("EVENTS_KV", "kv")]);
    let answer = receiver.post(event("2", "product_text")).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["archive"]), &json!(["products"])));
    assert_eq!(receiver.received(1), [event("2", "product_text")]);

    // Both fail.
    receiver.fail(&[("EVENTS_KV", "kv"), ("EVENTS_QUEUE", "queue")]);
    let answer = receiver.post(event("3", "product_text")).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["archive", "products"]), &json!([])));

    // What the bindings said stands in the log, not in the answer.
    assert!(!answer.body.contains("injected"), "{}", answer.body);
    let log = receiver.log(3);
    assert_eq!(log[2]["outcome"], "failed");
    let reasons = log[2]["reasons"].to_string();
    assert!(reasons.contains("archive: ") && reasons.contains("KV PUT failed"), "{reasons}");
    assert!(reasons.contains("products: ") && reasons.contains("Too Many Requests"), "{reasons}");

    // The sender comes again, and everything is in order.
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("3", "product_text")).send().status, 202);
    assert_eq!(receiver.received(2).len(), 2);
    assert_eq!(receiver.kv().len(), 2);
}

#[test]
fn a_hanging_destination() {
    let receiver = Receiver::start(&Settings::standard());
    receiver.fail(&[("EVENTS_QUEUE", "hanging_queue")]);

    let answer = receiver.post(event("1", "product_text")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["products"]), &json!(["archive"])));
    let line = &receiver.log(1)[0];
    assert_eq!(line["reasons"], json!(["products: no answer before the time was up"]));

    // Nothing of it is left behind: the next event goes its way.
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("2", "product_text")).send().status, 202);
    assert_eq!(receiver.received(1), [event("2", "product_text")]);
}
