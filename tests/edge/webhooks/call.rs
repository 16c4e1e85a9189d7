//! What an HTTP destination is sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edge::{Asked, Order, Receiver, Shop};
use serde_json::{Value, json};

use super::{PATIENT, Stage, product, settings, subscription, timeout};
use crate::delivery::delicate;
use crate::durability::large;

/// The headers that every call has, besides the body and those of its mode.
#[track_caller]
fn assert_is_call(order: &Order, key: &str) {
    assert_eq!(order.path, "/elytra?from=pim");
    let headers = ["user-agent", "idempotency-key"].map(|name| order.header(name));
    let user_agent = concat!("elytra-webhooks/", "0.1.0");
    assert_eq!(headers, [Some(user_agent), Some(key)], "{order:?}");
}

#[test]
fn byte_for_byte() {
    let shop = Shop::open();
    let fields = timeout(PATIENT);
    let receiver = Receiver::start(&settings().with_vars(&subscription("SHOP", &shop, &fields)));
    let text = delicate("product");
    let answer = receiver.post(&*text).send();
    assert_eq!(
        (answer.status, &*answer.body),
        (202, r#"{"code":"accepted","id":"a/b cé","subscriptions":["shop"]}"#)
    );

    let orders = shop.orders(1);
    let order = &orders[0];
    assert_is_call(order, "%2Felytra%2Fpim%3Fa%3Db/a%2Fb%20c%C3%A9");
    assert_eq!(order.method, "POST");
    assert_eq!(order.header("content-type"), Some("application/cloudevents+json; charset=UTF-8"));
    let absent = ["authorization", "traceparent", "tracestate", "ce-id"];
    assert_eq!(absent.map(|name| order.header(name)), [None; 4]);
    assert_eq!(order.text(), text);

    // The log says what happened to the event and what it is about, and nothing else about its content.
    let log = receiver.log(2);
    let line = log.iter().find(|line| line["outcome"] == "delivered").expect("a line");
    let reported = ["subscription", "id", "type", "attempts"].map(|name| &line[name]);
    let expected = [&json!("shop"), &json!("a/b cé"), &json!("com.elytra.product"), &json!(1)];
    assert_eq!(reported, expected);
    let about = ["subject", "object_type", "object_id"].map(|name| line[name].as_str());
    assert_eq!(about, ["Größe", "product", "9007199254740993"].map(Some), "to the last digit");
    assert!(!receiver.output().contains("emoji"), "{}", receiver.output());
    // The destination is called once.
    assert_eq!(shop.orders_so_far().len(), 1);
}

#[test]
fn methods_and_credentials() {
    let shop = Shop::open();
    let vars = [
        ("NONE", r#"auth_type = "none""#),
        (
            "BEARER",
            r#"method = "post"
            auth_type = "bearer"
            auth = { token = "SHOP_TOKEN" }"#,
        ),
        (
            "BASIC",
            r#"method = "put"
            auth_type = "basic"
            auth = { username = "SHOP_USER", password = "SHOP_PASSWORD" }"#,
        ),
        (
            "KEY",
            r#"method = "patch"
            auth_type = "apikey"
            auth = { api_key = "SHOP_KEY", header_name = "X-Shop-Key" }"#,
        ),
        (
            "USUAL_KEY",
            r#"auth_type = "apikey"
            auth = { api_key = "SHOP_KEY" }"#,
        ),
    ]
    .map(|(name, fields)| subscription(name, &shop, fields));
    let settings = settings()
        .with_vars(&vars.concat())
        .with_secret("SHOP_TOKEN", "secret-token")
        .with_secret("SHOP_USER", "wörker")
        .with_secret("SHOP_PASSWORD", "secret:passwörd")
        .with_secret("SHOP_KEY", "secret-key");
    let receiver = Receiver::start(&settings);
    assert_eq!(receiver.post(product("1")).send().status, 202);

    let orders = shop.orders(5);
    let mut reported: Vec<_> = orders
        .iter()
        .map(|order| {
            assert_is_call(order, "elytra-pim/1");
            assert_eq!(order.text(), product("1"));
            let credentials = ["authorization", "x-shop-key", "api-key"];
            (&*order.method, credentials.map(|name| order.header(name)))
        })
        .collect();
    reported.sort_unstable();
    let basic = format!("Basic {}", BASE64_STANDARD.encode("wörker:secret:passwörd"));
    assert_eq!(
        reported,
        [
            ("PATCH", [None, Some("secret-key"), None]),
            ("POST", [None, None, None]),
            ("POST", [None, None, Some("secret-key")]),
            ("POST", [Some("Bearer secret-token"), None, None]),
            ("PUT", [Some(&*basic), None, None]),
        ]
    );
    let _ = receiver.log(6);
    assert!(!receiver.output().contains("secret-"), "{}", receiver.output());
}

/// An event with extensions, one of each type.
fn traced(id: &str, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"elytra-pim","type":"com.elytra.product",
        "time":"2025-12-31T04:19:30.860984129+01:00","subject":"100 % \"Größe\"","operation":"modify",
        "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=1,b=2",
        "flag":true,"count":-42{data}}}"#
    )
}

