//! Batch mode: all or nothing, with an answer for each event.

use std::collections::BTreeSet;

use edge::{Call, Fault, Receiver, Settings, event};
use serde_json::{Value, json};

const CONTENT_TYPE: &str = "application/cloudevents-batch+json";

fn batch<'a>(receiver: &'a Receiver, events: &[String]) -> Call<'a> {
    let body = format!("[{}]", events.join(","));
    receiver.post(body).header("content-type", CONTENT_TYPE)
}

/// An event of exactly this many bytes that would not survive parsing and printing.
fn large(n: usize, bytes: usize) -> String {
    let head = format!(
        r#"{{ "specversion":"1.0","id":"e{n}","source":"elytra-pim","type":"com.elytra.product",
        "data":{{"big":1234567890123456789012345678901234567890,"one":1.0,"emoji":"\ud83d\ude00 😀","n":{n},"pad":""#
    );
    let tail = "\"} }";
    format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len()))
}

#[test]
fn a_hundred_events_of_ten_kilobytes() {
    let receiver = Receiver::start(&Settings::both());
    let sent: Vec<String> = (0..100).map(|n| large(n, 10_000)).collect();

    let answer = batch(&receiver, &sent)
        .header("content-type", "application/cloudevents-batch+json; charset=UTF-8")
        .send();
    assert_eq!(answer.status, 202, "{}", answer.body);
    let fates: Vec<Value> = (0..100)
        .map(|n| json!({ "code": "accepted", "id": format!("e{n}"), "subscriptions": ["archive", "stream"] }))
        .collect();
    assert_eq!(answer.json(), json!({ "code": "accepted", "events": fates }));

    let messages = receiver.received(100);
    assert_eq!(messages.len(), 100, "messages in the consumer");
    let sent: BTreeSet<_> = sent.into_iter().collect();
    assert_eq!(messages.into_iter().collect::<BTreeSet<_>>(), sent);
    let kv = receiver.kv();
    assert_eq!(kv.len(), 100, "keys in KV");
    assert_eq!(kv.into_values().map(|entry| entry.value).collect::<BTreeSet<_>>(), sent);

    let log = receiver.log(1);
    assert_eq!((&log[0]["mode"], &log[0]["code"]), (&json!("batch"), &json!("accepted")));
    assert_eq!(log[0]["events"].as_array().unwrap().len(), 100);
    assert_eq!(log[0]["events"][99]["id"], "e99");
}

