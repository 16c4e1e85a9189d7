//! The spool: what queues did not take, kept in KV until they do.
//!
//! The sender has been told that its event is accepted, so an entry goes only after its queue took
//! the message. A cron trigger calls [`drain`].

pub mod aside;

use serde_json::Value;

use futures_util::{StreamExt as _, stream};

use crate::config::{Config, SPOOL};
use crate::forward::{MAX_CONNECTIONS, divide, time_in_key};
use crate::ledger::{Claim, ClaimRequest, Key, SettleRequest, Settlement, Verdict};
use crate::platform::{BindingError, Platform, within};

/// How many entries are taken from the spool at a time: with two calls for each and a few more, a
/// step keeps within the 50 calls that Cloudflare's free plan allows.
pub const DRAIN_STEP: usize = 20;

/// For how long the spool is drained at a time, in milliseconds: less than the minute between two
/// cron triggers.
pub const DRAIN_MS: u64 = 45_000;

/// How long a call may take, in milliseconds: what takes longer hangs, and is left for the next time.
const CALL_MS: u64 = 5_000;

/// How many keys are listed at a time: as many as KV lists.
const LIST_KEYS: usize = 1_000;

/// How many keys of a queue are looked at in a run: far more than can be sent in it.
const MAX_KEYS: usize = 10_000;

/// After how many messages that a queue refused one after the other, and none that it took, a run takes it
/// to be down. To ask for each of thousands would only cost calls.
pub const MAX_REFUSED: usize = 250;

/// How many messages that a queue does not take are noted in a run: that takes three calls for each.
const MAX_STRIKES_IN_A_RUN: usize = 50;

/// The name under which the ledger knows the spool.
const NAME: &str = "spool";

/// What came of draining the spool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drained {
    /// How many messages queues took.
    pub sent: usize,
    /// Why entries are left, if not only because the time was up.
    pub failures: Vec<String>,
}

/// The key of a message that a queue did not take: `<queue>/<time>/<digest of the message>`, the time
/// in milliseconds since 1970.
pub(crate) fn spool_key(queue: &str, now: u64, message: &str) -> String {
    format!("{queue}/{}/{}", time_in_key(now), Key::of(&["message", message]).as_str())
}

/// Sends what is spooled, until each queue has been asked for everything, or the time is up. The oldest of
/// a queue come first, and every other minute the newest.
pub async fn drain(config: &Config, platform: &impl Platform) -> Drained {
    let mut drained = Drained::default();
    let end = platform.now() + DRAIN_MS;
    for queue in &config.queues {
        if let Err(error) = drain_queue(queue, end, &mut drained, config, platform).await {
            drained.failures.push(format!("{queue}: {error}"));
        }
    }
    drained.failures.extend(stranded(config, platform).await);
    drained
}

/// An entry as a list shows it: its key, and its metadata.
type Entry = (String, Option<Value>);

/// What became of the entries of a queue in a run.
#[derive(Default)]
struct Run {
    /// How many messages the queue took.
    taken: usize,
    /// The entries whose messages it did not take, each with the reason.
    refused: Vec<(Entry, BindingError)>,
}

