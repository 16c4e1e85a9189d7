//! The spool: what queues did not take, kept in KV until they do.
//!
//! The sender has been told that its event is accepted, so an entry goes only after its queue took
//! the message. A cron trigger calls [`drain`].

pub mod aside;
mod claims;
mod line;

use serde_json::Value;

use futures_util::{StreamExt as _, stream};

use crate::config::Config;
use crate::destination::divide;
use crate::limits::{MAX_CONNECTIONS, SPOOL};
use crate::platform::{BindingError, CALL_MS, Platform, within};
use claims::SpoolClaims;

pub use line::DrainLine;

/// How many entries are taken from the spool at a time: with two calls for each and a few more, a
/// step keeps within the 50 calls that Cloudflare's free plan allows.
pub const DRAIN_STEP: usize = 20;

/// For how long the spool is drained at a time, in milliseconds: less than the minute between two
/// cron triggers.
pub const DRAIN_MS: u64 = 45_000;

/// How many keys are listed at a time: as many as KV lists.
const LIST_KEYS: usize = 1_000;

/// How many keys of a queue are looked at in a run: far more than can be sent in it.
const MAX_KEYS: usize = 10_000;

/// After how many messages that a queue refused one after the other, and none that it took, a run takes it
/// to be down. To ask for each of thousands would only cost calls.
pub const MAX_REFUSED: usize = 250;

/// How many messages that a queue does not take are noted and named in a run: that takes three calls for each.
const MAX_NAMED_IN_A_RUN: usize = 50;

/// What came of draining the spool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drained {
    /// How many messages queues took.
    pub sent: usize,
    /// Why entries are left, if not only because the time was up.
    pub failures: Vec<String>,
}

/// Sends what is spooled, until each queue has been asked for everything, or the time is up. The oldest of
/// a queue come first, except in two runs of four: see `put_in_turn`. The queues take turns in being the first,
/// so that one that uses up the time of every run holds up no other.
pub async fn drain(config: &Config, platform: &impl Platform) -> Drained {
    let mut drained = Drained::default();
    let now = platform.now();
    let end = now + DRAIN_MS;
    let first = first_queue(config.stores.queues.len(), now);
    let (behind, ahead) = config.stores.queues.split_at_checked(first).unwrap_or_default();
    for queue in ahead.iter().chain(behind) {
        if let Err(error) = drain_queue(queue, end, &mut drained, config, platform).await {
            drained.failures.push(format!("{queue}: {error}"));
        }
    }
    drained.failures.extend(stranded(config, platform).await);
    drained
}

/// The place of the queue that comes first in the run that begins now, of so many. Each comes first once in as
/// many minutes, and not always in the same of the four runs of `put_in_turn`.
fn first_queue(queues: usize, now: u64) -> usize {
    let queues = queues.max(1) as u64;
    let minute = now / 60_000;
    usize::try_from((minute + minute / (4 * queues)) % queues).unwrap_or_default()
}

/// An entry as a list shows it: its key, and its metadata.
type Entry = (String, Option<Value>);

/// What became of the entries of a queue in a run.
#[derive(Default)]
struct Run {
    /// How many messages the queue took.
    taken: usize,
    /// The entries whose messages it refused, each with the reason.
    refused: Vec<(Entry, BindingError)>,
    /// How many of these it refused before it took its last message, or in the same step. After that, it may
    /// have gone down.
    refused_beside_others: usize,
    /// The entries that the spool did not give, each with the reason.
    unread: Vec<(Entry, BindingError)>,
}

async fn drain_queue(
    queue: &str,
    end: u64,
    drained: &mut Drained,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), BindingError> {
    let mut entries = list_all(&format!("{queue}/"), platform).await?;
    put_in_turn(&mut entries, platform.now());
    let mut run = Run::default();
    let mut result = Ok(());
    for entries in entries.chunks(DRAIN_STEP) {
        let is_down = run.taken == 0 && run.refused.len() >= MAX_REFUSED;
        if platform.now() >= end || is_down {
            break;
        }
        result = drain_step(queue, entries, &mut run, config, platform).await;
        if result.is_err() {
            break;
        }
    }
    drained.sent += run.taken;
    let (beside_others, others) =
        run.refused.split_at_checked(run.refused_beside_others).unwrap_or_default();
    strike_all(queue, beside_others, drained, platform).await;
    if run.taken > 0 {
        let told = run.unread.iter().map(|((key, _), error)| format!("{key}: {error}"));
        drained.failures.extend(told.take(MAX_NAMED_IN_A_RUN));
        tell_of_more(queue, run.unread.len().saturating_sub(MAX_NAMED_IN_A_RUN), drained);
    }
    // Of a queue that takes nothing, or nothing any more, the first reason stands for all.
    let refused = others.iter().map(|(_, error)| error);
    let unread = run.unread.iter().map(|(_, error)| error).filter(|_| run.taken == 0);
    let first = refused.chain(unread).next().cloned();
    result.and(first.map_or(Ok(()), Err))
}

/// Puts entries, the oldest first, in the order of the run that begins now. What is tried first changes, so that
/// messages that a queue never takes hold up no others, wherever they are and however many: of four runs, two
/// begin with the oldest, one with the newest, and one somewhere else each time.
fn put_in_turn(entries: &mut [Entry], now: u64) {
    let minute = now / 60_000;
    match minute % 4 {
        1 => entries.reverse(),
        3 => {
            let parts = entries.len().div_ceil(MAX_REFUSED).max(1);
            let part = usize::try_from(minute / 4).unwrap_or_default() % parts;
            entries.rotate_left(part * MAX_REFUSED);
        }
        _ => {}
    }
}

