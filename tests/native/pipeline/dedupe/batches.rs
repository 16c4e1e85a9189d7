//! Batches: deduplication works per event, also within a batch.

use super::super::{batch, batches::numbered};
use super::{Answer, Memory, ask, deduplicating, forwarded};
use crate::memory::{ALWAYS, Fault};

/// Sends a batch of these, and returns the status and the result of each event.
#[track_caller]
fn send(elements: &[String], memory: &Memory) -> (u16, String, Vec<String>) {
    memory.time.pass(1_000);
    let Answer { status, body, .. } = ask(Ok(&deduplicating()), batch(elements), memory);
    let body: serde_json::Value = body.parse().unwrap();
    let code = |of: &serde_json::Value| of["code"].as_str().unwrap().to_owned();
    let events = body["events"].as_array().unwrap();
    (status, code(&body), events.iter().map(code).collect())
}

#[track_caller]
fn check(why: &str, elements: &[String], memory: &Memory, status: u16, code: &str, codes: &[&str]) {
    let (found_status, found_code, found) = send(elements, memory);
    assert_eq!((found_status, &*found_code), (status, code), "{why}");
    assert_eq!(found, codes, "{why}");
}

#[test]
fn each_event_of_a_batch_is_known_by_itself() {
    let [one, two, three] = [1, 2, 3].map(|id| numbered(id, "product"));
    let todo = numbered(4, "todo");
    let memory = Memory::default();
    let all = || [one.clone(), two.clone(), todo.clone()];
    check("new", &all()[..1], &memory, 202, "accepted", &["accepted"]);
    check("one is new", &all(), &memory, 202, "accepted", &["duplicate", "accepted", "ignored"]);
    check(
        "none is new: all are where they belong",
        &all(),
        &memory,
        200,
        "duplicate",
        &["duplicate", "duplicate", "ignored"],
    );
    check("no subscription wants any", &all()[2..], &memory, 200, "ignored", &["ignored"]);
    assert_eq!(memory.sizes("QUEUE", "send"), [1, 1], "each is sent once");
    memory.breaks("QUEUE", "send", Fault::Fails, ALWAYS);
    check(
        "one fails, and the other is not repeated",
        &[one, three],
        &memory,
        503,
        "undelivered",
        &["duplicate", "undelivered"],
    );
}

#[test]
fn an_event_that_is_twice_in_a_batch_is_forwarded_once() {
    let [one, two] = [1, 2].map(|id| numbered(id, "product"));
    let elements = [one.clone(), two.clone(), one.clone(), one.clone()];
    let memory = Memory::default();
    check(
        "the first is the event, the others are duplicates",
        &elements,
        &memory,
        202,
        "accepted",
        &["accepted", "accepted", "duplicate", "duplicate"],
    );
    assert_eq!((memory.sizes("QUEUE", "send"), memory.count("KV", "put")), (vec![2], 2));
    let all = ["duplicate"; 4];
    check("all of them again", &elements, &memory, 200, "duplicate", &all);

    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, ALWAYS);
    let all = ["undelivered"; 4];
    check("a failure is theirs too", &elements, &memory, 503, "undelivered", &all);
}

#[test]
fn an_event_of_a_batch_can_be_under_way_elsewhere() {
    let [one, two] = [1, 2].map(|id| numbered(id, "product"));
    let memory = Memory::default().with("QUEUE", "send", Fault::Hangs, 1);
    let config = deduplicating();
    let request = batch(std::slice::from_ref(&one));
    let died = super::super::answer_to(Ok(&config), request, &memory);
    assert!(memory.time.run_for(10, died).is_none());
    check(
        "the sender must retry because of it",
        &[one.clone(), two, one],
        &memory,
        503,
        "under_way",
        &["under_way", "accepted", "under_way"],
    );
}

#[test]
fn the_events_of_a_batch_ask_each_shard_once() {
    let elements: Vec<_> = (0..100).map(|id| numbered(id, "product")).collect();
    let memory = Memory::with_latency(10);
    let (status, _, codes) = send(&elements, &memory);
    assert_eq!((status, codes), (202, vec!["accepted".to_owned(); 100]));
    let sizes = memory.sizes("LEDGER", "claim");
    assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (8, 100), "{sizes:?}");
    assert_eq!(memory.count("LEDGER", "settle"), 8);
    assert_eq!(memory.time.passed(), 1_000 + 10 + 170 + 10, "shards at once, and 101 calls by six");
    let (status, ..) = send(&elements, &memory);
    assert_eq!((status, forwarded(&memory)), (200, (1, 100)));
}
