//! How operators see dead letters and send them again.

use std::collections::BTreeMap;

use edge::{Answer, Asked, Fault, KvEntry, Receiver, Reply, Settings, Shop, wait_until};
use elytra_events::Timestamp;
use serde_json::{Value, json};

use super::{Letter, PATIENT, Stage, product, settings, subscription, timeout};
use crate::delivery::delicate;
use crate::durability::large;

pub(super) const ADMIN: &str = "Bearer admin-token";

pub(super) fn with_admin(settings: Settings) -> Settings {
    let vars = r#"
        [vars.ADMIN]
        auth_type = "bearer"
        auth = { token = "ADMIN_TOKEN" }
        "#;
    settings.with_vars(vars).with_secret("ADMIN_TOKEN", "admin-token")
}

#[track_caller]
pub(super) fn ask(receiver: &Receiver, method: &str, path: &str) -> Answer {
    receiver.post("").method(method).path(path).header("authorization", ADMIN).send()
}

/// The dead letters in `DEAD`, but not what is kept there of jobs.
#[track_caller]
pub(super) fn letters(receiver: &Receiver) -> BTreeMap<String, KvEntry> {
    let mut letters = receiver.kv_of("DEAD");
    letters.retain(|key, _| !key.starts_with('.'));
    letters
}

/// The list of dead letters.
#[track_caller]
pub(super) fn list(receiver: &Receiver, query: &str) -> Value {
    let answer = ask(receiver, "GET", &format!("/dead-letters{query}"));
    assert_eq!((answer.status, &*answer.code()), (200, "dead_letters"), "{}", answer.body);
    answer.json()
}

/// The ids in a list.
#[track_caller]
pub(super) fn ids(list: &Value) -> Vec<String> {
    let letters = list["dead_letters"].as_array().unwrap().iter();
    letters.map(|letter| letter["id"].as_str().unwrap().to_owned()).collect()
}

/// Encodes an id for a query.
pub(super) fn encode(id: &str) -> String {
    id.replace('%', "%25").replace('+', "%2B").replace('&', "%26").replace('/', "%2F")
}

