//! Messages that no queue takes: operators can list, send and delete them.

use super::answer::{SetAside, SetAsidePage, Settled};
use super::error::OperatorError;
use super::query::{DEFAULT_LIMIT, OperatorQuery, is_id};
use crate::config::Config;
use crate::ledger::Verdict;
use crate::limits::{MAX_KV_KEY_BYTES, SPOOL};
use crate::operator_claims::OperatorClaims;
use crate::platform::{BindingError, CALL_MS, Platform, within};
use crate::spool::aside::PREFIX;

/// Lists the messages that were set aside.
///
/// # Errors
///
/// The spool failed.
pub async fn list(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<SetAsidePage, OperatorError> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let listed = platform.list(SPOOL, PREFIX, limit, query.cursor.as_deref());
    let page = within(platform, CALL_MS, listed).await.map_err(OperatorError::SpoolFailed)?;
    let set_aside = page
        .keys
        .into_iter()
        .map(|(key, metadata)| SetAside::new(key.strip_prefix(PREFIX).unwrap_or(&key), metadata));
    Ok(SetAsidePage { set_aside: set_aside.collect(), cursor: page.cursor })
}

/// Sends a message to its queue, and then deletes it.
///
/// # Errors
///
/// There is no such message, another request is handling it, or its queue, the spool or the ledger
/// failed.
pub async fn send(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Settled, OperatorError> {
    let id = named(query)?;
    let (claims, already_sent) = claim(&id, config, platform).await?;
    if !already_sent {
        let sent = send_claimed(&id, config, platform).await;
        let held = if sent.is_ok() { std::slice::from_ref(&id) } else { &[] };
        claims.settle(held, platform).await;
        sent?;
    }
    let deleted = within(platform, CALL_MS, platform.delete(SPOOL, &key_of(&id))).await;
    deleted.map(|()| Settled { id, already_sent }).map_err(OperatorError::SpoolFailed)
}

/// Claims a message, and returns whether it has already been sent.
async fn claim(
    id: &String,
    config: &Config,
    platform: &impl Platform,
) -> Result<(OperatorClaims, bool), OperatorError> {
    let claims = OperatorClaims::claim("set aside", std::slice::from_ref(id), config, platform);
    let claims = claims.await.map_err(OperatorError::SpoolFailed)?;
    match claims.verdict(0) {
        Verdict::Granted | Verdict::Uncertain => Ok((claims, false)),
        Verdict::Held => Ok((claims, true)),
        Verdict::UnderWay => Err(OperatorError::MessageUnderWay),
    }
}

async fn send_claimed(
    id: &str,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), OperatorError> {
    let text = find(id, platform).await?;
    let (queue, _) = id.split_once('/').unwrap_or((id, ""));
    if !config.stores.queues.iter().any(|bound| bound == queue) {
        return Err(OperatorError::SpoolFailed(BindingError(format!(
            "no queue is bound as {queue:?}"
        ))));
    }
    let sent = within(platform, CALL_MS, platform.send(queue, &[&text])).await;
    sent.map_err(OperatorError::SpoolFailed)
}

/// Deletes a message. Unless it was sent before, its event is lost, as the operator wants.
///
/// # Errors
///
/// There is no such message, another request is handling it, or the spool or the ledger failed.
pub async fn delete(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Settled, OperatorError> {
    let id = named(query)?;
    let (claims, already_sent) = claim(&id, config, platform).await?;
    let deleted = delete_claimed(&id, platform).await;
    if !already_sent {
        claims.settle(&[], platform).await;
    }
    deleted.map(|()| Settled { id, already_sent })
}

async fn delete_claimed(id: &str, platform: &impl Platform) -> Result<(), OperatorError> {
    find(id, platform).await?;
    let deleted = within(platform, CALL_MS, platform.delete(SPOOL, &key_of(id))).await;
    deleted.map_err(OperatorError::SpoolFailed)
}

/// The text of a message.
async fn find(id: &str, platform: &impl Platform) -> Result<String, OperatorError> {
    let text = within(platform, CALL_MS, platform.get(SPOOL, &key_of(id))).await;
    text.map_err(OperatorError::SpoolFailed)?.ok_or(OperatorError::NoSuchMessage)
}

/// The id in the query, if it has the right form.
fn named(query: &OperatorQuery) -> Result<String, OperatorError> {
    let id = query.id.clone().ok_or_else(|| OperatorError::BadQuery("id: missing".to_owned()))?;
    // A binding can have a name that no subscription can have.
    if is_id(&id, |queue| !queue.is_empty()) && key_of(&id).len() <= MAX_KV_KEY_BYTES {
        return Ok(id);
    }
    let expected = "id: expected the id of a message in /spool, <queue>/<milliseconds>/<digest>";
    Err(OperatorError::BadQuery(expected.to_owned()))
}

fn key_of(id: &str) -> String {
    format!("{PREFIX}{id}")
}
