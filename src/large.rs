//! Events that are larger than a queue's message: the claim check. The event is stored, and the
//! message is the same event without its data, with the extension `dataref` instead
//! (CloudEvents, extension "Dataref").

use std::borrow::Cow;
use std::fmt;

use crate::cloudevents::{
    AttributeValue, CloudEvent, Data, InvalidEvent, InvalidEvents, Mode, Problem, Violation,
};
use crate::ledger::Key;
use crate::limits::CLAIMS;
use crate::platform::{KvEntry, KvMetadata};

/// The extension attribute that tells where the data are.
const DATAREF: &str = "dataref";

/// The scheme of a `dataref` of ours.
const SCHEME: &str = "kv:";

/// A large event: what is stored of it, and what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeEvent<'e> {
    /// The whole event, under a key that is made from all of it.
    pub entry: KvEntry<'e>,
    /// The event without its data, and with `dataref`.
    pub message: String,
}

/// Where the data of an event are: `kv:<binding>/<key>#/data`, or `#/data_base64`. What lies there
/// is the whole event in the JSON format, and the fragment is a JSON pointer (RFC 6901 section 6) to
/// the data in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRef<'a> {
    /// The receiver's binding of the KV namespace: `CLAIMS`.
    pub binding: &'a str,
    /// The key.
    pub key: &'a str,
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
        if event.extension(DATAREF).is_some() {
            return Err(TooLarge::HasDataref);
        }
        let member = match event.data() {
            Some(Data::Json(_)) => "data",
            Some(Data::Base64(_)) => "data_base64",
            None => return Err(TooLarge::WithoutData),
        };
        let key = content_key(event).as_str().to_owned();
        let message = event.with_dataref(&format!("{SCHEME}{CLAIMS}/{key}#/{member}"));
        let entry = KvEntry {
            key,
            value: event.as_json(),
            metadata: KvMetadata::of_digest(event),
            expiration_ttl: Some(expiration_ttl),
        };
        Ok(Self { entry, message })
    }
}

impl<'a> DataRef<'a> {
    /// Reads a `dataref`; `None` where it is not one of ours.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (path, pointer) = text.strip_prefix(SCHEME)?.split_once('#')?;
        let (binding, key) = path.split_once('/')?;
        let is_whole = !binding.is_empty() && !key.is_empty();
        let is_ours = matches!(pointer, "/data" | "/data_base64") && is_whole;
        is_ours.then_some(Self { binding, key })
    }
}

impl CloudEvent<'_> {
    /// Where this event's data are, if they were too large for a queue: [`Self::whole`] takes them from
    /// there. A `dataref` that leads to anywhere else is the sender's own.
    #[must_use]
    pub fn dataref(&self) -> Option<DataRef<'_>> {
        let AttributeValue::String(text) = self.extension(DATAREF)? else { return None };
        let dataref = DataRef::parse(text)?;
        (self.data().is_none() && dataref.binding == CLAIMS).then_some(dataref)
    }

    /// The whole event that this one refers to by its [`dataref`](Self::dataref), from what is stored
    /// there. That it is the same event is checked: nobody gets the data of another one.
    ///
    /// # Errors
    ///
    /// It is not the same event, or none at all.
    pub fn whole<'s>(&self, stored: &'s str) -> Result<CloudEvent<'s>, NotWhole> {
        let dataref = self.dataref().ok_or(NotWhole::NoDataref)?;
        let whole = CloudEvent::from_json(stored).map_err(|_| NotWhole::NotAnEvent)?;
        if attributes(self) != attributes(&whole) {
            return Err(NotWhole::OtherAttributes);
        }
        // Messages of version 0.1.0 refer to the event by its source and id alone.
        let keys = [content_key(&whole), Key::of_event(&whole)];
        if keys.iter().all(|key| key.as_str() != dataref.key) {
            return Err(NotWhole::OtherContent);
        }
        Ok(whole)
    }
}

/// Why what is stored is not the event that a message refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotWhole {
    /// The message refers to nothing in `CLAIMS`.
    NoDataref,
    /// What is stored is no event.
    NotAnEvent,
    /// It has other attributes.
    OtherAttributes,
    /// It is not what was stored under this key.
    OtherContent,
}

impl fmt::Display for NotWhole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDataref => "the event does not refer to CLAIMS",
            Self::NotAnEvent => "what is stored is not an event",
            Self::OtherAttributes => "what is stored is an event with other attributes",
            Self::OtherContent => "what is stored is not what the key was made from",
        })
    }
}

impl std::error::Error for NotWhole {}

/// All attributes but `dataref`, in the order of their names.
fn attributes<'e>(event: &'e CloudEvent<'_>) -> Vec<(&'e str, Cow<'e, str>)> {
    let core = event.core_attributes().map(|(name, value)| (name, Cow::Borrowed(value)));
    let extensions = event.extensions().filter(|(name, _)| *name != DATAREF);
    let extensions = extensions.map(|(name, value)| (name, value.to_text()));
    let mut attributes: Vec<_> = core.chain(extensions).collect();
    attributes.sort_unstable();
    attributes
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
    let refers = |event: &CloudEvent<'_>| matches!(event.extension(DATAREF), Some(AttributeValue::String(text)) if is_to_claims(text));
    let refused = events.iter().enumerate().filter(|(_, event)| refers(event));
    let refused: Vec<_> = refused
        .map(|(index, event)| InvalidEvent {
            index: (mode == Mode::Batch).then_some(index),
            id: Some(event.id().to_owned()),
            source: Some(event.source().to_owned()),
            type_: Some(event.type_().to_owned()),
            violations: vec![Violation::of(DATAREF, Problem::ReservedDataref)],
            left_out: 0,
        })
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(InvalidEvents::Invalid(refused)) }
}

/// Whether a reference leads there; the case of a scheme does not count (RFC 3986 section 3.1).
fn is_to_claims(text: &str) -> bool {
    let Some((scheme, path)) = text.split_at_checked(SCHEME.len()) else { return false };
    scheme.eq_ignore_ascii_case(SCHEME)
        && path
            .strip_prefix(CLAIMS)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '?']))
}