/// With the local queues.
#[test]
fn kept_seen_and_sent_again() {
    let shop = Shop::open();
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        time_budget_ms = 30_000
        dedupe_window_seconds = 3600
        "#;
    let settings = Settings::new(vars).with_secret("TOKEN", "right-token").with_webhooks();
    let settings =
        settings.with_ledger().with_vars(&subscription("SHOP", &shop, &timeout(PATIENT)));
    let receiver = Receiver::start(&with_admin(settings));
    let elytra_sends = |event: &str| receiver.post(event).send().status;
    let in_dead = |count: usize| {
        wait_until(&format!("DEAD holds {count}"), || {
            let dead = letters(&receiver);
            (dead.len() == count).then_some(dead)
        })
    };

    shop.answer(|_| Reply::status(422));
    let event = delicate("product");
    assert_eq!(elytra_sends(&event), 202);
    let dead = in_dead(1);
    let (id, entry) = dead.first_key_value().unwrap();
    let Letter { why, event: kept } = Letter::read(&entry.value);
    assert_eq!(kept, event);
    let reported = ["subscription", "cause", "status", "attempts"].map(|name| why[name].clone());
    assert_eq!(reported, [json!("shop"), json!("status"), json!(422), json!(1)]);
    assert_eq!(why["reason"], "the destination answered 422");
    let [accepted_at, died_at] = ["accepted_at", "died_at"].map(|name| why[name].as_u64().unwrap());
    assert!(accepted_at <= died_at && died_at < accepted_at + 600_000, "{why}");
    assert!(id.starts_with(&format!("shop/{died_at:013}/")), "{id}");
    assert_eq!(entry.expiration, None);

    let listed = list(&receiver, "")["dead_letters"][0].clone();
    for (name, expected) in [("accepted_time", accepted_at), ("died_time", died_at)] {
        let time = Timestamp::parse(listed[name].as_str().unwrap()).unwrap().instant();
        assert_eq!(u64::try_from(time.timestamp_millis()), Ok(expected), "{listed}");
    }

    // It is in the list, and complete.
    let expected = json!({
        "code": "dead_letters",
        "dead_letters": [{
            "id": id, "subscription": "shop", "cause": "status", "status": 422, "attempts": 1,
            "accepted_at": accepted_at, "died_at": died_at,
            "accepted_time": listed["accepted_time"], "died_time": listed["died_time"],
            "event": { "id": "a/b cé", "source": "/elytra/pim?a=b", "type": "com.elytra.product" },
        }],
        "cursor": null,
    });
    for query in
        ["", "?subscription=shop", "?cause=status", "?subscription=shop&cause=status&limit=1"]
    {
        assert_eq!(list(&receiver, query), expected, "{query}");
    }
    for query in ["?cause=timeout", "?subscription=shop&cause=timeout"] {
        assert!(ids(&list(&receiver, query)).is_empty(), "{query}");
    }
    let one = ask(&receiver, "GET", &format!("/dead-letters?id={}", encode(id)));
    // Byte for byte.
    assert!(one.status == 200 && one.body.contains(event.trim()), "{}", one.body);
    assert!(
        one.body.starts_with(&format!(r#"{{"code":"dead_letter","id":"{id}","#)),
        "{}",
        one.body
    );

    // It was sent again, and became a dead letter again.
    let redrive = |query: &str| {
        let answer = ask(&receiver, "POST", &format!("/dead-letters/redrive?{query}"));
        assert_eq!((answer.status, &*answer.code()), (200, "redriven"), "{}", answer.body);
        answer.json()["redriven"].clone()
    };
    assert_eq!(redrive(&format!("id={}", encode(id))), json!([id]));
    let dead = wait_until("it is dead once more", || {
        let dead = letters(&receiver);
        (dead.len() == 1 && !dead.contains_key(id)).then_some(dead)
    });
    assert_eq!(Letter::read(&dead.first_key_value().unwrap().1.value).event, event);
    assert_eq!(shop.take_orders().len(), 2);

    // Elytra's own retry is a duplicate, but the operator's is not.
    shop.answer(|_| Reply::status(204));
    assert_eq!(elytra_sends(&event), 200);
    assert_eq!(redrive("subscription=shop").as_array().unwrap().len(), 1);
    assert_eq!(shop.orders(1)[0].text(), event);
    assert!(in_dead(0).is_empty());
    assert!(ids(&list(&receiver, "")).is_empty());
    assert_eq!(elytra_sends(&event), 200);
    assert_eq!(shop.orders_so_far().len(), 1);
}

/// A letter that an operator stored by hand does not block others.
#[test]
fn some_are_stuck() {
    let stage = Stage::with(with_admin(settings()), &timeout(PATIENT));
    let event = product("1");
    let letter = format!(
        r#"{{"subscription":"shop","accepted_at":7,"died_at":8,"attempts":6,"cause":"timeout","reason":"late","status":null}}{}{event}"#,
        "\n"
    );
    stage.receiver.put_kv("DEAD", "shop/0/nonsense", "nonsense");
    stage.receiver.put_kv("DEAD", "shop/1/large", &letter.replace(&event, &large("1", 200_000)));
    stage.receiver.put_kv(
        "DEAD",
        "shop/1764547200002/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &letter,
    );
    let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?subscription=shop");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    assert_eq!(
        body["redriven"],
        json!(["shop/1764547200002/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
    );
    let stuck = body["stuck"].as_array().unwrap().iter().map(|stuck| stuck["id"].as_str());
    assert_eq!(stuck.collect::<Vec<_>>(), [Some("shop/0/nonsense"), Some("shop/1/large")]);
    let line = wait_until("the log reports the redrive", || {
        stage.receiver.log(0).into_iter().find(|line| line["outcome"] == "redriven")
    });
    assert_eq!(
        (&line["redriven"], &line["dead_letters"]),
        (&json!(1), &json!(["shop/1764547200002/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]))
    );
    let reasons = [
        "shop/0/nonsense: not a dead letter",
        "shop/1/large: too large, and cannot be stored in CLAIMS",
    ];
    assert_eq!(line["reasons"], json!(reasons));
    assert_eq!(stage.consume(&stage.sink.take_messages("DELIVERIES")), [Asked::Ack]);
    assert_eq!(stage.shop.orders_so_far()[0].text(), event);
    assert_eq!(letters(&stage.receiver).len(), 2);
    assert_eq!(ids(&list(&stage.receiver, "")), ["shop/0/nonsense", "shop/1/large"]);

    // Failing bindings.
    for fault in [Fault::fail("DEAD").on("list"), Fault::fail("DEAD").on("get")] {
        stage.receiver.fail(&[fault]);
        let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?subscription=shop");
        let reported = (answer.status, answer.code(), answer.header("retry-after"));
        assert_eq!(reported, (503, "dead_letters_failed".to_owned(), Some("1")));
    }
    stage.receiver.fail(&[Fault::fail("DELIVERIES")]);
    stage.receiver.put_kv(
        "DEAD",
        "shop/1764547200002/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &letter,
    );
    let answer = ask(
        &stage.receiver,
        "POST",
        "/dead-letters/redrive?id=shop/1764547200002/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    assert_eq!((answer.status, &*answer.code()), (503, "dead_letters_failed"));
    assert!(
        letters(&stage.receiver)
            .contains_key("shop/1764547200002/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    );
}

/// A misspelled subscription is reported. A subscription that was removed is still found.
#[test]
fn subscriptions_that_the_configuration_does_not_have() {
    let stage = Stage::with(with_admin(settings()), "");
    let event = product("1");
    let letter = r#"{"subscription":"removed","accepted_at":7,"died_at":8,"attempts":6,"cause":"timeout","reason":"late","status":null}"#;
    stage.receiver.put_kv("DEAD", "removed/1/x", &format!("{letter}\n{event}"));
    assert_eq!(ids(&list(&stage.receiver, "?subscription=removed")), ["removed/1/x"]);
    for (method, path) in [("GET", "/dead-letters"), ("POST", "/dead-letters/redrive")] {
        let answer = ask(&stage.receiver, method, &format!("{path}?subscription=shpo"));
        assert_eq!((answer.status, &*answer.code()), (400, "bad_query"), "{}", answer.body);
        let detail = r#"unknown subscription "shpo", which has no dead letters either, did you mean "shop"?"#;
        assert_eq!(answer.json()["detail"], detail);
    }
    let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?subscription=removed");
    assert_eq!(answer.json()["redriven"], json!(["removed/1/x"]), "{}", answer.body);
    let messages = stage.sink.take_messages("DELIVERIES");
    assert_eq!(stage.consume(&messages), [Asked::Ack]);
    assert_eq!(stage.take_letters()[0].why["cause"], "no_subscription");
}

#[test]
fn page_by_page() {
    let stage = Stage::with(with_admin(settings().with_kv("CLAIMS")), &timeout(PATIENT));
    stage.shop.answer(|_| Reply::status(404));
    let names: Vec<_> = (0..30).map(|n| format!("{n:02}")).collect();
    let messages = stage.send_all(&names.iter().map(|id| &**id).collect::<Vec<_>>());
    let big = large("big", 1_000_000);
    let messages = [messages, vec![stage.send(&big)]].concat();
    assert_eq!(stage.consume(&messages), vec![Asked::Ack; 31]);
    assert_eq!(stage.consume(&stage.sink.take_messages("DEAD_LETTERS")), vec![Asked::Ack; 31]);
    let dead = letters(&stage.receiver);
    assert_eq!(dead.len(), 31);

    // Each letter once, in order.
    let (mut seen, mut query) = (Vec::new(), "?limit=10&subscription=shop".to_owned());
    for page in [10, 10, 10, 1] {
        let list = list(&stage.receiver, &query);
        assert_eq!(ids(&list).len(), page);
        seen.extend(ids(&list));
        if let Some(cursor) = list["cursor"].as_str() {
            query = format!("?limit=10&subscription=shop&cursor={}", encode(cursor));
        } else {
            assert_eq!(seen.len(), dead.len());
        }
    }
    assert_eq!(seen, dead.keys().cloned().collect::<Vec<_>>());

    // The data in CLAIMS may have expired by then, but the letter is complete.
    let events = dead.values().map(|entry| Letter::read(&entry.value).event);
    assert!(events.into_iter().any(|event| event == big), "the large one is not whole");

    // Sends the same letters again.
    stage.shop.answer(|_| Reply::status(204));
    let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?subscription=shop").json();
    assert_eq!(answer["redriven"], json!(seen), "one step is enough");
    assert_eq!((&answer["cursor"], &answer["job"]["state"]), (&json!(null), &json!("finished")));
    assert!(letters(&stage.receiver).is_empty());
    let _ = stage.shop.take_orders();
    let messages = stage.sink.take_messages("DELIVERIES");
    assert_eq!(stage.consume(&messages), vec![Asked::Ack; 31]);
    let mut delivered: Vec<_> =
        stage.shop.take_orders().into_iter().map(|order| order.body).collect();
    delivered.sort_unstable();
    let mut expected: Vec<_> =
        names.iter().map(|id| product(id)).chain([big]).map(String::into_bytes).collect();
    expected.sort_unstable();
    assert!(delivered == expected, "each is delivered as it came, once");
}

/// Two operators redrive the same dead letters at the same moment.
#[test]
fn two_redrives_at_once() {
    let stage = Stage::with(with_admin(settings().with_ledger()), "");
    let names: Vec<_> = (0..3).map(|n| n.to_string()).collect();
    for id in &names {
        let message = stage.send(&product(id));
        stage.shop.answer(|_| Reply::status(410));
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
        let letter = stage.sink.take_messages("DEAD_LETTERS").remove(0);
        assert_eq!(stage.consume_one(&letter, 1), Asked::Ack);
    }
    stage.receiver.fail(&[Fault::hold("DELIVERIES").times(1)]);
    let path = "/dead-letters/redrive?subscription=shop";
    let first = std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(&stage.receiver, "POST", path).json());
        stage.receiver.wait_until_hanging("DELIVERIES", 1);
        let second = ask(&stage.receiver, "POST", path).json();
        assert_eq!(second["redriven"], json!([]), "{second}");
        assert_eq!(second["under_way"].as_array().map(Vec::len), Some(3), "{second}");
        stage.receiver.fail(&[]);
        first.join().unwrap()
    });
    assert_eq!(first["redriven"].as_array().map(Vec::len), Some(3), "{first}");
    let messages = stage.sink.take_messages("DELIVERIES");
    let sent = messages.iter().filter(|text| !text.starts_with(r#"{"job":"#));
    assert_eq!(sent.count(), 3, "each once");
    assert!(letters(&stage.receiver).is_empty());
}

/// Wrong queries are the caller's errors, not our failures.
#[test]
fn questions_that_have_no_answer() {
    let stage = Stage::with(with_admin(settings()), "");
    let id = format!("shop/1764547200000/{}", "A".repeat(43));
    let long = "x".repeat(600);
    let table = [
        ("?id=", 400, "bad_query"),
        ("?id=.", 400, "bad_query"),
        (&format!("?id={long}"), 400, "bad_query"),
        (&format!("?subscription={long}"), 400, "bad_query"),
        ("?cause=stauts", 400, "bad_query"),
        (&format!("?id={id}"), 404, "no_such_dead_letter"),
    ];
    for (query, status, code) in table {
        let answer = ask(&stage.receiver, "GET", &format!("/dead-letters{query}"));
        assert_eq!((answer.status, &*answer.code()), (status, code), "{query}: {}", answer.body);
        assert_eq!(answer.header("retry-after"), None);
    }
}
