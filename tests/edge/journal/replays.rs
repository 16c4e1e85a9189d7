//! Replays.

use std::collections::BTreeSet;

use edge::{Fault, Receiver, Shop, Sink, event, wait_until};
use serde_json::{Value, json};

use super::{ask, fates, find, get, history, search, settings};

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

/// It goes on after the process has died, sends every event at least once, and counts each once. What comes meanwhile is
/// not meant.
#[test]
fn survives_two_deaths_while_others_arrive() {
    const EVENTS: usize = 600;

    let sink = Sink::start();
    let mut receiver = Receiver::start(&settings().with_sink(&sink));
    send_batches(&receiver, "old", EVENTS);
    assert_eq!(sink.take_messages("EVENTS_QUEUE").len(), EVENTS);
    let body = json!({"filter": {"since": "1h"}, "events_per_second": 100});
    let replay = start(&receiver, &body);
    assert_eq!([&replay["events"], &replay["is_complete"]], [&json!(EVENTS), &json!(true)]);
    let id = replay["id"].as_str().unwrap().to_owned();
    for death in 1..=2 {
        wait_until("some were sent", || {
            let replay = get(&receiver, &format!("/replays/{id}"), "replay");
            let sent = replay["replay"]["sent"].as_u64().unwrap();
            (sent >= death * 150).then_some(())
        });
        receiver.kill();
        receiver.restart();
        send_batches(&receiver, &format!("new {death}"), 50);
    }
    let done = wait_for(&receiver, &id, "finished");
    assert_eq!(
        [&done["replay"]["events"], &done["replay"]["sent"], &done["replay"]["not_sent"]],
        [&json!(EVENTS), &json!(EVENTS), &json!(0)]
    );
    let messages = sink.messages("EVENTS_QUEUE");
    let sent: BTreeSet<_> = messages.iter().filter(|text| text.contains("\"old ")).collect();
    assert_eq!(sent.len(), EVENTS, "each at least once");
    let new = messages.iter().filter(|text| text.contains("\"new ")).count();
    assert_eq!(new, 100, "what came meanwhile was sent once");
}

#[test]
fn is_paused_resumed_and_cancelled() {
    let sink = Sink::start();
    let receiver = Receiver::start(&settings().with_sink(&sink));
    send_batches(&receiver, "event", 300);
    drop(sink.take_messages("EVENTS_QUEUE"));
    let body = json!({"filter": {"object": "product/4711"}, "events_per_second": 50});
    let id = start(&receiver, &body)["id"].as_str().unwrap().to_owned();
    let order = |order: &str, code: &str| {
        let answer = ask(&receiver, "POST", &format!("/replays/{id}/{order}"), "");
        assert_eq!((answer.status, &*answer.code()), (200, code), "{}", answer.body);
    };
    wait_until("some were sent", || (!sink.messages("EVENTS_QUEUE").is_empty()).then_some(()));
    order("pause", "replay_paused");
    let sent = |state: &str| {
        let replay = wait_for(&receiver, &id, state);
        replay["replay"]["sent"].as_u64().unwrap()
    };
    // The step that was under way ends, and none follows.
    let paused = wait_until("nothing more is sent", || {
        let before = (sent("paused"), sink.messages("EVENTS_QUEUE").len() as u64);
        (before.0 == before.1).then_some(before.0)
    });
    order("resume", "replay_resumed");
    wait_until("it goes on", || (sent("running") > paused).then_some(()));
    order("cancel", "replay_cancelled");
    let at_most = sent("cancelled") + 50;
    let end = wait_until("nothing more is sent", || {
        let now = (sent("cancelled"), sink.messages("EVENTS_QUEUE").len() as u64);
        (now.0 == now.1).then_some(now.0)
    });
    assert!(end <= at_most && end < 300, "{end}, at most {at_most}");
    for order in ["pause", "resume", "cancel"] {
        let answer = ask(&receiver, "POST", &format!("/replays/{id}/{order}"), "");
        assert_eq!((answer.status, &*answer.code()), (409, "replay_ended"), "{order}");
    }
    let answer = ask(&receiver, "POST", "/replays/1764547200000-abcdefgh/cancel", "");
    assert_eq!((answer.status, &*answer.code()), (404, "no_such_replay"));
}

