//! KV as a mirror: one key per object, which holds the newest state of the object.
//!
//! KV has no compare-and-swap, and its reads can be stale. So the ledger keeps the time of the last write to
//! each key, and allows one write to a key at a time.

use std::collections::BTreeMap;

use super::Sending;
use super::kv::Namespace;
use crate::dispatch::{Dispatch, Progress};
use crate::kv_entry::object_key;
use crate::ledger::{
    Claim, ClaimRequest, Key, Moment, ResetRequest, SettleRequest, Settlement, Verdict,
};
use crate::limits::LEDGER;
use crate::platform::{BindingError, KvEntry, Platform, in_shard};
use crate::vars::{BindingKind, Bindings, EXPIRATION_TTL, Mistakes, Table, require_binding};
use elytra_events::Timestamp;

/// How long the ledger remembers the time of an object after its last write, in milliseconds: a week. By then,
/// reads from KV are no longer stale.
pub const REMEMBER_OBJECTS_MS: u64 = 7 * 24 * 3_600_000;

/// How long a write waits before it claims a key again that another write holds, in milliseconds.
pub const BUSY_MS: u64 = 250;

/// How many times a write is attempted.
pub const PUT_TRIES: usize = 3;

/// After how many milliseconds a failed write is retried. KV accepts one write per key and second.
pub const PUT_AGAIN_MS: u64 = 1_000;

/// By how many milliseconds a stored time may exceed the latest time allowed for an arriving event and still
/// be trusted: a minute. The stored time may come from an event that arrived while this one waited, which can
/// take [`TIME_BUDGET_MS`](crate::times::TIME_BUDGET_MS), and on a machine whose clock is ahead of ours.
pub const STORED_AHEAD_MS: u64 = 60_000;

/// The prefix that distinguishes the ledger keys of objects from other keys.
const OBJECT: &str = "object";

/// The default of `tombstone_ttl`, in seconds: a week.
pub const DEFAULT_TOMBSTONE_TTL: u64 = 7 * 24 * 3_600;

/// A KV namespace with one key per object, which holds the newest event about the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectDestination {
    /// The binding's name.
    pub binding: String,
    /// After how many seconds a key expires. `None` means never.
    pub expiration_ttl: Option<u64>,
    /// After how many seconds the key of a removed object expires.
    pub tombstone_ttl: u64,
}

impl ObjectDestination {
    /// Reads the remaining fields of `kv`. The ledger is required, because only it knows which of two states is
    /// newer.
    pub(super) fn read(
        (binding, expiration_ttl): Namespace,
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let tombstone_ttl = table.integer("tombstone_ttl", EXPIRATION_TTL, mistakes);
        let tombstone_ttl = tombstone_ttl.unwrap_or(DEFAULT_TOMBSTONE_TTL);
        let path = table.path_of("key");
        require_binding(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
        Some(Self { binding: binding?, expiration_ttl, tombstone_ttl })
    }

    /// Its [`holder`](super::Destination::holder).
    pub(super) fn holder(&self, subscription: &str) -> String {
        format!("object/{}/{subscription}", self.binding)
    }

    /// The write for the state in an event. If the event has no `time`, or a `time` that is ahead by more than
    /// the tolerance, the arrival counts instead. Otherwise one wrong clock could block all later events.
    pub(super) fn put<'p>(
        &'p self,
        dispatch: &'p Dispatch<'p, 'p>,
        sending: &Sending<'_>,
    ) -> Option<ObjectPut<'p>> {
        let Dispatch { event, subscription, .. } = dispatch;
        let Sending { times, now, .. } = sending;
        let time = sending.moment_of(dispatch);
        // The subscription only wants events that name an object, so this is never `None`.
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

    /// Resets an object for a subscription: its next event is written, whatever its time. Returns `false`,
    /// without resetting the object, if a write is in flight.
    ///
    /// # Errors
    ///
    /// The ledger failed.
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
        in_shard(platform, &key, async |shard| platform.reset(shard, &request).await).await
    }
}

