//! The claim check, for events that are too large for a queue message. The event is stored in KV, and the
//! message is the same event with the extension `dataref` instead of its data (CloudEvents, extension
//! "Dataref").

use std::fmt;

use elytra_events::http::Mode;
use elytra_events::{
    AttributeValue, CloudEvent, Data, DataRef, InvalidEvent, InvalidEvents, Problem, Violation,
};

use crate::ledger::Key;
use crate::limits::CLAIMS;
use crate::platform::{KvEntry, KvMetadata};

/// A large event: what is stored, and what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeEvent<'e> {
    /// The whole event, under a key that is a digest of it.
    pub entry: KvEntry<'e>,
    /// The event with `dataref` instead of its data.
    pub message: String,
}

/// Why an event is too large, even with a claim check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooLarge {
    /// It exceeds what the destination, or `CLAIMS` for it, can hold.
    ForDestination,
    /// No KV namespace is bound as `CLAIMS`.
    NoClaims,
    /// It already has a `dataref`.
    HasDataref,
    /// It is too large even without its data.
    WithoutData,
}

impl<'e> LargeEvent<'e> {
    /// Prepares an event to be stored for `expiration_ttl` seconds.
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

/// The whole event that a message refers to, read from what is stored under its key. Beyond the checks of
/// [`CloudEvent::whole`], the event must match the key.
///
/// # Errors
///
/// What is stored is a different event, or not an event.
pub(crate) fn whole<'s>(
    message: &CloudEvent<'_>,
    stored: &'s str,
) -> Result<CloudEvent<'s>, ClaimMismatch> {
    let whole = message.whole(stored).map_err(ClaimMismatch::OtherEvent)?;
    // In messages of version 0.1.0, the key is a digest of only the source and the id.
    let keys = [content_key(&whole), Key::of_event(&whole)];
    let dataref = message.dataref();
    if dataref.is_none_or(|dataref| keys.iter().all(|key| key.as_str() != dataref.key)) {
        return Err(ClaimMismatch::OtherContent);
    }
    Ok(whole)
}

/// Why the stored event is not the one that a message refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimMismatch {
    /// It is a different event, or not an event.
    OtherEvent(elytra_events::NotWhole),
    /// It does not match the key.
    OtherContent,
}

impl fmt::Display for ClaimMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherEvent(why) => why.fmt(f),
            Self::OtherContent => f.write_str("the stored event does not match its key"),
        }
    }
}

/// The key of an event in `CLAIMS`. It is a digest of the whole event, so another event with the same `source`
/// and `id` can neither find nor replace it.
pub(crate) fn content_key(event: &CloudEvent<'_>) -> Key {
    Key::of(&["claim", event.source(), event.id(), event.as_json()])
}

/// Refuses events whose `dataref` refers to `CLAIMS`, because it could expose the data of other events.
///
/// # Errors
///
/// All such events.
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

/// Whether a `dataref` refers to `CLAIMS`. The scheme is case-insensitive (RFC 3986 section 3.1).
fn is_to_claims(text: &str) -> bool {
    let Some((scheme, path)) = text.split_at_checked(DataRef::SCHEME.len()) else { return false };
    scheme.eq_ignore_ascii_case(DataRef::SCHEME)
        && path
            .strip_prefix(CLAIMS)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '?']))
}
