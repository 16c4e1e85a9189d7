//! How the messages of a batch are divided into calls of `sendBatch`.

use elytra_webhooks::config::Config;
use elytra_webhooks::destination::SEND_AGAIN_MS;
use elytra_webhooks::limits::{
    MAX_QUEUE_EVENT_BYTES, MAX_SEND_BATCH_BYTES, MAX_SEND_BATCH_MESSAGES,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Expected, Memory, Request, WEBHOOK, ask, batch, check_answer, configure};
use crate::support::{event, property};

/// Up to 1,000 events per request, all of which go to one queue.
fn config() -> Config {
    let webhook = WEBHOOK
        .replace(r#","auth""#, r#","max_batch_events":1000,"max_body_bytes":8388608,"auth""#);
    configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)])
}

/// An event with this id and of exactly this many bytes.
fn event_of(id: usize, bytes: usize) -> String {
    let text = event(r#""data":"""#).replace(r#""id":"1""#, &format!(r#""id":"{id:03}""#));
    let room = bytes - text.len();
    text.replace(r#""data":"""#, &format!(r#""data":"{}""#, "x".repeat(room)))
}

/// Sends events of these sizes, and returns how many each call has. [`Memory`] checks the limits.
fn divide(sizes: &[usize]) -> Vec<usize> {
    let events: Vec<_> = sizes.iter().enumerate().map(|(id, bytes)| event_of(id, *bytes)).collect();
    let memory = Memory::default();
    let answer = ask(Ok(&config()), batch(&events), &memory);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let held = memory.held();
    let held: Vec<_> = held.into_iter().map(|held| held.value).collect();
    assert_eq!(held, events, "every message exactly once, in the order they came in");
    memory.sizes("QUEUE", "send")
}

#[track_caller]
fn check(why: &str, sizes: &[usize], calls: &[usize]) {
    assert_eq!(divide(sizes), calls, "{why}");
}

#[test]
fn a_call_has_100_messages_at_most() {
    assert_eq!(MAX_SEND_BATCH_MESSAGES, 100, "Cloudflare's limit");
    check("one", &[100], &[1]);
    check("exactly as many", &[100; 100], &[100]);
    check("one more", &[100; 101], &[100, 1]);
    check("many more", &[100; 250], &[100, 100, 50]);
}

#[test]
fn a_call_has_256_000_bytes_at_most_counted_with_100_for_each_message() {
    assert_eq!((MAX_SEND_BATCH_BYTES, MAX_QUEUE_EVENT_BYTES), (256_000, 127_900));
    check("two of the largest are exactly as many", &[127_900; 2], &[2]);
    check("three are more", &[127_900; 3], &[2, 1]);
    check("exactly as many, the 100 of each counted", &[9_900; 26], &[25, 1]);
    check("25.6 of them", &[10_000 - 100; 25], &[25]);
    check("one byte under", &[127_900, 127_799, 1_000], &[2, 1]);
    check("the byte that is too many", &[127_900, 127_800, 101], &[2, 1]);
    check("small ones fit beside", &[127_900, 127_700, 100], &[3]);
    check("but not with their 100", &[127_900, 127_701, 100], &[2, 1]);
}

/// The fewest calls that keep the order: each takes as many as fit.
fn greedy(sizes: &[usize]) -> Vec<usize> {
    let mut calls = Vec::new();
    let mut room = 0;
    for size in sizes.iter().map(|bytes| bytes + 100) {
        match calls.last_mut() {
            Some(count) if *count < 100 && size <= room => *count += 1,
            _ => {
                calls.push(1);
                room = 256_000;
            }
        }
        room -= size;
    }
    calls
}

#[test]
fn there_are_as_few_calls_as_can_be() {
    let size = prop_oneof![4 => 100..400_usize, 1 => 100..20_000_usize, 1 => 100..127_901_usize];
    let sizes = prop_oneof![vec(size, 1..40), vec(100..130_usize, 90..230)];
    property(sizes, |sizes| assert_eq!(divide(&sizes), greedy(&sizes)));
}

#[test]
fn each_queue_has_calls_of_its_own() {
    let product = r#"{"event_types":["product"],"queue":"QUEUE"}"#;
    let all = r#"{"queue":"QUEUE"}"#;
    let config = configure(WEBHOOK, &[("ALL", all), ("PRODUCTS", product)]);
    let events = [event(r#""eventtype":"todo""#), event(r#""eventtype":"product""#)];
    let memory = Memory::default();
    assert_eq!(ask(Ok(&config), batch(&events), &memory).status, 202);
    assert_eq!(memory.sizes("QUEUE", "send"), [2], "what two want is sent once");
    assert_eq!(memory.queue("QUEUE"), events);

    let config = configure(WEBHOOK, &[("ALL", r#"{"queue":"OTHER"}"#), ("PRODUCTS", product)]);
    let memory = Memory::default();
    assert_eq!(ask(Ok(&config), batch(&events), &memory).status, 202);
    let sizes = (memory.sizes("OTHER", "send"), memory.sizes("QUEUE", "send"));
    assert_eq!(sizes, (vec![2], vec![1]));
}

#[test]
fn a_call_that_fails_fails_all_of_its_messages_and_no_other() {
    let memory = Memory::failing(&["QUEUE"]);
    let events: Vec<_> = (0..101).map(|id| event_of(id, 100)).collect();
    let answer = ask(Ok(&config()), batch(&events), &memory);
    assert_eq!((answer.status, memory.sizes("QUEUE", "send")), (503, vec![100, 1, 100, 1]));
    assert_eq!(memory.time.passed(), SEND_AGAIN_MS, "tried again, once");
    let undelivered = answer.body.matches(r#""failed":["a"],"held":[]"#).count();
    assert_eq!(undelivered, 101, "each is reported");
}

#[test]
fn an_event_of_a_batch_that_is_too_large_names_its_place() {
    let large = |id| event_of(id, 127_901);
    let memory = Memory::default();
    check_answer(
        "nothing is forwarded, and no retry can help",
        &ask(Ok(&config()), batch(&[event_of(0, 100), large(1), large(2)]), &memory),
        &Expected {
            status: 413,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:event_too_large","title":"The event is too large","status":413,"code":"event_too_large","detail":"event 1 of the batch has 127901 bytes, but the destination of \"a\" takes at most 127900, and no KV namespace is bound as CLAIMS; event 2 of the batch has 127901 bytes, but the destination of \"a\" takes at most 127900, and no KV namespace is bound as CLAIMS"}"#,
            log: r#"{"outcome":"refused","code":"event_too_large","status":413,"mode":"batch","reasons":["event 1 of the batch has 127901 bytes, but the destination of \"a\" takes at most 127900, and no KV namespace is bound as CLAIMS; event 2 of the batch has 127901 bytes, but the destination of \"a\" takes at most 127900, and no KV namespace is bound as CLAIMS"],"events":[{"id":"000","source":"s","type":"t"},{"id":"001","source":"s","type":"t"},{"id":"002","source":"s","type":"t"}],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(memory.held(), []);
    let first = ask(Ok(&config()), batch(&[large(0)]), &Memory::default());
    assert!(first.body.contains("event 0 of the batch has"), "{}", first.body);
    let alone = ask(Ok(&config()), Request::body(large(0)), &Memory::default());
    assert!(alone.body.contains(r#""detail":"the event has 127901"#), "{}", alone.body);
}

#[test]
fn a_key_that_is_twice_in_a_batch_is_written_once() {
    let config = configure(WEBHOOK, &[("A", r#"{"kv":{"binding":"KV"}}"#)]);
    let memory = Memory::default();
    let elements = [event(r#""data":1"#), event_of(7, 100), event(r#""data":2"#)];
    let answer = ask(Ok(&config), batch(&elements), &memory);
    assert_eq!(answer.body.matches(r#""code":"accepted","id""#).count(), 3, "{}", answer.body);
    assert_eq!(memory.count("KV", "put"), 2, "KV takes one write a second at a key");
    let values: Vec<_> = memory.held().into_iter().map(|held| held.value).collect();
    assert_eq!(values, [&*elements[1], &*elements[2]], "of source s and id 1, the last");
}
