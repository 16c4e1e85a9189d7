//! Erases what is kept about an event or an object, in steps.
//!
//! What waits elsewhere goes first, since an entry of it can refer to an event in `CLAIMS`. The journal is next, and then
//! what is left in `CLAIMS`.

use elytra_events::CloudEvent;
use serde::Serialize;

use super::error::OperatorError;
use super::query::OperatorQuery;
use crate::config::Config;
use crate::flush::flush_now;
use crate::journal::{EventFilter, EventKey, JournalRequest, Order, object_parts};
use crate::large::content_key;
use crate::ledger::{Key, ShardId};
use crate::limits::{CLAIMS, DEAD, DEAD_LETTERS, DELIVERIES, SPOOL};
use crate::message::Message;
use crate::platform::{BindingError, CALL_MS, Platform, within};
use crate::replay::ReplayRequest;
use crate::search::{Position, Search, read_event};
use crate::text::shortened;

/// How many events a step removes from the journal.
const STEP_EVENTS: usize = 50;

/// How many entries of a namespace a step reads. Each needs a call, and the free plan has 50.
const STEP_ENTRIES: usize = 20;

/// For how long a step searches, in milliseconds.
const STEP_MS: u64 = 5_000;

/// What was removed in a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Events of the journal.
    pub events: usize,
    /// Refused requests.
    pub refusals: usize,
    /// Large events in `CLAIMS`.
    pub claims: usize,
    /// Messages in `SPOOL`.
    pub spool: usize,
    /// Dead letters.
    pub dead_letters: usize,
}

/// A step of an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// What was removed.
    pub removed: Removed,
    /// What cannot be reached from here.
    pub not_reached: Vec<String>,
    /// The cursor of the next step. `None` after the last one.
    pub cursor: Option<String>,
}

/// What is erased.
enum Erased {
    /// The events about an object.
    Object { type_: String, id: String },
    /// An event.
    Event { source: String, id: String },
}

/// Where an erasure is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Spool(Option<String>),
    Dead(Option<String>),
    Journal,
    Claims(Option<String>),
}

impl Stage {
    fn read(cursor: Option<&str>) -> Option<Self> {
        let Some(cursor) = cursor else { return Some(Self::Spool(None)) };
        let (stage, rest) = cursor.split_once('.')?;
        let rest = Some(rest.to_owned()).filter(|rest| !rest.is_empty());
        match stage {
            "spool" => Some(Self::Spool(rest)),
            "dead" => Some(Self::Dead(rest)),
            "journal" => Some(Self::Journal),
            "claims" => Some(Self::Claims(rest)),
            _ => None,
        }
    }

    fn print(&self) -> String {
        let (stage, rest) = match self {
            Self::Spool(rest) => ("spool", rest.as_deref()),
            Self::Dead(rest) => ("dead", rest.as_deref()),
            Self::Journal => ("journal", None),
            Self::Claims(rest) => ("claims", rest.as_deref()),
        };
        format!("{stage}.{}", rest.unwrap_or_default())
    }
}

