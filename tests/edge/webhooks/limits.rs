//! Dead letters fit where they are stored, however large the event is and whatever it contains.

use edge::{Asked, Receiver, Reply, Settings, Shop, Sink};
use serde_json::json;

use super::{Letter, PATIENT, Stage, settings, subscription, timeout};
use crate::durability::large;

/// The event becomes a dead letter, which is stored.
#[track_caller]
fn dies(stage: &Stage, event: &str) {
    stage.shop.answer(|_| Reply::status(410));
    let message = stage.send(event);
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    assert_eq!(stage.shop.take_orders().len(), 1);
    let letter = stage.sink.take_messages("DEAD_LETTERS").remove(0);
    let asked = stage.consume_one(&letter, 1);
    let log = stage.receiver.log(1);
    let last = log.last().map(|line| line["reasons"].clone());
    assert_eq!(asked, Asked::Ack, "{last:?}");
}

/// KV allows 1,024 bytes of metadata, in which quotes and backslashes take two bytes each.
#[test]
fn metadata_that_grow() {
    let (shop, sink) = (Shop::open(), Sink::start());
    let name = "N".repeat(64);
    let vars = subscription(&name, &shop, &timeout(PATIENT));
    let receiver = Receiver::start(&settings().with_vars(&vars).with_sink(&sink));
    let stage = Stage { receiver, sink, shop };
    for (n, text) in [r#"\""#, r"\\", "ö", "x"].into_iter().enumerate() {
        let text = text.repeat(if text == "ö" { 80 } else { 160 });
        let source = "s".repeat(160);
        let event =
            format!(r#"{{"specversion":"1.0","id":"{text}","source":"{source}","type":"{text}"}}"#);
        dies(&stage, &event);
        let dead = stage.receiver.kv_of("DEAD");
        assert_eq!(dead.len(), n + 1);
        assert!(dead.values().any(|entry| Letter::read(&entry.value).event == event));
    }
}

/// The largest body that can be configured is delivered completely, and also stored as a dead
/// letter.
#[test]
fn as_large_as_an_event_can_be() {
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 8_388_608
        time_budget_ms = 30_000
        "#;
    let settings = Settings::new(vars).with_secret("TOKEN", "right-token").with_webhooks();
    let stage = Stage::with(settings.with_kv("CLAIMS"), &timeout(PATIENT));
    let event = large("1", 8_388_608);
    dies(&stage, &event);
    let dead = stage.receiver.kv_of("DEAD");
    let letter = Letter::read(&dead.first_key_value().unwrap().1.value);
    assert_eq!(letter.why["cause"], "gone");
    assert!(letter.event == event, "it is not kept whole");
}

/// A message that is not text is not the receiver's, and becomes a dead letter.
#[test]
fn a_message_that_is_no_text() {
    let stage = Stage::new("");
    let message = json!({ "specversion": "1.0", "id": "1" });
    assert_eq!(stage.receiver.consume_any(&[(message.clone(), 1)]), [Asked::Ack]);
    let letters = stage.take_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].why["cause"], "not_an_event");
    assert_eq!(letters[0].event, message.to_string(), "what it held is not lost");
}
