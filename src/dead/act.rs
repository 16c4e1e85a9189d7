//! Sends dead letters to the queue of their first delivery, or deletes them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use elytra_events::CloudEvent;
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::entry::{DeadLetterMetadata, EventIdentity};
use super::filter::LetterFilter;
use super::scan::Found;
use crate::config::Config;
use crate::journal::{Line, NewNote, Note, What};
use crate::large::LargeEvent;
use crate::ledger::Verdict;
use crate::limits::{
    CLAIMS, DEAD, DELIVERIES, MAX_CONNECTIONS, MAX_DELIVERY_EVENT_BYTES, MAX_QUEUE_EVENT_BYTES,
    MAX_SEND_BATCH_BYTES, MAX_SEND_BATCH_MESSAGES, QUEUE_METADATA_BYTES,
};
use crate::message::{DeadMessage, DeliveryMessage, Message};
use crate::operator_claims::OperatorClaims;
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// What is done to dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They are sent to `DELIVERIES`, without deduplication, and deleted after that.
    Redrive,
    /// They are deleted.
    Delete,
}

impl Action {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redrive => "redrive",
            Self::Delete => "delete",
        }
    }
}

/// A dead letter that cannot be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stuck {
    /// Its key in `DEAD`.
    pub id: String,
    /// Why it cannot be sent again.
    pub reason: &'static str,
}

/// What came of letters.
#[derive(Debug, Default)]
pub(crate) struct Acted {
    /// Those that were sent, or deleted.
    pub(crate) done: Vec<String>,
    /// Those that had been sent or deleted before, and were deleted now.
    pub(crate) already_sent: Vec<String>,
    /// Those that another request is sending or deleting.
    pub(crate) under_way: Vec<String>,
    /// Those that can never be sent.
    pub(crate) stuck: Vec<Stuck>,
    /// How many of the letters, from the first on, need no more attention.
    pub(crate) settled: usize,
    /// Whether the next one is under way elsewhere.
    pub(crate) is_blocked: bool,
}

/// Letters that are being acted on.
struct Acting<'a, P> {
    action: Action,
    by: Option<&'a str>,
    letters: &'a [Found],
    filter: &'a LetterFilter,
    config: &'a Config,
    platform: &'a P,
    /// The letters that need no more attention.
    settled: Vec<bool>,
    /// The letters to delete.
    to_delete: Vec<usize>,
    /// The messages to send, with their letters.
    batch: Vec<(usize, String)>,
    /// The values of letters that were read although a list told of them, by their places.
    read: BTreeMap<usize, Known>,
    acted: Acted,
}

/// What the journal needs to know about a letter.
struct Known {
    source: String,
    id: String,
    type_: String,
    accepted_at: u64,
}

impl Known {
    /// What the value of a letter says.
    fn read(text: &str) -> Option<Self> {
        let Ok(Message::Dead(message, event)) = Message::read(text) else { return None };
        let event = CloudEvent::from_json(event).ok()?;
        Some(Self {
            source: event.source().to_owned(),
            id: event.id().to_owned(),
            type_: event.type_().to_owned(),
            accepted_at: message.accepted_at,
        })
    }

    /// What a list says.
    fn listed(metadata: &DeadLetterMetadata) -> Option<Self> {
        let EventIdentity { id, source, type_ } = metadata.event.clone();
        let accepted_at = metadata.accepted_at;
        Some(Self { source: source?, id: id?, type_: type_.unwrap_or_default(), accepted_at })
    }
}

