//! What `/health` tells whom.

use elytra_webhooks::config::{Binding, Bindings, Broken, Config};

use super::{Head, Memory, Request, TOKEN, ask, known};

const ADMIN: &str = r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#;

/// A configuration with this `ADMIN` and this subscription.
fn read(admin: &str, subscription: &str) -> Result<Config, Broken> {
    let json = |text: &str| Binding::Json(text.to_owned());
    let text = |text: &str| Binding::Text(text.to_owned());
    let webhook = r#"{"auth_type":"bearer","auth":{"token":"TOKEN"}}"#;
    Config::from_bindings(&Bindings::from([
        ("WEBHOOK".to_owned(), json(webhook)),
        ("ADMIN".to_owned(), json(admin)),
        ("SUBSCRIPTION_A".to_owned(), json(subscription)),
        ("QUEUE".to_owned(), Binding::Queue),
        ("TOKEN".to_owned(), text(TOKEN)),
        ("ADMIN_TOKEN".to_owned(), text("admin-canary-that-nobody-can-guess")),
    ]))
}

fn operator() -> Head {
    Head::post().with("authorization", "Bearer admin-canary-that-nobody-can-guess")
}

/// The name of a secret can be right, and its value be that of another.
#[test]
fn nobody_is_an_operator_by_the_secret_of_another() {
    let json = |text: &str| Binding::Json(text.to_owned());
    let text = |text: &str| Binding::Text(text.to_owned());
    let shop = "shop-canary-that-nobody-can-guess";
    let bindings = |webhook: &str, admin_secret: &str| {
        let webhook_of_shop = r#"{"webhook":{"url":"https://shop.example","auth_type":"bearer","auth":{"token":"SHOP"}}}"#;
        Bindings::from([
            ("WEBHOOK".to_owned(), json(webhook)),
            ("ADMIN".to_owned(), json(ADMIN)),
            ("SUBSCRIPTION_A".to_owned(), json(webhook_of_shop)),
            ("DELIVERIES".to_owned(), Binding::Queue),
            ("DEAD_LETTERS".to_owned(), Binding::Queue),
            ("DEAD".to_owned(), Binding::Kv),
            ("TOKEN".to_owned(), text(TOKEN)),
            ("SHOP".to_owned(), text(shop)),
            ("ADMIN_TOKEN".to_owned(), text(admin_secret)),
        ])
    };
    let webhook = r#"{"auth_type":"bearer","auth":{"token":"TOKEN"}}"#;
    let unread = r#"{"auth_type":"beare","auth":{"token":"TOKEN"}}"#;
    let cases = [
        ("a sender, whose secrets cannot be read", unread, TOKEN),
        ("a destination", webhook, shop),
    ];
    for (why, webhook, secret) in cases {
        let broken = Config::from_bindings(&bindings(webhook, secret)).unwrap_err();
        let head = Head::post().with("authorization", &format!("Bearer {secret}"));
        let request = Request::new(head.method("GET").path("/health"), "");
        let answer = ask(Err(&broken), request, &Memory::default());
        assert_eq!(answer.status, 503, "{why}");
        assert!(!answer.body.contains("mistakes"), "{why}: {}", answer.body);
    }
}

#[test]
fn who_guesses_is_seen_in_the_log() {
    let config = read(ADMIN, r#"{"queue":"QUEUE"}"#).unwrap();
    let head = Head::post()
        .with("authorization", "Bearer a-guess")
        .with("cf-connecting-ip", "203.0.113.9")
        .with("user-agent", "curl");
    let request = Request::new(head.method("GET").path("/health"), "");
    let answer = ask(Ok(&config), request, &Memory::default());
    assert_eq!((answer.status, &*answer.body), (200, r#"{"code":"healthy"}"#));
    let expected = r#""auth_type":"bearer","client_address":"203.0.113.9","user_agent":"curl""#;
    assert!(answer.log.contains(expected), "{}", answer.log);
}

#[test]
fn an_operator_is_told_what_is_wrong() {
    let right = r#"{"queue":"QUEUE"}"#;
    let wrong = r#"{"queue":"QEUE","operatons":[]}"#;
    let unlisted = r#""detail":"the receiver is not configured correctly; its log says why"}"#;
    let mistakes = concat!(
        r#","mistakes":[{"path":"SUBSCRIPTION_A.queue","#,
        r#""message":"no queue is bound as \"QEUE\", did you mean \"QUEUE\"?"},"#,
        r#"{"path":"SUBSCRIPTION_A.operatons","#,
        r#""message":"unknown field, did you mean \"operations\"?"}]}"#
    );
    let warnings = concat!(
        r#"{"code":"healthy","warnings":["#,
        r#"{"path":"WEBHOOK.auth.token","message":"the secret \"TOKEN\" has only 12 bytes and "#,
        r#"could be guessed: expected 16 or more, for example from \"openssl rand -base64 24\""}]}"#
    );
    let nobody = Head::post;
    let no_admin = r#"{"auth_type":"none"}"#;
    let of_senders = r#"{"auth_type":"bearer","auth":{"token":"TOKEN"}}"#;
    let cases = [
        ("nobody, and it is right", ADMIN, right, nobody(), r#"{"code":"healthy"}"#),
        ("an operator, and it is right", ADMIN, right, operator(), warnings),
        ("nobody", ADMIN, wrong, nobody(), unlisted),
        ("a sender is not an operator", ADMIN, wrong, known(), unlisted),
        ("an operator", ADMIN, wrong, operator(), mistakes),
        ("everybody, where everybody would be an operator", no_admin, wrong, nobody(), unlisted),
        ("a sender with the operator's secret", of_senders, wrong, known(), unlisted),
    ];
    for (why, admin, subscription, head, expected) in cases {
        let config = read(admin, subscription);
        for method in ["GET", "HEAD"] {
            let request = Request::new(head.clone().method(method).path("/health"), "");
            let answer = ask(config.as_ref(), request, &Memory::default());
            assert_eq!(answer.status, if config.is_ok() { 200 } else { 503 }, "{why}");
            assert!(answer.body.ends_with(expected), "{why}: {}", answer.body);
            assert_eq!(answer.polls, 0, "{why}: nothing of a body is read");
        }
    }
}