/// Whoever gets an event by a replay can tell, and its place in the order of its object stays.
#[test]
fn tells_servers_and_keeps_the_order_of_objects() {
    let (shop, sink) = (Shop::open(), Sink::start());
    let url = shop.url();
    let vars = format!(
        r#"
        [vars.SUBSCRIPTION_MIRROR]
        kv = {{ binding = "EVENTS_KV", key = "object" }}

        [vars.SUBSCRIPTION_SHOP.webhook]
        url = "{url}/elytra"
        allow_insecure = true
        "#
    );
    let settings = settings().with_webhooks().with_vars(&vars).with_sink(&sink);
    let receiver = Receiver::start(&settings);
    // The older one has no time of its own, so its arrival counts.
    let older = event("1", "user").replace("\"time\":\"2025-12-31T04:19:30.860984129+01:00\",", "");
    let newer = event("2", "user").replace("2025-12-31", "2026-12-31");
    assert_eq!(receiver.post(older).send().status, 202);
    assert_eq!(receiver.post(newer.clone()).send().status, 202);
    drop(sink.take_messages("DELIVERIES"));
    let mirrored = |receiver: &Receiver| receiver.kv()["mirror/product/4711"].value.clone();
    let before = mirrored(&receiver);
    let key = find(&receiver, "1", |_| true)["key"].as_str().unwrap().to_owned();
    let replay = start(&receiver, &json!({"keys": [key]}));
    let id = replay["id"].as_str().unwrap();
    wait_for(&receiver, id, "finished");
    assert_eq!(mirrored(&receiver), before);
    let message = sink.take_messages("DELIVERIES").remove(0);
    let _ = receiver.consume(&[(&message, 1)]);
    assert_eq!(shop.take_orders()[0].header("webhook-replay"), Some(id));
    let one = find(&receiver, "1", |event| history(event).len() == 3);
    assert_eq!(history(&one), ["received accepted", "replayed", "attempted 1 delivered"]);
    assert_eq!(one["history"][2]["replay"], id);
}

/// What cannot be sent is listed with the reason.
#[test]
fn lists_what_it_cannot_send() {
    let receiver = Receiver::start(&settings().with_journal_field("bodies = false"));
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);
    let key = find(&receiver, "1", |_| true)["key"].as_str().unwrap().to_owned();
    let unknown = "A".repeat(32);
    let replay = start(&receiver, &json!({"keys": [key, unknown]}));
    let done = wait_for(&receiver, replay["id"].as_str().unwrap(), "finished");
    assert_eq!([&done["replay"]["sent"], &done["replay"]["not_sent"]], [&json!(0), &json!(2)]);
    assert_eq!(
        done["not_sent"],
        json!([
            {"key": key, "id": "1", "reason": "its text is no longer kept"},
            {"key": unknown, "reason": "it is no longer in the journal"},
        ])
    );
}

/// Without respect for filters, a subscription gets what it did not want.
#[test]
fn sends_to_a_subscription_by_name() {
    let receiver = Receiver::start(&settings());
    assert_eq!(receiver.post(event("1", "user")).send().status, 200);
    find(&receiver, "1", |_| true);
    let body = json!({"filter": {"id": "1"}, "subscriptions": ["products"]});
    let done = wait_for(&receiver, start(&receiver, &body)["id"].as_str().unwrap(), "finished");
    assert_eq!(
        done["not_sent"][0]["reason"],
        "no subscription wants it: products: event type \"user\" is not in event_types"
    );
    let body = json!({
        "filter": {"id": "1"}, "subscriptions": ["products"], "respect_filters": false,
    });
    let done = wait_for(&receiver, start(&receiver, &body)["id"].as_str().unwrap(), "finished");
    assert_eq!(done["replay"]["sent"], 1);
    assert_eq!(receiver.received(1), [event("1", "user")]);
}

