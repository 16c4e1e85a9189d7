//! The spool: messages that queues did not take, stored in KV until they do.
//!
//! The sender was told that its event is accepted, so an entry is deleted only after its queue took
//! the message. A cron trigger calls [`drain`].

pub mod aside;
mod claims;
mod line;

use std::borrow::Cow;

use serde_json::Value;

use futures_util::{StreamExt as _, stream};

use crate::config::Config;
use crate::destination::{Destination, divide};
use crate::journal::{Line, NewNote, Note, What};
use crate::limits::{DELIVERIES, MAX_CONNECTIONS, SPOOL};
use crate::platform::{BindingError, CALL_MS, Platform, within};
use claims::SpoolClaims;

pub use line::DrainLine;

/// How many entries are sent at a time. An entry needs two calls, so a step stays within the 50
/// calls of Cloudflare's free plan.
pub const DRAIN_STEP: usize = 20;

/// How long a run may take, in milliseconds: less than the minute between two cron triggers.
pub const DRAIN_MS: u64 = 45_000;

/// How many keys are listed at a time: as many as KV allows.
const LIST_KEYS: usize = 1_000;

/// How many keys of a queue a run lists: far more than it can send.
const MAX_KEYS: usize = 10_000;

/// After how many refusals in a row, without a single success, a run considers a queue to be down.
/// Trying thousands more would only cost calls.
pub const MAX_REFUSED: usize = 250;

/// For how many messages that a queue refuses a run records and logs the refusal, which takes three
/// calls each.
const MAX_NAMED_IN_A_RUN: usize = 50;

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drained {
    /// How many messages the queues took.
    pub sent: usize,
    /// Why entries are left, unless only the time was up.
    pub failures: Vec<String>,
}

/// Sends the spooled messages, until every queue has been offered everything or the time is up. The
/// oldest messages of a queue go first, except in two of four runs: see `order_for_run`. The queues
/// take turns in going first, so that one that uses up the time of every run does not block the
/// others.
pub async fn drain(config: &Config, platform: &impl Platform) -> Drained {
    let mut drained = Drained::default();
    let now = platform.now();
    let end = now + DRAIN_MS;
    let first = first_queue(config.stores.queues.len(), now);
    let (earlier, later) = config.stores.queues.split_at_checked(first).unwrap_or_default();
    for queue in later.iter().chain(earlier) {
        if let Err(error) = drain_queue(queue, end, &mut drained, config, platform).await {
            drained.failures.push(format!("{queue}: {error}"));
        }
    }
    drained.failures.extend(stranded(config, platform).await);
    drained
}

/// The index of the queue that goes first in this run, out of this many. Each queue goes first
/// equally often, and over time in each of the four kinds of run of `order_for_run`.
fn first_queue(queues: usize, now: u64) -> usize {
    let queues = queues.max(1) as u64;
    let minute = now / 60_000;
    usize::try_from((minute + minute / (4 * queues)) % queues).unwrap_or_default()
}

/// An entry as a listing shows it: its key and metadata.
type Entry = (String, Option<Value>);

/// What happened to the entries of a queue in a run.
#[derive(Default)]
struct Run {
    /// How many messages the queue took.
    taken: usize,
    /// The entries that the queue refused, with the reasons.
    refused: Vec<(Entry, BindingError)>,
    /// How many of these it refused before, or in the same step as, the last message that it took.
    /// After that, it may have gone down.
    refused_beside_others: usize,
    /// The entries that the spool did not return, with the reasons.
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
    order_for_run(&mut entries, platform.now());
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
    count_refusals(queue, beside_others, drained, platform).await;
    if run.taken > 0 {
        let unread = run.unread.iter().map(|((key, _), error)| format!("{key}: {error}"));
        drained.failures.extend(unread.take(MAX_NAMED_IN_A_RUN));
        report_more(queue, run.unread.len().saturating_sub(MAX_NAMED_IN_A_RUN), drained);
    }
    // If the queue takes nothing, or nothing any more, log only the first reason.
    let refused = others.iter().map(|(_, error)| error);
    let unread = run.unread.iter().map(|(_, error)| error).filter(|_| run.taken == 0);
    let first = refused.chain(unread).next().cloned();
    result.and(first.map_or(Ok(()), Err))
}

