//! The promise: whatever fails, hangs or dies, an acknowledged event is in every destination that
//! wants it. If nothing fails, it is there once.

use std::collections::{BTreeMap, BTreeSet};

use elytra_events::CloudEvent;
use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::spool::drain;
use futures_util::future::join;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::dedupe::WINDOW;
use super::{Answer, Request, answer_to, batch, configure_with, webhook_with};
use crate::memory::{Fault, Memory};
use crate::support::{event, property};

/// Everything goes to KV and to two queues, with all optional stores.
fn config() -> Config {
    configure_with(
        &[("CLAIMS", Binding::Kv), ("SPOOL", Binding::Kv)],
        &webhook_with(WINDOW),
        &[
            ("ARCHIVE", r#"{"kv":{"binding":"KV"}}"#),
            ("FIRST", r#"{"queue":"QUEUE"}"#),
            ("SECOND", r#"{"queue":"OTHER"}"#),
        ],
    )
}

/// The number of events. The last one is large.
const EVENTS: usize = 6;
const LARGE: usize = EVENTS - 1;

fn numbered(id: usize) -> String {
    let data = if id == LARGE { "x".repeat(128_000) } else { "small".to_owned() };
    let text = event(&format!(r#""data":"{data}""#));
    text.replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

#[derive(Debug, Clone)]
enum Step {
    /// Sends a batch of these. The process may die after this many milliseconds.
    Send(Vec<usize>, Option<u64>),
    /// Sends two batches at the same moment.
    SendTwo(Vec<usize>, Vec<usize>),
    /// Drains the spool. The process may die, too.
    Drain(Option<u64>),
    /// Makes the next calls of a method fail.
    Break((&'static str, &'static str), Fault, usize),
    /// Removes all faults.
    Repair,
    /// Lets this many milliseconds pass.
    Wait(u64),
}

/// The events of a batch. The large one is rare, because it takes time.
fn ids() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![15 => 0..LARGE, 1 => Just(LARGE)], 1..4)
}

/// Steps without failures.
fn smooth() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => ids().prop_map(|ids| Step::Send(ids, None)),
        2 => (ids(), ids()).prop_map(|(a, b)| Step::SendTwo(a, b)),
        1 => Just(Step::Drain(None)),
        2 => (0..8_000_u64).prop_map(Step::Wait),
    ]
}

fn rough() -> impl Strategy<Value = Step> {
    let places = select(vec![
        ("QUEUE", "send"),
        ("OTHER", "send"),
        ("KV", "put"),
        ("SPOOL", "put"),
        ("SPOOL", "get"),
        ("SPOOL", "list"),
        ("SPOOL", "delete"),
        ("CLAIMS", "put"),
        ("LEDGER", "claim"),
        ("LEDGER", "settle"),
    ]);
    let faults = select(vec![
        Fault::Fails,
        Fault::Hangs,
        Fault::LosesAnswer,
        Fault::HangsAfterwards,
        Fault::Takes(700),
    ]);
    let death = || option::weighted(0.5, 0..60_u64);
    prop_oneof![
        6 => smooth(),
        3 => (ids(), death()).prop_map(|(ids, death)| Step::Send(ids, death)),
        2 => death().prop_map(Step::Drain),
        6 => (places, faults, 1..4_usize).prop_map(|(at, fault, times)| Step::Break(at, fault, times)),
        1 => Just(Step::Repair),
    ]
}

fn request(ids: &[usize]) -> Request {
    batch(&ids.iter().map(|id| numbered(*id)).collect::<Vec<_>>())
}

/// Takes all steps, and returns which events were acknowledged.
fn take(steps: &[Step], config: &Config, memory: &Memory) -> BTreeSet<usize> {
    let mut acknowledged = BTreeSet::new();
    let mut note = |ids: &[usize], answer: Option<Answer>| {
        if answer.is_some_and(|answer| answer.status < 300) {
            acknowledged.extend(ids);
        }
    };
    for step in steps {
        match step {
            Step::Send(ids, death) => {
                let answer = answer_to(Ok(config), request(ids), memory);
                note(ids, memory.time.run_for(death.unwrap_or(u64::MAX), answer));
            }
            Step::SendTwo(first, second) => {
                let (one, two) = memory.time.run(join(
                    answer_to(Ok(config), request(first), memory),
                    answer_to(Ok(config), request(second), memory),
                ));
                note(first, Some(one));
                note(second, Some(two));
            }
            Step::Drain(death) => {
                memory.time.run_for(death.unwrap_or(60_000), drain(config, memory));
            }
            Step::Break((binding, method), fault, times) => {
                memory.breaks(binding, method, *fault, *times);
            }
            Step::Repair => memory.repair(),
            Step::Wait(milliseconds) => memory.time.pass(*milliseconds),
        }
    }
    acknowledged
}

/// How often a queue has each event.
fn counts(memory: &Memory, queue: &str) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for message in memory.queue(queue) {
        let event = CloudEvent::from_json(&message).expect("a queue holds events");
        let id = event.id().parse().unwrap();
        match event.dataref() {
            Some(dataref) => {
                let claims = memory.namespace(dataref.binding);
                let stored = claims.iter().find(|(key, _)| key == dataref.key);
                assert_eq!(stored.unwrap().1.value, numbered(id), "a reference leads somewhere");
            }
            None => assert_eq!(message, numbered(id), "byte for byte"),
        }
        *counts.entry(id).or_default() += 1;
    }
    counts
}

/// Checks that everything that was acknowledged is where it belongs.
fn check_held(acknowledged: &BTreeSet<usize>, memory: &Memory) {
    let archive: BTreeMap<_, _> = memory.namespace("KV").into_iter().collect();
    let queues = ["QUEUE", "OTHER"].map(|queue| counts(memory, queue));
    for id in acknowledged {
        let stored = archive.get(&format!("archive/s/{id}"));
        assert_eq!(stored.map(|stored| &*stored.value), Some(&*numbered(*id)), "KV lost {id}");
        assert!(queues.iter().all(|counts| counts.contains_key(id)), "{id} is lost: {queues:?}");
    }
}

#[test]
fn nothing_that_was_acknowledged_is_lost() {
    property(vec(rough(), 1..24), |steps| {
        let (config, memory) = (config(), Memory::with_latency(5));
        let acknowledged = take(&steps, &config, &memory);
        // Nothing fails any more, and all claims have expired.
        memory.repair();
        memory.time.pass(60_000);
        let drained = memory.time.run(drain(&config, &memory));
        assert!(drained.failures.is_empty(), "{drained:?}");
        assert_eq!(memory.namespace("SPOOL").len(), 0, "the spool is empty at last");
        check_held(&acknowledged, &memory);
    });
}

#[test]
fn where_nothing_goes_wrong_nothing_comes_twice() {
    property(vec(smooth(), 1..24), |steps| {
        let (config, memory) = (config(), Memory::with_latency(5));
        let acknowledged = take(&steps, &config, &memory);
        check_held(&acknowledged, &memory);
        for queue in ["QUEUE", "OTHER"] {
            let counts = counts(&memory, queue);
            assert!(counts.values().all(|count| *count == 1), "{queue}: {counts:?}");
        }
        let keys = memory.namespace("KV").len();
        assert_eq!(memory.count("KV", "put"), keys, "each key is written once");
    });
}

#[test]
fn every_event_is_acknowledged_in_the_end() {
    property(vec(rough(), 1..12), |steps| {
        let (config, memory) = (config(), Memory::with_latency(5));
        take(&steps, &config, &memory);
        memory.repair();
        memory.time.pass(60_000);
        let all: Vec<_> = (0..EVENTS).collect();
        let acknowledged = take(&[Step::Send(all, None)], &config, &memory);
        assert_eq!(acknowledged.len(), EVENTS, "no claim or record blocks forever");
    });
}
