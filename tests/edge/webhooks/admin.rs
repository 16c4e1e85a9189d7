//! Who may see dead letters, and what configuration that needs.

use std::cell::Cell;

use edge::{Receiver, Settings, Shop, Sink, event};
use serde_json::json;

use super::dead_letters::{ADMIN, ask, with_admin};
use super::{settings, subscription};

#[test]
fn who_may_and_what() {
    let (shop, sink) = (Shop::open(), Sink::start());
    let vars = subscription("SHOP", &shop, "");
    let settings = settings().with_vars(&vars).with_sink(&sink);
    let receiver = Receiver::start(&with_admin(settings.clone()));
    let calls = Cell::new(0);
    let status = |method: &str, path: &str, token: Option<&str>| {
        // Each from another address: one that presents many wrong credentials has to wait.
        calls.set(calls.get() + 1);
        let address = format!("192.0.2.{}", calls.get());
        let call = receiver.post("").method(method).path(path);
        let call = call.header("cf-connecting-ip", &address);
        let call = match token {
            Some(token) => call.header("authorization", token),
            None => call.without("authorization"),
        };
        let answer = call.send();
        (answer.status, answer.code())
    };
    let expect = |status: u16, code: &str| (status, code.to_owned());
    let paths = [
        ("GET", "/dead-letters"),
        ("POST", "/dead-letters/redrive?id=1"),
        ("POST", "/dead-letters/delete?id=1"),
        ("GET", "/dead-letters/jobs"),
        ("POST", "/dead-letters/jobs/resume?id=1"),
        ("POST", "/dead-letters/jobs/stop?id=1"),
    ];
    for (method, path) in paths {
        assert_eq!(status(method, path, None), expect(401, "credentials_missing"));
        // Elytra's own token does not work here.
        for token in ["Bearer right-token", "Bearer wrong"] {
            assert_eq!(status(method, path, Some(token)), expect(401, "credentials_wrong"));
        }
    }
    let answer = receiver.post(event("1", "product")).header("authorization", ADMIN).send();
    assert_eq!((answer.status, answer.code()), expect(401, "credentials_wrong"));

    let cases = [
        ("POST", "/dead-letters", 405, "method_not_allowed"),
        ("GET", "/dead-letters/redrive?subscription=shop", 405, "method_not_allowed"),
        ("GET", "/dead-letters?subscriptoin=shop", 400, "bad_query"),
        ("GET", "/dead-letters?limit=0", 400, "bad_query"),
        ("GET", "/dead-letters?limit=1001", 400, "bad_query"),
        ("POST", "/dead-letters/redrive", 400, "bad_query"),
        ("POST", "/dead-letters/redrive?id=1&subscription=shop", 400, "bad_query"),
        (
            "GET",
            "/dead-letters?id=shop/1764547200000/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            404,
            "no_such_dead_letter",
        ),
        (
            "POST",
            "/dead-letters/redrive?id=shop/1764547200000/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            404,
            "no_such_dead_letter",
        ),
        ("GET", "/dead-letters/other", 404, "not_found"),
        ("GET", "/dead-letters?limit=1000", 200, "dead_letters"),
    ];
    for (method, path, expected, code) in cases {
        assert_eq!(status(method, path, Some(ADMIN)), expect(expected, code), "{method} {path}");
    }
    let path = "/dead-letters?limit=1&access_token=admin-token";
    assert_eq!(status("GET", path, None), expect(200, "dead_letters"));
    assert_eq!(sink.messages("DELIVERIES"), <[String; 0]>::default());

    // Without ADMIN, nothing is found.
    let receiver = Receiver::start(&settings);
    for (method, path) in paths {
        let answer = ask(&receiver, method, path);
        assert_eq!((answer.status, &*answer.code()), (404, "not_found"));
    }
}

#[test]
fn without_a_place_for_the_dead() {
    let shop = Shop::open();
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        "#;
    let settings = Settings::new(vars)
        .with_secret("TOKEN", "right-token")
        .with_queue("DELIVERIES")
        .with_queue("DEAD_LETTERS")
        .with_vars(&subscription("SHOP", &shop, ""));
    let receiver = Receiver::start(&with_admin(settings));
    let answer = receiver.post(event("1", "product")).send();
    assert_eq!((answer.status, &*answer.code()), (503, "broken_configuration"));
    let answer = ask(&receiver, "GET", "/dead-letters");
    assert_eq!((answer.status, &*answer.code()), (503, "broken_configuration"));
    let mut reasons = receiver.log(1)[0]["reasons"].as_array().unwrap().clone();
    reasons.sort_unstable_by_key(ToString::to_string);
    let expected = ["ADMIN", "SUBSCRIPTION_SHOP.webhook"]
        .map(|place| json!(format!(r#"{place}: no KV namespace is bound as "DEAD""#)));
    assert_eq!(reasons, expected);
    assert!(shop.orders_so_far().is_empty());
}
