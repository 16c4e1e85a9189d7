//! Only authenticated callers get in: all kinds of credentials, right, wrong, missing and rotated.

use edge::{Receiver, Settings, event};

/// A call with one header or none, and the expected result.
struct Case {
    why: &'static str,
    header: Option<(&'static str, &'static str)>,
    /// The secret whose name the log shows if the caller gets in, or the code of the rejection.
    expected: Result<&'static str, &'static str>,
}

/// A subscription that makes the configuration valid. Nothing is forwarded in these tests.
const SUBSCRIPTION: &str = r#"
    [vars.SUBSCRIPTION_ALL]
    active = false
    queue = "EVENTS_QUEUE"
"#;

#[track_caller]
fn check(settings: &Settings, challenge: &str, cases: &[Case]) {
    let receiver = Receiver::start(settings);
    for Case { why, header, expected } in cases {
        let mut call = receiver.post(event("1", "product")).without("authorization");
        if let Some((name, value)) = header {
            call = call.header(name, value);
        }
        // Cloudflare sets the address, and passes on the user agent.
        call = call.header("cf-connecting-ip", "203.0.113.7").header("user-agent", "elytra/1");
        let answer = call.send();
        match expected {
            Ok(_) => assert_eq!(answer.status, 200, "{why}: {}", answer.body),
            Err(code) => {
                assert_eq!((answer.status, answer.code().as_str()), (401, *code), "{why}");
                let header = answer.header("www-authenticate").expect("a challenge");
                assert!(header.starts_with(challenge), "{why}: {header}");
            }
        }
    }
    let log = receiver.log(cases.len());
    for (line, Case { why, expected, .. }) in log.iter().zip(cases) {
        let credential = line.get("credential").and_then(|credential| credential.as_str());
        assert_eq!(credential, expected.ok(), "{why}: {line}");
        // A caller that gets in is known by its credential, any other only by where it called from.
        let client = ["client_address", "user_agent"].map(|name| line[name].as_str());
        let known = [Some("203.0.113.7"), Some("elytra/1")];
        assert_eq!(client, if expected.is_ok() { [None; 2] } else { known }, "{why}: {line}");
    }
    for secret in ["first-secret", "second-secret", "first:secret"] {
        assert!(!receiver.output().contains(secret), "the log holds the secret {secret:?}");
    }
}

#[test]
fn bearer() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = [{ token = "TOKEN" }, { token = "TOKEN_NEXT" }]
        "#,
    );
    let cases = [
        Case {
            why: "the old secret, while rotating",
            header: Some(("authorization", "Bearer first-secret")),
            expected: Ok("TOKEN"),
        },
        Case {
            why: "the new secret, while rotating",
            header: Some(("authorization", "Bearer second-secret")),
            expected: Ok("TOKEN_NEXT"),
        },
        Case {
            why: "a scheme is case-insensitive (RFC 9110 section 11.1)",
            header: Some(("authorization", "bearer first-secret")),
            expected: Ok("TOKEN"),
        },
        Case { why: "no credentials", header: None, expected: Err("credentials_missing") },
        Case {
            why: "a wrong secret",
            header: Some(("authorization", "Bearer third-secret")),
            expected: Err("credentials_wrong"),
        },
        Case {
            why: "a prefix of the secret is not the secret",
            header: Some(("authorization", "Bearer first-secre")),
            expected: Err("credentials_wrong"),
        },
        Case {
            why: "an empty token is not a secret",
            header: Some(("authorization", "Bearer ")),
            expected: Err("credentials_missing"),
        },
        Case {
            why: "another scheme",
            header: Some(("authorization", "Basic Zmlyc3Qtc2VjcmV0")),
            expected: Err("credentials_missing"),
        },
    ];
    check(&with_secrets(settings), "Bearer realm=", &cases);
}

#[test]
fn basic() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "basic"
        auth = [
            { username = "USERNAME", password = "TOKEN_WITH_COLON" },
            { username = "USERNAME", password = "TOKEN_NEXT" },
        ]
        "#,
    )
    .with_secret("USERNAME", "elytra");
    let cases = [
        Case {
            why: "only the first colon separates (RFC 7617 section 2): elytra:first:secret",
            header: Some(("authorization", "Basic ZWx5dHJhOmZpcnN0OnNlY3JldA==")),
            expected: Ok("TOKEN_WITH_COLON"),
        },
        Case {
            why: "the new password, while rotating: elytra:second-secret",
            header: Some(("authorization", "Basic ZWx5dHJhOnNlY29uZC1zZWNyZXQ=")),
            expected: Ok("TOKEN_NEXT"),
        },
        Case {
            why: "a sender may wait for the challenge",
            header: None,
            expected: Err("credentials_missing"),
        },
        Case {
            why: "another user: admin:second-secret",
            header: Some(("authorization", "Basic YWRtaW46c2Vjb25kLXNlY3JldA==")),
            expected: Err("credentials_wrong"),
        },
        Case {
            why: "not base64",
            header: Some(("authorization", "Basic %%%")),
            expected: Err("credentials_wrong"),
        },
    ];
    check(&with_secrets(settings), "Basic realm=", &cases);
}

#[test]
fn apikey() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "apikey"
        auth = [{ api_key = "TOKEN" }, { api_key = "TOKEN_NEXT", header_name = "X-Elytra-Key" }]
        "#,
    );
    let cases = [
        Case {
            why: "the header is api-key unless another is named",
            header: Some(("api-key", "first-secret")),
            expected: Ok("TOKEN"),
        },
        Case {
            why: "the header that is named, in any case",
            header: Some(("x-elytra-key", "second-secret")),
            expected: Ok("TOKEN_NEXT"),
        },
        Case {
            why: "a key counts only in its own header",
            header: Some(("api-key", "second-secret")),
            expected: Err("credentials_wrong"),
        },
        Case { why: "no key", header: None, expected: Err("credentials_missing") },
    ];
    check(&with_secrets(settings), "ApiKey realm=", &cases);
}

#[test]
fn none() {
    let settings =
        Settings::new("[vars.WEBHOOK]\nauth_type = \"none\"\n".to_owned() + SUBSCRIPTION);
    let receiver = Receiver::start(&settings);
    let answer = receiver.post(event("1", "product")).without("authorization").send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(receiver.log(1)[0]["auth_type"], "none", "the log says that anybody gets in");
}

fn with_secrets(settings: Settings) -> Settings {
    settings
        .with_vars(SUBSCRIPTION)
        .with_secret("TOKEN", "first-secret")
        .with_secret("TOKEN_NEXT", "second-secret")
        .with_secret("TOKEN_WITH_COLON", "first:secret")
}
