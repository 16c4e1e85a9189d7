//! Who may see dead letters, and what they may ask.

use elytra_webhooks::config::{Binding, Config};

use super::super::{Expected, TOKEN, check_answer, configure_with, known};
use super::{Head, Memory, Request, ask, config, list, operator, redrive};
use crate::delivery::{configure, subscription};
use crate::support::event;

const PATHS: [&str; 6] = [
    "/dead-letters",
    "/dead-letters/redrive",
    "/dead-letters/delete",
    "/dead-letters/jobs",
    "/dead-letters/jobs/resume",
    "/dead-letters/jobs/stop",
];

const NOT_FOUND: &str = r#"{"type":"urn:elytra-webhooks:not_found","title":"Not found","status":404,"code":"not_found","detail":"there is nothing at this path; events go to /webhook, without a trailing slash"}"#;

/// Checks that the platform was not used.
fn refuse(config: &Config, request: Request) -> super::Answer {
    let memory = Memory::default();
    let answer = ask(Ok(config), request, &memory);
    assert_eq!(*memory.calls.borrow(), [], "{answer:?}");
    answer
}

#[test]
fn without_an_operator_there_is_nothing() {
    let config = configure(&[("SHOP", &subscription(""))]);
    for path in PATHS {
        for method in ["GET", "HEAD", "POST", "PUT", "OPTIONS"] {
            let reasons =
                "there is nothing at this path; events go to /webhook, without a trailing slash";
            let log = format!(
                r#"{{"outcome":"refused","code":"not_found","status":404,"reasons":["{reasons}"],"milliseconds":0}}"#
            );
            let expected = Expected { status: 404, headers: "", body: NOT_FOUND, log: &log };
            for head in [Head::post(), known()] {
                let request = Request::new(head.method(method).path(path), "");
                check_answer("absent", &refuse(&config, request), &expected);
            }
        }
    }
}

#[test]
fn without_what_they_need_there_are_none() {
    let more = [
        ("ADMIN", Binding::Json(super::ADMIN.to_owned())),
        ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
    ];
    let config = configure_with(&more, super::WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)]);
    for (method, path) in ["GET", "POST", "POST", "GET", "POST", "POST"].into_iter().zip(PATHS) {
        let answer = refuse(&config, operator(method, path, ""));
        assert_eq!((answer.status, &*answer.body), (404, NOT_FOUND), "{path}");
    }
}

#[test]
fn other_paths_are_nothing() {
    for path in ["/dead-letters/", "/dead-letters/redrive/", "/dead-letters/x", "/Dead-Letters"] {
        let answer = refuse(&config(), operator("GET", path, ""));
        assert_eq!((answer.status, &*answer.body), (404, NOT_FOUND), "{path}");
    }
}

#[test]
fn an_operator_has_credentials_of_its_own() {
    let methods = ["GET", "POST", "POST", "GET", "POST", "POST"];
    for (path, method) in PATHS.into_iter().zip(methods) {
        let wrong = Head::post().with("authorization", "Bearer presented-canary");
        for head in [known(), wrong] {
            let request = Request::new(head.method(method).path(path), "");
            let expected = Expected {
                status: 401,
                headers: "www-authenticate: Bearer realm=\"elytra-webhooks\", error=\"invalid_token\"",
                body: r#"{"type":"urn:elytra-webhooks:credentials_wrong","title":"Credentials are wrong","status":401,"code":"credentials_wrong","detail":"the bearer credentials are not accepted"}"#,
                log: r#"{"outcome":"refused","code":"credentials_wrong","status":401,"reasons":["the bearer credentials are not accepted"],"auth_type":"bearer","milliseconds":0}"#,
            };
            check_answer("those of senders are others", &refuse(&config(), request), &expected);
        }
        let request = Request::new(Head::post().method(method).path(path), "");
        let answer = refuse(&config(), request);
        assert!(answer.status == 401 && answer.body.contains("credentials_missing"), "{answer:?}");
    }
    let head = Head::post().with("authorization", "Bearer admin-canary");
    let answer = refuse(&config(), Request::new(head, event("")));
    assert!(answer.status == 401 && answer.body.contains("credentials_wrong"), "the reverse");
    assert_ne!(TOKEN, "admin-canary");
}

#[test]
fn each_path_has_its_methods() {
    let table = PATHS.into_iter().zip(["GET, HEAD", "POST", "POST", "GET, HEAD", "POST", "POST"]);
    for (path, allowed) in table {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if allowed.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let answer = refuse(&config(), operator(method, path, ""));
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(answer.headers.ends_with(&format!("\nallow: {allowed}")), "{answer:?}");
        }
    }
}

#[track_caller]
pub(super) fn check_query(why: &str, request: Request, detail: &str) {
    check_bad_query(why, &refuse(&config(), request), detail);
}

