//! Signing in with credentials.

use edge::{Answer, Receiver};
use serde_json::json;

use super::{ADMIN, call, get, settings, with_token};

/// Signs in, and returns the cookie.
#[track_caller]
fn sign_in(receiver: &Receiver, authorization: &str) -> String {
    let answer = call(receiver, "POST", "/session").header("authorization", authorization).send();
    assert_eq!((answer.status, &*answer.code()), (200, "signed_in"), "{}", answer.body);
    let cookie = answer.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Max-Age=28800; HttpOnly; Secure; SameSite=Strict");
    assert!(pair.starts_with("__Host-session="), "only the host itself can set it: {pair}");
    pair.to_owned()
}

fn with_cookie(receiver: &Receiver, method: &str, path: &str, cookie: &str, site: &str) -> Answer {
    let call = call(receiver, method, path).header("cookie", cookie);
    call.header("sec-fetch-site", site).send()
}

#[test]
fn a_session_is_as_good_as_the_credentials() {
    let receiver = Receiver::start(&with_token());
    let nobody = get(&receiver, "/session").json();
    assert_eq!(nobody, json!({"code": "session", "auth_type": "bearer", "signed_in": false}));
    let cookie = sign_in(&receiver, ADMIN);
    let session = with_cookie(&receiver, "GET", "/session", &cookie, "same-origin").json();
    assert_eq!(
        (&session["signed_in"], &session["operator"]),
        (&json!(true), &json!("ADMIN_TOKEN"))
    );
    for path in ["/overview", "/events", "/rates", "/configuration", "/metrics", "/replays"] {
        let answer = with_cookie(&receiver, "GET", path, &cookie, "same-origin");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}: data stay nowhere");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
    let others = format!("theme=dark; {cookie}; last=1");
    let among = with_cookie(&receiver, "GET", "/events", &others, "same-origin");
    assert_eq!(among.status, 200, "other cookies do not matter");
    let other = Receiver::start(&with_token());
    let elsewhere = with_cookie(&other, "GET", "/events", &cookie, "same-origin");
    assert_eq!(elsewhere.status, 200, "nothing is stored, so any isolate accepts it");

    let out = with_cookie(&receiver, "DELETE", "/session", &cookie, "same-origin");
    assert_eq!((out.status, &*out.code()), (200, "signed_out"));
    let removed = "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict";
    assert_eq!(out.header("set-cookie"), Some(removed));
}

#[test]
fn a_new_secret_ends_it() {
    let mut receiver = Receiver::start(&with_token());
    let cookie = sign_in(&receiver, ADMIN);
    receiver
        .restart_with(&with_token().with_secret("ADMIN_TOKEN", "another-token-of-the-operator"));
    let answer = with_cookie(&receiver, "GET", "/events", &cookie, "same-origin");
    assert_eq!((answer.status, &*answer.code()), (401, "credentials_missing"));
}

#[test]
fn what_was_not_signed_is_no_session() {
    let receiver = Receiver::start(&with_token());
    let cookie = sign_in(&receiver, ADMIN);
    let (name, value) = cookie.split_once('=').unwrap();
    let (expires, signature) = value.split_once('.').unwrap();
    let later = expires.parse::<u64>().unwrap() + 1;
    let earlier = "1700000000000";
    let table = [
        ("it ends later than was signed", format!("{later}.{signature}")),
        ("it has ended, whatever was signed", format!("{earlier}.{signature}")),
        ("another signature", format!("{expires}.{}", signature.chars().rev().collect::<String>())),
        ("half a signature", format!("{expires}.{}", signature.split_at(20).0)),
        ("no signature", format!("{expires}.")),
        ("no end", format!(".{signature}")),
        ("no value", String::new()),
        ("a long value", "1".repeat(5_000)),
        ("letters", "a.b".to_owned()),
    ];
    for (why, value) in table {
        let cookie = format!("{name}={value}");
        let answer = with_cookie(&receiver, "GET", "/events", &cookie, "same-origin");
        assert_eq!((answer.status, &*answer.code()), (401, "credentials_missing"), "{why}");
    }
}

