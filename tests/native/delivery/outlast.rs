//! A destination that is down for hours, with the default retries.

use std::collections::BTreeMap;

use elytra_webhooks::delivery::Disposition;

use super::consume::{delivery, hand_out};
use super::{URL, shop};
use crate::memory::{Memory, status};
use crate::support::event;

/// How many events are waiting for the destination.
const EVENTS: usize = 50;

const HOUR: u64 = 3_600_000;

/// How the events fared.
struct Fared {
    /// How often each event arrived.
    arrivals: BTreeMap<String, usize>,
    dead_letters: usize,
    /// When the last message was settled, in milliseconds after the first attempt.
    end: u64,
}

/// Delivers the events to a shop that is down until then, in milliseconds. The queue redelivers a message
/// when its delay is over.
fn outlast(fields: &str, up_at: u64) -> Fared {
    let (config, memory) = (shop(fields), Memory::default());
    let numbered = |id: usize| event("").replace(r#""id":"1""#, &format!(r#""id":"{id}""#));
    let mut waiting: BTreeMap<(u64, usize), (String, u32)> =
        (0..EVENTS).map(|id| ((0, id), (delivery("shop", &numbered(id)), 1))).collect();
    let mut arrivals = BTreeMap::new();
    while let Some(((due, id), (text, attempts))) = waiting.pop_first() {
        memory.time.pass(due.saturating_sub(memory.time.passed()));
        let is_up = memory.time.passed() >= up_at;
        memory.answers(URL, [status(if is_up { 204 } else { 503 })]);
        let consumed = hand_out(&config, &memory, &text, attempts);
        let called = memory.called();
        if is_up {
            *arrivals.entry(called[called.len() - 1].text().to_owned()).or_insert(0) += 1;
        }
        if let Disposition::Retry { delay_seconds } = consumed.disposition {
            let due = memory.time.passed() + delay_seconds * 1_000;
            waiting.insert((due, id), (text, attempts + 1));
        }
    }
    let dead_letters = memory.queue("DEAD_LETTERS").len();
    Fared { arrivals, dead_letters, end: memory.time.passed() }
}

#[test]
fn a_day_of_retries_outlasts_twenty_hours_but_not_twenty_six() {
    let elytra = r#""retry":"elytra""#;
    for (why, fields, hours, arrive) in [
        ("a deployment", "", 1, true),
        ("a bad day", "", 20, true),
        ("the last retry is a day after the first attempt", "", 24, true),
        ("longer than the retries and their jitter", "", 26, false),
        ("Elytra's own policy", elytra, 1, false),
    ] {
        let Fared { arrivals, dead_letters, end } = outlast(fields, hours * HOUR);
        let (arrived, dead) = if arrive { (EVENTS, 0) } else { (0, EVENTS) };
        assert_eq!((arrivals.len(), dead_letters), (arrived, dead), "{why}");
        assert!(arrivals.values().all(|times| *times == 1), "{why}: each once: {arrivals:?}");
        let is_soon = end < (hours + 1) * HOUR + HOUR / 16 + 1_000;
        assert!(!arrive || is_soon, "{why}: within an hour after it is back, not {end}");
    }
}
