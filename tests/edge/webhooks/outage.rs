//! The configuration is broken for a while: accepted messages wait, and that does not count as an
//! attempt.

use edge::Asked;
use serde_json::Value;

use super::{Letter, Stage, settings, subscription};

fn line(message: &str) -> Value {
    serde_json::from_str(message.split_once('\n').unwrap().0).unwrap()
}

#[test]
fn what_was_accepted_waits_until_the_configuration_is_right_again() {
    let fields = "retry = { max_retries = 1 }";
    let mut stage = Stage::new(fields);
    let event = edge::event("1", "product");
    let mut message = stage.send(&event);
    let whole = settings().with_vars(&subscription("SHOP", &stage.shop, fields));
    let broken = whole.clone().with_vars("[vars.SUBSCRIPTION_BROKEN]\nqueue = \"NOWHERE\"\n");
    stage.receiver.restart_with(&broken.with_sink(&stage.sink));
    assert_eq!(stage.receiver.post(&*event).send().status, 503);

    // Three deliveries: each time a new message is sent, and the old one is acknowledged.
    for waits in 1..=3 {
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
        let [next] = &stage.sink.take_messages("DELIVERIES")[..] else { panic!("one message") };
        assert_eq!(line(next)["waits"], waits);
        assert!(next.ends_with(&event), "byte for byte");
        message.clone_from(next);
    }
    // If no queue takes a new message, the old one is redelivered.
    stage.receiver.fail(&[edge::Fault::fail("DELIVERIES"), edge::Fault::fail("DEAD_LETTERS")]);
    assert_eq!(stage.consume_one(&message, 1), Asked::Retry(300));
    assert_eq!(stage.shop.orders_so_far().len(), 0, "the destination was not called");

    stage.receiver.restart_with(&whole.with_sink(&stage.sink));
    stage.shop.answer(|_| edge::Reply::status(503));
    assert_eq!(stage.consume_one(&message, 1), Asked::Retry(1), "the first call of two");
    assert_eq!(stage.consume_one(&message, 2), Asked::Ack);
    let letters: Vec<Letter> = stage.take_letters();
    assert_eq!(letters[0].why["attempts"], 2);
}
