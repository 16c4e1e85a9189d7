//! Messages that a queue never takes: they are set aside, so that they hold up no others, and an operator
//! decides what becomes of them.

use serde_json::{Map, Value};

use crate::limits::{MAX_KV_METADATA_BYTES, SPOOL};
use crate::platform::{BindingError, CALL_MS, KvEntry, Platform, within};
use crate::text::shorten_to;

/// What the keys of such messages begin with: no binding has this name.
pub(crate) const PREFIX: &str = "~aside/";

/// How often a queue refuses a message while it takes others, until that is set aside: once a minute.
pub const MAX_STRIKES: u64 = 5;

/// How much of a reason is kept, in characters: with four bytes each, it fits in KV's metadata.
const MAX_REASON_CHARACTERS: usize = 128;

/// Notes that a queue has refused this entry, and sets it aside when that was once too often. Tells what was
/// done.
///
/// # Errors
///
/// The spool fails.
pub(super) async fn strike(
    (key, metadata): &(String, Option<Value>),
    error: &BindingError,
    platform: &impl Platform,
) -> Result<String, BindingError> {
    let text = within(platform, CALL_MS, platform.get(SPOOL, key)).await?;
    let Some(text) = text else { return Ok("it is gone".to_owned()) };
    let known = metadata.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let strikes = known.get("refused").and_then(Value::as_u64).unwrap_or_default() + 1;
    let is_last = strikes >= MAX_STRIKES;
    let entry = KvEntry {
        key: if is_last { format!("{PREFIX}{key}") } else { key.clone() },
        value: &text,
        metadata: with_strikes(known, strikes, error),
        expiration_ttl: None,
    };
    within(platform, CALL_MS, platform.put(SPOOL, &entry)).await?;
    if !is_last {
        return Ok(error.to_string());
    }
    within(platform, CALL_MS, platform.delete(SPOOL, key)).await?;
    Ok(format!("set aside after {strikes} refusals, see /spool: {error}"))
}

/// The metadata with one strike more. Where they do not all fit, the reason goes first, which the log has; of an
/// entry that the version before wrote, all but the count may have to go.
fn with_strikes(
    known: Map<String, Value>,
    strikes: u64,
    error: &BindingError,
) -> Map<String, Value> {
    let mut counted = known;
    counted.remove("reason");
    counted.insert("refused".to_owned(), Value::from(strikes));
    let mut all = counted.clone();
    all.insert("reason".to_owned(), Value::from(shorten_to(MAX_REASON_CHARACTERS, &*error.0)));
    let fits = |metadata: &Map<_, _>| {
        serde_json::to_string(metadata).is_ok_and(|json| json.len() <= MAX_KV_METADATA_BYTES)
    };
    let count_alone = || Map::from_iter([("refused".to_owned(), Value::from(strikes))]);
    [all, counted].into_iter().find(fits).unwrap_or_else(count_alone)
}