/// `SameSite=Strict` keeps browsers from sending the cookie from other sites; this holds where it does not.
#[test]
fn other_sites_change_nothing() {
    let receiver = Receiver::start(&with_token());
    let cookie = sign_in(&receiver, ADMIN);
    let body = r#"{"filter":{"object":"product/1"},"dry_run":true}"#;
    let post = |headers: &[(&str, &str)]| {
        let mut call = receiver.post(body).path("/replays").without("authorization");
        call = call.header("content-type", "application/json").header("cookie", &cookie);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.send()
    };
    let base = receiver.base().to_owned();
    let refused: [(&str, Vec<(&str, &str)>); 5] = [
        ("another site", vec![("sec-fetch-site", "cross-site"), ("origin", &base)]),
        ("another host of the site", vec![("sec-fetch-site", "same-site")]),
        ("an older browser, another site", vec![("origin", "https://evil.example.com")]),
        ("a page without an origin", vec![("origin", "null")]),
        ("nothing says where it is from", vec![]),
    ];
    for (why, headers) in refused {
        let answer = post(&headers);
        assert_eq!((answer.status, &*answer.code()), (403, "wrong_origin"), "{why}");
    }
    for (why, headers) in [
        ("the console", vec![("sec-fetch-site", "same-origin")]),
        ("the console in an older browser", vec![("origin", &*base)]),
    ] {
        assert_eq!(post(&headers).status, 200, "{why}");
    }
    let out = with_cookie(&receiver, "DELETE", "/session", &cookie, "cross-site");
    assert_eq!(out.status, 403, "nobody is signed out from elsewhere");
    let read = with_cookie(&receiver, "GET", "/events", &cookie, "cross-site");
    assert_eq!(read.status, 200, "who only reads changes nothing, and no other site can read it");
}

#[test]
fn wrong_credentials_are_limited() {
    let receiver = Receiver::start(&with_token());
    let cookie = sign_in(&receiver, ADMIN);
    let guess = |path: &str, method: &str, from: &str| {
        let call = call(&receiver, method, path).header("authorization", "Bearer guess");
        call.header("cf-connecting-ip", from).send()
    };
    let (attacker, other) = ("2001:db8:1:2:3::1", "2001:db8:1:3::1");
    for number in 0..10 {
        let (path, method) = [("/session", "POST"), ("/events", "GET")][number % 2];
        let answer = guess(path, method, attacker);
        assert_eq!((answer.status, &*answer.code()), (401, "credentials_wrong"), "{number}");
    }
    let limited = guess("/session", "POST", attacker);
    assert_eq!((limited.status, &*limited.code()), (429, "too_many_attempts"));
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let neighbour = guess("/events", "GET", "2001:db8:1:2:ffff::9");
    assert_eq!(neighbour.status, 429, "half of an IPv6 address belongs to one subscriber");
    let right = call(&receiver, "GET", "/events").header("authorization", ADMIN);
    let right = right.header("cf-connecting-ip", attacker).send();
    assert_eq!(right.status, 429, "or guessing would go on");
    assert_eq!(guess("/events", "GET", other).status, 401, "others may still guess");
    let session = call(&receiver, "GET", "/events").header("cookie", &cookie);
    let session = session.header("cf-connecting-ip", attacker).send();
    assert_eq!(session.status, 200, "who has signed in before goes on");
}

/// The challenges that browsers know make them ask the reader themselves, beside the page.
#[test]
fn pages_get_a_challenge_that_browsers_do_not_know() {
    let admin =
        "auth_type = \"basic\"\nauth = { username = \"ADMIN_USER\", password = \"ADMIN_TOKEN\" }";
    let receiver = Receiver::start(&settings(admin).with_secret("ADMIN_USER", "night"));
    let challenge = |mode: Option<&str>| {
        let call = call(&receiver, "GET", "/events");
        let call = match mode {
            Some(mode) => call.header("sec-fetch-mode", mode),
            None => call,
        };
        let answer = call.send();
        assert_eq!(answer.status, 401);
        answer.header("www-authenticate").unwrap().to_owned()
    };
    assert!(challenge(None).starts_with("Basic "), "a program");
    assert!(challenge(Some("navigate")).starts_with("Basic "), "whoever opens the address itself");
    assert_eq!(challenge(Some("cors")), "Session realm=\"elytra-webhooks\"", "a page");
    let credentials = "Basic bmlnaHQ6dGhlLW9wZXJhdG9ycy1vd24tdG9rZW4=";
    let cookie = sign_in(&receiver, credentials);
    let answer = with_cookie(&receiver, "GET", "/events", &cookie, "same-origin");
    assert_eq!(answer.status, 200);
}

#[test]
fn an_api_key_names_its_header() {
    let admin =
        "auth_type = \"apikey\"\nauth = { api_key = \"ADMIN_TOKEN\", header_name = \"X-Night\" }";
    let receiver = Receiver::start(&settings(admin));
    let session = get(&receiver, "/session").json();
    assert_eq!(session["header_names"], json!(["x-night"]), "the page has to send it");
    let signed_in = call(&receiver, "POST", "/session").header("x-night", super::OPERATOR).send();
    assert_eq!(signed_in.status, 200);
}
