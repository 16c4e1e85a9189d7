//! Erasing.

use super::server::{Ran, Reply, Server};

const EVENTS: &str = r#"{"code":"events","events":[{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","id":"id-1","arrived_at":1795542207985,"code":"accepted","type":"t"}],"cursor":null}"#;

const FIRST: &str = r#"{"code":"erased","removed":{"events":1,"refusals":0,"claims":1,"spool":0,"dead_letters":0},"not_reached":["the queue PRODUCT_EVENTS (subscription products)"],"cursor":"c"}"#;

const LAST: &str = r#"{"code":"erased","removed":{"events":2,"dead_letters":1,"replays":4},"not_reached":["the queue PRODUCT_EVENTS (subscription products)"],"cursor":null}"#;

const SHOWN: &str = "\
ARRIVED               EVENT  ID    STATE
2026-11-24T17:43:27Z  t      id-1  accepted
";

#[test]
fn all_steps_are_summed_up() {
    let server = Server::new(&[Reply::ok(EVENTS), Reply::ok(FIRST), Reply::ok(LAST)]);
    let ran = server.run(&["erase", "--object", "product/4711", "--yes"]);
    assert_eq!(
        server.lines(),
        [
            "GET /events?object=product/4711&limit=10",
            "DELETE /events?object=product/4711",
            "DELETE /events?object=product/4711&cursor=c",
        ]
    );
    let stdout = "\
erased 3 events, 1 claim, 1 dead letter, 4 replays
not reached, so it may still be there:
  the queue PRODUCT_EVENTS (subscription products)
";
    let expected = Ran { code: Some(0), stdout: stdout.to_owned(), stderr: SHOWN.to_owned() };
    assert_eq!(ran, expected);

    let server = Server::new(&[Reply::ok(EVENTS), Reply::ok(FIRST), Reply::ok(LAST)]);
    let ran = server.run(&["erase", "--source", "a", "--id", "1", "--yes", "--json"]);
    assert_eq!(server.lines()[2], "DELETE /events?id=1&source=a&cursor=c");
    let stdout = format!("{FIRST}\n{LAST}\n");
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr: SHOWN.to_owned() });
}

#[test]
fn nothing_is_erased_that_nobody_confirms() {
    let server = Server::new(&[Reply::ok(EVENTS)]);
    let ran = server.run(&["erase", "--object", "product/4711"]);
    let question = "error: Erase all that is kept of product/4711? It cannot be undone. Nobody can \
                    answer here: add --yes\n";
    let expected =
        Ran { code: Some(2), stdout: String::new(), stderr: format!("{SHOWN}{question}") };
    assert_eq!(ran, expected);
    assert_eq!(server.lines(), ["GET /events?object=product/4711&limit=10"]);
}

/// An id alone is not one event.
#[test]
fn what_to_erase_is_named_completely() {
    let server = Server::new(&[Reply::ok(EVENTS)]);
    let cases: [&[&str]; 4] = [
        &["erase"],
        &["erase", "--id=1"],
        &["erase", "--source=a"],
        &["erase", "--object=a/1", "--id=1"],
    ];
    for arguments in cases {
        let ran = server.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
    }
    assert_eq!(server.lines(), [""; 0]);
}

/// The journal may have forgotten an event that is still a dead letter.
#[test]
fn there_may_be_nothing_to_erase() {
    let none = r#"{"code":"events","events":[],"cursor":null}"#;
    let erased = r#"{"code":"erased","removed":{"events":0},"not_reached":[],"cursor":null}"#;
    let server = Server::new(&[Reply::ok(none), Reply::ok(erased)]);
    let ran = server.run(&["erase", "--object", "product/4711", "--yes"]);
    let stderr = "the journal has no such event, but there may be claims, spooled messages or dead \
                  letters\nthere was nothing to erase\n";
    let expected =
        Ran { code: Some(3), stdout: "erased nothing\n".to_owned(), stderr: stderr.to_owned() };
    assert_eq!(ran, expected);
}

#[test]
fn a_failure_in_the_middle_says_what_is_gone() {
    let failed = Reply::problem(503, "journal_failed", "d");
    let server = Server::new(&[Reply::ok(EVENTS), Reply::ok(FIRST), failed]);
    let ran = server.run(&["erase", "--object", "product/4711", "--yes"]);
    let stderr = format!(
        "{SHOWN}erased so far: 1 event, 1 claim; the same command erases the rest\nerror: 503 \
         journal_failed: d\n"
    );
    assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });

    let stuck = r#"{"code":"erased","removed":{"events":0},"cursor":"c"}"#;
    let server = Server::new(&[Reply::ok(EVENTS), Reply::ok(FIRST), Reply::ok(stuck)]);
    let ran = server.run(&["erase", "--object", "product/4711", "--yes"]);
    assert!(ran.code == Some(1), "{ran:?}");
    assert!(
        ran.stderr.ends_with("error: the Worker makes no progress: try again later\n"),
        "{ran:?}"
    );
}
