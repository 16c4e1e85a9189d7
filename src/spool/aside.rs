//! Messages that a queue never takes: they are set aside, so that they hold up no others, and an operator
//! decides what becomes of them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::CALL_MS;
use crate::config::{Config, SPOOL};
use crate::dead_letters::{DEFAULT_LIMIT, DeadLetterQuery};
use crate::forward::{KvEntry, MAX_KV_METADATA_BYTES};
use crate::ledger::Verdict;
use crate::operator_claims::OperatorClaims;
use crate::outcome::Rejection;
use crate::platform::{BindingError, Platform, within};
use crate::text::shorten;

/// What the keys of such messages begin with: no binding has this name.
pub(super) const PREFIX: &str = "~aside/";

/// How often a queue refuses a message while it takes others, until that is set aside: once a minute.
pub const MAX_STRIKES: u64 = 5;

/// How much of a reason is kept, in characters: with four bytes each, it fits in KV's metadata.
const MAX_REASON_CHARACTERS: usize = 128;

/// Messages that were set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SetAsidePage {
    /// The messages, the oldest of each queue first.
    pub set_aside: Vec<SetAside>,
    /// Where to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// `<queue>/<milliseconds>/<digest>`: the binding of its queue, and when it was spooled.
    pub id: String,
    /// What is known of its event, how often it was `refused`, and the last `reason`.
    #[serde(flatten)]
    pub metadata: Map<String, Value>,
}

/// What an operator had done with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Its id.
    pub id: String,
    /// Whether it had been sent before, and was only deleted now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub already_sent: bool,
}

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

/// The metadata with one strike more, as far as they fit.
fn with_strikes(
    known: Map<String, Value>,
    strikes: u64,
    error: &BindingError,
) -> Map<String, Value> {
    let reason = shorten(&error.0, MAX_REASON_CHARACTERS);
    let strikes = Map::from_iter([
        ("refused".to_owned(), Value::from(strikes)),
        ("reason".to_owned(), Value::from(reason)),
    ]);
    let mut all = known;
    all.extend(strikes.clone());
    let fits = serde_json::to_string(&all).is_ok_and(|json| json.len() <= MAX_KV_METADATA_BYTES);
    if fits { all } else { strikes }
}

/// Lists what was set aside.
///
/// # Errors
///
/// The spool fails.
pub async fn list<'c>(
    query: &DeadLetterQuery,
    platform: &impl Platform,
) -> Result<SetAsidePage, Rejection<'c>> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let listed = platform.list(SPOOL, PREFIX, limit, query.cursor.as_deref());
    let page = within(platform, CALL_MS, listed).await.map_err(Rejection::SpoolFailed)?;
    let set_aside = page.keys.into_iter().map(|(key, metadata)| SetAside {
        id: key.strip_prefix(PREFIX).unwrap_or(&key).to_owned(),
        metadata: metadata.and_then(|value| value.as_object().cloned()).unwrap_or_default(),
    });
    Ok(SetAsidePage { set_aside: set_aside.collect(), cursor: page.cursor })
}

/// Sends one to its queue once more, and then deletes it.
///
/// # Errors
///
/// There is none, it is being sent at this moment, or its queue, the spool or the ledger fails.
pub async fn send<'c>(
    query: &DeadLetterQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Settled, Rejection<'c>> {
    let id = named(query)?;
    let claims =
        OperatorClaims::claim("set aside", std::slice::from_ref(&id), config, platform).await;
    let claims = claims.map_err(Rejection::SpoolFailed)?;
    let already_sent = match claims.verdict(0) {
        Verdict::Granted | Verdict::Uncertain => false,
        Verdict::Held => true,
        Verdict::UnderWay => return Err(Rejection::MessageUnderWay),
    };
    if already_sent {
        let deleted = within(platform, CALL_MS, platform.delete(SPOOL, &key_of(&id))).await;
        return deleted.map(|()| Settled { id, already_sent }).map_err(Rejection::SpoolFailed);
    }
    let sent = send_claimed(&id, config, platform).await;
    let is_sent = sent.is_ok();
    let held = if is_sent { std::slice::from_ref(&id) } else { &[] };
    claims.settle(held, platform).await;
    sent?;
    within(platform, CALL_MS, platform.delete(SPOOL, &key_of(&id)))
        .await
        .map_err(Rejection::SpoolFailed)?;
    Ok(Settled { id, already_sent })
}

async fn send_claimed<'c>(
    id: &str,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), Rejection<'c>> {
    let text = within(platform, CALL_MS, platform.get(SPOOL, &key_of(id))).await;
    let text = text.map_err(Rejection::SpoolFailed)?.ok_or(Rejection::NoSuchMessage)?;
    let (queue, _) = id.split_once('/').unwrap_or((id, ""));
    if !config.queues.iter().any(|bound| bound == queue) {
        return Err(Rejection::SpoolFailed(BindingError(format!(
            "no queue is bound as {queue:?}"
        ))));
    }
    let sent = within(platform, CALL_MS, platform.send(queue, &[&text])).await;
    sent.map_err(Rejection::SpoolFailed)
}

/// Deletes one: its event is lost, as the operator wants it.
///
/// # Errors
///
/// There is none, or the spool fails.
pub async fn delete<'c>(
    query: &DeadLetterQuery,
    platform: &impl Platform,
) -> Result<Settled, Rejection<'c>> {
    let id = named(query)?;
    let text = within(platform, CALL_MS, platform.get(SPOOL, &key_of(&id))).await;
    text.map_err(Rejection::SpoolFailed)?.ok_or(Rejection::NoSuchMessage)?;
    let deleted = within(platform, CALL_MS, platform.delete(SPOOL, &key_of(&id))).await;
    deleted.map(|()| Settled { id, already_sent: false }).map_err(Rejection::SpoolFailed)
}

fn named<'c>(query: &DeadLetterQuery) -> Result<String, Rejection<'c>> {
    query.id.clone().ok_or_else(|| Rejection::BadQuery("id: missing".to_owned()))
}

fn key_of(id: &str) -> String {
    format!("{PREFIX}{id}")
}
