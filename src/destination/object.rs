//! KV as a mirror: one key for each object, which holds its newest state.
//!
//! KV can neither compare nor say for certain what it holds, so the ledger keeps the time of what
//! was written last, and lets one write at a key at a time.

use std::collections::BTreeMap;

use super::Sending;
use super::kv::Namespace;
use crate::dispatch::{Dispatch, Progress};
use crate::kv_entry::object_key;
use crate::ledger::{
    Claim, ClaimRequest, Key, Moment, ResetRequest, SettleRequest, Settlement, Verdict,
};
use crate::limits::LEDGER;
use crate::platform::{BindingError, KvEntry, Platform};
use crate::vars::{BindingKind, Bindings, EXPIRATION_TTL, Mistakes, Table, look_up_fixed};
use elytra_events::Timestamp;

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
/// [`TIME_BUDGET_MS`](crate::times::TIME_BUDGET_MS) lets it, and on a machine whose clock
/// is ahead of ours.
pub const STORED_AHEAD_MS: u64 = 60_000;

/// What keys of objects are made from besides.
const OBJECT: &str = "object";

/// `tombstone_ttl` where it is not set, in seconds: a week.
pub const DEFAULT_TOMBSTONE_TTL: u64 = 7 * 24 * 3_600;

/// A KV namespace with a key for each object, which holds its newest event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectDestination {
    /// The binding's name.
    pub binding: String,
    /// After how many seconds a key is gone; never, where it is `None`.
    pub expiration_ttl: Option<u64>,
    /// After how many seconds the key of an object that was removed is gone.
    pub tombstone_ttl: u64,
}

impl ObjectDestination {
    /// Reads what `kv` has besides. Which of two states is newer, only the ledger knows.
    pub(super) fn read(
        (binding, expiration_ttl): Namespace,
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let tombstone_ttl = table.integer("tombstone_ttl", EXPIRATION_TTL, mistakes);
        let tombstone_ttl = tombstone_ttl.unwrap_or(DEFAULT_TOMBSTONE_TTL);
        let path = table.path_of("key");
        look_up_fixed(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
        Some(Self { binding: binding?, expiration_ttl, tombstone_ttl })
    }

    /// What the ledger calls it.
    pub(super) fn holder(&self, subscription: &str) -> String {
        format!("object/{}/{subscription}", self.binding)
    }

    /// What writes the state that an event tells of. One without `time` is as new as its arrival, and so is one
    /// whose `time` is further ahead than the tolerance: one wrong clock would keep out everything that comes
    /// later.
    pub(super) fn put<'p>(
        &'p self,
        dispatch: &'p Dispatch<'p, 'p>,
        sending: &Sending,
    ) -> Option<ObjectPut<'p>> {
        let Dispatch { event, subscription, .. } = dispatch;
        let Sending { times, now, .. } = sending;
        let time = sending.moment_of(event);
        // A subscription of this kind wants no event that names no object.
        let entry =
            KvEntry::of_object(subscription, event, time, self.expiration_ttl, self.tombstone_ttl)?;
        Some(ObjectPut {
            binding: &self.binding,
            object: Key::of(&[OBJECT, &self.binding, &entry.key]),
            entry,
            time,
            latest_stored: times.latest(now.saturating_add(STORED_AHEAD_MS)),
            newest: dispatch,
            outdated: Vec::new(),
        })
    }

    /// Lets an object be written anew, whatever comes next, for a subscription. Tells whether it did: while
    /// somebody is writing, it does not.
    ///
    /// # Errors
    ///
    /// The ledger fails.
    pub(crate) async fn reset(
        &self,
        subscription: &str,
        object_type: &str,
        object_id: &str,
        platform: &impl Platform,
    ) -> Result<bool, BindingError> {
        let entry = object_key(subscription, object_type, object_id);
        let key = Key::of(&[OBJECT, &self.binding, &entry]);
        let request = ResetRequest {
            key: key.as_str().into(),
            name: subscription.into(),
            remember_ms: REMEMBER_OBJECTS_MS,
        };
        platform.reset(key.shard(), &request).await
    }
}

