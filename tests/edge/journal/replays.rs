//! Replays.

use edge::{Receiver, event, wait_until};
use serde_json::{Value, json};

use super::{ask, fates, find, get, history, settings};

/// Starts a replay, and returns it.
#[track_caller]
fn start(receiver: &Receiver, body: &Value) -> Value {
    let answer = ask(receiver, "POST", "/replays", &body.to_string());
    assert_eq!((answer.status, &*answer.code()), (202, "replay_started"), "{}", answer.body);
    answer.json()["replay"].clone()
}

/// A replay, once it has this state.
#[track_caller]
fn wait_for(receiver: &Receiver, id: &str, state: &str) -> Value {
    wait_until(&format!("{id} is {state}"), || {
        let replay = get(receiver, &format!("/replays/{id}"), "replay");
        (replay["replay"]["state"] == state).then_some(replay)
    })
}

#[test]
fn sends_again_what_a_filter_means() {
    let receiver = Receiver::start(&settings());
    for id in ["1", "2", "3"] {
        assert_eq!(receiver.post(event(id, "product")).send().status, 202);
    }
    assert_eq!(receiver.post(event("4", "document")).send().status, 202);
    assert_eq!(receiver.received(3).len(), 3);
    let body = json!({"filter": {"event_type": "product", "since": "1h"}, "dry_run": true});
    let planned = ask(&receiver, "POST", "/replays", &body.to_string()).json();
    assert_eq!([&planned["code"], &planned["events"]], [&json!("replay_planned"), &json!(3)]);
    assert_eq!(planned["first"].as_array().unwrap().len(), 3);

    let body = json!({"filter": {"event_type": "product"}, "events_per_second": 100});
    let replay = start(&receiver, &body);
    let id = replay["id"].as_str().unwrap();
    let done = wait_for(&receiver, id, "finished");
    assert_eq!([&done["replay"]["sent"], &done["replay"]["not_sent"]], [&json!(3), &json!(0)]);
    // Byte for byte, and the oldest first.
    let messages = receiver.received(6);
    assert_eq!(messages[3..], messages[..3]);
    let one = find(&receiver, "1", |event| history(event).len() == 2);
    assert_eq!(history(&one), ["received accepted", "replayed"]);
    assert_eq!(one["history"][1]["replay"], id);
    assert_eq!(fates(&one), ["archive unwanted", "products held"]);
}