/// Orders entries, which are sorted oldest first, for this run. The order varies so that messages
/// that a queue never takes do not block the others, wherever and however many they are: of four
/// runs, two start with the oldest, one with the newest, and one at a different position each time.
fn order_for_run(entries: &mut [Entry], now: u64) {
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

/// Records for each of these entries that its queue refused it while it took others.
async fn count_refusals(
    queue: &str,
    refused: &[(Entry, BindingError)],
    drained: &mut Drained,
    platform: &impl Platform,
) {
    let mut left = refused.len();
    for (entry, error) in refused.iter().take(MAX_NAMED_IN_A_RUN) {
        let began = platform.now();
        let counted = aside::count_refusal(entry, error, platform).await;
        left -= 1;
        let text = counted
            .unwrap_or_else(|why| format!("{error}; and the refusal could not be recorded: {why}"));
        drained.failures.push(format!("{}: {text}", entry.0));
        if platform.now() >= began + CALL_MS {
            // The spool hangs.
            break;
        }
    }
    report_more(queue, left, drained);
}

/// Logs how many more entries failed.
fn report_more(queue: &str, count: usize, drained: &mut Drained) {
    if count > 0 {
        drained.failures.push(format!("{queue}: and {count} more"));
    }
}

/// Sends these entries, and deletes the ones that the queue took.
///
/// # Errors
///
/// The spool failed, or the queue hangs, so there is no point in continuing.
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
    record_taken(queue, entries, &taken, config, platform);

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
    // If the spool returns nothing at all, either it fails or the plan allows no more calls.
    if !unread.is_empty() && unread.len() == claims.granted.len() {
        return unread.into_iter().next().map_or(Ok(()), |(_, error)| Err(error));
    }
    run.unread.extend(unread.into_iter().filter_map(with_entry));
    hangs.map_or(Ok(()), Err)
}

/// Notes in the journal which events a queue took. The metadata of an entry tell what the event is, unless that is long.
fn record_taken(
    queue: &str,
    entries: &[Entry],
    taken: &[&String],
    config: &Config,
    platform: &impl Platform,
) {
    if config.journal.is_none() {
        return;
    }
    let goes_there = |destination: &Destination| match destination {
        Destination::Queue(own) => own.binding == queue,
        other => queue == DELIVERIES && other.callee().is_some(),
    };
    let subscriptions = config.subscriptions.iter().filter(|one| goes_there(&one.destination));
    let subscriptions: Vec<_> = subscriptions.map(|one| Cow::Borrowed(&*one.name)).collect();
    for (key, metadata) in entries.iter().filter(|(key, _)| taken.contains(&key)) {
        let text = |name: &str| metadata.as_ref()?.get(name)?.as_str();
        let (Some(source), Some(id)) = (text("source"), text("id")) else { continue };
        let spooled_at = key.split('/').nth(1).and_then(|time| time.parse().ok());
        let what =
            What::Drained { queue: Cow::Borrowed(queue), subscriptions: subscriptions.clone() };
        let line = Line { at: platform.now(), what };
        let type_ = text("type").unwrap_or_default();
        let arrived_at = spooled_at.unwrap_or_default();
        let note = Note::new(&NewNote::of_identity(source, id, type_, arrived_at, line));
        platform.collect(|pending| pending.note(note));
    }
}

/// What happened to entries, by key.
#[derive(Default)]
struct Sent<'k> {
    /// The queue took the message.
    taken: Vec<&'k String>,
    /// The queue refused the message.
    refused: Vec<(&'k String, BindingError)>,
    /// The spool did not return the message.
    unread: Vec<(&'k String, BindingError)>,
    /// The queue did not answer.
    hangs: Option<BindingError>,
}

/// Sends the messages of these entries. If a queue refuses several together, each is sent on its
/// own, so that one that it never takes does not block the others.
async fn send<'k>(queue: &str, keys: &[&'k String], platform: &impl Platform) -> Sent<'k> {
    let mut sent = Sent::default();
    let gets = keys.iter().map(|key| within(platform, CALL_MS, platform.get(SPOOL, key)));
    let messages: Vec<_> = stream::iter(gets).buffered(MAX_CONNECTIONS).collect().await;
    let mut entries = Vec::with_capacity(keys.len());
    for (key, message) in keys.iter().copied().zip(messages) {
        match message {
            Ok(Some(message)) => entries.push((key, message)),
            // The entry was deleted and the listing is out of date, or it is new and not visible
            // yet. A later listing will show.
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

/// The entries with this prefix, at most about [`MAX_KEYS`].
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

/// Reports entries whose queue is no longer bound.
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
