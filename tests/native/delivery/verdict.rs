//! What the answer of a destination means.

use elytra_webhooks::delivery::{CallResult, Cause};
use elytra_webhooks::platform::{HttpAnswer, HttpFailure};
use proptest::option;
use proptest::prelude::*;

use crate::memory::status;
use crate::support::property;

fn retry(cause: Cause) -> CallResult {
    CallResult::Retry { cause, retry_after: None }
}

#[test]
fn every_status_has_a_meaning() {
    for code in 0..=999 {
        let expected = match code {
            200..=299 => CallResult::Delivered,
            300..=399 => CallResult::Dead(Cause::Redirect { status: code, location: None }),
            410 => CallResult::Dead(Cause::Gone),
            // It was too slow, too early, too much, or the server's own fault.
            408 | 425 | 429 | 500..=599 => retry(Cause::Status(code)),
            _ => CallResult::Dead(Cause::Status(code)),
        };
        assert_eq!(CallResult::of(status(code), 0), expected, "{code}");
    }
}

#[test]
fn no_answer_is_a_reason_to_try_again() {
    assert_eq!(CallResult::of(Err(HttpFailure::Timeout), 0), retry(Cause::Timeout));
    let refused = || "connection refused".to_owned();
    let verdict = CallResult::of(Err(HttpFailure::Connection(refused())), 0);
    assert_eq!(verdict, retry(Cause::Connection(refused())));
}

/// 1994-11-06T08:49:37Z, the example of RFC 9110 section 5.6.7, in milliseconds since 1970.
const THEN: u64 = 784_111_777_000;

#[track_caller]
fn check(why: &str, retry_after: &str, now: u64, expected: Option<u64>) {
    for code in [408, 425, 429, 500, 503, 599] {
        let retry_after = Some(retry_after.to_owned());
        let answer = HttpAnswer { status: code, retry_after, location: None, content: None };
        let expected = CallResult::Retry { cause: Cause::Status(code), retry_after: expected };
        assert_eq!(CallResult::of(Ok(answer), now), expected, "{why}");
    }
}

#[test]
fn retry_after_is_a_number_or_a_date() {
    check("RFC 9110 section 10.2.3", "120", 0, Some(120));
    check("at once", "0", 0, Some(0));
    check("with white space", " 120\t", 0, Some(120));
    check("zeros in front", "0007", 0, Some(7));
    let dates = [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ];
    for date in dates {
        check("RFC 9110 section 5.6.7: each form", date, THEN - 90_000, Some(90));
        check("not before it", date, THEN - 89_001, Some(90));
        check("the very second", date, THEN + 999, Some(0));
        check("it is past", date, THEN + 86_400_000, Some(0));
    }
    let nonsense = ["", "soon", "-5", "1.5", "5 s", "5, 6", "1e3", "Sun, 06 Nov 1994", "１２０"];
    for nonsense in nonsense {
        check("the policy decides", nonsense, THEN, None);
    }
}

#[test]
fn a_retry_after_beyond_all_numbers_is_long() {
    let verdict = |seconds: &str| {
        let retry_after = Some(seconds.to_owned());
        CallResult::of(
            Ok(HttpAnswer { status: 503, retry_after, location: None, content: None }),
            0,
        )
    };
    let largest = verdict(&u64::MAX.to_string());
    assert_eq!(largest, verdict("99999999999999999999999"), "it is a number, only too large");
}

#[test]
fn retry_after_counts_only_where_it_is_tried_again() {
    for code in [204, 301, 400, 410] {
        let retry_after = Some("120".to_owned());
        let answer = HttpAnswer { status: code, retry_after, location: None, content: None };
        assert_eq!(CallResult::of(Ok(answer), 0), CallResult::of(status(code), 0), "{code}");
    }
}

