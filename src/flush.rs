//! Writes to the journal what an isolate has collected after its answers.

use futures_util::future::join_all;
use serde::Serialize;

use crate::journal::{Due, Pending};
use crate::ledger::ShardId;
use crate::platform::{BindingError, CALL_MS, Platform, within};
use crate::text::shorten;

/// Writes what was collected. What shards did not take is collected once more, a few times; then it is lost, since the
/// journal must never cost more than that. Returns why they did not take it.
pub async fn flush(pending: Pending, platform: &impl Platform) -> Vec<BindingError> {
    let shards = platform.shards();
    let mut told = tell(&pending, shards, platform).await;
    // A shard has told how many there are.
    if !told.is_empty() && platform.shards() != shards {
        told = tell(&pending, platform.shards(), platform).await;
    }
    let (failed, errors): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    let bytes = pending.bytes();
    platform.collect(|pending| pending.written(bytes));
    if let Some(again) = pending.again(&failed) {
        platform.collect(|pending| pending.put_back(again));
    }
    errors
}

/// Writes what was collected here so far. What cannot be written is lost.
pub(crate) async fn flush_now(platform: &impl Platform) {
    let now = platform.now();
    let mut taken = None;
    platform.collect(|pending| taken = Some(pending.take(Due::AtOnce, now)));
    if let Some(pending) = taken.filter(|pending| !pending.is_empty()) {
        let _ = flush(pending, platform).await;
    }
}

/// Tells the shards. Returns those that failed, and why.
async fn tell(
    pending: &Pending,
    shards: usize,
    platform: &impl Platform,
) -> Vec<(ShardId, BindingError)> {
    let requests = pending.requests(shards);
    let told = requests.iter().map(|(shard, (request, notes))| async move {
        let noted = within(platform, CALL_MS, platform.note(*shard, request, notes)).await;
        Some((*shard, noted.err()?))
    });
    join_all(told).await.into_iter().flatten().collect()
}

/// The log line about what could not be written.
#[derive(Debug, Serialize)]
pub struct FlushLine {
    /// `not_recorded`.
    outcome: &'static str,
    reasons: Vec<String>,
}

impl FlushLine {
    /// `None` if everything was written.
    #[must_use]
    pub fn new(failures: Vec<BindingError>) -> Option<Self> {
        let reasons: Vec<_> = failures.into_iter().map(|error| shorten(error.0)).collect();
        (!reasons.is_empty()).then_some(Self { outcome: "not_recorded", reasons })
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }
}