/// Why a letter is not sent.
enum NotSent {
    /// It can never be sent.
    Stuck(&'static str),
    /// A binding failed.
    Failed(BindingError),
}

/// Acts on letters in the name of somebody, in their order, until `end` (in milliseconds since 1970), a letter that is under way
/// elsewhere, or a failure. All are claimed in the ledger with one call. They are sent first and deleted
/// then, so a death in between can send one twice, but never lose one.
///
/// What came of them counts also if there is an error: a binding failed.
pub(crate) async fn act(
    action: Action,
    by: Option<&str>,
    letters: &[Found],
    filter: &LetterFilter,
    end: u64,
    config: &Config,
    platform: &impl Platform,
) -> (Acted, Result<(), BindingError>) {
    let ids: Vec<_> = letters.iter().map(|letter| letter.id.clone()).collect();
    let claims = match OperatorClaims::claim("dead letter", &ids, config, platform).await {
        Ok(claims) => claims,
        Err(error) => return (Acted::default(), Err(error)),
    };
    let mut acting = Acting {
        action,
        by,
        letters,
        filter,
        config,
        platform,
        settled: vec![false; letters.len()],
        to_delete: Vec::new(),
        batch: Vec::new(),
        read: BTreeMap::new(),
        acted: Acted::default(),
    };
    let prepared = acting.prepare(&claims, end).await;
    // A failure does not hold up the letters before it.
    let result = prepared.and(acting.send().await);
    if action == Action::Redrive {
        // What was sent must not be sent again, even if it cannot be deleted now.
        claims.settle(&acting.acted.done, platform).await;
    }
    let deleted = acting.delete().await;
    if action == Action::Delete {
        // A list may show for a minute what was deleted, and a redrive must not find it.
        claims.settle(&acting.acted.done, platform).await;
    }
    acting.record();
    let mut acted = acting.acted;
    acted.settled = acting.settled.iter().take_while(|settled| **settled).count();
    (acted, result.and(deleted))
}

impl<P: Platform> Acting<'_, P> {
    /// Decides what happens to each letter, and sends messages whenever a batch is full.
    async fn prepare(&mut self, claims: &OperatorClaims, end: u64) -> Result<(), BindingError> {
        let under_way = self.letters.iter().enumerate();
        let under_way = under_way.filter(|(place, _)| claims.verdict(*place) == Verdict::UnderWay);
        self.acted.under_way = under_way.map(|(_, letter)| letter.id.clone()).collect();
        for (place, letter) in self.letters.iter().enumerate() {
            if place > 0 && self.platform.now() >= end {
                break;
            }
            match claims.verdict(place) {
                Verdict::UnderWay => {
                    self.acted.is_blocked = true;
                    break;
                }
                // It was already sent, and either the list is out of date or the deletion failed.
                Verdict::Held => {
                    self.to_delete.push(place);
                    self.acted.already_sent.push(letter.id.clone());
                }
                Verdict::Granted | Verdict::Uncertain => self.prepare_one(place, letter).await?,
            }
        }
        Ok(())
    }

    async fn prepare_one(&mut self, place: usize, letter: &Found) -> Result<(), BindingError> {
        if self.action == Action::Delete && letter.is_certain {
            self.to_delete.push(place);
            return Ok(());
        }
        let text = within(self.platform, CALL_MS, self.platform.get(DEAD, &letter.id)).await?;
        // The list may be out of date.
        let text = text.filter(|text| letter.is_certain || self.filter.is_meant_in(text));
        let Some(text) = text else {
            self.settle(place);
            return Ok(());
        };
        if self.config.journal.is_some() && letter.metadata.is_none() {
            self.read.extend(Known::read(&text).map(|known| (place, known)));
        }
        if self.action == Action::Delete {
            self.to_delete.push(place);
            return Ok(());
        }
        match message(&text, self.config, self.platform).await {
            Ok(message) => {
                if !self.has_room(&message) {
                    self.send().await?;
                }
                self.batch.push((place, message));
            }
            // One that can never be sent must not hold up the others.
            Err(NotSent::Stuck(reason)) => {
                self.acted.stuck.push(Stuck { id: letter.id.clone(), reason });
                self.settle(place);
            }
            Err(NotSent::Failed(error)) => return Err(error),
        }
        Ok(())
    }