/// The newest state of an object among the events.
pub(crate) struct ObjectPut<'p> {
    binding: &'p str,
    /// The key of the object in the ledger.
    object: Key,
    entry: KvEntry<'p>,
    time: Moment,
    /// The latest stored time that can be right.
    latest_stored: Moment,
    /// Where it comes from.
    newest: &'p Dispatch<'p, 'p>,
    /// The others of the same object, which it supersedes.
    outdated: Vec<&'p Dispatch<'p, 'p>>,
}

/// What writes the newest states, one for each object.
pub(super) fn steps(puts: Vec<ObjectPut<'_>>) -> Vec<ObjectPut<'_>> {
    let mut objects: BTreeMap<Key, ObjectPut<'_>> = BTreeMap::new();
    for put in puts {
        let object = put.object.clone();
        let newest = match objects.remove(&object) {
            Some(before) => put.or(before),
            None => put,
        };
        objects.insert(object, newest);
    }
    objects.into_values().collect()
}

impl ObjectPut<'_> {
    /// The newer of two, itself where they are of one time; it supersedes the other.
    fn or(mut self, mut other: Self) -> Self {
        if other.time > self.time {
            std::mem::swap(&mut self, &mut other);
        }
        self.outdated.push(other.newest);
        self.outdated.append(&mut other.outdated);
        self
    }

    /// Writes the state, unless something newer is there. It waits while another write is at the key,
    /// and is dropped when the time is up.
    pub(super) async fn take(&self, sending: &Sending, platform: &impl Platform) {
        let progress = put_in_turn(self, sending, platform).await;
        let progress = progress.unwrap_or_else(Progress::Failed);
        let of_outdated = match &progress {
            Progress::Held => Progress::Superseded,
            progress => progress.clone(),
        };
        self.newest.note(progress);
        self.outdated.iter().for_each(|dispatch| dispatch.note(of_outdated.clone()));
    }

    /// How many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        self.entry.value.len()
    }

    fn settlement(&self, number: u64, is_written: bool, time: Moment) -> SettleRequest<'_> {
        let (key, name) = (self.object.as_str(), self.newest.subscription);
        SettleRequest {
            number,
            settlements: vec![Settlement::of_one(key, name, is_written, Some(time))],
            remember_ms: REMEMBER_OBJECTS_MS,
        }
    }
}

async fn put_in_turn(
    put: &ObjectPut<'_>,
    sending: &Sending,
    platform: &impl Platform,
) -> Result<Progress, BindingError> {
    let shard = put.object.shard();
    let request = ClaimRequest {
        claims: vec![Claim {
            key: put.object.as_str().into(),
            names: vec![put.newest.subscription.into()],
            time: Some(put.time),
        }],
        claim_ms: sending.times.claim_ms(),
        remember_ms: REMEMBER_OBJECTS_MS,
        latest: Some(put.latest_stored),
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
    let newer = if is_certain { Ok(None) } else { newer_in_kv(put, platform).await };
    let (written, time) = match newer {
        Ok(Some(time)) => (Ok(Progress::Superseded), time),
        Ok(None) => {
            let written = try_to_put(put, platform).await;
            (written.map(|()| Progress::Held), put.time)
        }
        Err(error) => (Err(error), put.time),
    };
    // If this fails, the claim ends by itself, and the next write looks into KV.
    let settled = put.settlement(number, written.is_ok(), time);
    platform.settle(shard, &settled).await.map_err(in_ledger).and(written)
}

/// The time of what KV holds, where that is newer.
async fn newer_in_kv(
    put: &ObjectPut<'_>,
    platform: &impl Platform,
) -> Result<Option<Moment>, BindingError> {
    let time = platform.time(put.binding, &put.entry.key).await?;
    let time = time.and_then(|time| Timestamp::parse(time).ok());
    let time = time.map(|time| Moment::from(&time)).filter(|time| *time <= put.latest_stored);
    Ok(time.filter(|time| *time > put.time))
}

async fn try_to_put(put: &ObjectPut<'_>, platform: &impl Platform) -> Result<(), BindingError> {
    for _ in 1..PUT_TRIES {
        match platform.put(put.binding, &put.entry).await {
            Ok(()) => return Ok(()),
            Err(_) => platform.sleep(PUT_AGAIN_MS).await,
        }
    }
    platform.put(put.binding, &put.entry).await
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn in_ledger(error: BindingError) -> BindingError {
    BindingError(format!("the ledger: {error}"))
}
