//! What happened, and what the journal says. Each row is a test of its own.

use edge::{Fault, Receiver, Reply, Settings, Shop, Sink, event, wait_until};
use serde_json::{Value, json};

use super::{ask, fates, find, get, history, search, settings, with_journal};

/// Sends an event, and returns the status.
fn send(receiver: &Receiver, id: &str, type_: &str) -> u16 {
    receiver.post(event(id, type_)).send().status
}

#[test]
fn accepted() {
    let receiver = Receiver::start(&settings());
    let call = receiver.post(event("1", "product"));
    let call = call.header("cf-connecting-ip", "203.0.113.7").header("user-agent", "Elytra");
    assert_eq!(call.header("cf-ray", "8f0").send().status, 202);
    // It is there before the answer: nothing is waited for.
    let found = search(&receiver, "id=1");
    assert_eq!(found.len(), 1);
    let key = found[0]["key"].as_str().unwrap();
    let one = get(&receiver, &format!("/events/{key}"), "event")["entry"].clone();
    let expected = json!({
        "code": "accepted", "received": 1, "id": "1", "source": "elytra-pim",
        "type": "com.elytra.product", "event_type": "product", "operation": "modify",
        "object_type": "product", "object_id": "4711",
        "time": "2025-12-31T04:19:30.860984129+01:00", "mode": "structured",
        "bytes": event("1", "product").len(), "credential": "TOKEN", "ray": "8f0",
        "client_address": "203.0.113.7", "user_agent": "Elytra", "has_text": true,
        "subscriptions": [
            {"subscription": "archive", "fate": "unwanted", "code": "event_type_not_selected",
             "reason": "event type \"product\" is not in event_types"},
            {"subscription": "products", "fate": "held"},
        ],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(found[0][name], *value, "{name}");
    }
    assert_eq!(history(&one), ["received accepted"]);
    // The text, byte for byte.
    let answer = ask(&receiver, "GET", &format!("/events/{key}"), "");
    assert!(answer.body.contains(&event("1", "product")), "{}", answer.body);
}

#[test]
fn duplicate() {
    let receiver = Receiver::start(&settings());
    assert_eq!([send(&receiver, "1", "product"), send(&receiver, "1", "product")], [202, 200]);
    let again = find(&receiver, "1", |event| event["received"] == 2);
    assert_eq!(again["code"], "accepted", "a duplicate changes nothing");
    assert_eq!(fates(&again), ["archive unwanted", "products held"]);
    assert_eq!(history(&again), ["received accepted", "received duplicate"]);
    assert!(again["last_received_at"].as_u64() >= again["arrived_at"].as_u64());
}

#[test]
fn ignored() {
    let filters = r#"
        [vars.SUBSCRIPTION_FILTERED]
        event_types = ["user"]
        filters = [{ exact = { subject = "wanted" } }]
        queue = "EVENTS_QUEUE"
        "#;
    let receiver = Receiver::start(&settings().with_vars(filters));
    assert_eq!(send(&receiver, "1", "user"), 200);
    let one = find(&receiver, "1", |_| true);
    assert_eq!(one["code"], "ignored");
    let reasons: Vec<_> =
        one["subscriptions"].as_array().unwrap().iter().map(|state| &state["reason"]).collect();
    assert_eq!(
        reasons,
        [
            &json!("event type \"user\" is not in event_types"),
            &json!("filters[0].exact: subject is absent, not \"wanted\""),
            &json!("event type \"user\" is not in event_types"),
        ]
    );
    // It can be sent again when somebody wants it.
    assert_eq!(one["has_text"], true);
}

#[test]
fn refused() {
    let receiver = Receiver::start(&settings());
    let call = receiver.post("{}").header("cf-connecting-ip", "203.0.113.7");
    assert_eq!(call.send().status, 400);
    let call = receiver.post(event("1", "product")).header("authorization", "Bearer old");
    assert_eq!(call.header("user-agent", "old client").send().status, 401);
    assert_eq!(receiver.post(event("1", "product")).path("/webhook/").send().status, 404);
    let refusals = wait_until("all are recorded", || {
        let refusals = get(&receiver, "/refusals", "refusals");
        (refusals["refusals"].as_array().unwrap().len() == 3).then_some(refusals)
    });
    let of = |number: usize, name: &str| refusals["refusals"][number][name].clone();
    let codes: Vec<_> = (0..3).map(|number| of(number, "code")).collect();
    assert_eq!(codes, ["not_found", "credentials_wrong", "invalid_event"]);
    let violations = ["specversion", "id", "source", "type"];
    let violations: Vec<_> = violations
        .map(|attribute| format!("{attribute}: required attribute is missing"))
        .into_iter()
        .collect();
    assert_eq!(of(2, "reasons"), json!(violations));
    assert_eq!([of(2, "credential"), of(2, "client_address")], ["TOKEN", "203.0.113.7"]);
    assert_eq!([of(1, "credential"), of(1, "user_agent")], [Value::Null, json!("old client")]);
    let of_code = get(&receiver, "/refusals?code=credentials_wrong&limit=1", "refusals");
    assert_eq!(of_code["refusals"].as_array().unwrap().len(), 1);
}

#[test]
fn undelivered_then_delivered() {
    let receiver = Receiver::start(&settings());
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(send(&receiver, "1", "product_text"), 503);
    let one = find(&receiver, "1", |_| true);
    assert_eq!(
        (&one["code"], fates(&one)),
        (&json!("undelivered"), vec!["archive held".to_owned(), "products failed".to_owned(),])
    );
    receiver.fail(&[]);
    assert_eq!(send(&receiver, "1", "product_text"), 202);
    let one = find(&receiver, "1", |_| true);
    assert_eq!((&one["code"], &one["received"]), (&json!("accepted"), &json!(2)));
    assert_eq!(fates(&one), ["archive held", "products held"]);
    assert_eq!(history(&one), ["received undelivered", "received accepted"]);
}

#[test]
fn spooled_then_drained() {
    let receiver = Receiver::start(&settings().with_kv("SPOOL"));
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(send(&receiver, "1", "product"), 202);
    let one = find(&receiver, "1", |_| true);
    assert_eq!(fates(&one), ["archive unwanted", "products spooled"]);
    receiver.fail(&[]);
    receiver.run_cron();
    let one = find(&receiver, "1", |event| history(event).len() == 2);
    assert_eq!(history(&one), ["received accepted", "drained"]);
    assert_eq!(fates(&one), ["archive unwanted", "products drained"]);
}

#[test]
fn large() {
    let settings = Settings::both().with_kv("CLAIMS");
    let receiver = Receiver::start(&with_journal(settings));
    // Some of these take two bytes in JSON, some three in UTF-8.
    let data = "\\\"ü€".repeat(120_000);
    let text = event("1", "product").replace("4711", &format!("\"{data}\""));
    assert_eq!(receiver.post(text.clone()).send().status, 202);
    let one = find(&receiver, "1", |_| true);
    assert_eq!(fates(&one), ["archive held", "stream held"]);
    assert_eq!(one["bytes"], text.len());
    let key = one["key"].as_str().unwrap();
    let answer = ask(&receiver, "GET", &format!("/events/{key}"), "");
    assert!(answer.body.ends_with(&format!("\"event\":{text}}}")), "byte for byte");
}

#[test]
fn superseded() {
    let mirror = r#"
        [vars.SUBSCRIPTION_MIRROR]
        event_types = ["user"]
        kv = { binding = "EVENTS_KV", key = "object" }
        "#;
    let receiver = Receiver::start(&settings().with_vars(mirror));
    assert_eq!(send(&receiver, "1", "user"), 202);
    let older = event("2", "user").replace("2025-12-31", "2025-12-30");
    assert_eq!(receiver.post(older).send().status, 202);
    let one = find(&receiver, "2", |_| true);
    assert_eq!(fates(&one), ["archive unwanted", "mirror superseded", "products unwanted"]);
}

#[test]
fn retried_then_dead_then_redriven() {
    let (shop, sink) = (Shop::open(), Sink::start());
    let url = shop.url();
    let vars = format!(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = {{ token = "TOKEN" }}

        [vars.SUBSCRIPTION_SHOP.webhook]
        url = "{url}/elytra"
        allow_insecure = true
        retry = "elytra"
        "#
    );
    let settings = Settings::new(vars).with_secret("TOKEN", "right-token").with_webhooks();
    let receiver = Receiver::start(&with_journal(settings).with_sink(&sink));
    assert_eq!(send(&receiver, "1", "product"), 202);
    let message = sink.take_messages("DELIVERIES").remove(0);
    shop.answer(|_| Reply::status(503));
    let _ = receiver.consume(&[(&message, 1)]);
    let _ = receiver.consume(&[(&message, 6)]);
    let one = find(&receiver, "1", |event| history(event).len() == 3);
    let expected = ["received accepted", "attempted 1 retried", "attempted 6 dead"];
    assert_eq!(history(&one), expected);
    assert_eq!(fates(&one), ["shop dead"]);
    let attempt = &one["history"][1];
    assert_eq!([&attempt["status"], &attempt["cause"]], [&json!(503), &json!("status")]);
    let dead = sink.take_messages("DEAD_LETTERS").remove(0);
    let _ = receiver.consume(&[(&dead, 1)]);
    let one = find(&receiver, "1", |event| history(event).len() == 4);
    let letter = one["history"][3]["dead_letter"].as_str().unwrap();
    let redriven = ask(&receiver, "POST", &format!("/dead-letters/redrive?id={letter}"), "");
    assert_eq!((redriven.status, &*redriven.code()), (200, "redriven"));
    shop.answer(|_| Reply::status(200));
    let message = sink.take_messages("DELIVERIES").remove(0);
    let _ = receiver.consume(&[(&message, 1)]);
    let one = find(&receiver, "1", |event| history(event).len() == 6);
    assert_eq!(history(&one)[3..], ["stored", "redriven", "attempted 1 delivered"]);
    assert_eq!(one["history"][5]["redrive"], true);
    assert_eq!(fates(&one), ["shop delivered"]);
}

#[test]
fn ledger_down() {
    let receiver = Receiver::start(&settings());
    receiver.fail(&[Fault::fail("LEDGER")]);
    // The journal never costs an event.
    assert_eq!(send(&receiver, "1", "product"), 202);
    receiver.fail(&[]);
    let line = receiver.log(1).remove(0);
    assert!(line["ledger_failures"].as_array().unwrap().len() == 2, "{line}");
    assert_eq!(search(&receiver, "id=1"), <[Value; 0]>::default());
}

/// Each row that is written costs money: one for the record in the ledger, one for the event, and one for each index. What
/// happens to it later changes its row, and the index of objects with it.
#[test]
fn rows_written() {
    let receiver = Receiver::start(&settings());
    assert_eq!(send(&receiver, "0", "product"), 202);
    let _ = receiver.rows_written();
    assert_eq!((send(&receiver, "1", "product"), receiver.rows_written()), (202, 4), "an event");
    let without_object = event("2", "product").replace("objectId", "other");
    let sent = receiver.post(without_object).send().status;
    assert_eq!((sent, receiver.rows_written()), (202, 3), "one about no object");
    assert_eq!((send(&receiver, "1", "product"), receiver.rows_written()), (200, 0), "a duplicate");
    find(&receiver, "1", |event| event["received"] == 2);
    assert_eq!(receiver.rows_written(), 2, "of which the journal is told after the answer");
    assert_eq!((send(&receiver, "3", "user"), receiver.rows_written()), (200, 0), "an ignored one");
    find(&receiver, "3", |_| true);
    assert_eq!(receiver.rows_written(), 3, "of which the journal is told after the answer");
}

/// Nobody without credentials can make it write without bound.
#[test]
fn a_flood_of_refusals_is_counted() {
    let receiver = Receiver::start(&settings());
    for _ in 0..200 {
        let refused = receiver.post("{}").header("authorization", "Bearer wrong").send();
        assert_eq!(refused.status, 401);
    }
    let refusals = wait_until("all are recorded or counted", || {
        let page = get(&receiver, "/refusals?limit=1000", "refusals");
        let recorded = page["refusals"].as_array().unwrap().len() as u64;
        (recorded + page["counted"].as_u64().unwrap() == 200).then_some(recorded)
    });
    assert!((50..200).contains(&refusals), "{refusals}");
}

/// A later event with the same `source` and `id` is a duplicate, whatever it says, so it does not change what is sent again.
#[test]
fn the_text_is_that_of_the_first_event() {
    let settings = settings().with_webhook_field("max_body_bytes = 4_000_000");
    let settings = settings.without_webhook_field("max_body_bytes = 65536").with_kv("CLAIMS");
    let receiver = Receiver::start(&settings);
    let text = |id: &str, letter: &str, bytes: usize| {
        let name = format!("\"objectId\":4711,\"name\":\"{}\"", letter.repeat(bytes));
        event(id, "document").replace("\"objectId\":4711", &name)
    };
    // Texts are kept in the row, in rows of their own, or in several.
    let sizes = [100, 20_000, 900_000, 1_500_000];
    for (number, first) in sizes.into_iter().enumerate() {
        for (other, second) in sizes.into_iter().enumerate() {
            let id = format!("{number}-{other}");
            let (first, second) = (text(&id, "a", first), text(&id, "b", second));
            assert_eq!(receiver.post(first.clone()).send().code(), "accepted", "{id}");
            assert_eq!(receiver.post(second).send().code(), "duplicate", "{id}");
            let stored = find(&receiver, &id, |event| event["received"] == 2);
            let path = format!("/events/{}/text", stored["key"].as_str().unwrap());
            assert!(ask(&receiver, "GET", &path, "").body == first, "{id}: another text");
        }
    }
}
