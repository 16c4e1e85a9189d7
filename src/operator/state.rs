//! The state of the whole, as the metrics and the console tell it.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::shards::of_all;
use crate::config::Config;
use crate::counts::Counts;
use crate::dead::is_letter;
use crate::journal::JournalRequest;
use crate::limits::{DEAD, SPOOL};
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// How many pages of keys of a namespace are counted, of 1,000 keys each.
const MAX_PAGES: usize = 10;

/// What all shards have counted.
pub(super) async fn counts(platform: &impl Platform) -> Result<Counts, BindingError> {
    let mut all = Counts::new();
    for counts in of_all::<Counts>(&JournalRequest::Counts, platform).await? {
        all.merge(counts);
    }
    Ok(all)
}

/// How many dead letters each subscription has.
pub(super) async fn dead_letters(
    platform: &impl Platform,
) -> Result<BTreeMap<String, u64>, BindingError> {
    let mut letters = BTreeMap::new();
    for key in keys(DEAD, platform).await?.iter().filter(|key| is_letter(key)) {
        let subscription = key.split('/').next().unwrap_or_default();
        *letters.entry(subscription.to_owned()).or_default() += 1;
    }
    Ok(letters)
}

/// How many messages are spooled, and when the oldest one was, in milliseconds since 1970.
pub(super) async fn spool(platform: &impl Platform) -> Result<(u64, Option<u64>), BindingError> {
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

/// How many messages are in each queue, as far as the bindings tell.
pub(super) async fn backlogs<'c>(
    config: &'c Config,
    platform: &impl Platform,
) -> Vec<(&'c str, u64)> {
    let ask = async |queue: &'c String| {
        let backlog = within(platform, CALL_MS, platform.backlog(queue)).await;
        Some((&**queue, backlog.ok().flatten()?))
    };
    join_all(config.stores.queues.iter().map(ask)).await.into_iter().flatten().collect()
}