/// Notes of each of these entries that its queue refused it while it took others.
async fn strike_all(
    queue: &str,
    refused: &[(Entry, BindingError)],
    drained: &mut Drained,
    platform: &impl Platform,
) {
    let mut left = refused.len();
    for (entry, error) in refused.iter().take(MAX_NAMED_IN_A_RUN) {
        let began = platform.now();
        let struck = aside::strike(entry, error, platform).await;
        left -= 1;
        let told = struck.unwrap_or_else(|why| format!("{error}; and it cannot be noted: {why}"));
        drained.failures.push(format!("{}: {told}", entry.0));
        if platform.now() >= began + CALL_MS {
            // The spool hangs.
            break;
        }
    }
    tell_of_more(queue, left, drained);
}

/// Tells how many more entries have failed than are named.
fn tell_of_more(queue: &str, count: usize, drained: &mut Drained) {
    if count > 0 {
        drained.failures.push(format!("{queue}: and {count} more"));
    }
}

/// Sends these entries, and deletes those that the queue took.
///
/// # Errors
///
/// The spool fails, or the queue hangs, so that it is no use to go on.
async fn drain_step(
    queue: &str,
    entries: &[Entry],
    run: &mut Run,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), BindingError> {
    let keys: Vec<_> = entries.iter().map(|(key, _)| key.clone()).collect();
    let claims = SpoolClaims::claim(queue, &keys, config, platform).await;
    let Sent { taken, refused, unread, hangs } = send(queue, &claims.granted, platform).await;
    claims.settle(&taken, config, platform).await;

    let deletions = taken
        .iter()
        .chain(&claims.held)
        .map(|key| within(platform, CALL_MS, platform.delete(SPOOL, key)));
    let deleted: Vec<_> = stream::iter(deletions).buffered(MAX_CONNECTIONS).collect().await;
    let with_entry = |(key, error): (&String, BindingError)| {
        entries.iter().find(|(other, _)| other == key).map(|entry| (entry.clone(), error))
    };
    run.refused.extend(refused.into_iter().filter_map(with_entry));
    if !taken.is_empty() {
        run.taken += taken.len();
        run.refused_beside_others = run.refused.len();
    }
    deleted.into_iter().collect::<Result<(), _>>()?;
    // If the spool gives nothing at all, it fails, or the plan allows no more calls.
    if !unread.is_empty() && unread.len() == claims.granted.len() {
        return unread.into_iter().next().map_or(Ok(()), |(_, error)| Err(error));
    }
    run.unread.extend(unread.into_iter().filter_map(with_entry));
    hangs.map_or(Ok(()), Err)
}

/// What became of entries, by their keys.
#[derive(Default)]
struct Sent<'k> {
    /// The queue took their messages.
    taken: Vec<&'k String>,
    /// The queue refused them.
    refused: Vec<(&'k String, BindingError)>,
    /// The spool did not give them.
    unread: Vec<(&'k String, BindingError)>,
    /// The queue gave no answer.
    hangs: Option<BindingError>,
}

/// Sends the messages of these entries. Where a queue refuses several together, it is asked for each,
/// so that one that it never takes does not hold up the others.
async fn send<'k>(queue: &str, keys: &[&'k String], platform: &impl Platform) -> Sent<'k> {
    let mut sent = Sent::default();
    let gets = keys.iter().map(|key| within(platform, CALL_MS, platform.get(SPOOL, key)));
    let messages: Vec<_> = stream::iter(gets).buffered(MAX_CONNECTIONS).collect().await;
    let mut entries = Vec::with_capacity(keys.len());
    for (key, message) in keys.iter().copied().zip(messages) {
        match message {
            Ok(Some(message)) => entries.push((key, message)),
            // It was deleted and the list is old, or it is new and shows late: a later list tells.
            Ok(None) => {}
            Err(error) => sent.unread.push((key, error)),
        }
    }
    for entries in divide(entries, |(_, message)| message.len()) {
        let began = platform.now();
        let messages: Vec<_> = entries.iter().map(|(_, message)| &**message).collect();
        let together = within(platform, CALL_MS, platform.send(queue, &messages)).await;
        let hangs = platform.now() >= began + CALL_MS;
        if hangs {
            sent.hangs = together.err();
            break;
        }
        for (key, message) in &entries {
            let result = match &together {
                Err(_) if entries.len() > 1 => {
                    within(platform, CALL_MS, platform.send(queue, &[message])).await
                }
                together => together.clone(),
            };
            match result {
                Ok(()) => sent.taken.push(key),
                Err(error) => sent.refused.push((key, error)),
            }
        }
    }
    sent
}

/// The entries with this prefix, [`MAX_KEYS`] of them at most.
async fn list_all(prefix: &str, platform: &impl Platform) -> Result<Vec<Entry>, BindingError> {
    let mut entries = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let listed = platform.list(SPOOL, prefix, LIST_KEYS, cursor.as_deref());
        let page = within(platform, CALL_MS, listed).await?;
        entries.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() || entries.len() >= MAX_KEYS {
            return Ok(entries);
        }
    }
}

/// Tells of entries whose queue is bound no more.
async fn stranded(config: &Config, platform: &impl Platform) -> Option<String> {
    let entries = match list_all("", platform).await {
        Ok(entries) => entries,
        Err(error) => return Some(error.to_string()),
    };
    let is_bound = |key: &str| {
        key.split_once('/')
            .is_some_and(|(queue, _)| config.stores.queues.iter().any(|q| q == queue))
    };
    let mut keys = entries.iter().map(|(key, _)| key);
    let stranded = keys.find(|key| !is_bound(key) && !key.starts_with(aside::PREFIX))?;
    Some(format!("{stranded}: no queue of this name is bound"))
}
