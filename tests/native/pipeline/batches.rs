//! Batches through the line: all or nothing on the way in, and a fate for each event on the way
//! out.

mod logs;

use serde_json::Value;

use super::dedupe::WINDOW;
use super::{
    Expected, Held, Memory, Request, WEBHOOK, ask, batch, check, check_answer, config, configure,
    configure_with, known,
};
use crate::support::event;
use elytra_webhooks::config::Binding;
use elytra_webhooks::plan::SLOW_WRITE_MS;

/// An event with this id and event type.
pub(super) fn numbered(id: usize, event_type: &str) -> String {
    let text = event(&format!(r#""eventtype":"{event_type}","data":"data-canary""#));
    text.replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

fn three() -> [String; 3] {
    [numbered(1, "product"), numbered(2, "document"), numbered(3, "todo")]
}

#[test]
fn each_event_of_a_batch_has_its_own_fate() {
    let [product, document, todo] = three();
    let held = check(
        "each is filtered and forwarded on its own",
        batch(&[product.clone(), document.clone(), todo]),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","events":[{"code":"accepted","id":"1","subscriptions":["archive","products"]},{"code":"accepted","id":"2","subscriptions":["archive"]},{"code":"ignored","id":"3","detail":"no subscription wants this event","reasons":[{"subscription":"archive","code":"event_type_not_selected","message":"event type \"todo\" is not in event_types"},{"subscription":"off","code":"inactive","message":"the subscription is not active"},{"subscription":"products","code":"event_type_not_selected","message":"event type \"todo\" is not in event_types"}]}]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"batch","events":[{"outcome":"accepted","id":"1","source":"s","type":"t","event_type":"product","subscriptions":["archive","products"]},{"outcome":"accepted","id":"2","source":"s","type":"t","event_type":"document","subscriptions":["archive"]},{"outcome":"ignored","id":"3","source":"s","type":"t","event_type":"todo","reasons":["archive: event type \"todo\" is not in event_types","off: the subscription is not active","products: event type \"todo\" is not in event_types"]}],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    let kv = |key: &str, value: &String| Held {
        binding: "KV".to_owned(),
        key: Some(key.to_owned()),
        value: value.clone(),
    };
    let queued = Held { binding: "QUEUE".to_owned(), key: None, value: product.clone() };
    let expected = [kv("archive/s/1", &product), kv("archive/s/2", &document), queued];
    assert_eq!(held, expected, "each is held as the text it was in the batch");
}

