//! What operators present: sessions, tokens of Cloudflare Access, and too many guesses. Nothing of it can make the Worker
//! panic, and only what was signed counts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use elytra_webhooks::auth::{
    Access, Assertion, Authentication, Credential, SESSION_COOKIE, SESSION_MS, Session, TokenFault,
};
use elytra_webhooks::guesses::{GUESSES, GUESSES_MS, Guesses};
use elytra_webhooks::team_keys::TeamKeys;
use proptest::prelude::*;
use serde_json::json;

use crate::support::Head;

/// A Friday in 2026, in milliseconds since 1970.
const NOW: u64 = 1_795_813_200_000;

fn credentials() -> Authentication {
    Authentication::Bearer(vec![
        Credential::secret("ADMIN_TOKEN", "the token of the operator"),
        Credential::secret("ADMIN_TOKEN_NEXT", "the one that comes next"),
    ])
}

/// The cookie of a session that begins now, with one of the credentials.
fn cookie(authentication: &Authentication, token: &str) -> String {
    let head = Head::post().with("authorization", &format!("Bearer {token}"));
    let caller = authentication.verify(&head).unwrap();
    Session::begin(authentication, caller, NOW).unwrap().1
}

/// Whose session it is at a time.
fn presented(authentication: &Authentication, cookies: &str, now: u64) -> Option<String> {
    let head = Head::post().with("cookie", cookies);
    let session = Session::presented(authentication, &head, now)?;
    session.caller.credential().map(str::to_owned)
}

#[test]
fn a_session_belongs_to_a_credential_and_ends() {
    let authentication = credentials();
    for (token, name) in [
        ("the token of the operator", "ADMIN_TOKEN"),
        ("the one that comes next", "ADMIN_TOKEN_NEXT"),
    ] {
        let cookies = format!("a=b; {SESSION_COOKIE}={}", cookie(&authentication, token));
        let at = |now| presented(&authentication, &cookies, now);
        assert_eq!(at(NOW).as_deref(), Some(name));
        assert_eq!(at(NOW + SESSION_MS - 1).as_deref(), Some(name), "to its end");
        assert_eq!(at(NOW + SESSION_MS), None, "and not longer");
        assert_eq!(at(NOW - 2 * SESSION_MS), None, "nobody has signed it in the future");
    }
    let value = cookie(&authentication, "the one that comes next");
    let one = Authentication::Bearer(vec![Credential::secret(
        "ADMIN_TOKEN",
        "the token of the operator",
    )]);
    assert_eq!(
        presented(&one, &format!("{SESSION_COOKIE}={value}"), NOW),
        None,
        "it was taken away"
    );
    assert!(Session::begin(&Authentication::None, authentication_of_nobody(), NOW).is_none());
}

fn authentication_of_nobody() -> elytra_webhooks::auth::Caller<'static> {
    Authentication::None.verify(&Head::post()).unwrap()
}

#[test]
fn guesses_are_counted_for_each_address_and_forgotten() {
    let mut guesses = Guesses::new();
    for _ in 0..GUESSES {
        assert_eq!(guesses.wait(Some("203.0.113.7"), NOW), 0);
        guesses.wrong(Some("203.0.113.7"), NOW);
    }
    assert_eq!(guesses.wait(Some("203.0.113.7"), NOW + 1), GUESSES_MS - 1);
    assert_eq!(guesses.wait(Some("203.0.113.8"), NOW), 0, "another address");
    assert_eq!(guesses.wait(None, NOW), 0, "none");
    assert_eq!(guesses.wait(Some("203.0.113.7"), NOW + GUESSES_MS), 0, "a minute later");
    assert_eq!(guesses.wait(Some("203.0.113.7"), 0), GUESSES_MS, "a clock that was set back");
    guesses.wrong(Some("203.0.113.7"), NOW + GUESSES_MS + 1);
    assert_eq!(guesses.wait(Some("203.0.113.7"), NOW + GUESSES_MS + 2), 0, "it begins anew");
}

#[test]
fn many_addresses_take_no_more_memory() {
    let mut guesses = Guesses::new();
    for number in 0..20_000_u32 {
        guesses.wrong(
            Some(&format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255)),
            NOW,
        );
    }
    assert!(
        guesses.wait(Some("192.0.2.1"), NOW) > 0,
        "those beyond the first thousand share a count"
    );
    assert_eq!(guesses.wait(Some("10.0.0.1"), NOW), 0, "one that is told apart has guessed once");
}

