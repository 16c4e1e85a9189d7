//! KV as a mirror: one key for each object, which holds its newest state.
//!
//! KV can neither compare nor say for certain what it holds, so the ledger keeps the time of what
//! was written last, and lets one write at a key at a time.

use std::collections::BTreeMap;

use elytra_events::Timestamp;

use super::{Done, Step};
use crate::config::Config;
use crate::kv_entry::object_key;
use crate::ledger::{
    Claim, ClaimRequest, Key, Moment, ResetRequest, SettleRequest, Settlement, Verdict,
};
use crate::plan::{Plan, Progress};
use crate::platform::{BindingError, KvEntry, Platform};
use crate::subscription::{Destination, KvKey};

/// How long the ledger remembers an object's time, in milliseconds: a week after the last write.
/// After that, what KV says of it is certain.
pub const REMEMBER_OBJECTS_MS: u64 = 7 * 24 * 3_600_000;

/// After how many milliseconds a write asks again while another one is at the same key.
pub const BUSY_MS: u64 = 250;

/// How often a write is tried.
pub const PUT_TRIES: usize = 3;

/// After how many milliseconds a write is tried again: KV takes one each second at a key.
pub const PUT_AGAIN_MS: u64 = 1_000;

/// By how many milliseconds a stored time may exceed what an arriving event may have, and still be
/// believed: a minute. It may be that of an event that arrived while this one waited, for as long as
/// [`MOST_TIME_BUDGET_MS`](crate::config::MOST_TIME_BUDGET_MS) lets it, and on a machine whose clock
/// is ahead of ours.
pub const STORED_AHEAD_MS: u64 = 60_000;

/// The newest state of an object among the events, and all deliveries that it outdates or is.
pub(super) struct Newest<'p> {
    binding: &'p str,
    subscription: &'p str,
    /// The key of the object in the ledger.
    object: Key,
    entry: KvEntry<'p>,
    time: Moment,
    /// The latest stored time that can be right.
    latest_stored: Moment,
    deliveries: Vec<usize>,
}

/// What keys of objects are made from besides.
const OBJECT: &str = "object";

/// Lets an object be written anew in a namespace, whatever comes next, for a subscription. Tells whether it
/// did: while somebody is writing, it does not.
///
/// # Errors
///
/// The ledger fails.
pub async fn reset(
    subscription: &str,
    binding: &str,
    object_type: &str,
    object_id: &str,
    platform: &impl Platform,
) -> Result<bool, BindingError> {
    let key = Key::of(&[OBJECT, binding, &object_key(subscription, object_type, object_id)]);
    let request = ResetRequest {
        key: key.as_str().into(),
        name: subscription.into(),
        remember_ms: REMEMBER_OBJECTS_MS,
    };
    platform.reset(key.shard(), &request).await
}

/// What writes the newest states. An event without `time` is as new as its arrival, and so is one whose
/// `time` is further ahead than the tolerance: one wrong clock would keep out everything that comes later.
pub(super) fn steps<'p>(plan: &'p Plan<'_, '_>, config: &Config, now: u64) -> Vec<Step<'p>> {
    let latest = config.latest(now);
    let latest_stored = config.latest(now.saturating_add(STORED_AHEAD_MS));
    let mut objects: BTreeMap<Key, Newest<'_>> = BTreeMap::new();
    for (place, delivery) in plan.planned() {
        let subscription = delivery.subscription;
        let Destination::Kv { binding, key: KvKey::Object { tombstone_ttl }, expiration_ttl } =
            &subscription.destination
        else {
            continue;
        };
        let Some(event) = plan.events.get(delivery.event) else { continue };
        let name = &*subscription.name;
        let time = event.time().map(Moment::from).filter(|time| *time <= latest);
        let time = time.unwrap_or_else(|| Moment::from_milliseconds(now));
        // A subscription of this kind wants no event that names no object.
        let Some(entry) = KvEntry::of_object(name, event, time, *expiration_ttl, *tombstone_ttl)
        else {
            continue;
        };
        let object = Key::of(&[OBJECT, binding, &entry.key]);
        let newest = Newest {
            binding,
            subscription: name,
            object: object.clone(),
            entry,
            time,
            latest_stored,
            deliveries: vec![place],
        };
        let newest = match objects.remove(&object) {
            Some(before) => newest.or(before),
            None => newest,
        };
        objects.insert(object, newest);
    }
    objects.into_values().map(Step::PutNewest).collect()
}

