//! An operator asks what would happen to a request.

mod access;

use elytra_webhooks::config::{Binding, Config};
use serde_json::{Value, json};

use super::{Answer, Expected, Head, Memory, Request, ask, check_answer, configure_with};
use crate::support::event;

const ADMIN: &str = r#"{"auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}}"#;

const WEBHOOK: &str = r#"{"auth_type":"bearer","auth":{"token":"TOKEN"},"max_body_bytes":262144,"max_batch_events":3}"#;

/// German products go to a queue, and documents to KV. There is an operator.
fn config() -> Config {
    let more = [
        ("ADMIN", Binding::Json(ADMIN.to_owned())),
        ("ADMIN_TOKEN", Binding::Text("admin-canary".to_owned())),
    ];
    let subscriptions = [
        ("ARCHIVE", r#"{"event_types":["document"],"kv":{"binding":"KV"}}"#),
        (
            "GERMAN",
            r#"{"queue":"QUEUE","filters":[{"exact":{"object.type":"product"}},{"any":[{"exact":{"data.locale":"de"}},{"exact":{"data.locale":"at"}}]}]}"#,
        ),
        ("OFF", r#"{"active":false,"queue":"QUEUE"}"#),
    ];
    configure_with(&more, WEBHOOK, &subscriptions)
}

/// The head of an operator's request.
fn operator() -> Head {
    Head::post().path("/explain").with("authorization", "Bearer admin-canary")
}

/// Checks the answer to an operator, and that the platform was not used.
#[track_caller]
fn explain(head: Head, body: impl Into<Vec<u8>>) -> Answer {
    let memory = Memory::default();
    let answer = ask(Ok(&config()), Request::new(head, body), &memory);
    assert_eq!(*memory.calls.borrow(), [], "nothing is forwarded: {answer:?}");
    answer
}

/// The explanation in an answer.
#[track_caller]
fn explained(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body.parse().unwrap()
}

#[test]
fn an_event_is_told_as_it_was_understood() {
    let members = r#""eventtype":"product","operation":"change","urgent":true,"priority":7,"data":{"objectType":"product","objectId":4711,"locale":"fr"}"#;
    let text = event(members);
    let body = format!(
        r#"{{"code":"explained","mode":"structured","events":[{{"attributes":{{"specversion":"1.0","id":"1","source":"s","type":"t","eventtype":"product","operation":"change","urgent":true,"priority":7}},"event_type":"product","operation":"change","object_type":"product","object_id":"4711","data":{{"member":"data","bytes":54}},"bytes":{},"notices":["unknown operation \"change\""],"subscriptions":[{{"subscription":"archive","matches":false,"code":"event_type_not_selected","message":"event type \"product\" is not in event_types"}},{{"subscription":"german","matches":false,"code":"filter_not_matched","message":"filters[1].any: none of 2 filters match, the first: data.locale is \"fr\", not \"de\""}},{{"subscription":"off","matches":false,"code":"inactive","message":"the subscription is not active"}}]}}]}}"#,
        text.len()
    );
    let log = r#"{"outcome":"explained","code":"explained","status":200,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","operation":"change","object_type":"product","object_id":"4711","notices":["unknown_operation"],"auth_type":"bearer","credential":"ADMIN_TOKEN","milliseconds":0}"#;
    let expected = Expected { status: 200, headers: "", body: &body, log };
    check_answer("to the letter", &explain(operator(), text), &expected);
}

#[test]
fn a_subscription_that_matches_says_so() {
    let text = event(r#""data":{"objectType":"product","locale":"at"}"#);
    let answer = explained(&explain(operator().query("subscription=german"), text));
    let expected = json!([{ "subscription": "german", "matches": true }]);
    assert_eq!(answer["events"][0]["subscriptions"], expected, "the one that was asked about");
    let absent = ["event_type", "operation", "object_id"].map(|name| &answer["events"][0][name]);
    assert_eq!(absent, [&Value::Null; 3], "{answer}");
}

#[test]
fn what_is_too_large_for_a_destination_is_told() {
    let padding = "x".repeat(130_000);
    let text =
        event(&format!(r#""data":{{"objectType":"product","locale":"de","x":"{padding}"}}"#));
    let bytes = text.len();
    let answer = explained(&explain(operator().query("subscription=german"), text));
    let verdict = &answer["events"][0]["subscriptions"][0];
    assert_eq!(verdict["matches"], true, "{verdict}");
    let expected = format!(
        "the event has {bytes} bytes, but the destination of \"german\" takes at most 127900, and no KV namespace is bound as CLAIMS"
    );
    assert_eq!(verdict["too_large"], expected, "as /webhook would say with a 413");
}

#[test]
fn each_mode_is_explained() {
    let binary = operator().with_event().with("ce-subject", "Gr%C3%B6%C3%9Fe");
    let binary = binary.with("content-type", "application/octet-stream");
    let answer = explained(&explain(binary, [0xFF, 0x00]));
    assert_eq!(answer["mode"], "binary");
    assert_eq!(answer["events"][0]["attributes"]["subject"], "Größe", "as it was decoded");
    let data = json!({ "member": "data_base64", "bytes": 4 });
    assert_eq!(answer["events"][0]["data"], data, "{answer}");

    let batch = operator().with("content-type", "application/cloudevents-batch+json");
    let two = format!("[{},{}]", event(""), event(r#""eventtype":"document""#));
    let answer = explained(&explain(batch.clone(), two));
    assert_eq!(answer["mode"], "batch");
    let archive = |index: usize| &answer["events"][index]["subscriptions"][0]["matches"];
    assert_eq!((archive(0), archive(1)), (&json!(false), &json!(true)), "{answer}");
    let answer = explained(&explain(batch, "[]"));
    assert_eq!(answer, json!({ "code": "explained", "mode": "batch", "events": [] }));
}

#[test]
fn an_invalid_event_has_its_violations() {
    let text = r#"{"specversion":"1.0","id":"7","source":"","data":1}"#;
    let answer = explain(operator(), text);
    let expected = json!({
        "code": "explained",
        "mode": "structured",
        "events": [{
            "id": "7",
            "violations": [
                { "attribute": "source", "code": "empty", "message": "must not be empty" },
                { "attribute": "type", "code": "missing", "message": "required attribute is missing" },
            ],
        }],
    });
    assert_eq!(explained(&answer), expected);
    let log = r#"{"outcome":"explained","code":"explained","status":200,"mode":"structured","id":"7","reasons":["source: must not be empty","type: required attribute is missing"],"auth_type":"bearer","credential":"ADMIN_TOKEN","milliseconds":0}"#;
    assert_eq!(answer.log, log, "as for the event itself");

    let violations = |body: &str| {
        let answer = explained(&explain(operator(), body));
        answer["events"][0]["violations"].as_array().unwrap().len()
    };
    for body in ["", "{", "[]", "\u{feff}{}", "null"] {
        assert_eq!(violations(body), 1, "{body:?} is no event at all");
    }
}

#[test]
fn the_valid_events_of_a_batch_are_explained_beside_the_invalid_ones() {
    let batch = operator().with("content-type", "application/cloudevents-batch+json");
    let three = format!(r#"[{},{{"id":"8"}},7]"#, event(r#""eventtype":"document""#));
    let answer = explained(&explain(batch.clone(), three));
    let [valid, faulty, none] = [0, 1, 2].map(|index| &answer["events"][index]);
    assert_eq!(valid["subscriptions"][0]["matches"], true, "{answer}");
    assert_eq!(
        (&faulty["id"], faulty["violations"].as_array().map(Vec::len)),
        (&json!("8"), Some(3))
    );
    assert_eq!(none["violations"][0]["code"], "not_an_object", "{answer}");
    for body in ["", "{}", "[1"] {
        let answer = explained(&explain(batch.clone(), body));
        assert_eq!(answer["events"].as_array().map(Vec::len), Some(1), "{body:?}: {answer}");
    }
}