/// Makes a step.
///
/// # Errors
///
/// The query is invalid, or a binding failed. What was removed stays removed.
pub async fn erase(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Erasure, OperatorError> {
    let meant = what(query).map_err(OperatorError::BadQuery)?;
    let expected =
        || OperatorError::BadQuery("cursor: expected that of the step before".to_owned());
    let stage = Stage::read(query.cursor.as_deref()).ok_or_else(expected)?;
    let mut removed = Removed::default();
    let eraser = Eraser { erased: &meant, platform };
    let next = match stage {
        Stage::Spool(cursor) if config.stores.has_spool => {
            let (number, next) = eraser.entries(SPOOL, cursor.as_deref()).await?;
            removed.spool = number;
            Some(next.map_or(Stage::Dead(None), |next| Stage::Spool(Some(next))))
        }
        Stage::Spool(_) => Some(Stage::Dead(None)),
        Stage::Dead(cursor) if config.stores.has_dead_letters => {
            let (number, next) = eraser.entries(DEAD, cursor.as_deref()).await?;
            removed.dead_letters = number;
            Some(next.map_or(Stage::Journal, |next| Stage::Dead(Some(next))))
        }
        Stage::Dead(_) => Some(Stage::Journal),
        Stage::Journal => {
            let has_claims = config.stores.claims_expiration_ttl.is_some();
            let is_done = eraser.journal(has_claims, &mut removed).await?;
            let after = has_claims.then_some(Stage::Claims(None));
            if is_done { after } else { Some(Stage::Journal) }
        }
        Stage::Claims(cursor) => {
            let (number, next) = eraser.entries(CLAIMS, cursor.as_deref()).await?;
            removed.claims = number;
            next.map(|next| Stage::Claims(Some(next)))
        }
    };
    let cursor = next.map(|stage| stage.print());
    Ok(Erasure { removed, not_reached: not_reached(config), cursor })
}

/// What a query wants erased.
fn what(query: &OperatorQuery) -> Result<Erased, String> {
    match (&query.object, &query.source, &query.id) {
        (Some(object), None, None) => {
            let expected = "object: expected <objectType>/<objectId>, such as product/4711";
            let (type_, id) = object_parts(object).ok_or(expected)?;
            Ok(Erased::Object { type_: type_.to_owned(), id: id.to_owned() })
        }
        (None, Some(source), Some(id)) => {
            Ok(Erased::Event { source: source.clone(), id: id.clone() })
        }
        _ => Err("expected either object, or source and id".to_owned()),
    }
}

impl Erased {
    fn is(&self, event: &CloudEvent<'_>) -> bool {
        match self {
            Self::Event { source, id } => event.source() == source && event.id() == id,
            Self::Object { type_, id } => {
                let object = event.object();
                object.type_.as_deref() == Some(&**type_)
                    && object.id.is_some_and(|own| own.to_string() == *id)
            }
        }
    }

    fn filter(&self) -> EventFilter {
        match self {
            Self::Event { source, id } => EventFilter {
                source: Some(source.clone()),
                id: Some(id.clone()),
                ..EventFilter::default()
            },
            Self::Object { type_, id } => {
                EventFilter { object: Some(format!("{type_}/{id}")), ..EventFilter::default() }
            }
        }
    }
}

struct Eraser<'e, P> {
    erased: &'e Erased,
    platform: &'e P,
}

