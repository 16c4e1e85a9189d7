//! Deliveries in flight.

use edge::{Asked, Reply, wait_until};
use serde_json::{Value, json};

use super::{Upgraded, large, text};

impl Upgraded {
    /// Hands a message to the consumer, after as many deliveries as it had.
    #[track_caller]
    pub(super) fn deliver(&self, queue: &str, id: &str) -> Asked {
        let (message, attempts) = self.message(queue, id);
        self.receiver.consume(&[(&message, attempts + 1)])[0]
    }

    /// The log line of the delivery of the event with this id.
    #[track_caller]
    fn line_about(&self, id: &str) -> Value {
        wait_until(&format!("the log tells of {id}"), || {
            let mut lines = self.receiver.log(0).into_iter().rev();
            lines.find(|line| line["id"] == id && !line["attempts"].is_null())
        })
    }
}

#[test]
fn every_delivery_is_made() {
    for upgraded in Upgraded::from_each() {
        let whole = large("large for the service", "product_text");
        let cases = [
            ("new", text("new"), 1),
            // Two deliveries failed.
            ("failing", text("failing"), 3),
            // Two deliveries failed before the configuration broke.
            ("waiting", text("waiting"), 3),
            ("sent again", text("sent again"), 1),
            ("large for the service", whole, 1),
        ];
        for (id, event, attempts) in cases {
            assert_eq!(
                upgraded.deliver("DELIVERIES", id),
                Asked::Ack,
                "{}: {id}",
                upgraded.version
            );
            let [order] = &upgraded.shop.take_orders()[..] else { panic!("one call") };
            assert_eq!(order.text(), event);
            let line = upgraded.line_about(id);
            assert_eq!(line["outcome"], "delivered", "{}: {line}", upgraded.version);
            assert_eq!(line["attempts"], attempts, "{}: {line}", upgraded.version);
        }
    }
}

/// `retry = "elytra"` is six attempts, and the delay doubles.
#[test]
fn attempts_of_before_count() {
    for upgraded in Upgraded::from_each() {
        upgraded.shop.answer(|_| Reply::status(503));
        let asked = upgraded.deliver("DELIVERIES", "waiting");
        assert_eq!(asked, Asked::Retry(4), "{}: the third attempt", upgraded.version);
        let (message, _) = upgraded.message("DELIVERIES", "waiting");
        assert_eq!(upgraded.receiver.consume(&[(&message, 4)]), [Asked::Ack], "the sixth");
        let [letter] = &upgraded.sink.messages("DEAD_LETTERS")[..] else { panic!("one letter") };
        let line: Value = serde_json::from_str(letter.split_once('\n').unwrap().0).unwrap();
        assert_eq!((&line["attempts"], &line["cause"]), (&json!(6), &json!("status")));
    }
}

#[test]
fn a_dead_letter_on_its_way_is_stored() {
    for upgraded in Upgraded::from_each() {
        assert_eq!(upgraded.deliver("DEAD_LETTERS", "dying"), Asked::Ack);
        let (message, _) = upgraded.message("DEAD_LETTERS", "dying");
        let dead = upgraded.receiver.kv_of("DEAD");
        let stored = dead.values().find(|entry| entry.value.contains(r#""id":"dying""#)).unwrap();
        assert_eq!(stored.value, message, "{}", upgraded.version);
        let known = &stored.metadata;
        assert_eq!((&known["cause"], &known["event"]["id"]), (&json!("status"), &json!("dying")));
    }
}
