//! What a destination answers is kept with a dead letter, for operators alone.

use edge::{Asked, Reply};
use serde_json::{Value, json};

use super::dead_letters::{ask, with_admin};
use super::{Letter, PATIENT, Stage, product, settings, timeout};

/// The answer of the only dead letter, once the consumer has stored it.
#[track_caller]
fn seen(stage: &Stage) -> Value {
    let letter = stage.sink.take_messages("DEAD_LETTERS").remove(0);
    assert_eq!(stage.consume_one(&letter, 1), Asked::Ack);
    let dead = stage.receiver.kv_of("DEAD");
    let (id, entry) = dead.first_key_value().unwrap();
    let shown = ask(&stage.receiver, "GET", &format!("/dead-letters?id={id}")).json();
    assert_eq!(shown["answer"], Letter::read(&entry.value).why["answer"]);
    let list = ask(&stage.receiver, "GET", "/dead-letters").body;
    assert!(!list.contains("canary"), "only who reads the letter sees it: {list}");
    stage.receiver.delete_kv("DEAD", id);
    shown["answer"].clone()
}

#[test]
fn where_a_422_says_why() {
    let stage = Stage::with(with_admin(settings()), &timeout(PATIENT));
    stage.shop.answer(|order| match order.id() {
        "json" => Reply::status(422)
            .header("Content-Type", "application/json")
            .body(r#"{"error":"canary é"}"#),
        "none" => Reply::status(404),
        "exact" => Reply::status(400).body(vec![b'x'; 1_024]),
        "long" => Reply::status(400).body([b"canary".to_vec(), vec![b'x'; 1_000_000]].concat()),
        "endless" => Reply::status(400).endless(),
        "binary" => Reply::status(400).body(vec![0xff, 0, 0xfe]),
        "cut" => Reply::status(400).body(format!("x{}", "é".repeat(1_000))),
        _ => Reply::status(410).body("gone-canary"),
    });
    let expected = [
        ("json", json!({"content_type": "application/json", "body": r#"{"error":"canary é"}"#})),
        ("none", Value::Null),
        ("exact", json!({"body": "x".repeat(1_024)})),
        ("long", json!({"body": format!("canary{}", "x".repeat(1_018))})),
        ("cut", json!({"body": format!("x{}", "é".repeat(511))})),
        ("binary", json!({"body_base64": "/wD+"})),
        ("gone", json!({"body": "gone-canary"})),
    ];
    for (id, expected) in expected {
        let message = stage.send(&product(id));
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack, "{id}");
        assert_eq!(seen(&stage), expected, "{id}");
    }
    let message = stage.send(&product("endless"));
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    assert_eq!(seen(&stage)["body"].as_str().map(str::len), Some(1_024));
    // The rest of the long ones is not read.
    stage.shop.wait_until_given_up(1);
    let bytes = stage.shop.endless_bytes();
    assert!(bytes < 16_000_000, "{bytes} bytes of an endless body were read");
    assert!(!stage.receiver.output().contains("canary"), "an answer is in the log");
}

/// The status counts, and what arrived in time is kept.
#[test]
fn a_body_that_stalls_or_breaks_off() {
    let stage = Stage::with(with_admin(settings()), &timeout(2_000));
    stage.shop.answer(|order| match order.id() {
        "stalls" => Reply::status(422).body("0123456789").stalled(),
        _ => Reply::status(422).body("0123456789").broken_off(),
    });
    for id in ["stalls", "breaks-off"] {
        let message = stage.send(&product(id));
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack, "{id}");
        let line = stage.line_about(id);
        assert_eq!((&line["cause"], &line["status"]), (&json!("status"), &json!(422)), "{line}");
        assert_eq!(seen(&stage), json!({"body": "01234"}), "{id}");
    }
    // Others go on.
    stage.shop.answer(|_| Reply::status(204));
    let message = stage.send(&product("next"));
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    assert_eq!(stage.line_about("next")["outcome"], "delivered");
}

/// A dead letter has the last answer, and none of a success.
#[test]
fn the_last_answer_counts() {
    let stage = Stage::with(with_admin(settings()), &timeout(PATIENT));
    stage.shop.answer(|order| match order.before {
        0 => Reply::status(503).body("first"),
        1 => Reply::status(503).body("last"),
        _ => Reply::status(200).body("thanks"),
    });
    let message = stage.send(&product("1"));
    assert_eq!(stage.consume_one(&message, 1), Asked::Retry(1));
    assert_eq!(stage.consume_one(&message, 36), Asked::Ack);
    assert_eq!(seen(&stage), json!({"body": "last"}));
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    assert!(stage.sink.take_messages("DEAD_LETTERS").is_empty(), "it was delivered");
}
