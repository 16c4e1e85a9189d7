//! Whatever fails, hangs or dies, a job acts on each letter that is meant, and on no other.

use std::collections::BTreeSet;

use elytra_webhooks::delivery::{Cause, Received, consume};
use elytra_webhooks::jobs::STEP_LETTERS;
use elytra_webhooks::operator::OPERATOR_CLAIM_MS;
use elytra_webhooks::when::to_rfc3339;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::{
    Memory, QUEUE, ask, bury, bury_all, config, delete, delivered, drive, drive_with, letter,
    redrive, take_jobs,
};
use crate::memory::{Fault, START};
use crate::support::property;

/// The calls that a step makes.
const CALLS: [(&str, &str); 8] = [
    ("DEAD", "list"),
    ("DEAD", "get"),
    ("DEAD", "put"),
    ("DEAD", "delete"),
    ("DELIVERIES", "send"),
    ("DELIVERIES", "send_later"),
    ("LEDGER", "claim"),
    SETTLE,
];

const SETTLE: (&str, &str) = ("LEDGER", "settle");

/// How often the job came to its end.
fn ends(lines: &[Value]) -> usize {
    let is_end = |line: &&Value| line["state"] == "finished" && line["delay_seconds"].is_null();
    lines.iter().filter(is_end).count()
}

fn unique(ids: &[usize]) -> BTreeSet<usize> {
    ids.iter().copied().collect()
}

#[test]
fn whatever_fails_it_comes_to_its_end() {
    for (binding, method) in CALLS {
        for fault in [Fault::Fails, Fault::Hangs, Fault::LosesAnswer] {
            for times in [1, 3] {
                let why = format!("{binding} {method} {fault:?} {times}");
                // A job of three steps, of which the first is made.
                let memory = Memory::default();
                let count = 2 * STEP_LETTERS + 5;
                bury_all(&memory, "shop", count);
                assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
                memory.breaks(binding, method, fault, times);
                let lines = drive(&config(), &memory);
                assert_eq!(lines.last().unwrap()["state"], "finished", "{why}: {lines:?}");
                assert_eq!(ends(&lines), 1, "{why}: one successor for each step: {lines:?}");
                let sent = delivered(&memory);
                assert_eq!(unique(&sent), (0..count).collect(), "{why}: none is lost");
                assert_eq!(memory.letters().len(), 0, "{why}");
                // Only if nobody knows what the queue took is an event sent twice.
                let is_known = fault != Fault::LosesAnswer || method != "send";
                assert!(!is_known || sent.len() == count, "{why}: {} sent", sent.len());
            }
        }
    }
}

/// It dies between any two calls of a step, and its message is delivered again.
#[test]
fn wherever_it_dies_it_comes_to_its_end() {
    for config in [config(), super::super::without_ledger()] {
        let count = STEP_LETTERS + 3;
        let mut deaths = 0;
        for moment in (5..).step_by(10) {
            let memory = Memory::with_latency(10);
            bury_all(&memory, "shop", count);
            assert_eq!(ask(Ok(&config), redrive("subscription=shop"), &memory).status, 200);
            let text = take_jobs(&memory).remove(0);
            let received = Received { text: Some(text), attempts: 1, queue: QUEUE.to_owned() };
            let step = consume(&received, &config, &memory);
            let has_died = memory.time.run_for(moment, step).is_none();
            if has_died {
                deaths += 1;
            }
            // Even if it did not die, its queue may deliver it twice.
            let lines = drive_with(&config, &memory, received.text.into_iter().collect());
            let ends = ends(&lines);
            assert!(config.stores.ledger.is_none() || ends <= 1, "one successor: {lines:?}");
            let why = format!("dies after {moment} ms: {lines:?}");
            assert_eq!(unique(&delivered(&memory)), (0..count).collect(), "{why}");
            assert_eq!(memory.letters().len(), 0, "{why}");
            if !has_died {
                break;
            }
        }
        assert!(deaths > 6, "{deaths} deaths");
    }
}

