//! Erasing what is kept.

use edge::{Fault, Receiver, Settings, Sink, event, wait_until};
use serde_json::{Value, json};

use super::{ask, get, search, settings, with_journal};

/// Erases everything that is meant, step by step. Returns the sum of what was removed, and what was not reached.
#[track_caller]
fn erase(receiver: &Receiver, query: &str) -> (Value, Vec<String>) {
    let names = ["events", "refusals", "claims", "spool", "dead_letters"];
    let mut sums = [0; 5];
    let mut cursor = String::new();
    loop {
        let answer = ask(receiver, "DELETE", &format!("/events?{query}{cursor}"), "");
        assert_eq!((answer.status, &*answer.code()), (200, "erased"), "{}", answer.body);
        let step = answer.json();
        for (sum, name) in sums.iter_mut().zip(names) {
            *sum += step["removed"][name].as_u64().unwrap();
        }
        if let Value::String(next) = &step["cursor"] {
            cursor = format!("&cursor={next}");
        } else {
            let not_reached = serde_json::from_value(step["not_reached"].clone()).unwrap();
            let sums = names.into_iter().zip(sums);
            return (sums.map(|(name, sum)| (name.to_owned(), json!(sum))).collect(), not_reached);
        }
    }
}

#[test]
fn removes_an_object_from_everywhere() {
    let sink = Sink::start();
    let settings = Settings::both().with_kv("CLAIMS").with_kv("SPOOL").with_webhooks();
    let receiver = Receiver::start(&with_journal(settings).with_sink(&sink));
    let of = |id: &str, object: &str| event(id, "product").replace("4711", object);
    let large = "x".repeat(200_000);
    let large = |id: &str, object: &str| {
        of(id, object).replace("\"data\":{", &format!("\"data\":{{\"large\":\"{large}\","))
    };
    for text in [of("1", "1"), of("2", "2"), large("3", "1"), large("4", "2")] {
        assert_eq!(receiver.post(text).send().status, 202);
    }
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    // A spooled message that refers to a large event tells its object only there.
    for text in [of("5", "1"), of("6", "2"), large("7", "1")] {
        assert_eq!(receiver.post(text).send().status, 202);
    }
    receiver.fail(&[]);
    let why = r#"{"subscription":"shop","accepted_at":7,"died_at":8,"attempts":6,"cause":"timeout","reason":"late"}"#;
    for (id, object) in [("8", "1"), ("9", "2")] {
        let key = format!("shop/0000000000008/{id}{}", "A".repeat(42));
        receiver.put_kv("DEAD", &key, &format!("{why}\n{}", of(id, object)));
    }
    let (removed, not_reached) = erase(&receiver, "object=product/1");
    let expected = json!({"events": 4, "refusals": 0, "claims": 2, "spool": 2, "dead_letters": 1});
    assert_eq!(removed, expected);
    assert_eq!(
        not_reached,
        [
            "the KV namespace EVENTS_KV (subscription archive)",
            "the queue EVENTS_QUEUE (subscription stream)",
            "messages in the queue DELIVERIES",
            "messages in the queue DEAD_LETTERS",
            "refusals of events that were invalid, since an object is not read from those",
            "the filters of replays, of which the last 100 are kept",
            "the Worker's log, which has the id and the object",
        ]
    );
    // Nothing of it is left, and everything of the other one is.
    assert_eq!(search(&receiver, "object=product/1"), <[Value; 0]>::default());
    assert_eq!(search(&receiver, "object=product/2").len(), 3);
    let left = ["CLAIMS", "SPOOL", "DEAD"].map(|binding| receiver.kv_of(binding).len());
    assert_eq!(left, [1, 1, 1]);
    let (removed, _) = erase(&receiver, "object=product/1");
    assert_eq!(
        removed,
        json!({"events": 0, "refusals": 0, "claims": 0, "spool": 0, "dead_letters": 0})
    );
}

#[test]
fn removes_an_event_and_its_refusals() {
    let receiver = Receiver::start(&settings());
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);
    let wrong = event("1", "product").replace("2025-12-31", "yesterday");
    assert_eq!(receiver.post(wrong).send().status, 400);
    wait_until("it is recorded", || {
        let refusals = get(&receiver, "/refusals", "refusals");
        (!refusals["refusals"].as_array().unwrap().is_empty()).then_some(())
    });
    let (removed, _) = erase(&receiver, "source=elytra-pim&id=1");
    assert_eq!([&removed["events"], &removed["refusals"]], [&json!(1), &json!(1)]);
    assert_eq!(search(&receiver, ""), <[Value; 0]>::default());

    for query in ["", "object=product", "id=1", "object=a/1&id=1", "source=a&id=1&cursor=x"] {
        let answer = ask(&receiver, "DELETE", &format!("/events?{query}"), "");
        assert_eq!((answer.status, &*answer.code()), (400, "bad_query"), "{query}");
    }
}
