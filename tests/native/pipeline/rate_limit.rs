//! The rate limit of each credential, which applies after authentication and before the body is
//! read.

use elytra_webhooks::config::{Bindings, Config};

use super::{Answer, Expected, Memory, Request, WEBHOOK, ask, authorized, check_answer, configure};
use crate::support::{Head, event};

fn limited(auth: &str) -> Config {
    let webhook = format!(r#"{{{auth},"rate_limit":"CALLS"}}"#);
    configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)])
}

fn bearer() -> Config {
    limited(r#""auth_type":"bearer","auth":[{"token":"TOKEN"},{"token":"TOKEN_NEXT"}]"#)
}

/// The answer to a request, and which rate limits were asked with which keys.
fn ask_limited(config: &Config, head: Head, is_used_up: bool) -> (Answer, Vec<(String, String)>) {
    let memory = Memory::used_up(is_used_up);
    let answer = ask(Ok(config), Request::new(head, event("")), &memory);
    let count = memory.held().len();
    assert_eq!(count, usize::from(answer.status == 202));
    (answer, memory.asked.into_inner())
}

fn calls(key: &str) -> [(String, String); 1] {
    [("CALLS".to_owned(), key.to_owned())]
}

#[test]
fn too_many_requests_are_told_when_to_come_again() {
    let (answer, asked) = ask_limited(&bearer(), authorized(), true);
    check_answer(
        "http-webhook 2.2: 429 carries Retry-After",
        &answer,
        &Expected {
            status: 429,
            headers: "retry-after: 10",
            body: r#"{"type":"urn:elytra-webhooks:too_fast","title":"Too many requests","status":429,"code":"too_fast","detail":"too many requests with these credentials"}"#,
            log: r#"{"outcome":"refused","code":"too_fast","status":429,"reasons":["too many requests with these credentials"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!((asked, answer.polls), (calls("TOKEN").to_vec(), 0), "before the body is read");
}

#[test]
fn each_credential_is_counted_by_the_name_of_its_secret() {
    let passes = |why: &str, config: &Config, head: Head, key: &str| {
        let (answer, asked) = ask_limited(config, head, false);
        assert_eq!((answer.status, asked), (202, calls(key).to_vec()), "{why}");
    };
    passes("bearer", &bearer(), authorized(), "TOKEN");
    let next = Head::post().with("authorization", "Bearer next-canary");
    passes("the other secret has its own count", &bearer(), next, "TOKEN_NEXT");
    let query = Head::post().query("access_token=token-canary");
    passes("the query is the same credential", &bearer(), query, "TOKEN");
    let basic = limited(r#""auth_type":"basic","auth":{"username":"USER","password":"TOKEN"}"#);
    let head = Head::post().with("authorization", "Basic dXNlcjp0b2tlbi1jYW5hcnk=");
    passes("basic goes by the password's name", &basic, head, "TOKEN");
    let apikey = limited(r#""auth_type":"apikey","auth":{"api_key":"TOKEN_NEXT"}"#);
    passes("apikey", &apikey, Head::post().with("api-key", "next-canary"), "TOKEN_NEXT");
    let none = limited(r#""auth_type":"none""#);
    passes("where nothing is asked for all are one", &none, Head::post(), "none");
}

#[test]
fn who_is_not_let_in_is_not_counted() {
    let not_asked = |why: &str, head: Head, status: u16| {
        let (answer, asked) = ask_limited(&bearer(), head, true);
        assert_eq!((answer.status, asked), (status, vec![]), "{why}");
    };
    not_asked("no credentials", Head::post(), 401);
    let wrong = Head::post().with("authorization", "Bearer presented-canary");
    not_asked("no credential uses up the limit of another", wrong, 401);
    not_asked("the wrong method", authorized().method("GET"), 405);
    not_asked("elsewhere", authorized().path("/"), 404);
    not_asked("health", Head::post().method("GET").path("/health"), 200);
    not_asked("the handshake", Head::post().method("OPTIONS"), 200);
    let broken = Config::from_bindings(&Bindings::new()).unwrap_err();
    let memory = Memory::used_up(true);
    assert_eq!(ask(Err(&broken), Request::event(""), &memory).status, 503);
    assert_eq!(memory.asked.into_inner(), []);
}

#[test]
fn a_rate_limit_comes_before_everything_about_the_event() {
    let unreadable = authorized().with("content-type", "text/plain");
    for head in [unreadable, authorized().with("content-length", "99999999999")] {
        let (answer, _) = ask_limited(&bearer(), head.clone(), true);
        assert_eq!(answer.status, 429, "{head:?}");
        let (answer, asked) = ask_limited(&bearer(), head, false);
        assert!([413, 415].contains(&answer.status));
        assert_eq!(asked, calls("TOKEN"), "such a request counts as well");
    }
}

#[test]
fn without_a_rate_limit_nothing_is_asked() {
    let config = configure(WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)]);
    let (answer, asked) = ask_limited(&config, authorized(), true);
    assert_eq!((answer.status, asked), (202, vec![]));
}