#[test]
fn refuses_what_means_nothing() {
    let receiver = Receiver::start(&settings());
    let cases = [
        ("{", "the body is not as expected: EOF while parsing an object at line 1 column 1"),
        ("{}", "expected filter with at least one condition, or keys"),
        (r#"{"filter":{}}"#, "expected filter with at least one condition, or keys"),
        (r#"{"filter":{"id":"1"},"keys":["x"]}"#, "keys[0]: expected the key of an event"),
        (
            r#"{"filter":{"object":"product"}}"#,
            "filter.object: expected <objectType>/<objectId>, such as product/4711",
        ),
        (
            r#"{"filter":{"id":"1"},"subscriptions":["product"]}"#,
            "unknown subscription \"product\", did you mean \"products\"?",
        ),
        (
            r#"{"filter":{"id":"1"},"respect_filters":false}"#,
            "respect_filters: without filters, expected subscriptions by name",
        ),
        (
            r#"{"filter":{"id":"1"},"events_per_second":101}"#,
            "events_per_second: expected a whole number from 1 to 100",
        ),
    ];
    for (body, detail) in cases {
        let answer = ask(&receiver, "POST", "/replays", body);
        assert_eq!((answer.status, &*answer.code()), (400, "bad_query"), "{body}");
        assert_eq!(answer.json()["detail"], detail, "{body}");
    }
}

/// Sends product events with these ids, in batches, and checks that all of them are accepted.
#[track_caller]
fn send_batches(receiver: &Receiver, name: &str, events: usize) {
    let ids: Vec<_> = (0..events).map(|number| format!("{name} {number}")).collect();
    for ids in ids.chunks(100) {
        let events: Vec<_> = ids.iter().map(|id| event(id, "product")).collect();
        let call = receiver.post(format!("[{}]", events.join(",")));
        let call = call.header("content-type", "application/cloudevents-batch+json");
        assert_eq!(call.send().status, 202);
    }
}

/// An event whose destination fails is tried a few times. The others, which are on the same page of the search, are sent once.
#[test]
fn ends_although_an_event_fails() {
    let receiver = Receiver::start(&settings());
    for id in ["good-1", "good-2", "bad", "good-3"] {
        assert_eq!(receiver.post(event(id, "document")).send().status, 202);
    }
    let before = receiver.calls("EVENTS_KV").calls;
    receiver.fail(&[Fault::fail("EVENTS_KV").of("bad")]);
    let replay = start(&receiver, &json!({"filter": {"event_type": "document"}}));
    let done = wait_for(&receiver, replay["id"].as_str().unwrap(), "finished");
    let numbers = ["events", "sent", "not_sent"].map(|field| done["replay"][field].clone());
    assert_eq!(numbers, [4, 3, 1].map(Value::from), "{done}");
    assert_eq!(done["not_sent"].as_array().unwrap().len(), 1, "it is listed once");
    assert!(done["not_sent"][0]["reason"].as_str().unwrap().starts_with("archive: "), "{done}");
    // Three that are written, and one that is tried five times, each time as often as any write.
    let tries = receiver.calls("EVENTS_KV").calls - before;
    assert!(tries >= 3 + 5 && (tries - 3).is_multiple_of(5), "{tries}");
    let good = find(&receiver, "good-1", |event| history(event).len() == 2);
    assert_eq!(history(&good), ["received accepted", "replayed"]);
}

/// What has been sent is not sent again because somebody pauses at the last moment.
#[test]
fn has_ended_if_it_was_paused_in_its_last_step() {
    let receiver = Receiver::start(&settings());
    for id in ["1", "2", "3"] {
        assert_eq!(receiver.post(event(id, "document")).send().status, 202);
    }
    receiver.fail(&[Fault::hold("EVENTS_KV")]);
    let replay = start(&receiver, &json!({"filter": {"event_type": "document"}}));
    let id = replay["id"].as_str().unwrap();
    receiver.wait_until_hanging("EVENTS_KV", 3);
    let paused = ask(&receiver, "POST", &format!("/replays/{id}/pause"), "");
    assert_eq!(paused.code(), "replay_paused");
    receiver.fail(&[]);
    let done = wait_for(&receiver, id, "finished");
    assert_eq!([&done["replay"]["sent"], &done["replay"]["events"]], [3, 3], "{done}");
}

/// An operator's order counts at once, also if another replay is in the middle of a step.
#[test]
fn makes_no_step_after_it_was_cancelled_beside_another() {
    let receiver = Receiver::start(&settings());
    for number in 0..30 {
        let id = format!("product {number}");
        assert_eq!(receiver.post(event(&id, "product")).send().status, 202);
    }
    assert_eq!(receiver.post(event("document", "document")).send().status, 202);
    assert_eq!(receiver.received(30).len(), 30);
    receiver.fail(&[Fault::hold("EVENTS_KV")]);
    let slow = json!({"filter": {"event_type": "product"}, "events_per_second": 2});
    let slow = start(&receiver, &slow)["id"].as_str().unwrap().to_owned();
    let sent = || {
        let replay = get(&receiver, &format!("/replays/{slow}"), "replay");
        replay["replay"]["sent"].as_u64().unwrap()
    };
    wait_until("it has begun", || (sent() > 0).then_some(()));
    // Its step does not end, and the other one waits for its turn.
    let held = start(&receiver, &json!({"filter": {"event_type": "document"}}));
    receiver.wait_until_hanging("EVENTS_KV", 1);
    let cancelled = ask(&receiver, "POST", &format!("/replays/{slow}/cancel"), "");
    assert_eq!(cancelled.code(), "replay_cancelled");
    let before = sent();
    receiver.fail(&[]);
    wait_for(&receiver, held["id"].as_str().unwrap(), "finished");
    // The steps are made one after the other, so the next one of the cancelled replay would have been before this one's end.
    let last = start(&receiver, &json!({"filter": {"event_type": "document"}}));
    wait_for(&receiver, last["id"].as_str().unwrap(), "finished");
    assert_eq!(sent(), before);
}

/// Who wants an event is what its arrival says, not to whom somebody sends it again.
#[test]
fn hides_no_event_from_searches() {
    let receiver = Receiver::start(&settings());
    assert_eq!(receiver.post(event("1", "product_text")).send().status, 202);
    let body = json!({"filter": {"id": "1"}, "subscriptions": ["archive"]});
    let replay = start(&receiver, &body);
    wait_for(&receiver, replay["id"].as_str().unwrap(), "finished");
    for name in ["products", "archive"] {
        assert_eq!(search(&receiver, &format!("subscription={name}")).len(), 1, "{name}");
    }
}
