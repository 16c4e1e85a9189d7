//! The handshake of the CloudEvents web hooks: consent for allowed origins, and for no others.

use edge::{Answer, Receiver, Settings};

#[track_caller]
fn ask(receiver: &Receiver, origin: Option<&str>) -> Answer {
    let mut call = receiver.post("").method("OPTIONS").without("authorization");
    if let Some(origin) = origin {
        call = call
            .header("webhook-request-origin", origin)
            .header("webhook-request-rate", "120")
            .header("webhook-request-callback", "http://127.0.0.1:1/callback");
    }
    let answer = call.send();
    assert_eq!((answer.status, &*answer.body), (200, r#"{"code":"handshake"}"#));
    answer
}

#[track_caller]
fn check(answer: &Answer, allow: &str, consent: Option<(&str, &str)>) {
    assert_eq!(answer.header("allow"), Some(allow));
    assert_eq!(answer.header("webhook-allowed-origin"), consent.map(|(origin, _)| origin));
    assert_eq!(answer.header("webhook-allowed-rate"), consent.map(|(_, rate)| rate));
}

#[test]
fn consent() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        methods = ["POST"]
        allowed_origins = ["elytra.example.com", "pim.example.com"]
        allowed_rate = 600

        [vars.SUBSCRIPTION_ALL]
        queue = "EVENTS_QUEUE"
        "#,
    )
    .with_secret("TOKEN", "right-token");
    let receiver = Receiver::start(&settings);
    let allow = "POST, OPTIONS";

    for origin in ["elytra.example.com", "pim.example.com"] {
        check(&ask(&receiver, Some(origin)), allow, Some((origin, "600")));
    }
    // An origin is matched exactly, and a request without one gets no consent.
    for origin in ["elytra.example.com.evil.com", "elytra.example", "example.com", "*", ""] {
        check(&ask(&receiver, Some(origin)), allow, None);
    }
    check(&ask(&receiver, None), allow, None);

    // The callback was not called, nothing was forwarded, and the log says what was asked.
    assert!(receiver.received_so_far().is_empty());
    assert!(receiver.log(8).iter().all(|line| line["outcome"] == "handshake"));
}

#[test]
fn no_consent_unless_configured() {
    let receiver = Receiver::start(&Settings::standard());
    check(&ask(&receiver, Some("elytra.example.com")), "POST, PUT, PATCH, OPTIONS", None);
}
