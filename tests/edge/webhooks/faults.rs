//! Failing bindings, and a process that dies, on the way to an HTTP destination.

use edge::{Asked, Connection, Fault, Reply};
use serde_json::json;

use super::{ELYTRA, Letter, PATIENT, Stage, product, settings, timeout};
use crate::durability::large;

/// A message that could not be moved is redelivered after one minute, then two, and so on.
fn later(attempts: u64) -> Asked {
    Asked::Retry(60 * attempts)
}

#[test]
fn deliveries_fail() {
    let stage = Stage::with(settings().with_kv("SPOOL"), &timeout(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("DELIVERIES")]);
    let answer = stage.receiver.post(&*event).send();
    assert_eq!((answer.status, &*answer.code()), (202, "accepted"), "{}", answer.body);
    assert_eq!(answer.json()["spooled"], json!(["shop"]));
    assert!(stage.sink.messages("DELIVERIES").is_empty());

    // The spool does not hold it either, so Elytra retries.
    stage.receiver.fail(&[Fault::fail("DELIVERIES"), Fault::fail("SPOOL")]);
    let answer = stage.receiver.post(product("2")).send();
    assert_eq!((answer.status, &*answer.code()), (503, "undelivered"), "{}", answer.body);

    stage.receiver.fail(&[]);
    stage.receiver.run_cron();
    let messages = stage.sink.take_messages("DELIVERIES");
    assert_eq!(stage.consume(&messages), [Asked::Ack]);
    assert_eq!(stage.shop.orders_so_far()[0].text(), event);
    assert!(stage.receiver.kv_of("SPOOL").is_empty());
}

#[test]
fn the_way_to_dead_fails() {
    let stage = Stage::with(settings().with_kv("CLAIMS"), &timeout(PATIENT));
    stage.shop.answer(|_| Reply::status(410));
    for event in [product("1"), large("1", 500_000)] {
        let message = stage.send(&event);
        for fault in [Fault::fail("DEAD_LETTERS"), Fault::lost("DEAD_LETTERS")] {
            stage.receiver.fail(&[fault]);
            assert_eq!(stage.consume_one(&message, 1), later(1));
        }
        // One message was sent, but its answer was lost, so it is redelivered.
        assert_eq!(stage.sink.take_messages("DEAD_LETTERS").len(), 1);
        stage.receiver.fail(&[]);
        assert_eq!(stage.consume_one(&message, 2), Asked::Ack);

        let letter = stage.sink.take_messages("DEAD_LETTERS").remove(0);
        stage.receiver.fail(&[Fault::fail("DEAD")]);
        assert_eq!(stage.consume_one(&letter, 1), later(1));
        assert!(stage.receiver.kv_of("DEAD").is_empty());
        if letter.contains("dataref") {
            stage.receiver.fail(&[Fault::fail("CLAIMS")]);
            assert_eq!(stage.consume_one(&letter, 2), later(2));
            assert!(stage.receiver.kv_of("DEAD").is_empty());
        }
        // The letter is stored, but the answer is lost, so it is stored again, under the same key.
        stage.receiver.fail(&[Fault::lost("DEAD")]);
        assert_eq!(stage.consume_one(&letter, 3), later(3));
        stage.receiver.fail(&[]);
        assert_eq!(stage.consume_one(&letter, 4), Asked::Ack);
        let dead = stage.receiver.kv_of("DEAD");
        assert_eq!(dead.len(), 1);
        let (id, entry) = dead.first_key_value().unwrap();
        let letter = Letter::read(&entry.value);
        assert!(letter.event == event, "it is not kept as it came");
        assert_eq!(letter.why["attempts"], 2);
        stage.receiver.delete_kv("DEAD", id);
    }
}

