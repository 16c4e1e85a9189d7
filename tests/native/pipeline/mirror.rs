//! KV as a mirror: it holds the newest event of each object, in whatever order events arrive.

mod clocks;
mod faults;
mod order;
mod property;
mod reset;
mod times;

use elytra_webhooks::config::Config;

use super::{Answer, Expected, Memory, Request, WEBHOOK, ask, batch, check_answer, configure};
use crate::support::event;

/// KV holds the newest event of each object.
fn mirroring(more: &str) -> Config {
    let kv = format!(r#"{{"kv":{{"binding":"KV","key":"object"{more}}}}}"#);
    configure(WEBHOOK, &[("PRICES", &kv)])
}

/// An event of the object with this id, time (if any) and operation.
fn state(id: &str, time: &str, operation: &str) -> String {
    let time = if time.is_empty() { String::new() } else { format!(r#""time":"{time}","#) };
    let data = r#""data":{"objectType":"product","objectId":7}"#;
    let text = event(&format!(r#"{time}"operation":"{operation}",{data}"#));
    text.replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

/// Sends an event, a second after the previous one.
fn send(text: &str, memory: &Memory) -> Answer {
    memory.time.pass(1_000);
    ask(Ok(&mirroring("")), Request::body(text), memory)
}

/// The id of the event that KV holds for the object.
fn held(memory: &Memory) -> String {
    let [(key, stored)] = &memory.namespace("KV")[..] else { panic!("one key") };
    assert_eq!(key, "prices/product/7");
    let value: serde_json::Value = stored.value.parse().unwrap();
    value["id"].as_str().unwrap().to_owned()
}

const NOON: &str = "2025-11-30T12:00:00Z";
const LATER: &str = "2025-11-30T12:00:01Z";

#[test]
fn the_key_of_an_object_holds_its_newest_event() {
    let memory = Memory::default();
    let answer = send(&state("1", NOON, "add"), &memory);
    check_answer(
        "it is accepted like any other",
        &answer,
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["prices"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","operation":"add","object_type":"product","object_id":"7","subscriptions":["prices"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(send(&state("2", LATER, "modify"), &memory).status, 202);
    let [(key, stored)] = &memory.namespace("KV")[..] else { panic!("one key") };
    assert_eq!((&**key, &stored.value), ("prices/product/7", &state("2", LATER, "modify")));
    let effective = "2025-11-30T12:00:01.000000000Z";
    let metadata = format!(
        r#"{{"effective_time":"{effective}","type":"t","operation":"modify","time":"{LATER}"}}"#
    );
    assert_eq!((&stored.metadata, stored.expiration_ttl), (&metadata, None));
    let methods: Vec<_> = memory.calls.borrow().iter().map(|call| call.method).collect();
    let once = ["claim", "put", "settle"];
    assert_eq!(
        methods,
        [&["claim", "time", "put", "settle"][..], &once].concat(),
        "KV is read once"
    );
}

#[track_caller]
fn check_key(why: &str, data: &str, expected: &str) {
    let memory = Memory::default();
    let text = event(&format!(r#""data":{data}"#));
    assert_eq!(send(&text, &memory).status, 202, "{why}");
    assert_eq!(memory.namespace("KV")[0].0, expected, "{why}");
}

#[test]
fn a_key_is_made_of_the_object() {
    check_key("a number", r#"{"objectType":"product","objectId":7}"#, "prices/product/7");
    check_key("a text", r#"{"objectId":"a/b","objectType":"p q"}"#, "prices/p%20q/a%2Fb");
    check_key(
        "digits are kept as they came",
        r#"{"objectType":"x","objectId":123456789012345678901234567890}"#,
        "prices/x/123456789012345678901234567890",
    );
    let long = format!(r#"{{"objectType":"x","objectId":"{}"}}"#, "é".repeat(100));
    check_key(
        "longer than KV takes",
        &long,
        "prices/sha256=jpr_Rwun3KR4x3pUc3OlwTiZfBiG2Bbdqgna0SLfzsU",
    );
}

#[test]
fn an_event_without_an_object_is_not_wanted() {
    for (data, about) in [
        ("", ""),
        (r#""data":{"objectType":"product"}"#, r#","object_type":"product""#),
        (r#""data":{"objectId":7}"#, r#","object_id":"7""#),
        (r#""data":[7]"#, ""),
        (r#""data":"x""#, ""),
        (r#""data_base64":"aGVsbG8=""#, ""),
        (r#""data":{"objectType":5,"objectId":7}"#, r#","object_id":"7""#),
    ] {
        let memory = Memory::default();
        check_answer(
            "it is reported",
            &send(&event(data), &memory),
            &Expected {
                status: 200,
                headers: "",
                body: r#"{"code":"ignored","id":"1","detail":"no subscription wants this event","reasons":[{"subscription":"prices","code":"no_object","message":"data has no objectType and objectId, and the subscription keeps one key per object"}]}"#,
                log: &r#"{"outcome":"ignored","code":"ignored","status":200,"mode":"structured","id":"1","source":"s","type":"t","reasons":["prices: data has no objectType and objectId, and the subscription keeps one key per object"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#.replace(r#","reasons""#, &format!(r#"{about},"reasons""#)),
            },
        );
        assert_eq!(*memory.calls.borrow(), [], "{data}");
    }
}

#[track_caller]
fn check_ttl(why: &str, more: &str, operation: &str, expected: Option<u64>) {
    let memory = Memory::default();
    let request = Request::body(state("1", NOON, operation));
    assert_eq!(ask(Ok(&mirroring(more)), request, &memory).status, 202);
    let stored = &memory.namespace("KV")[0].1;
    assert_eq!(stored.expiration_ttl, expected, "{why}");
    assert_eq!(stored.value, state("1", NOON, operation), "{why}: a tombstone is an event as well");
}

#[test]
fn what_was_removed_is_a_tombstone_for_a_while() {
    check_ttl("a week by default", "", "remove", Some(604_800));
    check_ttl("as configured", r#","tombstone_ttl":60"#, "remove", Some(60));
    check_ttl("a lifetime of its own", r#","expiration_ttl":90"#, "remove", Some(604_800));
    check_ttl("what is there stays", r#","tombstone_ttl":60"#, "modify", None);
    check_ttl("or as configured", r#","expiration_ttl":90"#, "add", Some(90));
    check_ttl("an unknown operation removes nothing", "", "delete", None);
}

#[test]
fn a_batch_of_states_is_one_write() {
    let other = state("9", NOON, "add").replace(r#""objectId":7"#, r#""objectId":8"#);
    let elements =
        [state("1", NOON, "add"), state("3", LATER, "modify"), other, state("2", NOON, "modify")];
    let memory = Memory::default();
    let answer = ask(Ok(&mirroring("")), batch(&elements), &memory);
    assert_eq!(answer.body.matches(r#""code":"accepted","id""#).count(), 4, "{}", answer.body);
    assert_eq!(memory.count("KV", "put"), 2, "KV takes one write a second at a key");
    let values: Vec<_> =
        memory.namespace("KV").into_iter().map(|(_, stored)| stored.value).collect();
    assert_eq!(values, [&*elements[1], &*elements[2]], "the newest of each");

    let elements = [state("1", NOON, "add"), state("2", NOON, "modify")];
    let memory = Memory::default();
    assert_eq!(ask(Ok(&mirroring("")), batch(&elements), &memory).status, 202);
    assert_eq!(held(&memory), "2", "of one time the later");
}

#[test]
fn an_object_has_one_place_whatever_an_isolate_believes() {
    let memory = Memory::default();
    let believe = |shards| memory.number_of_shards.known.set(shards);
    believe(1);
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 202);
    believe(3);
    assert_eq!(send(&state("2", LATER, "modify"), &memory).status, 202);
    for shards in [1, 3, 8] {
        believe(shards);
        let older = send(&state("3", NOON, "modify"), &memory);
        assert!(older.body.contains("superseded"), "{shards} instead of 8: {}", older.body);
    }
    assert_eq!(held(&memory), "2");
}