#[test]
fn a_batch_of_one_is_a_batch() {
    check(
        "a batch gets a list as its answer",
        batch(&[numbered(1, "spaceship")]),
        &Expected {
            status: 200,
            headers: "",
            body: r#"{"code":"ignored","events":[{"code":"ignored","id":"1","detail":"no subscription wants this event","reasons":[{"subscription":"archive","code":"event_type_not_selected","message":"event type \"spaceship\" is not in event_types"},{"subscription":"off","code":"inactive","message":"the subscription is not active"},{"subscription":"products","code":"event_type_not_selected","message":"event type \"spaceship\" is not in event_types"}],"notices":[{"code":"unknown_event_type","message":"unknown event type \"spaceship\""}]}]}"#,
            log: r#"{"outcome":"ignored","code":"ignored","status":200,"mode":"batch","events":[{"outcome":"ignored","id":"1","source":"s","type":"t","event_type":"spaceship","reasons":["archive: event type \"spaceship\" is not in event_types","off: the subscription is not active","products: event type \"spaceship\" is not in event_types"],"notices":["unknown_event_type"]}],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
}

#[test]
fn an_empty_batch_is_a_success() {
    let held = check(
        "HTTP binding 3.3.2: empty is allowed",
        batch(&[]),
        &Expected {
            status: 200,
            headers: "",
            body: r#"{"code":"ignored","events":[]}"#,
            log: r#"{"outcome":"ignored","code":"ignored","status":200,"mode":"batch","auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(held, []);
}

#[test]
fn nothing_of_a_batch_is_forwarded_where_one_event_is_invalid() {
    let mut elements = three().to_vec();
    elements.push(event(r#""time":"now","x":{}"#));
    elements.push("5".to_owned());
    let held = check(
        "all or nothing, each bad event by its index with all its faults",
        batch(&elements),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 3 violations in 2 events of the batch; nothing was forwarded","violations":[{"index":3,"attribute":"x","code":"wrong_type","message":"expected a boolean, an integer or a string, found an object"},{"index":3,"attribute":"time","code":"not_a_timestamp","message":"not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit"},{"index":4,"code":"not_an_object","message":"expected a JSON object, found a number"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"batch","reasons":["event 3, id \"1\": x: expected a boolean, an integer or a string, found an object","event 3, id \"1\": time: not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit","event 4: expected a JSON object, found a number"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(held, []);
    let held = check(
        "one fault of one event",
        batch(&["{}".replace('}', r#""specversion":"1.0","id":"1","source":"s"}"#)]),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 1 violation in 1 event of the batch; nothing was forwarded","violations":[{"index":0,"attribute":"type","code":"missing","message":"required attribute is missing"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"batch","reasons":["event 0, id \"1\": type: required attribute is missing"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(held, []);
}

#[test]
fn a_batch_that_is_none_is_told_as_a_whole() {
    let head = known().with("content-type", "application/cloudevents-batch+json");
    let answer = ask(Ok(&config()), Request::new(head, event("")), &Memory::default());
    assert_eq!(answer.status, 400, "JSON format 4: one event is no batch");
    assert!(
        answer.body.contains(
            r#""violations":[{"code":"not_an_array","message":"expected a JSON array, found an object"}]"#
        ),
        "{}",
        answer.body
    );
    assert_eq!(
        answer.log,
        r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"batch","reasons":["expected a JSON array, found an object"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#
    );
}

#[test]
fn a_batch_of_more_events_than_may_come_is_refused() {
    let of = |count: usize| batch(&vec![event(r#""eventtype":"todo""#); count]);
    let answer = ask(Ok(&config()), of(100), &Memory::default());
    assert_eq!(answer.status, 200, "exactly the limit");
    let held = check(
        "max_batch_events: 100 by default",
        of(101),
        &Expected {
            status: 413,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:batch_too_large","title":"The batch has too many events","status":413,"code":"batch_too_large","detail":"the batch has 101 events, but at most 100 are allowed"}"#,
            log: r#"{"outcome":"refused","code":"batch_too_large","status":413,"mode":"batch","reasons":["the batch has 101 events, but at most 100 are allowed"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(held, []);
}

#[test]
fn a_destination_that_fails_is_told_for_each_event_it_should_hold() {
    let memory = Memory::failing(&["QUEUE"]);
    check_answer(
        "503, so that the batch is retried",
        &ask(Ok(&config()), batch(&three()), &memory),
        &Expected {
            status: 503,
            headers: "retry-after: 1",
            body: r#"{"type":"urn:elytra-webhooks:undelivered","title":"A destination failed","status":503,"code":"undelivered","detail":"not every destination holds the event; send it again","events":[{"code":"undelivered","id":"1","failed":["products"],"held":["archive"]},{"code":"accepted","id":"2","subscriptions":["archive"]},{"code":"ignored","id":"3","detail":"no subscription wants this event","reasons":[{"subscription":"archive","code":"event_type_not_selected","message":"event type \"todo\" is not in event_types"},{"subscription":"off","code":"inactive","message":"the subscription is not active"},{"subscription":"products","code":"event_type_not_selected","message":"event type \"todo\" is not in event_types"}]}]}"#,
            log: r#"{"outcome":"failed","code":"undelivered","status":503,"mode":"batch","events":[{"outcome":"undelivered","id":"1","source":"s","type":"t","event_type":"product","held":["archive"],"reasons":["products: destination-canary"]},{"outcome":"accepted","id":"2","source":"s","type":"t","event_type":"document","subscriptions":["archive"]},{"outcome":"ignored","id":"3","source":"s","type":"t","event_type":"todo","reasons":["archive: event type \"todo\" is not in event_types","off: the subscription is not active","products: event type \"todo\" is not in event_types"]}],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(memory.held().len(), 2, "what could be held is");
}

#[test]
fn destinations_of_all_events_are_served_at_once() {
    let memory = Memory::with_latency(10);
    let products = [numbered(1, "product"), numbered(2, "product")];
    assert_eq!(ask(Ok(&config()), batch(&products), &memory).status, 202);
    assert_eq!(memory.sizes("QUEUE", "send"), [2], "the messages of a queue go together");
    assert_eq!((memory.count("KV", "put"), memory.time.passed()), (2, 10), "all of them at once");
}

/// Two namespaces in which each write takes 200 milliseconds: a time budget of four seconds has
/// room for 20 rounds of six writes. A batch that needs more could never succeed, because each
/// retry starts over.
#[test]
fn a_batch_that_can_never_be_written_in_time_is_refused() {
    let subscriptions =
        [("A", r#"{"kv":{"binding":"KV"}}"#), ("B", r#"{"kv":{"binding":"KV_B"}}"#)];
    let longer = WEBHOOK.replace(r#","auth""#, r#","time_budget_ms":8000,"auth""#);
    let remembers = WEBHOOK.replace(r#","auth""#, &format!(",{WINDOW},\"auth\""));
    for (why, webhook, events, statuses, written) in [
        ("as many writes as there is room for", WEBHOOK, 60, &[202][..], 120),
        ("two more, none of which is begun", WEBHOOK, 61, &[413, 413], 0),
        ("all that may come at once", WEBHOOK, 100, &[413], 0),
        ("twice the time, twice the writes", &longer, 100, &[202], 200),
        ("the ledger remembers what was written", &remembers, 100, &[503, 503, 202], 200),
    ] {
        let config = configure_with(&[("KV_B", Binding::Kv)], webhook, &subscriptions);
        let memory = Memory::with_latency(SLOW_WRITE_MS);
        let events: Vec<_> = (0..events).map(|id| numbered(id, "product")).collect();
        for status in statuses {
            let answer = ask(Ok(&config), batch(&events), &memory);
            assert_eq!(answer.status, *status, "{why}: {}", answer.body);
            if *status == 413 {
                let body: Value = answer.body.parse().unwrap();
                let writes = events.len() * 2;
                let expected = format!(
                    "the batch needs {writes} writes to KV, but only 120 fit in the time budget: send fewer \
                     events at once, increase time_budget_ms, or set dedupe_window_seconds"
                );
                assert_eq!(
                    (&body["code"], &body["detail"]),
                    (&"batch_too_large".into(), &expected.into())
                );
            }
        }
        assert_eq!(memory.held().len(), written, "{why}");
    }
}

/// This holds for any number of namespaces: the batch cannot be sent in smaller parts.
#[test]
fn one_event_of_a_batch_is_tried_in_any_case() {
    let webhook = WEBHOOK.replace(r#","auth""#, r#","time_budget_ms":100,"auth""#);
    let names: Vec<_> = (0..7).map(|number| format!("KV_{number}")).collect();
    let tables: Vec<_> = names
        .iter()
        .map(|name| format!(r#"{{"event_types":["product"],"kv":{{"binding":"{name}"}}}}"#))
        .collect();
    let bindings: Vec<_> = names.iter().map(|name| (&**name, Binding::Kv)).collect();
    let subscriptions: Vec<_> =
        names.iter().zip(&tables).map(|(name, table)| (&**name, &**table)).collect();
    let config = configure_with(&bindings, &webhook, &subscriptions);
    let first_is_unwanted = [numbered(1, "todo"), numbered(2, "product")];
    let two = [numbered(1, "product"), numbered(2, "product")];
    for (events, status) in [(&first_is_unwanted, 202), (&two, 413)] {
        assert_eq!(ask(Ok(&config), batch(events), &Memory::default()).status, status);
    }
}

#[test]
fn the_faults_that_are_told_are_bounded_and_the_rest_is_counted() {
    // Each of these has four violations: three attributes are missing, and one name is far too
    // long.
    let name = "N".repeat(3_000);
    let bad = format!(r#"{{"specversion":"1.0","{name}":1}}"#);
    let webhook = WEBHOOK
        .replace(r#","auth""#, r#","max_batch_events":1000,"max_body_bytes":4000000,"auth""#);
    let config = configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)]);
    let answer = ask(Ok(&config), batch(&vec![bad; 1_000]), &Memory::default());
    assert_eq!(answer.status, 400);
    assert!(answer.body.len() < 200_000, "{} bytes", answer.body.len());
    let body: Value = answer.body.parse().unwrap();
    assert_eq!(body["violations"].as_array().map(Vec::len), Some(256));
    assert_eq!(body["violations_left_out"], 4_000 - 256);
    assert_eq!(
        body["detail"],
        "found 4000 violations in 1000 events of the batch; nothing was forwarded; 256 are listed, 3744 are left out"
    );
    assert_eq!(body["violations"][255]["index"], 63, "the first of them, in their order");
    let log: Value = answer.log.parse().unwrap();
    assert_eq!(log["reasons"][64], "and 3936 more", "the log counts them all, too");
}
