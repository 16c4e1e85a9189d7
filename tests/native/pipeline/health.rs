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
