//! What operators may do with messages that were set aside, and two operators at once.

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::limits::MAX_KV_METADATA_BYTES;
use futures_util::future::join;

use super::super::{Request, WEBHOOK, answer_to, ask, configure_with};
use super::aside::{config, memory};
use super::drain::{drain_all, left};
use crate::memory::Memory;
use crate::support::{Head, event};

fn request(method: &'static str, path: &'static str, query: &str) -> Request {
    let head = Head::post().method(method).path(path).query(query);
    Request::new(head.with("authorization", "Bearer admin-canary"), "")
}

fn id(queue: &str) -> String {
    format!("{queue}/1764547200000/{}", "k".repeat(43))
}

#[test]
fn who_deletes_and_who_sends_at_once_are_told_what_became_of_it() {
    let memory = Memory::with_latency(10);
    memory.store("SPOOL", &format!("~aside/{}", id("QUEUE")), "text");
    let (config, query) = (config(), format!("id={}", id("QUEUE")));
    let (sent, deleted) = memory.time.run(join(
        answer_to(Ok(&config), request("POST", "/spool/send", &query), &memory),
        answer_to(Ok(&config), request("POST", "/spool/delete", &query), &memory),
    ));
    assert_eq!(sent.body, format!(r#"{{"code":"sent","id":"{}"}}"#, id("QUEUE")));
    assert!(
        deleted.status == 503 && deleted.body.contains(r#""code":"under_way""#),
        "it is not deleted that is sent: {}",
        deleted.body
    );
    assert_eq!((memory.queue("QUEUE").len(), left(&memory)), (1, 0));
}

#[test]
fn what_was_sent_before_is_not_told_to_be_lost() {
    let memory = Memory::default();
    let key = format!("~aside/{}", id("QUEUE"));
    memory.store("SPOOL", &key, "text");
    let query = format!("id={}", id("QUEUE"));
    assert_eq!(ask(Ok(&config()), request("POST", "/spool/send", &query), &memory).status, 200);
    // KV still shows it.
    memory.store("SPOOL", &key, "text");
    let deleted = ask(Ok(&config()), request("POST", "/spool/delete", &query), &memory);
    let body = format!(r#"{{"code":"deleted","id":"{}","already_sent":true}}"#, id("QUEUE"));
    assert_eq!((deleted.body, left(&memory)), (body, 0));
}

/// A binding can have a name that no subscription can have.
#[test]
fn a_queue_of_any_name_can_be_asked_for() {
    let admin = r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#;
    for queue in ["my-queue", "$queue", &*"Q".repeat(65)] {
        let bound = [
            ("ADMIN", Binding::Json(admin.to_owned())),
            ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
            ("SPOOL", Binding::Kv),
            (queue, Binding::Queue),
        ];
        let destination = format!(r#"{{"queue":"{queue}"}}"#);
        let config: Config = configure_with(&bound, WEBHOOK, &[("A", &*destination)]);
        for path in ["/spool/send", "/spool/delete"] {
            let memory = Memory::default();
            memory.store("SPOOL", &format!("~aside/{}", id(queue)), "text");
            let answer =
                ask(Ok(&config), request("POST", path, &format!("id={}", id(queue))), &memory);
            assert_eq!((answer.status, left(&memory)), (200, 0), "{path} {queue}: {}", answer.body);
        }
    }
}

#[test]
fn ids_that_can_be_none_are_told_in_the_words_of_the_spool() {
    let (time, key) = ("1764547200000", "k".repeat(43));
    let expected = "id: expected the id of a message in /spool, <queue>/<milliseconds>/<digest>";
    for (why, value) in [
        ("nothing", String::new()),
        ("no key of KV", "..".to_owned()),
        ("longer than a key", "x".repeat(600)),
        ("likewise, though of the shape", format!("{}/{time}/{key}", "Q".repeat(500))),
        ("no queue", format!("/{time}/{key}")),
        ("no time", format!("QUEUE/x/{key}")),
        ("no digest", format!("QUEUE/{time}/k")),
        ("the key, not the id", format!("~aside/{}", id("QUEUE"))),
    ] {
        for path in ["/spool/send", "/spool/delete"] {
            let memory = Memory::default();
            let answer = ask(Ok(&config()), request("POST", path, &format!("id={value}")), &memory);
            assert_eq!(answer.status, 400, "{why}: {}", answer.body);
            assert!(answer.body.contains(expected), "{why}: {}", answer.body);
            assert_eq!(*memory.calls.borrow(), [], "{why}");
        }
    }
}

#[test]
fn without_an_operator_or_a_spool_there_is_nothing() {
    let plain = super::spooling();
    let admin = [
        (
            "ADMIN",
            Binding::Json(r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#.to_owned()),
        ),
        ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
    ];
    let no_spool = configure_with(&admin, WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)]);
    for (why, config) in [("no operator", &plain), ("no spool", &no_spool)] {
        for (method, path) in
            [("GET", "/spool"), ("POST", "/spool/send"), ("POST", "/spool/delete")]
        {
            let answer = ask(Ok(config), request(method, path, ""), &Memory::default());
            let reported = (answer.status, answer.body.contains(r#""code":"not_found""#));
            assert_eq!(reported, (404, true), "{why}: {method} {path}: {}", answer.body);
        }
    }
}

/// An operator finds an event in the list, whatever fits in its metadata.
#[test]
fn what_is_known_of_an_event_stays_known() {
    let memory = memory(1, 1);
    let id = "i".repeat(380);
    let metadata = format!(r#"{{"type":"{}","id":"{id}","source":"s"}}"#, "t".repeat(580));
    let key = memory.namespace("SPOOL")[0].0.clone();
    memory.store_with("SPOOL", &key, "bad 0", &metadata);
    assert_eq!(drain_all(&memory).sent, 1);
    let [(_, stored)] = &memory.namespace("SPOOL")[..] else { panic!("one is left") };
    let metadata: serde_json::Value = stored.metadata.parse().unwrap();
    assert_eq!((&metadata["id"], &metadata["refused"]), (&id.into(), &1.into()), "{metadata}");
}

#[test]
fn what_is_spooled_leaves_room_for_the_count() {
    let counted = r#","refused":5"#.len();
    for length in 850..1_050 {
        let memory = Memory::failing(&["QUEUE"]);
        let text = event(r#""eventtype":"product""#)
            .replace(r#""id":"1""#, &format!(r#""id":"{}""#, "i".repeat(length)));
        let answer =
            ask(Ok(&super::spooling()), Request::new(super::super::known(), text), &memory);
        assert_eq!(answer.status, 202, "{}", answer.body);
        let stored = &memory.namespace("SPOOL")[0].1;
        let left = MAX_KV_METADATA_BYTES - stored.metadata.len();
        assert!(left >= counted, "an id of {length} bytes leaves {left}: {}", stored.metadata);
    }
}

/// A message has an id, and so does its event: the message's id is the one to send and delete.
#[test]
fn the_list_tells_a_message_from_its_event() {
    let memory = Memory::default();
    let metadata =
        r#"{"type":"t","eventtype":"product","id":"1","source":"s","refused":5,"reason":"why"}"#;
    memory.store_with("SPOOL", &format!("~aside/{}", id("QUEUE")), "text", metadata);
    let answer = ask(Ok(&config()), request("GET", "/spool", ""), &memory);
    let row = format!(
        r#"{{"id":"{}","queue":"QUEUE","spooled_at":1764547200000,"spooled_time":"2025-12-01T00:00:00.000Z","refused":5,"reason":"why","event":{{"eventtype":"product","id":"1","source":"s","type":"t"}}}}"#,
        id("QUEUE")
    );
    let body = format!(r#"{{"code":"set_aside","set_aside":[{row}],"cursor":null}}"#);
    assert_eq!((answer.status, answer.body), (200, body));
}
