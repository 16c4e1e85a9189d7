//! Lists the events that could not be delivered to their HTTP destinations, and sends them again.

use elytra_events::CloudEvent;

use super::answer::{DeadLetter, DeadLetterPage, ListedDeadLetter, Redriven, Stuck};
use super::claims::OperatorClaims;
use super::error::OperatorError;
use super::query::{DEFAULT_LIMIT, OperatorQuery, is_id};
use crate::config::{Config, is_subscription_name};
use crate::large::LargeEvent;
use crate::ledger::Verdict;
use crate::limits::{CLAIMS, DEAD, DELIVERIES, MAX_DELIVERY_EVENT_BYTES};
use crate::message::{DeadMessage, DeliveryMessage, Message};
use crate::names::suggestion;
use crate::platform::{BindingError, CALL_MS, KvPage, Platform, within};

/// How many dead letters are sent again at a time. A large one needs four calls, the list one, and
/// the ledger two, which stays within the 50 calls of Cloudflare's free plan.
pub const REDRIVE_STEP: usize = 11;

/// Why a dead letter was not sent again.
enum NotSent {
    /// It can never be sent again.
    Stuck(&'static str),
    /// A binding failed.
    Failed(BindingError),
}

impl From<BindingError> for NotSent {
    fn from(error: BindingError) -> Self {
        Self::Failed(error)
    }
}

/// Checks that an id has the form of a dead letter's.
fn dead_letter_id(id: &str) -> Result<&str, OperatorError> {
    if is_id(id, is_subscription_name) {
        return Ok(id);
    }
    let expected = "id: expected the id of a dead letter, \
        <subscription>/<milliseconds>/<key>";
    Err(OperatorError::BadQuery(expected.to_owned()))
}

/// Lists dead letters, the oldest of each subscription first.
///
/// # Errors
///
/// There is no such subscription, or `DEAD` failed.
pub async fn list(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<DeadLetterPage, OperatorError> {
    let prefix = query.subscription.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let page = platform.list(DEAD, &prefix, limit, query.cursor.as_deref());
    let page = within(platform, CALL_MS, page).await;
    let page = page.map_err(OperatorError::DeadLettersFailed)?;
    check_subscription(query, &page, config)?;
    let dead_letters = page.keys.into_iter().map(|(id, metadata)| {
        let metadata = metadata.and_then(|metadata| serde_json::from_value(metadata).ok());
        ListedDeadLetter::new(id, metadata.unwrap_or_default())
    });
    let is_asked_for = |letter: &ListedDeadLetter| {
        query.cause.as_ref().is_none_or(|cause| *cause == letter.metadata.cause)
    };
    Ok(DeadLetterPage {
        dead_letters: dead_letters.filter(is_asked_for).collect(),
        cursor: page.cursor,
    })
}

/// The dead letter with this id.
///
/// # Errors
///
/// There is no such dead letter, the id is impossible, or `DEAD` failed.
pub async fn find(id: &str, platform: &impl Platform) -> Result<DeadLetter, OperatorError> {
    let id = dead_letter_id(id)?;
    let text = within(platform, CALL_MS, platform.get(DEAD, id)).await;
    let text = text.map_err(OperatorError::DeadLettersFailed)?;
    let text = text.ok_or(OperatorError::NoSuchDeadLetter)?;
    match Message::read(&text) {
        Ok(Message::Dead(why, event)) => {
            Ok(DeadLetter { id: id.to_owned(), why: why.into_owned(), event: event.to_owned() })
        }
        _ => {
            Err(OperatorError::DeadLettersFailed(BindingError(format!("{id}: not a dead letter"))))
        }
    }
}

/// Sends dead letters again: the one with this id, or the oldest of a subscription, a few at a
/// time. Each goes to the queue of its first delivery, without deduplication, and is deleted after
/// that.
///
/// # Errors
///
/// There is no such dead letter or subscription, or a binding failed. What was already sent stays
/// sent.
pub async fn redrive(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Redriven, OperatorError> {
    let (ids, cursor) = match (&query.id, &query.subscription) {
        (Some(id), None) => (vec![dead_letter_id(id)?.to_owned()], None),
        (None, Some(subscription)) => {
            let prefix = format!("{subscription}/");
            let page = platform.list(DEAD, &prefix, REDRIVE_STEP, query.cursor.as_deref());
            let page = within(platform, CALL_MS, page).await;
            let page = page.map_err(OperatorError::DeadLettersFailed)?;
            check_subscription(query, &page, config)?;
            (page.keys.into_iter().map(|(id, _)| id).collect(), page.cursor)
        }
        _ => return Err(OperatorError::BadQuery("expected either id or subscription".to_owned())),
    };
    let mut redriven = Redriven { cursor, ..Redriven::default() };
    let claims = OperatorClaims::claim("dead letter", &ids, config, platform).await;
    let claims = claims.map_err(OperatorError::DeadLettersFailed)?;
    let result = redrive_claimed(ids, &claims, query, &mut redriven, config, platform).await;
    claims.settle(&redriven.redriven, platform).await;
    result.map(|()| redriven)
}

async fn redrive_claimed(
    ids: Vec<String>,
    claims: &OperatorClaims,
    query: &OperatorQuery,
    redriven: &mut Redriven,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), OperatorError> {
    for (place, id) in ids.into_iter().enumerate() {
        match claims.verdict(place) {
            Verdict::Granted | Verdict::Uncertain => {}
            Verdict::Held => {
                // It was already sent, and either the list is out of date or the deletion failed.
                delete(&id, platform).await?;
                redriven.already_sent.push(id);
                continue;
            }
            Verdict::UnderWay => {
                redriven.under_way.push(id);
                continue;
            }
        }
        let text = within(platform, CALL_MS, platform.get(DEAD, &id)).await;
        let text = text.map_err(OperatorError::DeadLettersFailed)?;
        let Some(text) = text else {
            // The list may be out of date.
            if query.id.is_none() {
                continue;
            }
            return Err(OperatorError::NoSuchDeadLetter);
        };
        match send_again(&text, config, platform).await {
            Ok(()) => {
                redriven.redriven.push(id.clone());
                delete(&id, platform).await?;
            }
            // One that can never be sent must not hold up the others.
            Err(NotSent::Stuck(reason)) => redriven.stuck.push(Stuck { id, reason }),
            Err(NotSent::Failed(error)) => return Err(OperatorError::DeadLettersFailed(error)),
        }
    }
    Ok(())
}

/// Checks that the subscription exists or has dead letters. For a misspelled name, an empty answer
/// would say that no event failed. A subscription that was removed is still found while it has dead
/// letters.
fn check_subscription(
    query: &OperatorQuery,
    page: &KvPage,
    config: &Config,
) -> Result<(), OperatorError> {
    let Some(subscription) = &query.subscription else { return Ok(()) };
    let names = || config.subscriptions.iter().map(|subscription| &*subscription.name);
    // A page can be empty although others before or after it are not.
    let has_none = page.keys.is_empty() && page.cursor.is_none() && query.cursor.is_none();
    if !has_none || names().any(|name| name == subscription) {
        return Ok(());
    }
    let nearest = suggestion(subscription, names());
    Err(OperatorError::BadQuery(format!(
        "unknown subscription {subscription:?}, which has no dead letters either{nearest}"
    )))
}

async fn send_again(text: &str, config: &Config, platform: &impl Platform) -> Result<(), NotSent> {
    let Ok(Message::Dead(DeadMessage { subscription, accepted_at, .. }, event)) =
        Message::read(text)
    else {
        return Err(NotSent::Stuck("not a dead letter"));
    };
    let message = DeliveryMessage { subscription, accepted_at, ..DeliveryMessage::default() };
    let message = if event.len() <= MAX_DELIVERY_EVENT_BYTES {
        message.print(event)
    } else {
        // The data was stored for the first delivery, and may have expired.
        let event =
            CloudEvent::from_json(event).map_err(|_| NotSent::Stuck("not a valid event"))?;
        let ttl = config.stores.claims_expiration_ttl;
        let large = ttl.and_then(|ttl| LargeEvent::new(&event, ttl).ok());
        let large = large.filter(|large| large.message.len() <= MAX_DELIVERY_EVENT_BYTES);
        let large = large.ok_or(NotSent::Stuck("too large, and cannot be stored in CLAIMS"))?;
        within(platform, CALL_MS, platform.put(CLAIMS, &large.entry)).await?;
        message.print(&large.message)
    };
    Ok(within(platform, CALL_MS, platform.send(DELIVERIES, &[&message])).await?)
}

async fn delete(id: &str, platform: &impl Platform) -> Result<(), OperatorError> {
    let deleted = within(platform, CALL_MS, platform.delete(DEAD, id)).await;
    deleted.map_err(OperatorError::DeadLettersFailed)
}
