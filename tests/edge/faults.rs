//! A failing destination: the sender is told to retry, and learns exactly what failed.

use edge::{Calls, Fault, Reason, Receiver, Settings, event};
use serde_json::json;

#[test]
fn a_failing_destination() {
    let receiver = Receiver::start(&Settings::standard());

    // The queue fails, KV holds the event.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let answer = receiver.post(event("1", "product_text")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let body = answer.json();
    assert_eq!(body["code"], "undelivered");
    assert_eq!(body["detail"], "not every destination holds the event; send it again");
    assert_eq!((&body["failed"], &body["held"]), (&json!(["products"]), &json!(["archive"])));
    assert_eq!(receiver.kv().len(), 1);
    assert!(receiver.received_so_far().is_empty());

    // KV fails, the queue holds the event.
    receiver.fail(&[Fault::fail("EVENTS_KV")]);
    let answer = receiver.post(event("2", "product_text")).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["archive"]), &json!(["products"])));
    assert_eq!(receiver.received(1), [event("2", "product_text")]);

    // Both fail.
    receiver.fail(&[Fault::fail("EVENTS_KV"), Fault::fail("EVENTS_QUEUE")]);
    let answer = receiver.post(event("3", "product_text")).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["archive", "products"]), &json!([])));

    // The errors of the bindings are in the log, not in the answer.
    assert!(!answer.body.contains("injected"), "{}", answer.body);
    let log = receiver.log(3);
    assert_eq!(log[2]["outcome"], "failed");
    let reasons = log[2]["reasons"].to_string();
    assert!(reasons.contains("archive: ") && reasons.contains("KV PUT failed"), "{reasons}");
    assert!(reasons.contains("products: ") && reasons.contains("Too Many Requests"), "{reasons}");

    // The sender retries, and everything succeeds.
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("3", "product_text")).send().status, 202);
    assert_eq!(receiver.received(2).len(), 2);
    assert_eq!(receiver.kv().len(), 2);
}

#[test]
fn a_hanging_destination() {
    let receiver = Receiver::start(&Settings::standard());
    receiver.fail(&[Fault::hang("EVENTS_QUEUE")]);

    let answer = receiver.post(event("1", "product_text")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["products"]), &json!(["archive"])));
    let line = &receiver.log(1)[0];
    assert_eq!(line["reasons"], json!(["products: no answer before the deadline"]));

    // Nothing of it remains, and the next event goes through.
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("2", "product_text")).send().status, 202);
    assert_eq!(receiver.received(1), [event("2", "product_text")]);
}

/// Tests the faults themselves, so that a test that relies on them does not pass by mistake.
#[test]
fn faults_are_what_they_say() {
    let receiver = Receiver::start(&Settings::standard());
    let status = |id: &str| receiver.post(event(id, "product_text")).send().status;

    // The call takes effect, but its answer is lost, with an unusual error, and only once.
    receiver.fail(&[
        Fault::lost("EVENTS_KV").on("put").times(1).because(Reason::InternalServerError),
        Fault::lost("EVENTS_QUEUE").times(1),
    ]);
    assert_eq!([status("1"), status("2")], [503, 202]);
    let [first, second] = ["1", "2"].map(|id| event(id, "product_text"));
    // The queue is tried again, and gets the first one twice.
    assert_eq!(receiver.received(3), [&*first, &*first, &*second]);
    assert_eq!(receiver.kv().len(), 2);
    let reasons = receiver.log(1)[0]["reasons"].to_string();
    assert!(reasons.contains("KV PUT failed: 500 Internal Server Error"), "{reasons}");

    // After one successful call, the call takes effect and never returns.
    receiver.fail(&[Fault::late("EVENTS_QUEUE").after(1)]);
    assert_eq!([status("3"), status("4")], [202, 503]);
    assert_eq!(receiver.received(5).len(), 5);
    let calls = Calls { calls: 5, failed: 1, hanging: 1 };
    assert_eq!(receiver.calls("EVENTS_QUEUE"), calls);

    // A fault of another method than the one that is called.
    receiver
        .fail(&[Fault::fail("EVENTS_KV").on("get"), Fault::hang("EVENTS_QUEUE").on("sendBatch")]);
    assert_eq!(status("5"), 202);

    // At random, but always the same for the same seed.
    let statuses = || {
        receiver.fail(&[Fault::fail("EVENTS_KV").probability(0.5, 7)]);
        (0..20).map(|id| status(&id.to_string())).collect::<Vec<_>>()
    };
    let by_chance = statuses();
    assert!(by_chance.contains(&202) && by_chance.contains(&503), "{by_chance:?}");
    assert_eq!(statuses(), by_chance);
}
