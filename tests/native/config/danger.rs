//! Settings that are dangerous unless they are intended: errors and warnings.

use elytra_webhooks::config::{Binding, Bindings, Config, ConfigLine};

use super::{accept, bindings, json, text};

/// Bindings with dead letters, these secrets, and these fields of the senders, the operator and the webhook.
fn with_parties(secrets: &[(&str, &str)], sender: &str, operator: &str, shop: &str) -> Bindings {
    let mut bindings = bindings();
    for queue in ["DELIVERIES", "DEAD_LETTERS"] {
        bindings.insert(queue.to_owned(), Binding::Queue);
    }
    bindings.insert("DEAD".to_owned(), Binding::Kv);
    for (name, secret) in secrets {
        bindings.insert((*name).to_owned(), text(secret));
    }
    let shop = format!(r#"{{"webhook":{{"url":"https://shop.example"{shop}}}}}"#);
    bindings.insert("WEBHOOK".to_owned(), json(&format!("{{{sender}}}")));
    bindings.insert("ADMIN".to_owned(), json(&format!("{{{operator}}}")));
    bindings.insert("SUBSCRIPTION_SHOP".to_owned(), json(&shop));
    bindings
}

const SENDER: &str = r#""auth_type":"bearer","auth":[{"token":"A"},{"token":"B"}]"#;
const OPERATOR: &str = r#""auth_type":"bearer","auth":{"token":"C"}"#;

#[test]
fn parties_must_not_share_a_secret() {
    let long = |letter: &str| letter.repeat(16);
    let (a, b, c, d) = (long("a"), long("b"), long("c"), long("d"));
    let own = [("A", &*a), ("B", &b), ("C", &c), ("D", &d)];
    let basic = r#""auth_type":"basic","auth":{"username":"USERNAME","password":"B"}"#;
    let shop = |auth: &str| format!(",{auth}");
    let bearer = |name: &str| shop(&format!(r#""auth_type":"bearer","auth":{{"token":"{name}"}}"#));
    let as_operator = "ADMIN.auth.token: \"C\" is the secret that senders present (WEBHOOK.auth[1].token): expected a secret that only operators have";
    let given = |binding: &str, other: &str, field: &str| {
        format!(
            "SUBSCRIPTION_SHOP.webhook.auth.{field}: {binding:?} is the secret that callers of this Worker present ({other}), and the destination would learn it: expected a secret for this destination only"
        )
    };
    let same = [("A", &*a), ("B", &c), ("C", &c), ("D", &d)];
    let given_b = [("A", &*a), ("B", &b), ("C", &c), ("D", &b)];
    for (why, secrets, operator, shop, expected) in [
        ("each party has its own", &own, OPERATOR, bearer("D"), vec![]),
        ("two names, one secret", &same, OPERATOR, bearer("D"), vec![as_operator.to_owned()]),
        (
            "one name, as the password of another user",
            &own,
            basic,
            bearer("D"),
            vec![
                as_operator
                    .replace("\"C\"", "\"B\"")
                    .replace("ADMIN.auth.token", "ADMIN.auth.password"),
            ],
        ),
        (
            "a sender's, by name",
            &own,
            OPERATOR,
            bearer("A"),
            vec![given("A", "WEBHOOK.auth[0].token", "token")],
        ),
        (
            "a sender's, by value",
            &given_b,
            OPERATOR,
            bearer("D"),
            vec![given("D", "WEBHOOK.auth[1].token", "token")],
        ),
        (
            "an operator's",
            &own,
            OPERATOR,
            bearer("C"),
            vec![given("C", "ADMIN.auth.token", "token")],
        ),
        (
            "as an API key",
            &own,
            OPERATOR,
            shop(r#""auth_type":"apikey","auth":{"api_key":"A"}"#),
            vec![given("A", "WEBHOOK.auth[0].token", "api_key")],
        ),
        ("the shop is sent nothing", &own, OPERATOR, String::new(), vec![]),
    ] {
        let bindings = with_parties(secrets, SENDER, operator, &shop);
        let found = Config::from_bindings(&bindings)
            .err()
            .map(|broken| broken.mistakes)
            .unwrap_or_default();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{why}");
    }
}

/// A user name is not a secret, so several parties may have the same one.
#[test]
fn user_names_may_be_shared() {
    let basic = |password: &str| {
        format!(r#""auth_type":"basic","auth":{{"username":"USERNAME","password":"{password}"}}"#)
    };
    let shop = format!(",{}", basic("API_KEY"));
    accept(
        "one user, three passwords",
        &with_parties(&[], &basic("PASSWORD"), &basic("TOKEN"), &shop),
    );
}

#[test]
fn each_short_secret_causes_one_warning() {
    let short = "has only 15 bytes and could be guessed: expected 16 or more, for example from \"openssl rand -base64 24\"";
    let retries = |retry: &str| format!(r#","timeout_ms":10000,"retry":{{{retry}}}"#);
    let a_day = r#""initial_delay":86400000,"max_delay":86400000,"max_retries""#;
    let (fifteen, sixteen) = ("f".repeat(15), "s".repeat(16));
    let secrets = [("A", &*fifteen), ("B", "b-is-long-enough"), ("C", &sixteen)];
    for (why, shop, expected) in [
        ("three days and 40 seconds", retries(&format!("{a_day}:3")), vec![]),
        (
            "four days and 50 seconds: a delay is a day at most, its jitter included",
            retries(&format!("{a_day}:4")),
            vec![
                "SUBSCRIPTION_SHOP.webhook.retry: the retries can take 345650 seconds, but a queue keeps a message for 345600, unless its retention period is longer",
            ],
        ),
        (
            "what the shop is sent is its own affair",
            r#","auth_type":"bearer","auth":{"token":"TOKEN"}"#.to_owned(),
            vec![],
        ),
    ] {
        let config = accept(why, &with_parties(&secrets, SENDER, OPERATOR, &shop));
        let found: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
        let first = format!("WEBHOOK.auth[0].token: the secret \"A\" {short}");
        let expected: Vec<_> = expected.into_iter().map(str::to_owned).chain([first]).collect();
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        assert_eq!(sorted(found), sorted(expected), "{why}");
    }
    let config = accept("one warning", &with_parties(&secrets, SENDER, OPERATOR, ""));
    let line = ConfigLine::new(&config.warnings).unwrap().to_json();
    let expected = r#"{"outcome":"configured","code":"warnings","reasons":["WEBHOOK.auth[0].token: the secret \"A\" has only 15 bytes and could be guessed: expected 16 or more, for example from \"openssl rand -base64 24\""]}"#;
    assert_eq!(line, expected);
    assert!(ConfigLine::new(&accept("no warning", &bindings()).warnings).is_none());
}

/// A large event stays in `CLAIMS` for as long as its webhook may be retried.
#[test]
fn retries_end_before_a_large_event_expires() {
    let retry = r#","timeout_ms":10000,"retry":{"max_retries":3,"initial_delay":100000,"backoff_multiplier":1}"#;
    let sender = |ttl: u64| format!(r#"{SENDER},"claims_expiration_ttl":{ttl}"#);
    let secrets = [("A", "a-is-long-enough"), ("B", "b-is-long-enough"), ("C", "c-is-long-enough")];
    // Three delays of 100 seconds plus 6 seconds of jitter each, and four calls of 10 seconds.
    let short = (retry, 358, [(359, true), (358, false), (60, false)]);
    // By default, 36 calls of 10 seconds and a day of delays and jitter. The default time to live fits.
    let default = ("", 92_654, [(604_800, true), (92_655, true), (92_654, false)]);
    let cases = [short, default].into_iter();
    let cases = cases.flat_map(|(retry, seconds, ttls)| ttls.map(|ttl| (retry, seconds, ttl)));
    for (retry, seconds, (ttl, fits)) in cases {
        let mut bindings = with_parties(&secrets, &sender(ttl), OPERATOR, retry);
        bindings.insert("CLAIMS".to_owned(), Binding::Kv);
        let found = Config::from_bindings(&bindings)
            .err()
            .map(|broken| broken.mistakes)
            .unwrap_or_default();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        let expected = format!(
            "SUBSCRIPTION_SHOP.webhook.retry: the retries can take {seconds} seconds, but CLAIMS keeps a large event for {ttl} (WEBHOOK.claims_expiration_ttl): reduce the retries, or keep large events longer"
        );
        assert_eq!(found, if fits { vec![] } else { vec![expected] }, "{ttl}");
    }
}