async fn drain_queue(
    queue: &str,
    end: u64,
    drained: &mut Drained,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), BindingError> {
    let mut entries = list_all(&format!("{queue}/"), platform).await?;
    // So that nothing at one end can hold up the other for ever, whatever the queue never takes.
    if (platform.now() / 60_000) % 2 == 1 {
        entries.reverse();
    }
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
    if run.taken > 0 {
        // It takes others, so it is these that it does not take.
        let refused = run.refused.len();
        for (entry, error) in run.refused.into_iter().take(MAX_STRIKES_IN_A_RUN) {
            let told = aside::strike(&entry, &error, platform).await;
            drained.failures.push(format!("{}: {}", entry.0, told?));
        }
        if refused > MAX_STRIKES_IN_A_RUN {
            drained.failures.push(format!("{queue}: and {} more", refused - MAX_STRIKES_IN_A_RUN));
        }
        result
    } else {
        // Of one that takes nothing, the first reason stands for all.
        result.and(run.refused.into_iter().next().map_or(Ok(()), |(_, error)| Err(error)))
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
    let claims = Claims::claim(queue, &keys, config, platform).await;
    let Sent { taken, refused, hangs } = send(queue, &claims.granted, platform).await;
    claims.settle(&taken, config, platform).await;
    run.taken += taken.len();

    let deletions = taken
        .iter()
        .chain(&claims.held)
        .map(|key| within(platform, CALL_MS, platform.delete(SPOOL, key)));
    let deleted: Vec<_> = stream::iter(deletions).buffered(MAX_CONNECTIONS).collect().await;
    for (key, error) in refused {
        let entry = entries.iter().find(|(other, _)| other == key);
        run.refused.extend(entry.map(|entry| (entry.clone(), error)));
    }
    deleted.into_iter().collect::<Result<(), _>>()?;
    hangs.map_or(Ok(()), Err)
}

/// What became of entries, by their keys.
#[derive(Default)]
struct Sent<'k> {
    /// The queue took their messages.
    taken: Vec<&'k String>,
    /// The queue, or the spool, failed.
    refused: Vec<(&'k String, BindingError)>,
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
            Err(error) => sent.refused.push((key, error)),
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

/// Entries that are claimed in the ledger, so that one whose deletion failed, or shows late, is not
/// sent again. Without a ledger, or where it fails, all are taken.
struct Claims<'k> {
    shard: usize,
    number: Option<u64>,
    granted: Vec<&'k String>,
    held: Vec<&'k String>,
}

impl<'k> Claims<'k> {
    async fn claim(
        queue: &str,
        keys: &'k [String],
        config: &Config,
        platform: &impl Platform,
    ) -> Self {
        let shard = Key::of(&[NAME, queue]).shard();
        let all = Self { shard, number: None, granted: keys.iter().collect(), held: Vec::new() };
        let Some(dedupe_window_ms) = config.dedupe_window_ms else { return all };
        let claim =
            |key: &'k String| Claim { key: key.into(), names: vec![NAME.into()], time: None };
        let request = ClaimRequest {
            claims: keys.iter().map(claim).collect(),
            claim_ms: DRAIN_MS,
            remember_ms: dedupe_window_ms,
            latest: None,
        };
        let claimed = platform.claim(shard, &request);
        let Ok(answer) = within(platform, config.ledger_ms(), claimed).await else { return all };
        let verdicts = || keys.iter().zip(answer.verdicts.iter().flatten());
        let are = |is: fn(Verdict) -> bool| {
            verdicts().filter(|(_, verdict)| is(**verdict)).map(|(key, _)| key).collect()
        };
        Self {
            shard,
            number: Some(answer.number),
            granted: are(Verdict::is_granted),
            held: are(|verdict| verdict == Verdict::Held),
        }
    }

    /// Tells the ledger which entries are dealt with.
    async fn settle(&self, held: &[&String], config: &Config, platform: &impl Platform) {
        let (Some(number), Some(remember_ms)) = (self.number, config.dedupe_window_ms) else {
            return;
        };
        let settlement = |key: &&'k String| Settlement::of_one(key, NAME, held.contains(key), None);
        let settlements = self.granted.iter().map(settlement).collect();
        let request = SettleRequest { number, settlements, remember_ms };
        let settled = platform.settle(self.shard, &request);
        // If this fails, the claims end by themselves.
        let _ = within(platform, config.ledger_ms(), settled).await;
    }
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
        key.split_once('/').is_some_and(|(queue, _)| config.queues.iter().any(|q| q == queue))
    };
    let mut keys = entries.iter().map(|(key, _)| key);
    let stranded = keys.find(|key| !is_bound(key) && !key.starts_with(aside::PREFIX))?;
    Some(format!("{stranded}: no queue of this name is bound"))
}