#[track_caller]
pub(super) fn check_bad_query(why: &str, answer: &super::Answer, detail: &str) {
    let reported = detail.replace('"', "\\\"");
    let body = format!(
        r#"{{"type":"urn:elytra-webhooks:bad_query","title":"The query is invalid","status":400,"code":"bad_query","detail":"{reported}"}}"#
    );
    let reasons = format!(r#","reasons":["{reported}"]"#);
    let log = super::log("refused", "bad_query", 400, &reasons);
    let expected = Expected { status: 400, headers: "", body: &body, log: &log };
    check_answer(why, answer, &expected);
}

#[test]
fn unknown_subscriptions_are_told_with_the_nearest() {
    let memory = Memory::default();
    super::bury_all(&memory, "shop", 1);
    let table = [
        ("sho", ", did you mean \"shop\"?"),
        ("SHOP_B", ", did you mean \"shop_b\"?"),
        ("warehouse", ""),
    ];
    for (name, nearest) in table {
        let detail =
            format!("unknown subscription \"{name}\", which has no dead letters either{nearest}");
        let query = format!("subscription={name}");
        for request in [list(&query), redrive(&query)] {
            let answer = ask(Ok(&config()), request, &memory);
            check_bad_query("an empty list would say that nothing died", &answer, &detail);
        }
    }
}

#[test]
fn unknown_parameters_are_told_with_the_nearest() {
    let meant = "unknown parameter \"subscripton\", did you mean \"subscription\"?";
    check_query("a slip of the pen would list all", list("subscripton=shop"), meant);
    check_query("or send all again", redrive("id=x&subscripton=shop"), meant);
    check_query("nothing is near", list("a=b"), "unknown parameter \"a\"");
    check_query("no name", list("=b"), "unknown parameter \"\"");
    check_query(
        "its step is fixed",
        redrive("subscription=shop&limit=1"),
        "unknown parameter \"limit\"",
    );
    check_query("which of them?", redrive("id=a&id=b"), "id: expected once");
    check_query("a name alone", list("all"), "unknown parameter \"all\"");
}

#[test]
fn a_limit_is_as_many_keys_as_kv_lists() {
    let expected = "limit: expected a whole number from 1 to 1000";
    for limit in ["0", "1001", "-1", "1.5", "x", "", "99999999999999999999999"] {
        check_query("no page of KV", list(&format!("limit={limit}")), expected);
    }
    for limit in ["1", "1000"] {
        let answer = ask(Ok(&config()), list(&format!("limit={limit}")), &Memory::default());
        assert_eq!(answer.status, 200, "both ends");
    }
}

#[test]
fn what_is_sent_again_is_named() {
    let expected =
        "expected either id, or at least one of subscription, cause, event, since and until";
    check_query("not everything by mistake", redrive(""), expected);
    check_query("it continues on its own", redrive("cursor=x"), "unknown parameter \"cursor\"");
    let both = format!("{}&subscription=shop", super::no_such());
    check_query("which of them?", redrive(&both), expected);
}

/// Impossible values of a parameter are reported, and no binding is asked.
#[test]
fn a_value_that_can_be_none_is_told() {
    let id = "id: expected the id of a dead letter, <subscription>/<milliseconds>/<key>";
    let key = "A".repeat(43);
    let ids = [
        ("nothing", String::new()),
        ("KV takes neither of these for a key", ".".to_owned()),
        ("likewise", "..".to_owned()),
        ("longer than a key", "x".repeat(600)),
        ("an event's id", "385d27ef-ac6d-4d93-904b-ea9801fc1bde".to_owned()),
        ("no time", format!("shop/x/{key}")),
        ("a time of no length", format!("shop//{key}")),
        ("no key", format!("shop/{}/", crate::memory::START)),
        ("a long key", format!("shop/{}/{key}A", crate::memory::START)),
        ("no name", format!("/{}/{key}", crate::memory::START)),
        ("more after it", format!("shop/{}/{key}/", crate::memory::START)),
    ];
    for (why, value) in ids {
        let query = format!("id={value}");
        check_query(why, list(&query), id);
        check_query(why, redrive(&query), id);
    }
    let subscription = "subscription: expected 1 to 64 letters, digits and underscores";
    for (why, value) in [
        ("nothing", String::new()),
        ("too long for a prefix of keys", "x".repeat(600)),
        ("a character that no name has", "shop/".to_owned()),
        ("likewise", "%00".to_owned()),
    ] {
        check_query(why, list(&format!("subscription={value}")), subscription);
        check_query(why, redrive(&format!("subscription={value}")), subscription);
    }
    let cursor = "cursor: expected the cursor of the previous page";
    check_query("nothing", list("cursor="), cursor);
    check_query("longer than any", list(&format!("cursor={}", "x".repeat(1_025))), cursor);
    for (value, nearest) in [
        ("stauts", ", did you mean \"status\"?"),
        ("Timeout", ", did you mean \"timeout\"?"),
        ("", ""),
    ] {
        let detail = format!("unknown cause \"{value}\"{nearest}");
        check_query(
            "an empty list would say that nothing died",
            list(&format!("cause={value}")),
            &detail,
        );
    }
    for cause in elytra_webhooks::delivery::Cause::CODES {
        let answer = ask(Ok(&config()), list(&format!("cause={cause}")), &Memory::default());
        assert_eq!(answer.status, 200, "{cause}");
    }
}
