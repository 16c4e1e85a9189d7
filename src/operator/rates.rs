//! How many events came, minute by minute, for the console's picture.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::OperatorError;
use super::query::OperatorQuery;
use super::shards::of_all;
use crate::counts::{MINUTE_MS, MINUTES_MS, RATED};
use crate::journal::{JournalRequest, Rate};
use crate::platform::Platform;
use crate::when::to_rfc3339;

/// Since when rates are told, unless the query says: for an hour, in milliseconds.
const DEFAULT_SINCE_MS: u64 = 3_600_000;

/// How many steps an answer has at most.
const MAX_STEPS: u64 = 1_500;

/// How many events came in each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RatesView {
    /// When the first step began, in RFC 3339.
    pub since_time: String,
    /// The length of a step, in seconds.
    pub step_seconds: u64,
    /// What is told apart: the code of the answer, or `refused`.
    pub codes: [&'static str; RATED.len()],
    /// The steps in which something came, in order.
    pub rates: Vec<RateView>,
}

/// How many events came in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RateView {
    /// When it began, in RFC 3339.
    pub time: String,
    /// How many, unless none.
    pub numbers: BTreeMap<&'static str, u64>,
}

/// How many events came since a time.
///
/// # Errors
///
/// The query is invalid, or the journal failed.
pub async fn list(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<RatesView, OperatorError> {
    let now = platform.now();
    let step = query.step.unwrap_or(1);
    let since = query.since.unwrap_or(now.saturating_sub(DEFAULT_SINCE_MS));
    let first = since / MINUTE_MS / step * step;
    if now.saturating_sub(since) > MINUTES_MS
        || (now / MINUTE_MS).saturating_sub(first) / step > MAX_STEPS
    {
        return Err(OperatorError::BadQuery(format!(
            "since: expected a time of the last 8 days, and at most {MAX_STEPS} steps"
        )));
    }
    let request = JournalRequest::Rates { since: first * MINUTE_MS, step };
    let of_shards: Vec<Vec<Rate>> =
        of_all(&request, platform).await.map_err(OperatorError::JournalFailed)?;
    let mut steps: BTreeMap<u64, BTreeMap<&'static str, u64>> = BTreeMap::new();
    for (minute, rated) in of_shards.into_iter().flatten() {
        let numbers = steps.entry(minute).or_default();
        for (code, count) in RATED.into_iter().zip(rated).filter(|(_, count)| *count > 0) {
            let sum = numbers.entry(code).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let view = |(minute, numbers): (u64, _)| RateView {
        time: to_rfc3339(minute.saturating_mul(MINUTE_MS)),
        numbers,
    };
    Ok(RatesView {
        since_time: to_rfc3339(first * MINUTE_MS),
        step_seconds: step * 60,
        codes: RATED,
        rates: steps.into_iter().map(view).collect(),
    })
}
