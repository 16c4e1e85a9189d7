//! A Worker of another version than this program, and what is no Worker at all.

use super::server::{Ran, Reply, Server};

/// A Worker of before cannot erase.
#[test]
fn an_older_worker_cannot_do_all() {
    let server = Server::new(&[
        Reply::ok(r#"{"code":"events","events":[],"cursor":null}"#),
        Reply::problem(405, "method_not_allowed", "d"),
    ]);
    let ran = server.run(&["erase", "--object", "product/1", "--yes"]);
    let stderr = format!(
        "the journal has no such event, but there may be claims, spooled messages or dead letters\n\
         error: the Worker at {} cannot do this: deploy a newer version\n",
        server.url
    );
    assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });
}

/// It lacks an endpoint, or the configuration that the endpoint needs: both look the same.
#[test]
fn an_older_worker_lacks_an_endpoint() {
    for (arguments, path, needs) in [
        (&["dead-letters"][..], "/dead-letters", "[vars.ADMIN], DELIVERIES or DEAD"),
        (
            &["dead-letters", "redrive", "--all", "--yes"],
            "/dead-letters/redrive",
            "[vars.ADMIN], DELIVERIES or DEAD",
        ),
        (&["dead-letters", "jobs"], "/dead-letters/jobs", "[vars.ADMIN], DELIVERIES or DEAD"),
        (&["refusals"], "/refusals", "[vars.ADMIN] or [vars.JOURNAL]"),
    ] {
        let server = Server::new(&[Reply::problem(404, "not_found", "there is nothing here")]);
        let ran = server.run(arguments);
        let stderr = format!(
            "error: the Worker at {} has nothing at {path}: either its configuration lacks {needs}, \
             or it is older than this program, and you must deploy a newer version; check --url, \
             too\n",
            server.url
        );
        assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr }, "{arguments:?}");
    }
}

/// The program asked for it, not the operator.
#[test]
fn an_older_worker_does_not_know_a_parameter() {
    for said in [r#"unknown parameter "cause""#, "unknown field `keys` at line 1 column 8"] {
        let server = Server::new(&[Reply::problem(400, "bad_query", said)]);
        let ran = server.run(&["dead-letters", "--cause", "timeout"]);
        let stderr = format!(
            "error: the Worker at {} does not know all that this program asks ({said}): deploy a \
             newer version\n",
            server.url
        );
        assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });
    }
}

/// It says that it is the Worker, in words that are new.
#[test]
fn an_answer_of_another_version_is_not_taken_for_somebody_elses() {
    let job = r#"{"code":"deleted","deleted":[],"job":{"id":"1/a","state":{"name":"running"}}}"#;
    for (arguments, body, why) in [
        (
            &["dead-letters"][..],
            r#"{"code":"dead_letters","letters":[]}"#,
            "missing field `items` at line 1 column 36",
        ),
        (
            &["dead-letters"],
            r#"{"code":"dead_letters","dead_letters":[{"id":7}],"cursor":null}"#,
            "invalid type: integer `7`, expected a string at line 1 column 7",
        ),
        (
            &["events"],
            r#"{"code":"events","events":[{"key":7}],"cursor":null}"#,
            "invalid type: integer `7`, expected a string at line 1 column 8",
        ),
        (
            &["dead-letters", "delete", "--all", "--yes"],
            job,
            "invalid type: map, expected a string at line 1 column 57",
        ),
    ] {
        let ran = Server::new(&[Reply::ok(body)]).run(arguments);
        let stderr = format!(
            "error: the Worker's answer cannot be read ({why}): it and this program are of \
             different versions; deploy the Worker again, or update this program, whichever is \
             older\n"
        );
        assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr }, "{body}");
    }
}

/// Whoever else is there may answer with JSON that has a code, too. Nothing is concluded from it about versions or
/// credentials.
#[test]
fn nothing_is_guessed_of_what_is_not_the_worker() {
    for (status, body) in [
        (404, r#"{"code":"not_found","detail":"no route"}"#),
        (405, r#"{"code":"method_not_allowed","type":"about:blank"}"#),
        (401, r#"{"code":"unauthorized","type":"https://example.com/unauthorized"}"#),
        (400, r#"{"code":"bad_query","detail":"unknown parameter \"cause\""}"#),
        (404, "Not Found"),
        (405, ""),
    ] {
        let server = Server::new(&[Reply::new(status, body)]);
        let ran = server.run(&["dead-letters", "--cause", "timeout"]);
        let said = if body.is_empty() { String::new() } else { format!(": {body}") };
        let stderr = format!(
            "error: {} answered {status}, but not in the words of the Worker: check --url{said}\n",
            server.url
        );
        assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });
    }
    for body in ["<html>", "[]", "{}", r#"{"code":200}"#] {
        let ran = Server::new(&[Reply::ok(body)]).run(&["dead-letters"]);
        assert!(ran.code == Some(1) && ran.stderr.ends_with("): check --url\n"), "{ran:?}");
    }
}
