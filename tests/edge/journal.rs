//! What the journal says of everything that can happen to an event.

use edge::{Answer, Fault, Receiver, Settings, event, wait_until};
use serde_json::{Value, json};

/// What operators present.
pub(crate) const ADMIN: &str = "Bearer admin-token";

/// Products go to the queue, documents to KV, and prices to both. The journal is on.
pub(crate) fn settings() -> Settings {
    Settings::standard()
        .with_ledger()
        .with_webhook_field("dedupe_window_seconds = 3600")
        .with_vars(
            r#"
        [vars.ADMIN]
        auth_type = "bearer"
        auth = { token = "ADMIN_TOKEN" }

        [vars.JOURNAL]
        "#,
        )
        .with_secret("ADMIN_TOKEN", "admin-token")
}

/// Asks as an operator.
#[track_caller]
pub(crate) fn ask(receiver: &Receiver, method: &str, path: &str) -> Answer {
    receiver.post("").method(method).path(path).header("authorization", ADMIN).send()
}

/// The events that a search finds.
#[track_caller]
pub(crate) fn search(receiver: &Receiver, query: &str) -> Vec<Value> {
    let answer = ask(receiver, "GET", &format!("/events?{query}"));
    assert_eq!((answer.status, &*answer.code()), (200, "events"), "{}", answer.body);
    answer.json()["events"].as_array().unwrap().clone()
}

/// The only event that a search finds, once this is true of it.
#[track_caller]
pub(crate) fn find(receiver: &Receiver, query: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    wait_until(&format!("{query} is in the journal"), || {
        let events = search(receiver, query);
        assert!(events.len() <= 1, "{events:?}");
        events.into_iter().find(|event| is_it(event))
    })
}

/// What became of an event, by subscription.
pub(crate) fn fates(event: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let states = event["subscriptions"].as_array().unwrap().iter();
    states.map(|state| (text(&state["subscription"]), text(&state["fate"]))).collect()
}

#[test]
fn says_what_became_of_each_event() {
    let receiver = Receiver::start(&settings());
    let send = |id: &str, type_: &str| receiver.post(event(id, type_)).send().status;

    // Whatever is acknowledged is there before the answer.
    assert_eq!(send("accepted", "product"), 202);
    let found = search(&receiver, "id=accepted");
    assert_eq!(found.len(), 1, "{found:?}");
    println!("{:#}", found[0]);
    assert_eq!(found[0]["code"], "accepted");
    assert_eq!(send("accepted", "product"), 200);
    let again = find(&receiver, "id=accepted", |event| event["received"] == 2);
    assert_eq!(again["code"], "accepted");
    assert_eq!(send("ignored", "user"), 200);
    let ignored = find(&receiver, "id=ignored", |_| true);
    println!("{ignored:#}");
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(send("undelivered", "product"), 503);
    let undelivered = search(&receiver, "id=undelivered");
    println!("{undelivered:#?}");
    receiver.fail(&[]);
    assert_eq!(send("undelivered", "product"), 202);
    let key = found[0]["key"].as_str().unwrap();
    let one = ask(&receiver, "GET", &format!("/events/{key}"));
    println!("{}", one.body);
    assert_eq!(receiver.post("{}").send().status, 400);
    let refusals = wait_until("it is recorded", || {
        let answer = ask(&receiver, "GET", "/refusals");
        (!answer.json()["refusals"].as_array().unwrap().is_empty()).then_some(answer.json())
    });
    println!("{refusals:#}");
    println!("{}", receiver.output());
    assert_eq!(json!(1), json!(1));
}