#[test]
fn a_redirect_is_told_without_its_query() {
    let table = [
        ("a query", "https://a.example/b?token=canary", "https://a.example/b"),
        ("a fragment", "https://a.example/b#canary", "https://a.example/b"),
        ("both", "https://a.example/b?canary#canary", "https://a.example/b"),
        ("a question mark in the fragment", "/b#canary?canary", "/b"),
        ("none", "https://a.example/b", "https://a.example/b"),
        ("relative", "/b?canary", "/b"),
        ("a query alone", "?canary", ""),
        ("a user", "https://u:canary@a.example/b", "https://a.example/b"),
        ("a user with an @", "https://u@canary@a.example/b", "https://a.example/b"),
        (
            "backslashes, as browsers read them",
            r"https:\\u:canary@a.example\b",
            r"https:\\a.example\b",
        ),
        ("one of each", r"https:/\u:canary@a.example/b", r"https:/\a.example/b"),
        ("no slash at all", "https:u:canary@a.example/b", "https:a.example/b"),
        ("three", "https:///u:canary@a.example/b", "https:///a.example/b"),
        ("the scheme of this page", "//u:canary@a.example/b", "//a.example/b"),
        ("likewise", r"\\u:canary@a.example\b", r"\\a.example\b"),
        ("likewise", r"/\u:canary@a.example", r"/\a.example"),
        ("a tab, which means nothing", "/\t/u:canary@a.example/b", "//a.example/b"),
        ("an @ in a path", "/b@c", "/b@c"),
        ("an @ in the path of a host", r"https://a.example\b@c", r"https://a.example\b@c"),
        ("empty", "", ""),
    ];
    for (why, location, expected) in table {
        let location = Some(location.to_owned());
        let answer = HttpAnswer { status: 302, retry_after: None, location, content: None };
        let location = Some(expected.to_owned());
        let expected = CallResult::Dead(Cause::Redirect { status: 302, location });
        assert_eq!(CallResult::of(Ok(answer), 0), expected, "{why}");
    }
}

#[test]
fn no_user_of_a_redirect_is_told() {
    let slashes = || r"[/\\\\]{2,4}";
    let parts =
        (option::of("[a-z][a-z0-9+.-]{0,5}:"), slashes(), "[a-z:@]{0,6}", "[/\\\\a@?]{0,6}");
    property(parts, |(scheme, slashes, user, path)| {
        let scheme = scheme.unwrap_or_default();
        let location = format!("{scheme}{slashes}{user}CANARY@a.example{path}");
        let answer = HttpAnswer {
            status: 302,
            retry_after: None,
            location: Some(location.clone()),
            content: None,
        };
        let CallResult::Dead(cause) = CallResult::of(Ok(answer), 0) else { panic!("{location}") };
        assert!(!cause.to_string().contains("CANARY"), "{location}: {cause}");
    });
}

#[test]
fn causes_are_told_in_words_and_codes() {
    let text = || "x".to_owned();
    let redirect = |location: Option<String>| Cause::Redirect { status: 308, location };
    let table = [
        (Cause::Status(503), "status", Some(503), "the destination answered 503"),
        (
            redirect(Some(text())),
            "redirect",
            Some(308),
            "the destination answered 308, a redirect to x",
        ),
        (
            redirect(None),
            "redirect",
            Some(308),
            "the destination answered 308, a redirect without a location",
        ),
        (Cause::Gone, "gone", Some(410), "the destination is gone (410)"),
        (Cause::Timeout, "timeout", None, "the destination did not answer in time"),
        (Cause::Connection(text()), "connection", None, "no connection to the destination: x"),
        (Cause::ClaimMissing(text()), "claim_missing", None, "the event's data is unavailable: x"),
        (
            Cause::NoSubscription,
            "no_subscription",
            None,
            "no active subscription with this name has a webhook or a service",
        ),
        (Cause::NotAnEvent(text()), "not_an_event", None, "the message is not an event: x"),
    ];
    for (cause, code, status, words) in table {
        assert_eq!((cause.code(), cause.status(), &*cause.to_string()), (code, status, words));
    }
}

#[test]
fn no_answer_panics() {
    let text = || proptest::option::of("[0-9]{1,30}|[A-Z][a-z]{2}, [0-9 :A-Za-z-]{1,30}|.{0,20}");
    property(
        (any::<u16>(), text(), text(), any::<u64>()),
        |(status, retry_after, location, now)| {
            let verdict = CallResult::of(
                Ok(HttpAnswer { status, retry_after, location, content: None }),
                now,
            );
            assert_eq!(verdict == CallResult::Delivered, (200..=299).contains(&status));
        },
    );
}