#[test]
fn binary() {
    let stage = Stage::new(r#"mode = "binary""#);
    let events = [
        (
            r#","data":{ "a":1e400,  "b":"\u00e9" }"#,
            r#"{ "a":1e400,  "b":"\u00e9" }"#,
            Some("application/json"),
        ),
        (
            r#","datacontenttype":"text/plain","data":"Gr\u00f6\u00dfe""#,
            "Größe",
            Some("text/plain"),
        ),
        (
            r#","datacontenttype":"image/png","data_base64":"R3LDtsOfZQ==""#,
            "Größe",
            Some("image/png"),
        ),
        ("", "", None),
    ];
    for (data, body, content_type) in events {
        let message = stage.send(&traced("größe", data));
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
        let order = stage.shop.take_orders().remove(0);
        assert_is_call(&order, "elytra-pim/gr%C3%B6%C3%9Fe");
        assert_eq!((order.text(), order.header("content-type")), (body, content_type));
        let mut attributes: Vec<_> = order
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with("ce-") || name.starts_with("trace"))
            .map(|(name, value)| (&**name, &**value))
            .collect();
        attributes.sort_unstable();
        assert_eq!(
            attributes,
            [
                ("ce-count", "-42"),
                ("ce-flag", "true"),
                ("ce-id", "gr%C3%B6%C3%9Fe"),
                ("ce-operation", "modify"),
                ("ce-source", "elytra-pim"),
                ("ce-specversion", "1.0"),
                ("ce-subject", "100%20%25%20%22Gr%C3%B6%C3%9Fe%22"),
                ("ce-time", "2025-12-31T04:19:30.860984129+01:00"),
                ("ce-traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                ("ce-tracestate", "a=1,b=2"),
                ("ce-type", "com.elytra.product"),
                ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                ("tracestate", "a=1,b=2"),
            ]
        );
    }
}

#[test]
fn large_and_traced() {
    let stage = Stage::with(settings().with_kv("CLAIMS"), &timeout(PATIENT));
    // Structured mode passes the trace on as well.
    let message = stage.send(&traced("1", ""));
    assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
    let order = stage.shop.take_orders().remove(0);
    let trace = ["traceparent", "tracestate"].map(|name| order.header(name));
    assert_eq!(
        trace,
        [Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), Some("a=1,b=2")]
    );
    assert_eq!(order.text(), traced("1", ""));

    for bytes in [125_000, 127_900, 1_000_000, 3_900_000] {
        let event = large(&bytes.to_string(), bytes);
        let message = stage.send(&event);
        assert!(message.len() <= 127_900, "{}", message.len());
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack);
        let order = stage.shop.take_orders().remove(0);
        assert!(order.body == event.as_bytes(), "the event of {bytes} bytes is another");
        assert_eq!(order.header("idempotency-key"), Some(&*format!("elytra-pim/{bytes}")));
        let read: Value = serde_json::from_slice(&order.body).unwrap();
        assert_eq!(read.get("dataref"), None);
    }
    // The first fits in a message, and the others are in `CLAIMS`.
    assert_eq!(stage.receiver.kv_of("CLAIMS").len(), 3);
}