    /// Whether the batch has room for one more message.
    fn has_room(&self, message: &str) -> bool {
        let size = |message: &str| message.len() + QUEUE_METADATA_BYTES;
        let bytes: usize = self.batch.iter().map(|(_, message)| size(message)).sum();
        self.batch.len() < MAX_SEND_BATCH_MESSAGES && bytes + size(message) <= MAX_SEND_BATCH_BYTES
    }

    /// Sends the batch.
    async fn send(&mut self) -> Result<(), BindingError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let messages: Vec<_> = batch.iter().map(|(_, message)| &**message).collect();
        within(self.platform, CALL_MS, self.platform.send(DELIVERIES, &messages)).await?;
        for (place, _) in &batch {
            self.to_delete.push(*place);
            self.acted.done.extend(self.letters.get(*place).map(|letter| letter.id.clone()));
        }
        Ok(())
    }

    /// Deletes what was sent, or is only to be deleted.
    async fn delete(&mut self) -> Result<(), BindingError> {
        let places = std::mem::take(&mut self.to_delete);
        let letters = places.iter().filter_map(|place| Some((*place, self.letters.get(*place)?)));
        let deletions = letters.map(async |(place, letter)| {
            let deleted = self.platform.delete(DEAD, &letter.id);
            (place, letter, within(self.platform, CALL_MS, deleted).await)
        });
        let deleted: Vec<_> = stream::iter(deletions).buffered(MAX_CONNECTIONS).collect().await;
        let mut result = Ok(());
        for (place, letter, deleted) in deleted {
            match deleted {
                Ok(()) => {
                    self.settle(place);
                    if self.action == Action::Delete
                        && !self.acted.already_sent.contains(&letter.id)
                    {
                        self.acted.done.push(letter.id.clone());
                    }
                }
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }

    /// Notes in the journal what was done.
    fn record(&mut self) {
        if self.config.journal.is_none() {
            return;
        }
        let now = self.platform.now();
        for (place, letter) in self.letters.iter().enumerate() {
            if !self.acted.done.contains(&letter.id) {
                continue;
            }
            let listed = letter.metadata.as_ref().and_then(Known::listed);
            let Some(known) = self.read.remove(&place).or(listed) else { continue };
            let subscription = letter.id.split('/').next().unwrap_or_default().into();
            let dead_letter = Cow::Borrowed(&*letter.id);
            let by = self.by.map(Cow::Borrowed);
            let what = match self.action {
                Action::Redrive => What::Redriven { subscription, dead_letter, by },
                Action::Delete => What::Deleted { subscription, dead_letter, by },
            };
            let line = Line { at: now, what };
            let Known { source, id, type_, accepted_at } = &known;
            let new = NewNote::of_identity(source, id, type_, *accepted_at, line);
            let note = Note::new(&new);
            self.platform.collect(|pending| pending.note(note));
        }
    }

    fn settle(&mut self, place: usize) {
        if let Some(settled) = self.settled.get_mut(place) {
            *settled = true;
        }
    }
}

/// The message that delivers a letter again. The data of a large event is stored in `CLAIMS`.
async fn message(text: &str, config: &Config, platform: &impl Platform) -> Result<String, NotSent> {
    let Ok(Message::Dead(DeadMessage { subscription, accepted_at, .. }, event)) =
        Message::read(text)
    else {
        return Err(NotSent::Stuck("not a dead letter"));
    };
    let message =
        DeliveryMessage { subscription, accepted_at, redrive: true, ..DeliveryMessage::default() };
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
        let stored = within(platform, CALL_MS, platform.put(CLAIMS, &large.entry)).await;
        stored.map_err(NotSent::Failed)?;
        message.print(&large.message)
    };
    if message.len() > MAX_QUEUE_EVENT_BYTES {
        return Err(NotSent::Stuck("too large for a queue"));
    }
    Ok(message)
}
