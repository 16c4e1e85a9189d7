//! Events that are larger than a queue's message: the claim check. The event is stored, and the
//! message is the same event without its data, with the extension `dataref` instead
//! (CloudEvents, extension "Dataref").

use super::kv::{KvEntry, KvMetadata};
use crate::cloudevents::{AttributeValue, CloudEvent, Data};
use crate::config::CLAIMS;
use crate::ledger::Key;
use crate::plan::TooLarge;

/// The extension attribute that tells where the data are.
const DATAREF: &str = "dataref";

/// The scheme of a `dataref` of ours.
const SCHEME: &str = "kv:";

/// A large event: what is stored of it, and what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LargeEvent<'e> {
    /// The whole event, under its [`Key::of_event`].
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
        let key = Key::of_event(event).as_str().to_owned();
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
    /// Where this event's data are, if they were too large for a queue. A `dataref` of the sender's own
    /// is none of ours: it may name what belongs to another event.
    #[must_use]
    pub fn dataref(&self) -> Option<DataRef<'_>> {
        let AttributeValue::String(text) = self.extension(DATAREF)? else { return None };
        DataRef::parse(text).filter(|dataref| {
            self.data().is_none()
                && dataref.binding == CLAIMS
                && dataref.key == Key::of_event(self).as_str()
        })
    }
}
