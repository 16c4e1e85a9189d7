//! When an HTTP destination is called again.

use std::time::{Duration, SystemTime};

use edge::{Asked, Receiver, Reply, Shop, Sink};
use serde_json::json;

use super::{ELYTRA, PATIENT, Stage, product, settings, subscription, timeout};

/// The delay of a retry in seconds, or 0 if there is none.
fn delay(asked: Asked) -> u64 {
    match asked {
        Asked::Retry(seconds) => seconds,
        Asked::Ack => 0,
    }
}

#[test]
fn backoff() {
    let (shop, sink) = (Shop::open(), Sink::start());
    let with = |policy: &str| format!("{}retry = {{ {policy} }}", timeout(PATIENT));
    let capped =
        "max_retries = 99, initial_delay = 1_500, backoff_multiplier = 3.0, max_delay = 60_000";
    let vars = [
        subscription("A_ELYTRA", &shop, &(timeout(PATIENT) + ELYTRA)),
        subscription("B_CAPPED", &shop, &with(capped)),
        subscription("C_ONCE", &shop, &with("max_retries = 0")),
        subscription("D_DEFAULT", &shop, &timeout(PATIENT)),
    ];
    let receiver = Receiver::start(&settings().with_vars(&vars.concat()).with_sink(&sink));
    let stage = Stage { receiver, sink, shop };
    stage.shop.answer(|_| Reply::status(503));
    let mut messages = stage.send_all(&["1"]);
    messages.sort_unstable_by_key(|message| message.lines().next().unwrap().to_owned());
    let [elytra, capped, once, default] = &*messages else { panic!("{messages:?}") };

    // 1, 2, 4, 8 and 16 seconds, and then a dead letter.
    let asked: Vec<_> = (1..=6).map(|attempts| stage.consume_one(elytra, attempts)).collect();
    let [delays @ .., last] = &*asked else { panic!("nothing was asked for") };
    assert_eq!(delays, [1, 2, 4, 8, 16].map(Asked::Retry));
    assert_eq!(*last, Asked::Ack);
    assert_eq!(stage.shop.take_orders().len(), 6);
    let letters = stage.take_letters();
    assert_eq!(letters.len(), 1);
    let reported =
        ["subscription", "cause", "status", "attempts"].map(|name| &letters[0].why[name]);
    let expected = [json!("a_elytra"), json!("status"), json!(503), json!(6)];
    assert_eq!(reported, expected.each_ref());
    assert_eq!(letters[0].event, product("1"));

    // Up to a sixteenth longer, never shorter.
    let expected = [2, 5, 14, 41, 60, 60, 60];
    for (attempts, expected) in (1..).zip(expected) {
        let delay = delay(stage.consume_one(capped, attempts));
        assert!((expected..=expected + expected / 16).contains(&delay), "{attempts}: {delay}");
    }
    let last = delay(stage.consume_one(capped, 99));
    assert!((60..=63).contains(&last), "{last}");
    assert!(stage.take_letters().is_empty());
    assert_eq!(stage.consume_one(capped, 100), Asked::Ack);
    assert_eq!(stage.take_letters()[0].why["attempts"], 100);

    assert_eq!(stage.consume_one(once, 1), Asked::Ack);
    assert_eq!(stage.take_letters()[0].why["attempts"], 1);

    // Without `retry`, the delays grow to an hour, and the 36th attempt is the last one.
    for (attempts, expected) in [(1, 1), (6, 32), (12, 2_048), (13, 3_600), (35, 3_600)] {
        let delay = delay(stage.consume_one(default, attempts));
        assert!((expected..=expected + expected / 16).contains(&delay), "{attempts}: {delay}");
    }
    assert_eq!(stage.consume_one(default, 36), Asked::Ack);
    assert_eq!(stage.take_letters()[0].why["attempts"], 36);
}

#[test]
fn retry_after() {
    let stage = Stage::new(&(timeout(PATIENT) + ELYTRA));
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(200));
    stage.shop.answer(move |order| {
        let (status, retry_after) = match order.id() {
            "seconds" => (503, "7"),
            "of-429" => (429, "120"),
            "none" => (503, "0"),
            "too-long" => (503, "86400"),
            "endless" => (503, "99999999999999999999999"),
            "date" => (503, &*soon),
            "far" => (503, "Fri, 31 Dec 2399 23:59:59 GMT"),
            "past" => (503, "Sun, 06 Nov 1994 08:49:37 GMT"),
            "old-form" => (503, "Sunday, 06-Nov-94 08:49:37 GMT"),
            "negative" => (503, "-7"),
            "nonsense" => (503, "when I like"),
            id => panic!("{id}"),
        };
        Reply::status(status).header("Retry-After", retry_after)
    });
    let expected = [
        ("seconds", 7),
        ("of-429", 120),
        ("none", 1),
        ("too-long", 300),
        ("endless", 300),
        ("far", 300),
        ("past", 1),
        ("old-form", 1),
        ("negative", 1),
        ("nonsense", 1),
    ];
    let messages = stage.send_all(&expected.map(|(id, _)| id));
    for ((id, expected), asked) in expected.into_iter().zip(stage.consume(&messages)) {
        assert_eq!(asked, Asked::Retry(expected), "{id}");
    }
    let asked = delay(stage.consume_one(&stage.send(&product("date")), 1));
    assert!((100..=200).contains(&asked), "{asked}");
    // It does not grant more attempts.
    assert_eq!(stage.consume_one(&stage.send(&product("seconds")), 6), Asked::Ack);
    assert_eq!(stage.take_letters().len(), 1);
}
