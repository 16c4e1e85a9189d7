//! Another Worker behind a service binding: it is called as a server is, but never over the network.

use edge::{Asked, Fault, Receiver, Reply, Shop, Sink, wait_until};
use serde_json::{Value, json};

use super::dead_letters::{ask, letters, with_admin};
use super::{Letter, PATIENT, Stage, product, settings, timeout};
use crate::delivery::delicate;
use crate::durability::large;

/// A receiver whose subscription `shop` has a service with these fields beside its binding.
fn stage(fields: &str) -> Stage {
    let (shop, sink) = (Shop::open(), Sink::start());
    let vars = format!(
        r#"
        [vars.SUBSCRIPTION_SHOP.service]
        binding = "SHOP"
        {fields}
        "#
    );
    let settings = with_admin(settings().with_kv("CLAIMS")).with_service(&shop).with_vars(&vars);
    let receiver = Receiver::start(&settings.with_sink(&sink));
    Stage { receiver, sink, shop }
}

/// As a string, and through the local queue.
#[test]
fn byte_for_byte() {
    let shop = Shop::open();
    let vars = "[vars.SUBSCRIPTION_SHOP]\nservice = \"SHOP\"\n";
    let receiver = Receiver::start(&settings().with_service(&shop).with_vars(vars));
    let text = delicate("product");
    let answer = receiver.post(&*text).send();
    assert_eq!(
        (answer.status, &*answer.body),
        (202, r#"{"code":"accepted","id":"a/b cé","subscriptions":["shop"]}"#)
    );
    let order = shop.orders(1).remove(0);
    assert_eq!((&*order.method, order.text()), ("POST", &*text));
    let expected = [
        ("x-seen-url", "https://shop.service/"),
        ("content-type", "application/cloudevents+json; charset=UTF-8"),
        ("idempotency-key", "%2Felytra%2Fpim%3Fa%3Db/a%2Fb%20c%C3%A9"),
        ("user-agent", concat!("elytra-webhooks/", "0.1.0")),
    ];
    for (name, value) in expected {
        assert_eq!(order.header(name), Some(value), "{name}");
    }
    let log = wait_until("it is delivered", || {
        receiver.log(0).into_iter().find(|line| line["outcome"] == "delivered")
    });
    assert_eq!((&log["subscription"], &log["attempts"]), (&json!("shop"), &json!(1)));
    // It is called once.
    assert_eq!(shop.orders_so_far().len(), 1);
}

#[test]
fn its_settings_count() {
    let fields = r#"
        path = "/events/elytra"
        method = "put"
        mode = "binary"
        "#;
    let stage = stage(&(timeout(PATIENT) + fields));
    let message = stage.send(&product("1"));
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    let order = stage.shop.take_orders().remove(0);
    assert_eq!((&*order.method, &*order.path), ("PUT", "/events/elytra"));
    assert_eq!(order.header("x-seen-url"), Some("https://shop.service/events/elytra"));
    assert_eq!((order.header("ce-id"), order.header("ce-source")), (Some("1"), Some("elytra-pim")));
    assert_eq!(order.text(), r#"{"objectId":4711,"objectType":"product"}"#);
}

#[test]
fn large_events_arrive_complete() {
    let stage = stage(&timeout(PATIENT));
    for bytes in [125_000, 127_900, 1_000_000, 3_900_000] {
        let event = large(&bytes.to_string(), bytes);
        let message = stage.send(&event);
        assert!(message.len() <= 127_900, "{}", message.len());
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
        let order = stage.shop.take_orders().remove(0);
        assert!(order.body == event.as_bytes(), "the event of {bytes} bytes is another");
    }
    assert_eq!(stage.receiver.kv_of("CLAIMS").len(), 3);
}

#[test]
fn answers() {
    let stage = stage(&timeout(2_000));
    let elsewhere = Shop::open();
    let place = format!("{}/moved", elsewhere.url());
    let location = place.clone();
    stage.shop.answer(move |order| match order.id() {
        "slow" => Reply::status(204).held(),
        "hangs-up" => Reply::hang_up(),
        "throws" => Reply::status(200).header("x-throw", "thrown-canary"),
        "later" => Reply::status(503).header("Retry-After", "7"),
        "302" => Reply::status(302).header("Location", &location),
        id => Reply::status(id.parse().unwrap()).body("body-canary"),
    });
    let cases = [
        ("200", Asked::Ack, "delivered", Value::Null),
        ("503", Asked::Retry(1), "retried", json!("status")),
        ("later", Asked::Retry(7), "retried", json!("status")),
        ("slow", Asked::Retry(1), "retried", json!("timeout")),
        ("hangs-up", Asked::Retry(1), "retried", json!("connection")),
        ("throws", Asked::Retry(1), "retried", json!("connection")),
        ("302", Asked::Ack, "dead", json!("redirect")),
        ("404", Asked::Ack, "dead", json!("status")),
        ("410", Asked::Ack, "dead", json!("gone")),
    ];
    for (id, asked, outcome, cause) in &cases {
        let message = stage.send(&product(id));
        assert_eq!(stage.consume_one(&message, 1), *asked, "{id}");
        let line = stage.line_about(id);
        assert_eq!((&line["outcome"], &line["cause"]), (&json!(outcome), cause), "{line}");
    }
    let failed = "no connection to the destination: the service failed, and its own log says why";
    assert_eq!(stage.line_about("throws")["reasons"], json!([failed]));
    let redirect = format!("the destination answered 302, a redirect to {place}");
    assert_eq!(stage.line_about("302")["reasons"], json!([redirect]));
    assert_eq!(elsewhere.orders_so_far(), [], "a redirect was followed");
    // The call that took too long does not go on.
    stage.shop.wait_until_given_up(1);
    let log = stage.receiver.log(0);
    let log: String = log.iter().map(ToString::to_string).collect();
    assert!(!log.contains("canary"), "the log repeats what the service said: {log}");
}

/// A 2xx counts, even if its body does not arrive in time.
#[test]
fn slow_bodies() {
    let stage = stage(&timeout(2_000));
    stage.shop.answer(|_| Reply::status(200).body("{}").stalled());
    let message = stage.send(&product("1"));
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    assert_eq!(stage.line_about("1")["outcome"], "delivered");
    stage.shop.wait_until_given_up(1);
}

#[test]
fn dead_letters_are_kept_and_sent_again() {
    let stage = stage(&timeout(PATIENT));
    stage.shop.answer(|_| Reply::status(422).body("no price"));
    let event = product("1");
    let message = stage.send(&event);
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    let letter = stage.sink.take_messages("DEAD_LETTERS").remove(0);
    assert_eq!(Letter::read(&letter).event, event);
    assert_eq!(Letter::read(&letter).why["answer"]["body"], "no price");
    assert_eq!(stage.consume_one(&letter, 1), Asked::Ack);
    assert_eq!(stage.receiver.kv_of("DEAD").len(), 1);

    let list = ask(&stage.receiver, "GET", "/dead-letters?subscription=shop").json();
    let listed = &list["dead_letters"][0];
    assert_eq!((&listed["cause"], &listed["status"]), (&json!("status"), &json!(422)));
    let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?subscription=shop");
    assert_eq!((answer.status, &*answer.code()), (200, "redriven"), "{}", answer.body);
    stage.shop.answer(|_| Reply::status(204));
    let again = stage.sink.take_messages("DELIVERIES");
    assert_eq!(stage.consume(&again), [Asked::Ack]);
    assert_eq!(stage.shop.orders_so_far().last().unwrap().text(), event);
    assert!(letters(&stage.receiver).is_empty());
}

/// The binding itself fails.
#[test]
fn a_binding_that_fails() {
    let stage = stage(&timeout(1_000));
    let message = stage.send(&product("1"));
    for fault in [Fault::fail("SHOP"), Fault::lost("SHOP"), Fault::hang("SHOP")] {
        stage.receiver.fail(&[fault]);
        assert_eq!(stage.consume_one(&message, 1), Asked::Retry(1));
    }
    stage.receiver.fail(&[]);
    assert_eq!(stage.consume_one(&message, 2), Asked::Ack);
    let keys = stage.shop.orders_so_far();
    let keys: Vec<_> = keys.iter().map(|order| order.header("idempotency-key")).collect();
    assert_eq!(keys, [Some("elytra-pim/1"); 2], "once although its answer was lost, once again");
}

/// No such binding: every caller gets a 503, and the log names the nearest.
#[test]
fn a_binding_that_does_not_exist() {
    let shop = Shop::open();
    let vars = "[vars.SUBSCRIPTION_SHOP]\nservice = \"SHOPS\"\n";
    let receiver = Receiver::start(&settings().with_service(&shop).with_vars(vars));
    let answer = receiver.post(product("1")).send();
    assert_eq!((answer.status, &*answer.code()), (503, "broken_configuration"));
    let expected =
        r#"SUBSCRIPTION_SHOP.service: no service is bound as "SHOPS", did you mean "SHOP"?"#;
    assert_eq!(receiver.log(1)[0]["reasons"], json!([expected]));
    assert_eq!(shop.orders_so_far(), []);
}
