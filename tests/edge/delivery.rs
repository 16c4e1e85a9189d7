//! Events arrive byte for byte.

use std::time::{SystemTime, UNIX_EPOCH};

use edge::{Receiver, Settings};
use serde_json::json;

/// An event that would not survive parsing and printing.
pub(crate) fn delicate(event_type: &str) -> String {
    format!(
        r#" {{ "specversion" : "1.0","type":"com.elytra.{event_type}","source":"/elytra/pim?a=b","id":"a/b c\u00e9",
  "time":"2025-12-31T04:19:30.860984129+01:00", "eventtype":"{event_type}","operation":"modify","subject":"Größe",
  "zebra":true,"answer":-42,"datacontenttype":"application/json",
  "data":{{ "z":1.0,"a":1e400,"big":1234567890123456789012345678901234567890,"objectId":9007199254740993,
    "emoji":"\ud83d\ude00 😀","objectType":"product","zero":-0.0,"empty":{{}},"z":2 }} }} "#
    )
}

#[test]
fn byte_for_byte() {
    let receiver = Receiver::start(&Settings::standard());

    // Only to the queue.
    let product = delicate("product");
    let answer = receiver.post(&*product).send();
    assert_eq!(
        (answer.status, &*answer.body),
        (202, r#"{"code":"accepted","id":"a/b cé","subscriptions":["products"]}"#)
    );
    assert_eq!(receiver.received(1), std::slice::from_ref(&product));
    assert!(receiver.kv().is_empty());

    // To both.
    let sent_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let text = delicate("product_text");
    let answer = receiver.post(&*text).chunked().send();
    assert_eq!(
        (answer.status, &*answer.body),
        (202, r#"{"code":"accepted","id":"a/b cé","subscriptions":["archive","products"]}"#)
    );
    assert_eq!(receiver.received(2), [product, text.clone()]);

    let kv = receiver.kv();
    let entry = &kv["archive/%2Felytra%2Fpim%3Fa%3Db/a%2Fb%20c%C3%A9"];
    assert_eq!(kv.len(), 1);
    assert_eq!(entry.value, text);
    assert_eq!(
        entry.metadata,
        json!({
            "type": "com.elytra.product_text",
            "eventtype": "product_text",
            "operation": "modify",
            "time": "2025-12-31T04:19:30.860984129+01:00",
            "subject": "Größe",
        })
    );
    let lifetime = entry.expiration.expect("it goes by itself") - sent_at;
    assert!((3600..3700).contains(&lifetime), "expiration_ttl is an hour, not {lifetime} s");

    // The log says where the events went and what they are about, and nothing else about their content.
    let log = receiver.log(2);
    assert_eq!(log[1]["subscriptions"], json!(["archive", "products"]));
    assert_eq!((&log[1]["mode"], &log[1]["credential"]), (&json!("structured"), &json!("TOKEN")));
    let about = ["subject", "object_type", "object_id"].map(|name| log[1][name].as_str());
    assert_eq!(about, ["Größe", "product", "9007199254740993"].map(Some), "to the last digit");
    for payload in ["1234567890", "emoji", "zebra", "right-token"] {
        assert!(!receiver.output().contains(payload), "{payload:?} is in the log");
    }
}

#[test]
fn larger_than_a_queue_takes() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }

        [vars.SUBSCRIPTION_QUEUE]
        queue = "EVENTS_QUEUE"

        [vars.SUBSCRIPTION_KV]
        kv = { binding = "EVENTS_KV" }
        "#,
    )
    .with_secret("TOKEN", "right-token");
    let receiver = Receiver::start(&settings);
    let padded = |bytes: usize| {
        let event = delicate("product");
        let padding = " ".repeat(bytes - event.len());
        event + &padding
    };

    // The largest event that we accept also passes the runtime's own check.
    let fits = padded(127_900);
    assert_eq!(receiver.post(&*fits).send().status, 202);
    assert_eq!(receiver.received(1), [fits]);

    let answer = receiver.post(padded(127_901)).send();
    assert_eq!((answer.status, answer.code().as_str()), (413, "event_too_large"));
    assert_eq!(receiver.kv().len(), 1, "an event that one destination cannot take goes to none");
}
