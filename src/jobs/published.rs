//! What is published of jobs in `DEAD`, so that operators see how far they have come, and what operators
//! order.

use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::Job;
use crate::limits::{DEAD, MAX_CONNECTIONS};
use crate::platform::{BindingError, CALL_MS, KvEntry, Platform, within};

/// The prefix of the keys of jobs, which no subscription can have as its name.
const JOBS: &str = ".jobs/";

/// The prefix of the keys of orders.
const CONTROL: &str = ".jobs-control/";

/// For how many seconds jobs and orders are kept: a week.
const EXPIRATION_TTL: u64 = 7 * 24 * 3_600;

/// The end of the time that fits in a key: in the year 2286.
const LAST_MS: u64 = 9_999_999_999_999;

/// The shortest time between two writes of the same key in KV, in milliseconds.
const WRITE_MS: u64 = 1_000;

/// What an operator ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Control {
    /// The run that counts. The messages of earlier ones mean nothing.
    pub(crate) run: u32,
    /// Whether to stop this run.
    pub(crate) is_stopped: bool,
}

/// The metadata of keys that have none.
#[derive(Serialize)]
struct NoMetadata {}

/// The key of a job: the newest is listed first.
fn job_key(id: &str) -> String {
    let (started_at, digest) = id.split_once('/').unwrap_or((id, ""));
    let started_at = started_at.parse().unwrap_or_default();
    format!("{JOBS}{:013}/{digest}", LAST_MS.saturating_sub(started_at))
}

/// Publishes how far a job has come. KV refuses to write a key twice within a second, so this may wait as
/// long.
///
/// # Errors
///
/// `DEAD` failed.
pub(crate) async fn publish(job: &mut Job, platform: &impl Platform) -> Result<(), BindingError> {
    let since = platform.now().saturating_sub(job.published_at);
    if since < WRITE_MS {
        platform.sleep(WRITE_MS - since).await;
    }
    job.published_at = platform.now();
    write(job, platform).await
}

/// Publishes a job as it is.
///
/// # Errors
///
/// `DEAD` failed.
pub(crate) async fn write(job: &Job, platform: &impl Platform) -> Result<(), BindingError> {
    let entry = KvEntry {
        key: job_key(&job.id),
        value: &job.print(),
        metadata: NoMetadata {},
        expiration_ttl: Some(EXPIRATION_TTL),
    };
    within(platform, CALL_MS, platform.put(DEAD, &entry)).await
}

/// The job with this id, as it was last published.
///
/// # Errors
///
/// `DEAD` failed, or holds something else.
pub(crate) async fn find(id: &str, platform: &impl Platform) -> Result<Option<Job>, BindingError> {
    let text = within(platform, CALL_MS, platform.get(DEAD, &job_key(id))).await?;
    let read = |text: String| {
        Job::read(&text).map_err(|error| BindingError(format!("{id}: not a job: {error}")))
    };
    text.map(read).transpose()
}

/// The jobs, the newest first, at most so many, and the cursor of the next ones.
///
/// # Errors
///
/// `DEAD` failed, or holds something else.
pub(crate) async fn list(
    limit: usize,
    cursor: Option<&str>,
    platform: &impl Platform,
) -> Result<(Vec<Job>, Option<String>), BindingError> {
    let page = within(platform, CALL_MS, platform.list(DEAD, JOBS, limit, cursor)).await?;
    let reads = page.keys.iter().map(async |(key, _)| {
        let text = within(platform, CALL_MS, platform.get(DEAD, key)).await?;
        Ok(text.and_then(|text| Job::read(&text).ok()))
    });
    let jobs: Vec<_> = stream::iter(reads).buffered(MAX_CONNECTIONS).collect().await;
    // One that has expired since is left out, and one that only a later version can read.
    let jobs = jobs.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok((jobs, page.cursor))
}

/// What operators ordered last about a job. KV may take a minute to show it everywhere.
///
/// # Errors
///
/// `DEAD` failed.
pub(crate) async fn control(id: &str, platform: &impl Platform) -> Result<Control, BindingError> {
    let key = format!("{CONTROL}{id}");
    let text = within(platform, CALL_MS, platform.get(DEAD, &key)).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Orders something.
///
/// # Errors
///
/// `DEAD` failed.
pub(crate) async fn order(
    id: &str,
    control: Control,
    platform: &impl Platform,
) -> Result<(), BindingError> {
    let entry = KvEntry {
        key: format!("{CONTROL}{id}"),
        // Cannot fail: it is a struct.
        value: &serde_json::to_string(&control).unwrap_or_default(),
        metadata: NoMetadata {},
        expiration_ttl: Some(EXPIRATION_TTL),
    };
    within(platform, CALL_MS, platform.put(DEAD, &entry)).await
}
