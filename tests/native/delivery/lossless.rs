//! Whatever destinations answer and bindings do, each event is delivered once, or stored as a dead
//! letter.

use std::collections::{BTreeMap, VecDeque};

use elytra_events::CloudEvent;
use elytra_webhooks::config::Config;
use elytra_webhooks::delivery::Disposition;
use elytra_webhooks::platform::HttpFailure;
use proptest::collection::vec;
use proptest::prelude::*;

use super::consume::{delivery, hand_out};
use super::{URL, configure, subscription};
use crate::memory::{Fault, Memory, Outcome, status};
use crate::support::{event, property};

const OTHER: &str = "https://other.example";

fn numbered(id: usize) -> String {
    event("").replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

fn config() -> Config {
    let other = format!(r#"{{"webhook":{{"url":"{OTHER}","retry":{{"max_retries":2}}}}}}"#);
    configure(&[("OTHER", &other), ("SHOP", &subscription(""))])
}

/// A simulated queue: it redelivers messages after their delay.
#[derive(Default)]
struct Queues {
    waiting: VecDeque<(String, u32)>,
    /// The most times a message was delivered, by its text.
    most_attempts: BTreeMap<String, u32>,
}

impl Queues {
    fn run(&mut self, config: &Config, memory: &Memory) {
        while let Some((text, attempts)) = self.waiting.pop_front() {
            memory.time.pass(1_000);
            self.most_attempts.insert(text.clone(), attempts);
            let consumed = hand_out(config, memory, &text, attempts);
            if let Disposition::Retry { delay_seconds } = consumed.disposition {
                // An hour, and its jitter.
                assert!((1..=3_825).contains(&delay_seconds), "{delay_seconds}");
                self.waiting.push_back((text, attempts + 1));
            }
            let dead = memory.take_queue("DEAD_LETTERS").into_iter();
            self.waiting.extend(dead.map(|text| (text, 1)));
        }
    }
}

/// The ids of the events in these texts, in order.
fn ids<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<usize> {
    let id = |text: &str| CloudEvent::from_json(text).unwrap().id().parse().unwrap();
    let mut ids: Vec<_> = texts.map(id).collect();
    ids.sort_unstable();
    ids
}

/// The ids of the events stored as dead letters of a subscription.
fn dead(memory: &Memory, subscription: &str) -> Vec<usize> {
    let kept = memory.namespace("DEAD");
    let start = format!("{subscription}/");
    let kept = kept.iter().filter(|(key, _)| key.starts_with(&start));
    ids(kept.map(|(_, stored)| stored.value.split_once('\n').unwrap().1))
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let statuses = prop_oneof![3 => 200..300_u16, 3 => 500..600_u16, 1 => 300..500_u16];
    prop_oneof![
        5 => statuses.prop_map(status),
        1 => Just(Err(HttpFailure::Timeout)),
        1 => Just(Err(HttpFailure::Connection("refused".to_owned()))),
    ]
}

#[test]
fn every_event_is_delivered_once_or_dead_and_kept() {
    let config = config();
    let events = 8;
    let outcomes = || vec(outcome(), 0..30);
    property((outcomes(), outcomes(), 0..4_usize, 0..4_usize), |(shop, other, lost, kept)| {
        let memory = Memory::default();
        for (binding, method, times) in [("DEAD_LETTERS", "send", lost), ("DEAD", "put", kept)] {
            if times > 0 {
                memory.breaks(binding, method, Fault::Fails, times);
            }
        }
        memory.answers(URL, shop.clone());
        memory.answers(OTHER, other.clone());
        let mut queues = Queues::default();
        for id in 0..events {
            for name in ["other", "shop"] {
                queues.waiting.push_back((delivery(name, &numbered(id)), 1));
            }
        }
        queues.run(&config, &memory);

        for (name, url, outcomes) in [("other", OTHER, other), ("shop", URL, shop)] {
            let called: Vec<_> =
                memory.called().into_iter().filter(|called| called.url == url).collect();
            // A server answers 204 after the answers it was given.
            let answers = outcomes.into_iter().map(Some).chain(std::iter::repeat(None));
            let taken = called.iter().zip(answers).filter(|(_, answer)| match answer {
                None => true,
                Some(answer) => matches!(answer, Ok(answer) if (200..300).contains(&answer.status)),
            });
            let mut all = ids(taken.map(|(called, _)| called.text()));
            all.extend(dead(&memory, name));
            all.sort_unstable();
            assert_eq!(
                all,
                (0..events).collect::<Vec<_>>(),
                "{name}: each once, delivered or dead"
            );
        }
    });
}

#[test]
fn a_destination_that_was_down_gets_everything_once() {
    let memory = Memory::default();
    memory.answers(URL, (0..20).map(|_| status(503)));
    let mut queues = Queues::default();
    queues.waiting.extend((0..10).map(|id| (delivery("shop", &numbered(id)), 1)));
    queues.run(&config(), &memory);
    let called = memory.called();
    let taken = ids(called[20..].iter().map(super::Called::text));
    assert_eq!(taken, (0..10).collect::<Vec<_>>(), "every event arrives, none twice");
    assert_eq!(dead(&memory, "shop"), Vec::<usize>::new());
}

#[test]
fn a_dead_destination_costs_the_healthy_one_nothing() {
    let memory = Memory::default();
    memory.answers(OTHER, (0..1_000).map(|_| status(500)));
    let mut queues = Queues::default();
    for id in 0..10 {
        for name in ["other", "shop"] {
            queues.waiting.push_back((delivery(name, &numbered(id)), 1));
        }
    }
    queues.run(&config(), &memory);
    for id in 0..10 {
        let attempts = |name: &str| queues.most_attempts[&delivery(name, &numbered(id))];
        assert_eq!((attempts("shop"), attempts("other")), (1, 3), "each message by itself");
    }
    assert_eq!(dead(&memory, "other").len(), 10);
}