/// The first step is the operator's request. If it fails, the operator asks again.
#[test]
fn a_first_step_that_fails_is_told_and_repeated() {
    for (binding, method) in CALLS {
        let memory = Memory::default();
        let count = STEP_LETTERS + 3;
        bury_all(&memory, "shop", count);
        memory.breaks(binding, method, Fault::Fails, 1);
        let first = ask(Ok(&config()), redrive("subscription=shop"), &memory);
        memory.repair();
        let is_harmless = ["put", "settle", "send_later"].contains(&method);
        assert_eq!(first.status, if is_harmless { 200 } else { 503 }, "{binding} {method}");
        assert_eq!(ask(Ok(&config()), redrive("subscription=shop"), &memory).status, 200);
        drive(&config(), &memory);
        assert_eq!(unique(&delivered(&memory)), (0..count).collect(), "{binding} {method}");
        assert_eq!(memory.letters().len(), 0, "{binding} {method}");
    }
}

/// Letters, each with its subscription, its cause, and when it died.
fn any_letters() -> impl Strategy<Value = Vec<(&'static str, Cause, u64)>> {
    let causes = vec![Cause::Gone, Cause::Timeout, Cause::Status(422)];
    vec((select(vec!["shop", "shop_b"]), select(causes), 0..1_000_u64), 0..30)
}

#[test]
fn each_that_is_meant_is_acted_on_and_no_other() {
    let names = option::of(select(vec!["shop", "shop_b"]));
    let causes = option::of(select(vec!["gone", "timeout", "status"]));
    let times = (option::of(0..500_u64), option::of(500..1_000_u64));
    let faults = vec((select(CALLS.to_vec()), select(vec![Fault::Fails, Fault::Hangs])), 0..4);
    let parts = (any_letters(), names, causes, times, faults, any::<bool>());
    property(parts, |(letters, name, cause, (since, until), faults, is_redrive)| {
        let memory = Memory::default();
        let (mut meant, mut left) = (Vec::new(), BTreeSet::new());
        for (number, (subscription, why, died)) in letters.iter().enumerate() {
            let key = bury(&memory, subscription, *died, why, &letter(number));
            let is_meant = name.is_none_or(|name| name == *subscription)
                && cause.is_none_or(|cause| cause == why.code())
                && since.is_none_or(|since| *died >= since)
                && until.is_none_or(|until| *died < until);
            if is_meant {
                meant.push(number);
            } else {
                left.insert(key);
            }
        }
        let time = |milliseconds: u64| to_rfc3339(START + milliseconds);
        let parameters = [
            ("subscription", name.map(str::to_owned)),
            ("cause", cause.map(str::to_owned)),
            ("since", since.map(time)),
            // Nothing died after this, so it excludes nothing.
            ("until", Some(time(until.unwrap_or(2_000)))),
        ];
        let query = parameters.iter();
        let query = query.filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        let query = query.collect::<Vec<_>>().join("&");
        let is_known = faults.iter().all(|(call, _)| *call != SETTLE);
        for ((binding, method), fault) in faults {
            memory.breaks(binding, method, fault, 1);
        }
        // Each time, one fault is used up, and the claims of a request that could not settle them end.
        let mut status = 503;
        for _ in 0..5 {
            let request = if is_redrive { redrive(&query) } else { delete(&query) };
            status = ask(Ok(&config()), request, &memory).status;
            if status == 200 {
                break;
            }
            memory.time.pass(OPERATOR_CLAIM_MS);
        }
        assert_eq!(status, 200, "{query}");
        memory.repair();
        drive(&config(), &memory);
        let found: BTreeSet<_> = memory.letters().into_iter().map(|(key, _)| key).collect();
        assert_eq!(found, left, "the others are untouched: {query}");
        let sent = delivered(&memory);
        let expected = if is_redrive { meant } else { Vec::new() };
        assert_eq!(unique(&sent), unique(&expected), "each at least once: {query}");
        assert!(!is_known || sent.len() == expected.len(), "each once: {sent:?}");
    });
}
