//! One event and its history.

use super::server::{Ran, Reply, Server};

const KEY: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz-_0123";

const VIEW: &str = r#"{"code":"event","entry":{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","arrived_at":1795542207985,"received":1,"code":"accepted","id":"1","source":"elytra-pim","type":"com.elytra.product","subscriptions":[{"subscription":"shop","fate":"held"}],"history":[{"at":1795542207985,"what":"received","code":"accepted","credential":"ELYTRA_TOKEN","client_address":"203.0.113.7","subscriptions":[{"subscription":"shop","fate":"held"}]}]},"event":{"specversion": "1.0"}}"#;

const PRINTED: &str = "\
id        1
source    elytra-pim
key       AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
type      com.elytra.product
about     com.elytra.product
text      not kept
arrived   2026-11-24T17:43:27Z
answered  accepted
now       shop held

2026-11-24
17:43:27.985  received  202 accepted by ELYTRA_TOKEN from 203.0.113.7: shop held
";

/// Why a case exists, the arguments, the answers, and what is asked.
type Case<'c> = (&'c str, &'c [&'c str], &'c [Reply], &'c [&'c str]);

fn list(keys: &[&str]) -> Reply {
    let events: Vec<_> = keys
        .iter()
        .map(|key| format!(r#"{{"key":"{key}","arrived_at":1795542207985,"id":"1","type":"t"}}"#))
        .collect();
    let events = events.join(",");
    Reply::ok(&format!(r#"{{"code":"events","events":[{events}],"cursor":null}}"#))
}

#[test]
fn an_event_is_found_by_its_key_or_its_id() {
    let by_key = format!("GET /events/{KEY}");
    let missing = || Reply::problem(404, "no_such_event", "d");
    let cases: [Case<'_>; 5] = [
        ("a key", &["event", KEY], &[Reply::ok(VIEW)], &[&by_key]),
        (
            "an id",
            &["event", "1"],
            &[list(&[KEY]), Reply::ok(VIEW)],
            &["GET /events?id=1&limit=10", &by_key],
        ),
        (
            "a UUID without hyphens is as long as a key",
            &["event", "385d27efac6d4d93904bea9801fc1bde"],
            &[missing(), list(&[KEY]), Reply::ok(VIEW)],
            &[
                "GET /events/385d27efac6d4d93904bea9801fc1bde",
                "GET /events?id=385d27efac6d4d93904bea9801fc1bde&limit=10",
                &by_key,
            ],
        ),
        (
            "an id that begins with a hyphen",
            &["event", "--id=-1"],
            &[list(&[KEY]), Reply::ok(VIEW)],
            &["GET /events?id=-1&limit=10", &by_key],
        ),
        (
            "an id and a source: a key has none",
            &["event", KEY, "--source", "elytra-pim"],
            &[list(&[KEY]), Reply::ok(VIEW)],
            &[
                "GET /events?id=AbCdEfGhIjKlMnOpQrStUvWxYz-_0123&source=elytra-pim&limit=10",
                &by_key,
            ],
        ),
    ];
    for (why, arguments, replies, lines) in cases {
        let server = Server::new(replies);
        let ran = server.run(arguments);
        assert_eq!(server.lines(), lines, "{why}");
        let expected = Ran { code: Some(0), stdout: PRINTED.to_owned(), stderr: String::new() };
        assert_eq!(ran, expected, "{why}");
    }
}

#[test]
fn the_json_is_that_of_the_worker() {
    let ran = Server::new(&[Reply::ok(VIEW)]).run(&["event", KEY, "--json"]);
    assert_eq!(ran, Ran { code: Some(0), stdout: format!("{VIEW}\n"), stderr: String::new() });
}

#[test]
fn an_event_may_be_missing_or_not_the_only_one() {
    let ran = Server::new(&[list(&[])]).run(&["event", "1"]);
    let stderr = "the journal has no event with this key or id; events are kept for retention_days, and one that was refused \
         is found with `cargo xtask refusals --id`\n";
    let expected = Ran { code: Some(3), stdout: String::new(), stderr: stderr.to_owned() };
    assert_eq!(ran, expected);

    let other = "00000000000000000000000000000000";
    let ran = Server::new(&[list(&[KEY, other])]).run(&["event", "1"]);
    let stderr = "\
ARRIVED               EVENT  SOURCE  KEY                               STATE
2026-11-24T17:43:27Z  t              AbCdEfGhIjKlMnOpQrStUvWxYz-_0123  unknown
2026-11-24T17:43:27Z  t              00000000000000000000000000000000  unknown
error: several events have this id: name one by its key, or with --source
";
    let expected = Ran { code: Some(2), stdout: String::new(), stderr: stderr.to_owned() };
    assert_eq!(ran, expected);
}
