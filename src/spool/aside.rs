//! Messages that a queue never takes are set aside, so that they do not block others. An operator
//! decides what happens to them.

use serde_json::{Map, Value};

use crate::limits::{MAX_KV_METADATA_BYTES, SPOOL};
use crate::platform::{BindingError, CALL_MS, KvEntry, Platform, within};
use crate::text::shorten_to;

/// The prefix of their keys, which no binding can have as its name.
pub(crate) const PREFIX: &str = "~aside/";

/// How often a queue may refuse a message while it takes others, at most once a minute, before the
/// message is set aside.
pub const MAX_REFUSALS: u64 = 5;

/// The longest reason in the metadata, in characters. Even with four bytes each, it fits.
const MAX_REASON_CHARACTERS: usize = 128;

/// Records that a queue refused this entry, and sets it aside if that was the last time. Returns
/// the text for the log.
///
/// # Errors
///
/// The spool failed.
pub(super) async fn count_refusal(
    (key, metadata): &(String, Option<Value>),
    error: &BindingError,
    platform: &impl Platform,
) -> Result<String, BindingError> {
    let text = within(platform, CALL_MS, platform.get(SPOOL, key)).await?;
    let Some(text) = text else { return Ok("no longer in the spool".to_owned()) };
    let known = metadata.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let refusals = known.get("refused").and_then(Value::as_u64).unwrap_or_default() + 1;
    let is_last = refusals >= MAX_REFUSALS;
    let entry = KvEntry {
        key: if is_last { format!("{PREFIX}{key}") } else { key.clone() },
        value: &text,
        metadata: with_refusals(known, refusals, error),
        expiration_ttl: None,
    };
    within(platform, CALL_MS, platform.put(SPOOL, &entry)).await?;
    if !is_last {
        return Ok(error.to_string());
    }
    within(platform, CALL_MS, platform.delete(SPOOL, key)).await?;
    Ok(format!("set aside after {refusals} refusals, see /spool: {error}"))
}

/// The metadata with the new count. If it does not fit, the reason is dropped first, which is also
/// in the log. An entry that the previous version wrote may lose everything but the count.
fn with_refusals(
    known: Map<String, Value>,
    refusals: u64,
    error: &BindingError,
) -> Map<String, Value> {
    let mut counted = known;
    counted.remove("reason");
    counted.insert("refused".to_owned(), Value::from(refusals));
    let mut all = counted.clone();
    all.insert("reason".to_owned(), Value::from(shorten_to(MAX_REASON_CHARACTERS, &*error.0)));
    let fits = |metadata: &Map<_, _>| {
        serde_json::to_string(metadata).is_ok_and(|json| json.len() <= MAX_KV_METADATA_BYTES)
    };
    let count_alone = || Map::from_iter([("refused".to_owned(), Value::from(refusals))]);
    [all, counted].into_iter().find(fits).unwrap_or_else(count_alone)
}