#[test]
fn claims_fail() {
    let stage = Stage::with(settings().with_kv("CLAIMS"), &(timeout(PATIENT) + ELYTRA));
    let event = large("1", 500_000);
    let message = stage.send(&event);
    stage.receiver.fail(&[Fault::fail("CLAIMS")]);
    // The destination was not called, so a new message waits instead, and no call is counted.
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    assert!(stage.shop.orders_so_far().is_empty());

    stage.receiver.fail(&[]);
    let next = stage.sink.take_messages("DELIVERIES").remove(0);
    assert_eq!(stage.consume_one(&next, 1), Asked::Ack);
    assert!(stage.shop.orders_so_far()[0].body == event.as_bytes());

    // Missing data is retried according to the policy, and then the event becomes a dead letter.
    let (claim, _) = stage.receiver.kv_of("CLAIMS").pop_first().unwrap();
    stage.receiver.delete_kv("CLAIMS", &claim);
    assert_eq!(stage.consume_one(&message, 3), Asked::Retry(4));
    assert_eq!(stage.consume_one(&message, 6), Asked::Ack);
    let letters = stage.take_letters();
    assert_eq!(letters[0].why["cause"], "claim_missing");
    assert_eq!(letters[0].event, message.split_once('\n').unwrap().1);
    assert_eq!(stage.shop.orders_so_far().len(), 1);
}

#[test]
fn what_is_no_delivery() {
    let stage = Stage::new("");
    let event = product("1");
    let of = |subscription: &str| {
        format!("{{\"subscription\":\"{subscription}\",\"accepted_at\":7}}\n{event}")
    };
    let cases = [
        (of("other"), "no_subscription", &*event),
        ("nonsense".to_owned(), "not_an_event", "nonsense"),
        (of("shop") + "}", "not_an_event", &(event.clone() + "}")),
    ];
    for (message, cause, kept) in cases {
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack, "{message}");
        let text = stage.sink.take_messages("DEAD_LETTERS").remove(0);
        let letter = Letter::read(&text);
        assert_eq!((&letter.why["cause"], &*letter.event), (&json!(cause), kept));
        // The dead letter is stored as well.
        assert_eq!(stage.consume_one(&text, 1), Asked::Ack);
    }
    assert_eq!(stage.receiver.kv_of("DEAD").len(), 3);
    assert!(stage.shop.orders_so_far().is_empty());
}

/// Hands a message to the consumer, without waiting.
#[track_caller]
fn hand_over(stage: &Stage, message: &str) -> Connection {
    let body = json!([{ "body": message, "attempts": 1 }]).to_string();
    let length = body.len();
    let head = format!(
        "POST /test/queue HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stage.receiver.raw((head + &body).as_bytes())
}

/// A call to a binding that does not answer times out, and the message is redelivered.
#[track_caller]
fn gives_up(binding: &str, expected: &str, message_of: impl FnOnce(&Stage) -> String) {
    let stage = Stage::with(settings().with_kv("CLAIMS"), &timeout(1_000));
    stage.shop.answer(|_| Reply::status(410));
    let message = message_of(&stage);
    for fault in [Fault::fail(binding), Fault::hang(binding)] {
        stage.receiver.fail(&[fault]);
        let answer = hand_over(&stage, &message).answer();
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
}

#[test]
fn claims_that_hang() {
    // A new message waits instead of this one.
    gives_up("CLAIMS", "ack", |stage| stage.send(&large("1", 500_000)));
}

#[test]
fn dead_letters_that_hang() {
    gives_up("DEAD_LETTERS", "retry", |stage| stage.send(&product("1")));
}

#[test]
fn a_place_for_the_dead_that_hangs() {
    gives_up("DEAD", "retry", |stage| {
        let message = stage.send(&product("1"));
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
        stage.sink.take_messages("DEAD_LETTERS").remove(0)
    });
}

/// At least once: the queue redelivers the message.
#[test]
fn dies_before_the_message_is_settled() {
    let mut stage = Stage::new(&timeout(PATIENT));
    let message = stage.send(&product("1"));
    stage.shop.answer(|_| Reply::status(204).held());
    let unanswered = hand_over(&stage, &message);
    let _ = stage.shop.orders(1);
    stage.receiver.kill();
    assert_eq!(unanswered.answer().status(), None);

    stage.receiver.restart();
    stage.shop.release();
    assert_eq!(stage.consume_one(&message, 2), Asked::Ack);
    let orders = stage.shop.orders_so_far();
    let keys = orders.iter().map(|order| order.header("idempotency-key"));
    assert_eq!(keys.collect::<Vec<_>>(), [Some("elytra-pim/1"); 2]);
    assert_eq!(orders[0].body, orders[1].body);
}