#[test]
fn refused_as_a_whole() {
    let receiver = Receiver::start(&Settings::both());

    // One event too many.
    let events: Vec<String> = (0..101).map(|n| event(&n.to_string(), "product")).collect();
    let answer = batch(&receiver, &events).send();
    assert_eq!((answer.status, answer.code().as_str()), (413, "batch_too_large"));
    assert_eq!(answer.json()["detail"], "the batch has 101 events, but at most 100 are allowed");

    // More writes to KV than fit in the time budget, without a ledger that remembers what was
    // written.
    let less = Settings::both().with_webhook_field("time_budget_ms = 1000");
    let receiver_with_less = Receiver::start(&less);
    let answer = batch(&receiver_with_less, &events[..31]).send();
    assert_eq!((answer.status, answer.code().as_str()), (413, "batch_too_large"));
    assert_eq!(batch(&receiver_with_less, &events[..30]).send().status, 202);
    assert_eq!(receiver_with_less.kv().len(), 30);

    // Two of three events are invalid, and all violations are listed by index.
    let invalid = [
        event("1", "product"),
        r#"{"specversion":"1.0","id":"","source":"a b","type":"t"}"#.to_owned(),
        "[]".to_owned(),
    ];
    let answer = batch(&receiver, &invalid).send();
    assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_event"));
    let body = answer.json();
    assert_eq!(
        body["detail"],
        "found 3 violations in 2 events of the batch; nothing was forwarded"
    );
    assert_eq!(
        body["violations"],
        json!([
            { "index": 1, "attribute": "id", "code": "empty", "message": "must not be empty" },
            { "index": 1, "attribute": "source", "code": "not_a_uri_reference",
              "message": "not a URI-reference by RFC 3986" },
            { "index": 2, "code": "not_an_object",
              "message": "expected a JSON object, found an array" },
        ])
    );

    // An event that no queue can hold.
    let answer = batch(&receiver, &[event("1", "product"), large(2, 127_901)]).send();
    assert_eq!((answer.status, answer.code().as_str()), (413, "event_too_large"));
    assert_eq!(
        answer.json()["detail"],
        "event 1 of the batch has 127901 bytes, but the destination of \"stream\" takes at most 127900, and no KV \
         namespace is bound as CLAIMS"
    );

    // Bodies that are not batches.
    for (body, code) in [("{}", "not_an_array"), ("", "no_body"), ("[{}", "not_json")] {
        let answer = receiver.post(body).header("content-type", CONTENT_TYPE).send();
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_event"), "{body:?}");
        assert_eq!(answer.json()["violations"][0]["code"], code, "{body:?}");
    }

    // An empty batch is a success. None of all this was forwarded.
    let answer = batch(&receiver, &[]).send();
    assert_eq!((answer.status, &*answer.body), (200, r#"{"code":"ignored","events":[]}"#));
    assert!(receiver.received_so_far().is_empty());
    assert!(receiver.kv().is_empty());
}

#[test]
fn each_event_has_its_own_fate() {
    let receiver = Receiver::start(&Settings::standard());
    let events = [
        event("1", "product"),
        event("2", "document"),
        event("3", "todo"),
        event("4", "product_text"),
    ];
    let answer = batch(&receiver, &events).send();
    assert_eq!(answer.status, 202, "{}", answer.body);
    let not_selected = |subscription: &str| {
        json!({ "subscription": subscription, "code": "event_type_not_selected",
                "message": "event type \"todo\" is not in event_types" })
    };
    assert_eq!(
        answer.json(),
        json!({ "code": "accepted", "events": [
            { "code": "accepted", "id": "1", "subscriptions": ["products"] },
            { "code": "accepted", "id": "2", "subscriptions": ["archive"] },
            { "code": "ignored", "id": "3", "detail": "no subscription wants this event",
              "reasons": [not_selected("archive"), not_selected("products")] },
            { "code": "accepted", "id": "4", "subscriptions": ["archive", "products"] },
        ] })
    );
    let messages: BTreeSet<_> = receiver.received(2).into_iter().collect();
    assert_eq!(messages, BTreeSet::from([events[0].clone(), events[3].clone()]));
    let values: Vec<_> = receiver.kv().into_values().map(|entry| entry.value).collect();
    assert_eq!(values, [events[1].clone(), events[3].clone()]);

    // If no subscription wants any event, the answer is still a success.
    let answer = batch(&receiver, &[event("5", "todo")]).send();
    assert_eq!((answer.status, answer.code().as_str()), (200, "ignored"));
    let log = receiver.log(1);
    for line in log[0]["events"].as_array().unwrap() {
        let about = ["object_type", "object_id"].map(|name| line[name].as_str());
        assert_eq!(about, ["product", "4711"].map(Some), "each event by itself: {line}");
    }
}

#[test]
fn a_queue_that_fails() {
    let receiver = Receiver::start(&Settings::both());
    let events: Vec<String> = (0..2).map(|n| event(&format!("e{n}"), "product")).collect();

    // The queue takes none of the events, and KV holds all of them.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let answer = batch(&receiver, &events).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let undelivered = |n: usize| json!({ "code": "undelivered", "id": format!("e{n}"), "failed": ["stream"], "held": ["archive"] });
    let body = answer.json();
    assert_eq!(body["code"], "undelivered");
    assert_eq!(body["detail"], "not every destination holds the event; send it again");
    assert_eq!(body["events"], json!([undelivered(0), undelivered(1)]));
    assert!(!answer.body.contains("injected"), "{}", answer.body);
    let log = receiver.log(1);
    assert_eq!(log[0]["outcome"], "failed");
    let reasons = log[0]["events"][1]["reasons"].to_string();
    assert!(reasons.contains("stream: ") && reasons.contains("sendBatch failed"), "{reasons}");

    // 30 events of 10 KB need more than one call. The queue holds those of the first call.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE").after(1)]);
    let events: Vec<String> = (0..30).map(|n| large(n, 10_000)).collect();
    let answer = batch(&receiver, &events).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    let fates = body["events"].as_array().unwrap();
    for (n, fate) in fates.iter().enumerate() {
        let expected = if n < 25 {
            json!({ "code": "accepted", "id": format!("e{n}"), "subscriptions": ["archive", "stream"] })
        } else {
            undelivered(n)
        };
        assert_eq!(*fate, expected);
    }
    assert_eq!(fates.len(), 30);
    let messages: BTreeSet<_> = receiver.received(25).into_iter().collect();
    assert_eq!(messages, events[..25].iter().cloned().collect());

    // The sender retries, and everything succeeds.
    receiver.fail(&[]);
    assert_eq!(batch(&receiver, &events).send().status, 202);
    assert_eq!(receiver.received(55).len(), 55);
}

#[test]
fn text_keeps_every_byte_in_a_batch() {
    let receiver = Receiver::start(&Settings::both());
    // White space around an element belongs to the array, and white space within it to the event.
    let events = [
        "{ \"specversion\":\"1.0\",\n\t\"id\":\"\\u00e9\",\"source\":\"s\",\"type\":\"t\",\"n\":-1,\"data\":[1.0,1e400,-0.0,{\"b\":1,\"a\":2,\"b\":3}] }",
        "{\"type\":\"t\",\"source\":\"s\",\"id\":\"2\",\"specversion\":\"1.0\",\"data_base64\":\"/+8=\"}",
    ];
    let body = format!("\r\n[ {} ,\t{} ]\n", events[0], events[1]);
    let answer = receiver.post(body).header("content-type", CONTENT_TYPE).chunked().send();
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(receiver.received(2), events);
}
