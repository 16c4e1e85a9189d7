//! An error says what to do next, and the program ends with the right code.

use std::net::TcpListener;

use super::server::{Ran, Reply, Server, TOKEN, xtask};

#[test]
fn an_error_of_the_worker_says_what_to_do() {
    let problem = Reply::problem;
    let cases = [
        (
            "the other kind of credentials",
            problem(401, "credentials_missing", "d").with("www-authenticate", "Basic realm=\"x\""),
            1,
            "the Worker at URL expects auth_type \"basic\", not \"bearer\": set \
             ELYTRA_ADMIN_USERNAME and ELYTRA_ADMIN_PASSWORD instead of ELYTRA_ADMIN_TOKEN",
        ),
        (
            "a wrong secret",
            problem(401, "credentials_wrong", "d").with("www-authenticate", "Bearer realm=\"x\""),
            1,
            "the Worker at URL does not accept the credentials: set ELYTRA_ADMIN_TOKEN to what \
             [vars.ADMIN] names",
        ),
        (
            "no operator, or no journal",
            problem(404, "not_found", "there is nothing at this path"),
            1,
            "the Worker at URL has nothing at /events: either its configuration lacks [vars.ADMIN] or \
             [vars.JOURNAL], or it is older than this program, and you must deploy a newer \
             version; check --url, too",
        ),
        (
            "the query is wrong: the Worker knows best how it should be",
            problem(400, "bad_query", "unknown operation"),
            2,
            "unknown operation",
        ),
        (
            "it passes",
            problem(503, "journal_failed", "the journal is unavailable").with("retry-after", "5"),
            1,
            "503 journal_failed: the journal is unavailable; try again in 5 s",
        ),
        (
            "nothing works until it is fixed",
            Reply::new(
                503,
                r#"{"type":"urn:elytra-webhooks:broken_configuration","code":"broken_configuration","mistakes":[{"path":"ADMIN.auth","message":"missing"}]}"#,
            ),
            1,
            "the Worker's configuration has mistakes: fix them and deploy, or find them with `cargo \
             xtask check`\n  ADMIN.auth: missing",
        ),
        (
            "something else is at this address, and could move the cursor",
            Reply::new(502, "<h1>\u{1b}[2JBad Gateway</h1>"),
            1,
            "URL answered 502, but not in the words of the Worker: check --url: \
             <h1>\\u{1b}[2JBad Gateway</h1>",
        ),
        (
            "something else is at this address, and content",
            Reply::ok("<html>"),
            1,
            "the answer is not what the Worker would say (expected value at line 1 column 1): \
             check --url",
        ),
    ];
    for (why, reply, code, message) in cases {
        let server = Server::new(&[reply]);
        let ran = server.run(&["events"]);
        let stderr = format!("error: {}\n", message.replace("URL", &server.url));
        let expected = Ran { code: Some(code), stdout: String::new(), stderr };
        assert_eq!(ran, expected, "{why}");
    }
}

#[test]
fn a_worker_that_does_not_run_can_be_started() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let ran = Ran::new(&xtask(&[TOKEN]).args(["events", "--url", &url]).output().unwrap());
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with(&format!("error: no answer from {url} (")), "{ran:?}");
    let advice = "): start the Worker with `cargo xtask dev`, or name another one with --url\n";
    assert!(ran.stderr.ends_with(advice), "{ran:?}");
}