impl<P: Platform> Eraser<'_, P> {
    /// Deletes the entries of a page of a namespace that are meant. Returns how many, and the cursor of the next page.
    async fn entries(
        &self,
        namespace: &str,
        cursor: Option<&str>,
    ) -> Result<(usize, Option<String>), OperatorError> {
        let failed = |error: BindingError| {
            OperatorError::JournalFailed(BindingError(format!("{namespace}: {error}")))
        };
        let page = self.platform.list(namespace, "", STEP_ENTRIES, cursor);
        let page = within(self.platform, CALL_MS, page).await.map_err(failed)?;
        let mut number = 0;
        for (key, _) in &page.keys {
            let value = within(self.platform, CALL_MS, self.platform.get(namespace, key)).await;
            let Some(value) = value.map_err(failed)? else { continue };
            if self.is_meant(&value).await.map_err(failed)? {
                let deleted = self.platform.delete(namespace, key);
                within(self.platform, CALL_MS, deleted).await.map_err(failed)?;
                number += 1;
            }
        }
        Ok((number, page.cursor))
    }

    /// Whether a value is meant: an event, or a message with one. What is stored in `CLAIMS` instead of the event's data
    /// tells which object it is about.
    async fn is_meant(&self, value: &str) -> Result<bool, BindingError> {
        let text = match Message::read(value) {
            Ok(Message::Delivery(_, event) | Message::Dead(_, event)) => event,
            Ok(Message::Job(_)) => return Ok(false),
            Err(_) => value,
        };
        let Ok(event) = CloudEvent::from_json(text) else { return Ok(false) };
        if self.erased.is(&event) {
            return Ok(true);
        }
        let Some(dataref) = event.dataref() else { return Ok(false) };
        let whole = within(self.platform, CALL_MS, self.platform.get(CLAIMS, dataref.key)).await?;
        let Some(whole) = whole else { return Ok(false) };
        Ok(CloudEvent::from_json(&whole).is_ok_and(|event| self.erased.is(&event)))
    }

    /// Removes events from the journal, and their data from `CLAIMS`. Returns whether these were all.
    async fn journal(
        &self,
        has_claims: bool,
        removed: &mut Removed,
    ) -> Result<bool, OperatorError> {
        // What was collected here a moment ago must not come after this.
        flush_now(self.platform).await;
        let filter = self.erased.filter();
        let search = Search {
            filter: &filter,
            order: Order::Oldest,
            from: Position::default(),
            limit: STEP_EVENTS,
            end: self.platform.now().saturating_add(STEP_MS),
        };
        let page = search.run(self.platform).await.map_err(OperatorError::JournalFailed)?;
        let mut identities = Vec::new();
        if let Erased::Event { source, id } = self.erased {
            identities.push((shortened(source), shortened(id)));
        }
        for event in &page.events {
            let Some(key) = EventKey::parse(&event.key) else { continue };
            if has_claims {
                removed.claims += self.claims_of(&key).await?;
            }
            removed.events += self.forget(&key).await.map_err(OperatorError::JournalFailed)?;
            identities.push((event.facts.source.to_string(), event.facts.id.to_string()));
        }
        identities.dedup();
        for (source, id) in identities {
            let request = JournalRequest::EraseRefusals { source: source.into(), id: id.into() };
            let first = ShardId { number: 0, of: self.platform.shards() };
            let number = self.platform.journal::<usize>(first, &request);
            let number = within(self.platform, CALL_MS, number).await;
            removed.refusals += number.map_err(OperatorError::JournalFailed)?;
        }
        Ok(page.next.is_none())
    }

    /// Removes the row of an event, and what replays say of it.
    async fn forget(&self, key: &EventKey) -> Result<usize, BindingError> {
        let replays = ReplayRequest::Forget(key.as_str().into());
        within(self.platform, CALL_MS, self.platform.replays::<()>(&replays)).await?;
        let request = JournalRequest::Erase(vec![key.as_str().into()]);
        let shard = key.shard(self.platform.shards());
        within(self.platform, CALL_MS, self.platform.journal(shard, &request)).await
    }

    /// Deletes what is stored of an event in `CLAIMS`, whose key is a digest of its text. Returns whether it was there.
    async fn claims_of(&self, key: &EventKey) -> Result<usize, OperatorError> {
        let read = read_event(key, self.platform).await.map_err(OperatorError::JournalFailed)?;
        let Some(text) = read.and_then(|event| event.text) else { return Ok(0) };
        let Ok(event) = CloudEvent::from_json(&text) else { return Ok(0) };
        let failed = |error| OperatorError::JournalFailed(error);
        let mut number = 0;
        // Version 0.1.0 made the key of the source and the id alone.
        for key in [content_key(&event), Key::of_event(&event)] {
            let listed = self.platform.list(CLAIMS, key.as_str(), 1, None);
            let listed = within(self.platform, CALL_MS, listed).await.map_err(failed)?;
            if !listed.keys.is_empty() {
                let deleted = self.platform.delete(CLAIMS, key.as_str());
                within(self.platform, CALL_MS, deleted).await.map_err(failed)?;
                number += 1;
            }
        }
        Ok(number)
    }
}

/// What cannot be reached from here.
fn not_reached(config: &Config) -> Vec<String> {
    let destinations = config.subscriptions.iter().map(|subscription| {
        format!("{} (subscription {})", subscription.destination.describe(), subscription.name)
    });
    let queues = [DELIVERIES, DEAD_LETTERS].into_iter();
    let queues = queues.filter(|queue| config.stores.queues.iter().any(|bound| bound == queue));
    let queues = queues.map(|queue| format!("messages in the queue {queue}"));
    let log = "the Worker's log, which has the id and the object".to_owned();
    let refusals =
        "refusals of events that were invalid, since an object is not read from those".to_owned();
    let replays = "the filters of replays, of which the last 100 are kept".to_owned();
    destinations.chain(queues).chain([refusals, replays, log]).collect()
}
