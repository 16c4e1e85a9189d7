//! A broken configuration admits nobody and forwards nothing, and the log lists all errors.

use edge::{Receiver, Settings, event};
use serde_json::{Value, json};

#[test]
fn broken() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN", tokem = "TOKEN" }
        max_body_size = 1000000

        [vars.SUBSCRIPTION_PRODUCTS]
        event_types = ["prodct"]
        queue = "EVENT_QUEUE"

        [vars.SUBSCRIPTION_ARCHIVE]
        kv = { binding = "EVENTS_QUEUE", expiration_ttl = 59 }
        "#,
    );
    let receiver = Receiver::start(&settings);

    let answer = receiver.post(event("1", "product")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")));
    assert_eq!(
        answer.body,
        r#"{"type":"urn:elytra-webhooks:broken_configuration","title":"The receiver's configuration is broken","status":503,"code":"broken_configuration","detail":"the receiver is not configured correctly; its log says why"}"#
    );
    let health = receiver.post("").method("GET").path("/health").send();
    assert_eq!((health.status, health.code().as_str()), (503, "broken_configuration"));

    let reasons: Vec<_> = receiver.log(1)[0]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        reasons,
        [
            r#"SUBSCRIPTION_ARCHIVE.kv.binding: "EVENTS_QUEUE" is bound to a queue, expected a KV namespace"#,
            "SUBSCRIPTION_ARCHIVE.kv.expiration_ttl: expected a whole number from 60 to 315360000",
            r#"SUBSCRIPTION_PRODUCTS.event_types[0]: unknown name "prodct", did you mean "product"?"#,
            r#"SUBSCRIPTION_PRODUCTS.queue: no queue is bound as "EVENT_QUEUE", did you mean "EVENTS_QUEUE"?"#,
            "WEBHOOK.auth.token: no secret with this name is set, expected the name of a secret",
            r#"WEBHOOK.auth.tokem: unknown field, did you mean "token"?"#,
            r#"WEBHOOK.max_body_size: unknown field, did you mean "max_body_bytes"?"#,
        ]
    );
    assert!(receiver.received_so_far().is_empty(), "something was forwarded");
    assert!(receiver.kv().is_empty(), "something was written");
}

/// An operator sees the mistakes without the log, and nobody else does.
#[test]
fn broken_for_an_operator() {
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }

        [vars.ADMIN]
        auth_type = "basic"
        auth = { username = "ADMIN_USERNAME", password = "ADMIN_PASSWORD" }

        [vars.SUBSCRIPTION_PRODUCTS]
        queue = "EVENT_QUEUE"
        "#;
    let settings = Settings::new(vars)
        .with_secret("TOKEN", "right-token")
        .with_secret("ADMIN_USERNAME", "on-duty")
        .with_secret("ADMIN_PASSWORD", "a-password-of-operators");
    let receiver = Receiver::start(&settings);
    let health = |credentials: Option<&str>| {
        let call = receiver.post("").method("GET").path("/health").without("authorization");
        let call = match credentials {
            Some(credentials) => call.header("authorization", credentials),
            None => call,
        };
        let answer = call.send();
        assert_eq!((answer.status, &*answer.code()), (503, "broken_configuration"));
        answer.json()["mistakes"].clone()
    };
    assert_eq!(health(None), Value::Null);
    assert_eq!(health(Some("Bearer right-token")), Value::Null, "a sender");
    // on-duty:a-password-of-operators
    let operator = "Basic b24tZHV0eTphLXBhc3N3b3JkLW9mLW9wZXJhdG9ycw==";
    let expected = json!([{
        "path": "SUBSCRIPTION_PRODUCTS.queue",
        "message": "no queue is bound as \"EVENT_QUEUE\", did you mean \"EVENTS_QUEUE\"?",
    }]);
    assert_eq!(health(Some(operator)), expected);
}

/// A warning is logged once, and everything works.
#[test]
fn doubtful() {
    let receiver = Receiver::start(&Settings::standard());
    for id in ["1", "2"] {
        assert_eq!(receiver.post(event(id, "product")).send().status, 202);
    }
    assert_eq!(receiver.received(2).len(), 2);
    let warnings = receiver.warnings();
    let expected = json!([{
        "outcome": "configured",
        "code": "warnings",
        "reasons": [
            "WEBHOOK.auth.token: the secret \"TOKEN\" has only 11 bytes and could be guessed: expected 16 or more, for example from \"openssl rand -base64 24\"",
        ],
    }]);
    assert_eq!(json!(warnings), expected);
}
