//! Deduplication: the deliveries of a plan are claimed in the ledger before they are made, and
//! settled afterwards.
//!
//! It is a convenience: where the ledger fails, everything is forwarded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures_util::future::join_all;

use crate::config::Config;
use crate::ledger::{Claim, ClaimAnswer, ClaimRequest, Key, SettleRequest, Settlement, Verdict};
use crate::plan::{Plan, Progress};
use crate::platform::{BindingError, Platform, within};

/// What was claimed for a request.
#[derive(Debug, Default)]
pub struct Claims {
    granted: Vec<Granted>,
    /// Deliveries to what another one brings the event to as well, each with the first one's place: of an
    /// event that is in the batch before, or for another subscription with the same queue.
    repeated: Vec<(usize, usize)>,
    /// Why shards gave no answer.
    pub failures: Vec<BindingError>,
}

/// The number of no claim: what was forwarded without one can still be noted as held.
const NO_CLAIM: u64 = 0;

/// The claims that a shard granted, or what was forwarded without them.
#[derive(Debug)]
struct Granted {
    shard: usize,
    number: u64,
    events: Vec<Claimed>,
}

/// An event with the deliveries that were claimed for it, by their places.
#[derive(Debug)]
struct Claimed {
    key: Key,
    deliveries: Vec<usize>,
}

/// Claims every delivery. What is held already, or under way in another request, is noted as such,
/// and what is left is to be forwarded.
pub async fn claim(plan: &mut Plan<'_, '_>, config: &Config, platform: &impl Platform) -> Claims {
    let mut claims = Claims::default();
    let Some(remember_ms) = config.receiver.times.dedupe_window_ms else { return claims };
    let shards = events_by_shard(plan, &mut claims.repeated);
    for (repeat, _) in &claims.repeated {
        plan.note(*repeat, Progress::UnderWay);
    }
    let requests: Vec<_> = shards
        .iter()
        .map(|(shard, events)| {
            let claims = events.iter().map(|claimed| claimed.request(plan)).collect();
            (
                *shard,
                ClaimRequest {
                    claims,
                    claim_ms: config.receiver.times.claim_ms(),
                    remember_ms,
                    latest: None,
                },
            )
        })
        .collect();
    let asked = requests.iter().map(|(shard, request)| {
        within(platform, config.receiver.times.ledger_ms(), platform.claim(*shard, request))
    });
    let answers = join_all(asked).await;
    drop(requests);
    for ((shard, events), answer) in shards.into_iter().zip(answers) {
        claims.granted.push(match answer {
            Ok(answer) => granted(shard, events, &answer, plan),
            Err(error) => {
                claims.failures.push(BindingError(format!("claim: {error}")));
                Granted { shard, number: NO_CLAIM, events }
            }
        });
    }
    claims
}

/// Tells the ledger what came of the claims: others can have those that failed at once.
pub async fn settle(
    mut claims: Claims,
    plan: &mut Plan<'_, '_>,
    config: &Config,
    platform: &impl Platform,
) -> Vec<BindingError> {
    for (repeat, first) in claims.repeated {
        let (Some(first), Some(delivery)) =
            (plan.deliveries.get(first), plan.deliveries.get(repeat))
        else {
            continue;
        };
        let is_same_event = first.event == delivery.event;
        let progress = match first.progress.clone() {
            Progress::Held | Progress::Spooled(_) if !is_same_event => Progress::HeldBefore,
            progress => progress,
        };
        plan.note(repeat, progress);
    }
    let remember_ms = config.receiver.times.dedupe_window_ms.unwrap_or_default();
    let requests: Vec<_> = claims
        .granted
        .iter()
        .map(|Granted { shard, number, events }| {
            let settlements = events.iter().map(|claimed| claimed.settlement(plan)).collect();
            (*shard, SettleRequest { number: *number, settlements, remember_ms })
        })
        .collect();
    let told = requests.iter().filter(|(_, request)| !request.settlements.is_empty()).map(
        |(shard, request)| {
            within(platform, config.receiver.times.ledger_ms(), platform.settle(*shard, request))
        },
    );
    let failures = join_all(told).await.into_iter().filter_map(Result::err);
    claims.failures.extend(failures.map(|error| BindingError(format!("settle: {error}"))));
    claims.failures
}

/// The events that are to be delivered, each once, by the shards that know of them.
fn events_by_shard(
    plan: &Plan<'_, '_>,
    repeated: &mut Vec<(usize, usize)>,
) -> BTreeMap<usize, Vec<Claimed>> {
    let mut shards: BTreeMap<usize, Vec<Claimed>> = BTreeMap::new();
    let mut first_of: BTreeMap<(Key, &str), usize> = BTreeMap::new();
    let mut events: BTreeMap<usize, Claimed> = BTreeMap::new();
    for (place, delivery) in plan.planned() {
        let Some(event) = plan.events.get(delivery.event) else { continue };
        let key = Key::of_event(event);
        match first_of.entry((key.clone(), &delivery.subscription.holder)) {
            Entry::Occupied(first) => repeated.push((place, *first.get())),
            Entry::Vacant(entry) => {
                entry.insert(place);
                let claimed = Claimed { key, deliveries: Vec::new() };
                events.entry(delivery.event).or_insert(claimed).deliveries.push(place);
            }
        }
    }
    for claimed in events.into_values() {
        shards.entry(claimed.key.shard()).or_default().push(claimed);
    }
    shards
}

/// Notes the verdicts of a shard, and keeps what it granted.
fn granted(
    shard: usize,
    mut events: Vec<Claimed>,
    answer: &ClaimAnswer,
    plan: &mut Plan<'_, '_>,
) -> Granted {
    for (claimed, verdicts) in events.iter_mut().zip(&answer.verdicts) {
        let mut verdicts = verdicts.iter();
        claimed.deliveries.retain(|place| {
            let progress = match verdicts.next() {
                Some(Verdict::Granted | Verdict::Uncertain) => return true,
                Some(Verdict::Held) => Progress::HeldBefore,
                Some(Verdict::UnderWay) => Progress::UnderWay,
                // It stays planned, and is forwarded without a claim.
                None => return false,
            };
            plan.note(*place, progress);
            false
        });
    }
    events.retain(|claimed| !claimed.deliveries.is_empty());
    Granted { shard, number: answer.number, events }
}

impl Claimed {
    fn request<'p>(&'p self, plan: &Plan<'p, '_>) -> Claim<'p> {
        let names = self.names(plan).map(|(name, _)| name.into()).collect();
        Claim { key: self.key.as_str().into(), names, time: None }
    }

    fn settlement<'p>(&'p self, plan: &Plan<'p, '_>) -> Settlement<'p> {
        let (held, released): (Vec<_>, Vec<_>) =
            self.names(plan).partition(|(_, is_held)| *is_held);
        let names =
            |names: Vec<(&'p str, bool)>| names.into_iter().map(|(name, _)| name.into()).collect();
        Settlement {
            key: self.key.as_str().into(),
            held: names(held),
            released: names(released),
            time: None,
        }
    }

    /// What the event goes to, by the names that the ledger has for it, and whether it holds the event.
    fn names<'p>(&self, plan: &Plan<'p, '_>) -> impl Iterator<Item = (&'p str, bool)> {
        let deliveries = self.deliveries.iter().filter_map(|place| plan.deliveries.get(*place));
        deliveries.map(|delivery| {
            let is_held = matches!(
                delivery.progress,
                Progress::Held | Progress::Superseded | Progress::Spooled(_)
            );
            (&*delivery.subscription.holder, is_held)
        })
    }
}