/// A write of the newest state of an object among the events of a request.
pub(crate) struct ObjectPut<'p> {
    binding: &'p str,
    /// The key of the object in the ledger.
    object: Key,
    entry: KvEntry<'p>,
    time: Moment,
    /// The latest stored time that can be right.
    latest_stored: Moment,
    /// The dispatch of the newest event.
    newest: &'p Dispatch<'p, 'p>,
    /// The dispatches of the older events about the same object.
    outdated: Vec<&'p Dispatch<'p, 'p>>,
}

/// The writes of the newest states, one per object.
pub(super) fn steps(puts: Vec<ObjectPut<'_>>) -> Vec<ObjectPut<'_>> {
    let mut objects: BTreeMap<Key, ObjectPut<'_>> = BTreeMap::new();
    for put in puts {
        let object = put.object.clone();
        let newest = match objects.remove(&object) {
            Some(previous) => put.newer(previous),
            None => put,
        };
        objects.insert(object, newest);
    }
    objects.into_values().collect()
}

impl ObjectPut<'_> {
    /// The newer of two writes, which supersedes the other one. If both have the same time, `self` is newer.
    fn newer(mut self, mut other: Self) -> Self {
        if other.time > self.time {
            std::mem::swap(&mut self, &mut other);
        }
        self.outdated.push(other.newest);
        self.outdated.append(&mut other.outdated);
        self
    }

    /// Writes the state, unless KV has a newer one. This waits while another write holds the key, and the
    /// caller drops it at the deadline.
    pub(super) async fn take(&self, sending: &Sending<'_>, platform: &impl Platform) {
        let progress = put_in_turn(self, sending, platform).await;
        let progress = progress.unwrap_or_else(Progress::Failed);
        let of_outdated = match &progress {
            Progress::Held => Progress::Superseded,
            progress => progress.clone(),
        };
        self.newest.note(progress);
        self.outdated.iter().for_each(|dispatch| dispatch.note(of_outdated.clone()));
    }

    /// The size of the value, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.entry.value.len()
    }

    fn settlement(&self, number: u64, is_written: bool, time: Moment) -> SettleRequest<'_> {
        let (key, name) = (self.object.as_str(), self.newest.subscription);
        let settlement = Settlement::of_one(key, name, is_written, Some(time));
        SettleRequest::new(number, vec![settlement], REMEMBER_OBJECTS_MS)
    }
}

async fn put_in_turn(
    put: &ObjectPut<'_>,
    sending: &Sending<'_>,
    platform: &impl Platform,
) -> Result<Progress, BindingError> {
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
        // This does not fail open, because only the ledger knows which state is newer.
        let asked =
            in_shard(platform, &put.object, async |shard| platform.claim(shard, &request).await);
        let answer = asked.await.map_err(in_ledger)?;
        match answer.verdicts.first().and_then(|verdicts| verdicts.first()) {
            Some(Verdict::Granted) => break (answer.number, true),
            Some(Verdict::Uncertain) => break (answer.number, false),
            Some(Verdict::Held) => return Ok(Progress::Superseded),
            Some(Verdict::UnderWay) => platform.sleep(BUSY_MS).await,
            None => return Err(BindingError("the ledger did not answer the claim".to_owned())),
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
    // If this fails, the claim expires, and the next write reads the time from KV.
    let settled = put.settlement(number, written.is_ok(), time);
    let shard = put.object.shard(platform.shards());
    platform.settle(shard, &settled, "").await.map_err(in_ledger).and(written)
}

/// The time of the state in KV, if it is newer.
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

#[expect(clippy::needless_pass_by_value, reason = "map_err passes the error by value")]
fn in_ledger(error: BindingError) -> BindingError {
    BindingError(format!("the ledger: {error}"))
}