impl Newest<'_> {
    /// The newer of two, itself where they are of one time; the deliveries are those of both.
    fn or(mut self, mut other: Self) -> Self {
        if other.time > self.time {
            std::mem::swap(&mut self, &mut other);
        }
        self.deliveries.append(&mut other.deliveries);
        self
    }

    /// How many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        self.entry.value.len()
    }

    fn settlement(&self, number: u64, is_written: bool, time: Moment) -> SettleRequest<'_> {
        let key = self.object.as_str();
        SettleRequest {
            number,
            settlements: vec![Settlement::of_one(key, self.subscription, is_written, Some(time))],
            remember_ms: REMEMBER_OBJECTS_MS,
        }
    }
}

/// Writes the state, unless something newer is there. It waits while another write is at the key,
/// and is dropped when the time is up.
pub(super) async fn put<'p>(
    newest: &Newest<'_>,
    config: &Config,
    platform: &impl Platform,
) -> Done<'p> {
    let progress = put_in_turn(newest, config, platform).await;
    let mut done = Done::all(&newest.deliveries, &progress.unwrap_or_else(Progress::Failed));
    // The first is the newest itself, and what it supersedes comes behind it.
    for (_, progress) in done.progress.iter_mut().skip(1) {
        if *progress == Progress::Held {
            *progress = Progress::Superseded;
        }
    }
    done
}

async fn put_in_turn(
    newest: &Newest<'_>,
    config: &Config,
    platform: &impl Platform,
) -> Result<Progress, BindingError> {
    let shard = newest.object.shard();
    let request = ClaimRequest {
        claims: vec![Claim {
            key: newest.object.as_str().into(),
            names: vec![newest.subscription.into()],
            time: Some(newest.time),
        }],
        claim_ms: config.claim_ms(),
        remember_ms: REMEMBER_OBJECTS_MS,
        latest: Some(newest.latest_stored),
    };
    let (number, is_certain) = loop {
        // Without the ledger nobody knows what is newer, so this does not fail open.
        let answer = platform.claim(shard, &request).await.map_err(in_ledger)?;
        match answer.verdicts.first().and_then(|verdicts| verdicts.first()) {
            Some(Verdict::Granted) => break (answer.number, true),
            Some(Verdict::Uncertain) => break (answer.number, false),
            Some(Verdict::Held) => return Ok(Progress::Superseded),
            Some(Verdict::UnderWay) => platform.sleep(BUSY_MS).await,
            None => return Err(BindingError("the ledger gave no verdict".to_owned())),
        }
    };
    let newer = if is_certain { Ok(None) } else { newer_in_kv(newest, platform).await };
    let (written, time) = match newer {
        Ok(Some(time)) => (Ok(Progress::Superseded), time),
        Ok(None) => {
            let written = try_to_put(newest, platform).await;
            (written.map(|()| Progress::Held), newest.time)
        }
        Err(error) => (Err(error), newest.time),
    };
    // If this fails, the claim ends by itself, and the next write looks into KV.
    let settled = newest.settlement(number, written.is_ok(), time);
    platform.settle(shard, &settled).await.map_err(in_ledger).and(written)
}

/// The time of what KV holds, where that is newer.
async fn newer_in_kv(
    newest: &Newest<'_>,
    platform: &impl Platform,
) -> Result<Option<Moment>, BindingError> {
    let time = platform.time(newest.binding, &newest.entry.key).await?;
    let time = time.and_then(|time| Timestamp::parse(time).ok());
    let time = time.map(|time| Moment::from(&time)).filter(|time| *time <= newest.latest_stored);
    Ok(time.filter(|time| *time > newest.time))
}

async fn try_to_put(newest: &Newest<'_>, platform: &impl Platform) -> Result<(), BindingError> {
    for _ in 1..PUT_TRIES {
        match platform.put(newest.binding, &newest.entry).await {
            Ok(()) => return Ok(()),
            Err(_) => platform.sleep(PUT_AGAIN_MS).await,
        }
    }
    platform.put(newest.binding, &newest.entry).await
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn in_ledger(error: BindingError) -> BindingError {
    BindingError(format!("the ledger: {error}"))
}
