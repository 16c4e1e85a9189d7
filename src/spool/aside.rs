//! Messages that a queue never takes: they are set aside, so that they hold up no others, and an operator
//! decides what becomes of them.

use serde_json::{Map, Value};

use crate::config::Config;
use crate::ledger::Verdict;
use crate::limits::{MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES, SPOOL};
use crate::operator::{DEFAULT_LIMIT, OperatorQuery, SetAside, SetAsidePage, Settled, is_id};
use crate::operator_claims::OperatorClaims;
use crate::outcome::Rejection;
use crate::platform::{BindingError, CALL_MS, KvEntry, Platform, within};
use crate::text::shorten_to;

/// What the keys of such messages begin with: no binding has this name.
pub(super) const PREFIX: &str = "~aside/";

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

/// Lists what was set aside.
///
/// # Errors
///
/// The spool fails.
pub async fn list<'c>(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<SetAsidePage, Rejection<'c>> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let listed = platform.list(SPOOL, PREFIX, limit, query.cursor.as_deref());
    let page = within(platform, CALL_MS, listed).await.map_err(Rejection::SpoolFailed)?;
    let set_aside = page
        .keys
        .into_iter()
        .map(|(key, metadata)| SetAside::new(key.strip_prefix(PREFIX).unwrap_or(&key), metadata));
    Ok(SetAsidePage { set_aside: set_aside.collect(), cursor: page.cursor })
}

/// Sends one to its queue once more, and then deletes it.
///
/// # Errors
///
/// There is none, it is being sent at this moment, or its queue, the spool or the ledger fails.
pub async fn send<'c>(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Settled, Rejection<'c>> {
    let id = named(query)?;
    let (claims, already_sent) = claim(&id, config, platform).await?;
    if !already_sent {
        let sent = send_claimed(&id, config, platform).await;
        let held = if sent.is_ok() { std::slice::from_ref(&id) } else { &[] };
        claims.settle(held, platform).await;
        sent?;
    }
    let deleted = within(platform, CALL_MS, platform.delete(SPOOL, &key_of(&id))).await;
    deleted.map(|()| Settled { id, already_sent }).map_err(Rejection::SpoolFailed)
}

/// Claims one, which may have been sent before.
async fn claim<'c>(
    id: &String,
    config: &Config,
    platform: &impl Platform,
) -> Result<(OperatorClaims, bool), Rejection<'c>> {
    let claims = OperatorClaims::claim("set aside", std::slice::from_ref(id), config, platform);
    let claims = claims.await.map_err(Rejection::SpoolFailed)?;
    match claims.verdict(0) {
        Verdict::Granted | Verdict::Uncertain => Ok((claims, false)),
        Verdict::Held => Ok((claims, true)),
        Verdict::UnderWay => Err(Rejection::MessageUnderWay),
    }
}

async fn send_claimed<'c>(
    id: &str,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), Rejection<'c>> {
    let text = find(id, platform).await?;
    let (queue, _) = id.split_once('/').unwrap_or((id, ""));
    if !config.queues.iter().any(|bound| bound == queue) {
        return Err(Rejection::SpoolFailed(BindingError(format!(
            "no queue is bound as {queue:?}"
        ))));
    }
    let sent = within(platform, CALL_MS, platform.send(queue, &[&text])).await;
    sent.map_err(Rejection::SpoolFailed)
}

/// Deletes one: unless it was sent before, its event is lost, as the operator wants it.
///
/// # Errors
///
/// There is none, it is being sent at this moment, or the spool or the ledger fails.
pub async fn delete<'c>(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Settled, Rejection<'c>> {
    let id = named(query)?;
    let (claims, already_sent) = claim(&id, config, platform).await?;
    let deleted = delete_claimed(&id, platform).await;
    if !already_sent {
        claims.settle(&[], platform).await;
    }
    deleted.map(|()| Settled { id, already_sent })
}

async fn delete_claimed<'c>(id: &str, platform: &impl Platform) -> Result<(), Rejection<'c>> {
    find(id, platform).await?;
    let deleted = within(platform, CALL_MS, platform.delete(SPOOL, &key_of(id))).await;
    deleted.map_err(Rejection::SpoolFailed)
}

/// The text of one.
async fn find<'c>(id: &str, platform: &impl Platform) -> Result<String, Rejection<'c>> {
    let text = within(platform, CALL_MS, platform.get(SPOOL, &key_of(id))).await;
    text.map_err(Rejection::SpoolFailed)?.ok_or(Rejection::NoSuchMessage)
}

/// The id that is asked for, if it can be one.
fn named<'c>(query: &OperatorQuery) -> Result<String, Rejection<'c>> {
    let id = query.id.clone().ok_or_else(|| Rejection::BadQuery("id: missing".to_owned()))?;
    // A binding may have a name that no subscription can have.
    if is_id(&id, |queue| !queue.is_empty()) && key_of(&id).len() <= MAX_KV_KEY_BYTES {
        return Ok(id);
    }
    let expected = "id: expected one as /spool gives it, <queue>/<milliseconds>/<digest>";
    Err(Rejection::BadQuery(expected.to_owned()))
}

fn key_of(id: &str) -> String {
    format!("{PREFIX}{id}")
}
