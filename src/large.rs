//! Events that are larger than a queue's message: the claim check. The event is stored, and the
//! message is the same event without its data, with the extension `dataref` instead
//! (CloudEvents, extension "Dataref").

use std::fmt;

use elytra_events::http::Mode;
use elytra_events::{
    AttributeValue, CloudEvent, Data, DataRef, InvalidEvent, InvalidEvents, Problem, Violation,
};

use crate::ledger::Key;
use crate::limits::CLAIMS;
use crate::platform::{KvEntry, KvMetadata};

/// A large event: what is stored of it, and what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeEvent<'e> {
    /// The whole event, under a key that is made from all of it.
    pub entry: KvEntry<'e>,
    /// The event without its data, and with `dataref`.
    pub message: String,
}

/// Why an event that is larger than its destination takes cannot be stored beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// It is more than what is stored beside the destination, or is the destination, can hold.
    ForDestination,
    /// There is no namespace bound as `CLAIMS`.
    NoClaims,
    /// It has a `dataref` of its own.
    HasDataref,
    /// It is too large without its data as well.
    WithoutData,
}

impl<'e> LargeEvent<'e> {
    /// An event that is to be stored for so many seconds.
    ///
    /// # Errors
    ///
    /// Why the event cannot be sent without its data.
    pub fn new(event: &'e CloudEvent<'_>, expiration_ttl: u64) -> Result<Self, TooLarge> {
        if event.extension(DataRef::ATTRIBUTE).is_some() {
            return Err(TooLarge::HasDataref);
        }
        let member = match event.data() {
            Some(Data::Json(_)) => "data",
            Some(Data::Base64(_)) => "data_base64",
            None => return Err(TooLarge::WithoutData),
        };
        let key = content_key(event).as_str().to_owned();
        let message = event.with_dataref(&format!("{}{CLAIMS}/{key}#/{member}", DataRef::SCHEME));
        let entry = KvEntry {
            key,
            value: event.as_json(),
            metadata: KvMetadata::of_digest(event),
            expiration_ttl: Some(expiration_ttl),
        };
        Ok(Self { entry, message })
    }
}

/// The whole event that a message refers to, from what is stored there. Beyond what
/// [`CloudEvent::whole`] checks, it must be what the key was made from.
///
/// # Errors
///
/// It is not the same event, or none at all.
pub(crate) fn whole<'s>(
    message: &CloudEvent<'_>,
    stored: &'s str,
) -> Result<CloudEvent<'s>, ClaimMismatch> {
    let whole = message.whole(stored).map_err(ClaimMismatch::OtherEvent)?;
    // Messages of version 0.1.0 refer to the event by its source and id alone.
    let keys = [content_key(&whole), Key::of_event(&whole)];
    let dataref = message.dataref();
    if dataref.is_none_or(|dataref| keys.iter().all(|key| key.as_str() != dataref.key)) {
        return Err(ClaimMismatch::OtherContent);
    }
    Ok(whole)
}

/// Why what is stored is not the event that a message refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimMismatch {
    /// It is another event, or none.
    OtherEvent(elytra_events::NotWhole),
    /// It is not what was stored under this key.
    OtherContent,
}

impl fmt::Display for ClaimMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherEvent(why) => why.fmt(f),
            Self::OtherContent => f.write_str("what is stored is not what the key was made from"),
        }
    }
}

/// The key of an event in `CLAIMS`: of all that it has, so that another event with the same `source` and
/// `id` neither finds nor replaces it.
fn content_key(event: &CloudEvent<'_>) -> Key {
    Key::of(&["claim", event.source(), event.id(), event.as_json()])
}

/// Refuses events whose sender lets them refer to `CLAIMS`: what lies there is other events' data.
///
/// # Errors
///
/// All events that do.
pub(crate) fn check_datarefs(events: &[CloudEvent<'_>], mode: Mode) -> Result<(), InvalidEvents> {
    let refers = |event: &CloudEvent<'_>| matches!(event.extension(DataRef::ATTRIBUTE), Some(AttributeValue::String(text)) if is_to_claims(text));
    let refused = events.iter().enumerate().filter(|(_, event)| refers(event));
    let refused: Vec<_> = refused
        .map(|(index, event)| InvalidEvent {
            index: (mode == Mode::Batch).then_some(index),
            id: Some(event.id().to_owned()),
            source: Some(event.source().to_owned()),
            type_: Some(event.type_().to_owned()),
            violations: vec![Violation {
                attribute: Some(DataRef::ATTRIBUTE.to_owned()),
                problem: Problem::ReservedDataref,
            }],
            left_out: 0,
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(InvalidEvents::Invalid(refused)) }
}

/// Whether a reference leads there; the case of a scheme does not count (RFC 3986 section 3.1).
fn is_to_claims(text: &str) -> bool {
    let Some((scheme, path)) = text.split_at_checked(DataRef::SCHEME.len()) else { return false };
    scheme.eq_ignore_ascii_case(DataRef::SCHEME)
        && path
            .strip_prefix(CLAIMS)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '?']))
}
