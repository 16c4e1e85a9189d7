//! For any sequence of claims and settlements, the verdicts match a simple model.

use std::collections::BTreeMap;

use elytra_webhooks::ledger::{Claim, ClaimRequest, Moment, SettleRequest, Settlement, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::memory::Shard;
use crate::support::property;

const CLAIM_MS: u64 = 50;
const REMEMBER_MS: u64 = 400;
const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    /// Names claim a key. Keys above 1 have times.
    Claim { key: u8, names: Vec<&'static str>, time: i64 },
    /// A claim's grants are settled: this many names hold the key.
    Settle { claim: usize, held: usize },
    /// Time passes.
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let names = subsequence(NAMES.to_vec(), 1..=3);
    prop_oneof![
        4 => (0..4_u8, names, 0..4_i64).prop_map(|(key, names, time)| Step::Claim { key, names, time }),
        3 => (0..40_usize, 0..4_usize).prop_map(|(claim, held)| Step::Settle { claim, held }),
        2 => (0..80_u64).prop_map(Step::Wait),
        1 => (350..450_u64).prop_map(Step::Wait),
    ]
}

type Place = (u8, &'static str);

/// The facts that are not forgotten.
#[derive(Default)]
struct Facts {
    held: Vec<(Place, Option<Moment>)>,
    /// The claims that are not settled, with their numbers and ends.
    claims: Vec<(Place, u64, u64)>,
    forget_at: BTreeMap<u8, u64>,
}

impl Facts {
    fn forget(&mut self, key: u8, now: u64) {
        if self.forget_at.get(&key).is_some_and(|at| *at <= now) {
            self.held.retain(|(place, _)| place.0 != key);
            // Those with times, of keys above 1, are in the record.
            self.claims.retain(|(place, ..)| place.0 != key || key <= 1);
        }
    }

    fn verdict(&self, place: Place, time: Option<Moment>, now: u64) -> Verdict {
        let mut held = self.held.iter().filter(|(held, _)| *held == place).map(|(_, time)| *time);
        let is_known = held.clone().next().is_some();
        let is_outdated = held.any(|held| time.is_none() || held > time);
        let is_claimed =
            self.claims.iter().any(|(claimed, _, end)| *claimed == place && *end > now);
        // A holder that died may have written something newer.
        let is_certain = is_known && !self.claims.iter().any(|(claimed, ..)| *claimed == place);
        match (is_outdated, is_claimed, is_certain) {
            (true, _, _) => Verdict::Held,
            (_, true, _) => Verdict::UnderWay,
            (_, _, true) => Verdict::Granted,
            _ => Verdict::Uncertain,
        }
    }
}

/// A grant: the number, the key, the names, and the time.
type Grant = (u64, u8, Vec<&'static str>, Option<Moment>);

fn claim(shard: &Shard, facts: &mut Facts, step: &Step, now: u64) -> Option<Grant> {
    let Step::Claim { key, names, time } = step else { return None };
    let time = (*key > 1).then_some(Moment(*time, 0));
    facts.forget(*key, now);
    let expected: Vec<_> =
        names.iter().map(|name| facts.verdict((*key, name), time, now)).collect();
    let claim = Claim {
        key: key.to_string().into(),
        names: names.iter().map(|name| (*name).into()).collect(),
        time,
    };
    let request = ClaimRequest {
        claims: vec![claim],
        claim_ms: CLAIM_MS,
        remember_ms: REMEMBER_MS,
        latest: None,
    };
    let answer = shard.claim(&request, now);
    assert_eq!(answer.verdicts, [&*expected], "{step:?} at {now}");

    let granted = names.iter().zip(&expected).filter(|(_, verdict)| verdict.is_granted());
    let granted: Vec<_> = granted.map(|(name, _)| *name).collect();
    for name in &granted {
        let place = (*key, *name);
        let is_live = |(claimed, _, end): &(Place, u64, u64)| *claimed == place && *end > now;
        assert!(!facts.claims.iter().any(is_live), "two live claims: {step:?}");
        facts.claims.retain(|(claimed, ..)| *claimed != place);
        facts.claims.push((place, answer.number, now + CLAIM_MS));
        // A claim without a time is in memory, and leaves the record as it was.
        if time.is_some() {
            facts.forget_at.insert(*key, now + REMEMBER_MS);
        }
    }
    (!granted.is_empty()).then_some((answer.number, *key, granted, time))
}

fn settle(shard: &Shard, facts: &mut Facts, grant: &Grant, held: usize, now: u64) {
    let (number, key, names, time) = grant;
    facts.forget(*key, now);
    let (held, released) = names.split_at(held.min(names.len()));
    let settlement = Settlement {
        key: key.to_string().into(),
        held: held.iter().map(|name| (*name).into()).collect(),
        released: released.iter().map(|name| (*name).into()).collect(),
        time: *time,
    };
    let settlements = vec![settlement];
    shard.settle(&SettleRequest::new(*number, settlements, REMEMBER_MS), now);
    facts.held.extend(held.iter().map(|name| ((*key, *name), *time)));
    for ((place, name), other, end) in &mut facts.claims {
        // Something claimed with a time may have been written, and only then does the claim matter.
        if (*place, *other) == (*key, *number) && time.is_some() && released.contains(name) {
            *end = now;
        }
    }
    let is_ended = |((place, name), other, _): &(Place, u64, u64)| {
        (*place, *other) == (*key, *number) && (time.is_none() || held.contains(name))
    };
    facts.claims.retain(|claim| !is_ended(claim));
    if time.is_some() || !held.is_empty() {
        facts.forget_at.insert(*key, now + REMEMBER_MS);
    }
}

#[test]
fn the_records_keep_to_the_facts() {
    property(vec(step(), 1..60), |steps| {
        let (shard, mut facts) = (Shard::default(), Facts::default());
        let mut grants = Vec::new();
        let mut now = 1;
        for step in &steps {
            match step {
                Step::Claim { .. } => grants.extend(claim(&shard, &mut facts, step, now)),
                Step::Settle { claim, held } if !grants.is_empty() => {
                    // It may be settled twice, because an answer may have been lost.
                    let grant = &grants[claim % grants.len()];
                    settle(&shard, &mut facts, grant, *held, now);
                }
                Step::Settle { .. } => {}
                Step::Wait(milliseconds) => now += milliseconds,
            }
        }
    });
}
