//! Writes to the journal what an isolate has collected after its answers.

use futures_util::future::join_all;
use serde::Serialize;

use crate::journal::{Due, Pending};
use crate::platform::{BindingError, CALL_MS, Platform, within};
use crate::text::shorten;

/// Writes what was collected. Returns why shards did not take their part, which is lost: the journal never costs more than
/// that.
pub async fn flush(pending: &Pending, platform: &impl Platform) -> Vec<BindingError> {
    let shards = platform.shards();
    let failures = tell(pending, shards, platform).await;
    // A shard has told how many there are.
    if !failures.is_empty() && platform.shards() != shards {
        return tell(pending, platform.shards(), platform).await;
    }
    failures
}

/// Writes what was collected here so far. What cannot be written is lost.
pub(crate) async fn flush_now(platform: &impl Platform) {
    let mut taken = None;
    platform.collect(|pending| taken = Some(pending.take(Due::AtOnce)));
    if let Some(pending) = taken.filter(|pending| !pending.is_empty()) {
        let _ = flush(&pending, platform).await;
    }
}

async fn tell(pending: &Pending, shards: usize, platform: &impl Platform) -> Vec<BindingError> {
    let requests = pending.requests(shards);
    let told = requests.iter().map(|(shard, (request, notes))| {
        within(platform, CALL_MS, platform.note(*shard, request, notes))
    });
    join_all(told).await.into_iter().filter_map(Result::err).collect()
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