#[test]
fn keys_are_fetched_when_they_may_have_changed() {
    let set = |ids: &[&str]| {
        let keys: Vec<_> = ids
            .iter()
            .map(|id| json!({ "kid": id, "kty": "RSA", "n": "0", "e": "AQAB" }))
            .collect();
        json!({ "keys": keys }).to_string()
    };
    let hour = 3_600_000;
    let mut keys = TeamKeys::new();
    assert!(keys.is_empty() && keys.must_fetch("a", NOW), "nothing is known");
    assert!(!keys.must_fetch("a", NOW + 9_999), "somebody just has");
    keys.take(&set(&["a"]), NOW).unwrap();
    assert!(keys.find("a", NOW).is_some() && !keys.must_fetch("a", NOW + hour - 1), "it is fresh");
    assert!(
        keys.find("b", NOW).is_none() && keys.must_fetch("b", NOW + 10_000),
        "another is not known"
    );
    assert!(keys.must_fetch("a", NOW + 2 * hour), "it may have changed");
    assert!(keys.find("a", NOW + 23 * hour).is_some(), "but counts while they cannot be fetched");
    assert!(keys.find("a", NOW + 24 * hour).is_none(), "for a day");
    for (why, text) in [
        ("nothing", ""),
        ("no list", r#"{"keys":1}"#),
        ("no keys", r#"{"keys":[]}"#),
        ("none of RSA", r#"{"keys":[{"kid":"a","kty":"EC"},{"kid":"b","kty":"oct"},7,{}]}"#),
        ("no end", r#"{"keys":[{"kid":"a""#),
    ] {
        assert!(keys.take(text, NOW).is_err(), "{why}");
        assert!(keys.find("a", NOW).is_some(), "{why}: those that are known remain");
    }
}

fn token(header: &str, claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(header), part(claims), part("signature"))
}

const HEADER: &str = r#"{"alg":"RS256","kid":"a"}"#;

#[test]
fn a_token_says_what_it_is() {
    let access = Access { team_domain: "t.example.com".to_owned(), aud: "x".to_owned() };
    let claims = |more: &str| {
        format!(r#"{{"iss":"https://t.example.com","aud":"x","exp":1795813300{more}}}"#)
    };
    let table: [(&str, String, Result<&str, TokenFault>); 6] = [
        ("a person", claims(r#","email":"a@example.com""#), Ok("a@example.com")),
        ("both", claims(r#","email":"a@example.com","common_name":"b""#), Ok("a@example.com")),
        ("a service", claims(r#","common_name":"b""#), Ok("b")),
        ("half a second", claims(r#","email":"a","nbf":1795813200.5"#), Ok("a")),
        ("a huge time", claims(r#","email":"a","nbf":1e300"#), Err(TokenFault::NotYetValid)),
        ("a negative time", claims(r#","email":"a","iat":-1"#), Ok("a")),
    ];
    for (why, claims, expected) in table {
        let assertion = Assertion::parse(&token(HEADER, &claims)).unwrap();
        let caller = assertion.caller(&access, NOW);
        let found = caller.as_ref().map(|caller| caller.person().unwrap()).map_err(|fault| *fault);
        assert_eq!(found, expected, "{why}");
    }
    let long = token(HEADER, &claims(&format!(r#","email":"{}""#, "a".repeat(20_000))));
    assert_eq!(Assertion::parse(&long).unwrap_err(), TokenFault::Malformed, "it has a limit");
}

proptest! {
    #[test]
    fn any_cookie_is_read(cookies in ".*", value in "[0-9.A-Za-z_=;-]{0,150}") {
        let authentication = credentials();
        prop_assert_eq!(presented(&authentication, &cookies, NOW), None);
        prop_assert_eq!(presented(&authentication, &format!("{SESSION_COOKIE}={value}"), NOW), None);
    }

    /// Whatever is changed in a cookie, it is none any more.
    #[test]
    fn a_changed_cookie_is_none(place in 0_usize..57, character in "[0-9A-Za-z_.-]") {
        let authentication = credentials();
        let value = cookie(&authentication, "the token of the operator");
        let place = place % value.len();
        let mut parts: Vec<_> = value.chars().map(String::from).collect();
        parts[place] = character;
        let changed = parts.concat();
        let is_same = changed == value;
        let found = presented(&authentication, &format!("{SESSION_COOKIE}={changed}"), NOW);
        prop_assert_eq!(found.is_some(), is_same);
    }

    #[test]
    fn any_token_is_read(text in ".*", header in "\\PC{0,40}", claims in "\\PC{0,80}") {
        prop_assert!(Assertion::parse(&text).is_err());
        let _ = Assertion::parse(&token(&header, &claims));
        let _ = Assertion::parse(&token(HEADER, &claims));
    }

    #[test]
    fn any_set_of_keys_is_read(text in "\\PC{0,200}") {
        let _ = TeamKeys::new().take(&text, NOW);
    }

    #[test]
    fn any_address_is_counted(address in ".{0,200}", now in any::<u32>()) {
        let mut guesses = Guesses::new();
        guesses.wrong(Some(&address), now.into());
        prop_assert_eq!(guesses.wait(Some(&address), now.into()), 0);
    }
}
