//! What the journal says of everything that can happen to an event, and what can be done with it then.

mod entries;
mod erasure;
mod metrics;
mod replays;
mod retention;
mod searches;

use edge::{Answer, Receiver, Settings, wait_until};
use serde_json::Value;

/// What operators present.
const ADMIN: &str = "Bearer admin-token";

/// Products go to the queue, documents to KV, and prices to both. The journal is on.
fn settings() -> Settings {
    with_journal(Settings::standard())
}

/// Deduplication, the journal and an operator.
fn with_journal(settings: Settings) -> Settings {
    let vars = r#"
        [vars.ADMIN]
        auth_type = "bearer"
        auth = { token = "ADMIN_TOKEN" }

        [vars.JOURNAL]
        "#;
    settings
        .with_ledger()
        .with_webhook_field("dedupe_window_seconds = 3600")
        .with_vars(vars)
        .with_secret("ADMIN_TOKEN", "admin-token")
}

/// Asks as an operator.
#[track_caller]
fn ask(receiver: &Receiver, method: &str, path: &str, body: &str) -> Answer {
    let call = receiver.post(body).method(method).path(path);
    call.header("authorization", ADMIN).header("content-type", "application/json").send()
}

/// What an operator gets, if this is its code.
#[track_caller]
fn get(receiver: &Receiver, path: &str, code: &str) -> Value {
    let answer = ask(receiver, "GET", path, "");
    assert_eq!(answer.code(), code, "{}", answer.body);
    answer.json()
}

/// The events that a search finds.
#[track_caller]
fn search(receiver: &Receiver, query: &str) -> Vec<Value> {
    get(receiver, &format!("/events?{query}"), "events")["events"].as_array().unwrap().clone()
}

/// The only event with this id, once this is true of it, with its history.
#[track_caller]
fn find(receiver: &Receiver, id: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    wait_until(&format!("{id} is in the journal"), || {
        let events = search(receiver, &format!("id={id}"));
        assert!(events.len() <= 1, "{events:?}");
        let key = events.first()?["key"].as_str().unwrap().to_owned();
        let event = get(receiver, &format!("/events/{key}"), "event")["entry"].clone();
        is_it(&event).then_some(event)
    })
}

/// What became of an event for each subscription: `<subscription> <fate>`.
fn fates(event: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let states = event["subscriptions"].as_array().unwrap().iter();
    states
        .map(|state| format!("{} {}", text(&state["subscription"]), text(&state["fate"])))
        .collect()
}

/// What happened to an event, line by line.
fn history(event: &Value) -> Vec<String> {
    let lines = event["history"].as_array().unwrap().iter();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let line = |line: &Value| match line["what"].as_str().unwrap() {
        "received" => format!("received {}", text(line, "code")),
        "attempted" => format!("attempted {} {}", line["attempt"], text(line, "result")),
        other => other.to_owned(),
    };
    lines.map(line).collect()
}
