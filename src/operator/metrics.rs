//! Numbers for Prometheus, in its text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::error::OperatorError;
use crate::config::Config;
use crate::counts::Counts;
use crate::dead::is_letter;
use crate::journal::{JournalRequest, NOT_KEPT, NOT_RECORDED};
use crate::ledger::ShardId;
use crate::limits::{DEAD, SPOOL};
use crate::platform::{BindingError, CALL_MS, Platform, within};
use futures_util::future::join_all;

/// How many pages of keys of a namespace are counted, of 1,000 keys each.
const MAX_PAGES: usize = 10;

/// What the names of all metrics begin with.
const PREFIX: &str = "elytra_webhooks";

/// The counters: their names, those of their labels, and what they mean.
const COUNTERS: [(&str, &str, &[&str], &str); 7] = [
    ("events", "events_total", &["code"], "Events that came, by the code of the answer."),
    (
        "fates",
        "subscription_events_total",
        &["subscription", "fate"],
        "What became of the events that a subscription wants.",
    ),
    (NOT_RECORDED, "events_not_recorded_total", &[], "Events that the journal had no room for."),
    ("refusals", "refusals_total", &["code"], "Requests that were refused."),
    (NOT_KEPT, "refusals_not_kept_total", &[], "Refused requests that were only counted."),
    ("attempts", "attempts_total", &["subscription", "result"], "Calls to HTTP destinations."),
    ("replayed", "replayed_events_total", &["code"], "Events that replays sent again."),
];

/// All metrics.
///
/// # Errors
///
/// The journal failed, or `SPOOL` or `DEAD`.
pub async fn print(config: &Config, platform: &impl Platform) -> Result<String, OperatorError> {
    let counts = counts(platform).await.map_err(OperatorError::JournalFailed)?;
    let mut text = String::new();
    for (key, name, labels, help) in COUNTERS {
        head(&mut text, name, "counter", help);
        for (number, value) in &counts.numbers {
            let mut parts = number.split('|');
            if parts.next() == Some(key) {
                line(&mut text, name, labels.iter().copied().zip(parts), *value);
            }
        }
    }
    let now = platform.now();
    let name = "seconds_since_last_accepted";
    head(&mut text, name, "gauge", "Seconds since an event of this source was last accepted.");
    for (source, at) in &counts.sources {
        line(&mut text, name, [("source", &**source)].into_iter(), now.saturating_sub(*at) / 1_000);
    }
    if config.stores.has_dead_letters {
        let letters = dead_letters(platform).await.map_err(OperatorError::DeadLettersFailed)?;
        let name = "dead_letters";
        head(&mut text, name, "gauge", "Dead letters, of which at most 10,000 are counted.");
        for (subscription, number) in &letters {
            line(&mut text, name, [("subscription", &**subscription)].into_iter(), *number);
        }
    }
    if config.stores.has_spool {
        let (number, oldest) = spool(platform).await.map_err(OperatorError::SpoolFailed)?;
        let name = "spool_messages";
        head(&mut text, name, "gauge", "Spooled messages, of which at most 10,000 are counted.");
        line(&mut text, name, [].into_iter(), number);
        let name = "spool_oldest_seconds";
        head(&mut text, name, "gauge", "The age of the oldest spooled message.");
        let age = oldest.map_or(0, |oldest| now.saturating_sub(oldest) / 1_000);
        line(&mut text, name, [].into_iter(), age);
    }
    let mut told = Vec::new();
    for queue in &config.stores.queues {
        // What the binding does not tell is left out.
        let backlog = within(platform, CALL_MS, platform.backlog(queue)).await.ok().flatten();
        told.extend(backlog.map(|messages| (queue, messages)));
    }
    if !told.is_empty() {
        let name = "queue_backlog_messages";
        head(&mut text, name, "gauge", "Messages in a queue, as its binding tells.");
        for (queue, messages) in told {
            line(&mut text, name, [("queue", &**queue)].into_iter(), messages);
        }
    }
    Ok(text)
}

/// What all shards have counted.
async fn counts(platform: &impl Platform) -> Result<Counts, BindingError> {
    let ask = async |of: usize| {
        let ask = |number| {
            let counted = platform.journal(ShardId { number, of }, &JournalRequest::Counts);
            within(platform, CALL_MS, counted)
        };
        join_all((0..of).map(ask)).await.into_iter().collect::<Result<Vec<Counts>, _>>()
    };
    let shards = platform.shards();
    let mut counted = ask(shards).await;
    if counted.is_err() && platform.shards() != shards {
        counted = ask(platform.shards()).await;
    }
    let mut all = Counts::default();
    counted?.into_iter().for_each(|counts| all.merge(counts));
    Ok(all)
}

/// How many dead letters each subscription has.
async fn dead_letters(platform: &impl Platform) -> Result<BTreeMap<String, u64>, BindingError> {
    let mut letters = BTreeMap::new();
    for key in keys(DEAD, platform).await?.iter().filter(|key| is_letter(key)) {
        let subscription = key.split('/').next().unwrap_or_default();
        *letters.entry(subscription.to_owned()).or_default() += 1;
    }
    Ok(letters)
}

/// How many messages are spooled, and when the oldest one was, in milliseconds since 1970.
async fn spool(platform: &impl Platform) -> Result<(u64, Option<u64>), BindingError> {
    let keys = keys(SPOOL, platform).await?;
    let spooled_at = |key: &String| key.rsplit('/').nth(1)?.parse::<u64>().ok();
    Ok((keys.len() as u64, keys.iter().filter_map(spooled_at).min()))
}

async fn keys(namespace: &str, platform: &impl Platform) -> Result<Vec<String>, BindingError> {
    let mut keys = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let page = platform.list(namespace, "", 1_000, cursor.as_deref());
        let page = within(platform, CALL_MS, page).await?;
        keys.extend(page.keys.into_iter().map(|(key, _)| key));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(keys)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {PREFIX}_{name} {help}\n# TYPE {PREFIX}_{name} {kind}");
}

fn line<'l>(
    text: &mut String,
    name: &str,
    labels: impl Iterator<Item = (&'l str, &'l str)>,
    value: u64,
) {
    let labels: Vec<_> =
        labels.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    let labels =
        if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{PREFIX}_{name}{labels} {value}");
}

/// A label's value, with what ends it or its line escaped.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
