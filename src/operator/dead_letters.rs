//! Lists the events that could not be delivered to their HTTP destinations, sends them again, and deletes
//! them.

use super::answer::{
    DeadLetter, DeadLetterPage, DeletedLetters, JobView, ListedDeadLetter, Redriven,
};
use super::error::OperatorError;
use super::query::{DEFAULT_LIMIT, OperatorQuery, is_id};
use crate::config::{Config, is_subscription_name};
use crate::dead::{Acted, Action, Found, LetterFilter, Position, Scan, act, scan};
use crate::jobs::{self, Job, Next, STEP_MS, step};
use crate::limits::DEAD;
use crate::message::Message;
use crate::names::suggestion;
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// How many pages of keys a list looks at.
pub const LIST_PAGES: usize = 20;

/// For how long a list looks, in milliseconds.
const LIST_MS: u64 = 10_000;

/// How many values a list reads, to compare an id that is too long for metadata.
const LIST_VALUES: usize = 100;

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
    let filter = query.filter();
    if query.cursor.is_none() {
        check_subscription(&filter, config, platform).await?;
    }
    let from = query.cursor.as_deref().map(Position::from_text).unwrap_or_default();
    let letters = query.limit.unwrap_or(DEFAULT_LIMIT);
    let end = platform.now().saturating_add(LIST_MS);
    let how_far = Scan { letters, lists: LIST_PAGES, end };
    let scanned = scan(&filter, &from, how_far, platform).await;
    let mut scanned = scanned.map_err(OperatorError::DeadLettersFailed)?;
    let mut dead_letters = Vec::with_capacity(scanned.found.len());
    let mut values = 0;
    for Found { id, metadata, is_certain, before, .. } in scanned.found {
        if !is_certain {
            if values == LIST_VALUES {
                scanned.next = Some(before);
                break;
            }
            values += 1;
            let value = within(platform, CALL_MS, platform.get(DEAD, &id)).await;
            let value = value.map_err(OperatorError::DeadLettersFailed)?;
            if !value.is_some_and(|value| filter.is_meant_in(&value)) {
                continue;
            }
        }
        dead_letters.push(ListedDeadLetter::new(id, metadata.unwrap_or_default()));
    }
    Ok(DeadLetterPage { dead_letters, cursor: scanned.next.map(|next| next.to_text()) })
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

/// Sends dead letters again: the one with this id, or all that are meant. Each goes to the queue of its
/// first delivery, without deduplication, and is deleted after that.
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
    let (Acted { done, already_sent, under_way, stuck, .. }, job) =
        change(Action::Redrive, query, config, platform).await?;
    Ok(Redriven { redriven: done, already_sent, under_way, stuck, cursor: None, job })
}

/// Deletes dead letters: the one with this id, or all that are meant. Their events are lost, as the
/// operator wants.
///
/// # Errors
///
/// There is no such dead letter or subscription, or a binding failed. What was already deleted stays
/// deleted.
pub async fn delete(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<DeletedLetters, OperatorError> {
    let (Acted { done, already_sent, under_way, .. }, job) =
        change(Action::Delete, query, config, platform).await?;
    Ok(DeletedLetters { deleted: done, already_sent, under_way, job })
}

/// Does something to one dead letter, or to all that are meant.
async fn change(
    action: Action,
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<(Acted, Option<JobView>), OperatorError> {
    let filter = query.filter();
    match &query.id {
        Some(id) if filter.is_empty() => {
            let acted = change_one(action, dead_letter_id(id)?, query, config, platform).await?;
            Ok((acted, None))
        }
        None if !filter.is_empty() => {
            check_subscription(&filter, config, platform).await?;
            let (acted, job) = start(action, filter, query, config, platform).await?;
            Ok((acted, Some(JobView::new(&job))))
        }
        _ => Err(OperatorError::BadQuery(
            "expected either id, or at least one of subscription, cause, event, since and until"
                .to_owned(),
        )),
    }
}

async fn change_one(
    action: Action,
    id: &str,
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Acted, OperatorError> {
    let letter = Found {
        id: id.to_owned(),
        metadata: None,
        // What is not there cannot be deleted: its value must be looked at.
        is_certain: false,
        before: Position::default(),
        looked_at: 0,
    };
    let end = platform.now().saturating_add(STEP_MS);
    let all = LetterFilter::default();
    let (acted, result) =
        act(action, query.by.as_deref(), &[letter], &all, end, config, platform).await;
    result.map_err(OperatorError::DeadLettersFailed)?;
    let is_missing = acted.done.is_empty()
        && acted.already_sent.is_empty()
        && acted.under_way.is_empty()
        && acted.stuck.is_empty();
    if is_missing { Err(OperatorError::NoSuchDeadLetter) } else { Ok(acted) }
}

/// Starts a job: makes its first step, and sends the message of the next one.
async fn start(
    action: Action,
    filter: LetterFilter,
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<(Acted, Job), OperatorError> {
    let mut job = Job::new(action, filter, query.by.clone(), platform.now());
    let (acted, next) = step(&mut job, config, platform).await;
    // Without a message there is no job. What was done is done, and the operator can ask again.
    let next = next.map_err(OperatorError::DeadLettersFailed)?;
    send(&mut job, next, platform).await.map_err(OperatorError::DeadLettersFailed)?;
    Ok((acted, job))
}

/// Sends the message of a job's next step, if there is one, and publishes the job. If it cannot be
/// published now, it is after a later step.
///
/// # Errors
///
/// `DELIVERIES` failed.
pub(super) async fn send(
    job: &mut Job,
    next: Next,
    platform: &impl Platform,
) -> Result<(), BindingError> {
    // The message says that it was published.
    job.published_at = platform.now();
    jobs::send_next(job, next, platform).await?;
    let _ = jobs::write(job, platform).await;
    Ok(())
}

/// Checks that the subscription exists or has dead letters. For a misspelled name, an empty answer
/// would say that no event failed. A subscription that was removed is still found while it has dead
/// letters.
async fn check_subscription(
    filter: &LetterFilter,
    config: &Config,
    platform: &impl Platform,
) -> Result<(), OperatorError> {
    let Some(subscription) = &filter.subscription else { return Ok(()) };
    let names = || config.subscriptions.iter().map(|subscription| &*subscription.name);
    if names().any(|name| name == subscription) {
        return Ok(());
    }
    let prefix = format!("{subscription}/");
    let page = platform.list(DEAD, &prefix, 1, None);
    let page = within(platform, CALL_MS, page).await.map_err(OperatorError::DeadLettersFailed)?;
    // A page can be empty although others after it are not.
    if !page.keys.is_empty() || page.cursor.is_some() {
        return Ok(());
    }
    let nearest = suggestion(subscription, names());
    Err(OperatorError::BadQuery(format!(
        "unknown subscription {subscription:?}, which has no dead letters either{nearest}"
    )))
}
