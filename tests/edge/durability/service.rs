//! Services that fail: Workers that are called through a service binding.

use edge::{Asked, Fault, Receiver, Reply, Settings, Shop, Sink};

use super::{PATIENT, Stage, product, webhook};

/// A receiver whose subscription `shop` calls a service, and the shop to which that leads.
fn stage(timeout_ms: u64) -> (Stage, Shop) {
    let (shop, sink) = (Shop::open(), Sink::start());
    let receiver = Receiver::start(&settings(&shop, timeout_ms).with_sink(&sink));
    (Stage { receiver, sink }, shop)
}

fn settings(shop: &Shop, timeout_ms: u64) -> Settings {
    let vars = format!(
        r#"
        [vars.SUBSCRIPTION_SHOP]
        service = {{ binding = "SHOP", timeout_ms = {timeout_ms}, retry = "elytra" }}
        "#
    );
    webhook(PATIENT).with_webhooks().with_service(shop).with_vars(&vars)
}

impl Stage {
    /// Sends an event that is accepted, and returns its message in `DELIVERIES`.
    #[track_caller]
    fn order(&self, event: &str) -> String {
        self.send(event, 202, "accepted");
        self.sink.take_messages("DELIVERIES").remove(0)
    }

    /// Hands out a message for the time of this number.
    #[track_caller]
    fn consume(&self, message: &str, attempts: u32) -> Asked {
        self.receiver.consume(&[(message, attempts)])[0]
    }
}

/// A service answers 503, throws an exception or gives no answer within `timeout_ms`
/// | 202, before the service is called
/// | it is retried, and delivered once the service works
#[test]
fn a_service_that_fails() {
    let (stage, shop) = stage(1_000);
    let event = product("1");
    let message = stage.order(&event);
    shop.answer(|order| match order.before {
        0 => Reply::status(503),
        1 => Reply::status(200).header("x-throw", "it failed"),
        2 => Reply::status(204).held(),
        _ => Reply::status(204),
    });
    for attempts in 1..=3 {
        assert!(matches!(stage.consume(&message, attempts), Asked::Retry(_)), "{attempts}");
    }
    assert_eq!(stage.consume(&message, 4), Asked::Ack);
    assert_eq!(shop.orders_so_far().last().unwrap().text(), event);
    stage.send(&event, 200, "duplicate");
    assert!(stage.sink.take_messages("DELIVERIES").is_empty());
}

/// A service takes an event, and its answer is lost
/// | 202, before the service is called
/// | it is called again with the same `Idempotency-Key`: a duplicate, never a loss
#[test]
fn a_service_whose_answer_is_lost() {
    let (stage, shop) = stage(PATIENT);
    let message = stage.order(&product("1"));
    stage.receiver.fail(&[Fault::lost("SHOP").times(1)]);
    assert_eq!(stage.consume(&message, 1), Asked::Retry(1));
    assert_eq!(stage.consume(&message, 2), Asked::Ack);
    let orders = shop.orders_so_far();
    let keys: Vec<_> = orders.iter().map(|order| order.header("idempotency-key")).collect();
    assert_eq!(keys, [Some("elytra-pim/1"); 2]);
}

/// A service fails until its retries are used up, or refuses an event
/// | 202, before the service is called
/// | it is kept in `DEAD` as a dead letter, and an operator can send it again
#[test]
fn a_service_that_never_takes_an_event() {
    let (stage, shop) = stage(PATIENT);
    for (id, status, attempts) in [("1", 503, 6), ("2", 422, 1)] {
        let event = product(id);
        let message = stage.order(&event);
        shop.answer(move |_| Reply::status(status));
        assert_eq!(stage.consume(&message, attempts), Asked::Ack);
        let letter = stage.sink.take_messages("DEAD_LETTERS").remove(0);
        assert_eq!(stage.consume(&letter, 1), Asked::Ack);
        let kept = stage.values("DEAD");
        assert!(kept.iter().any(|text| text.ends_with(&event)), "{kept:?}");
    }
    assert_eq!(stage.values("DEAD").len(), 2);
}
