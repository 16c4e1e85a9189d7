//! Events that were too large for a queue: the message is the same event without its data, with the
//! extension `dataref` instead (CloudEvents, extension "Dataref"), and the whole event is stored.

use std::borrow::Cow;
use std::fmt;

use crate::{AttributeValue, CloudEvent};

/// The binding of the receiver's KV namespace for events that are too large for a queue.
pub const CLAIMS: &str = "CLAIMS";

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

impl<'a> DataRef<'a> {
    /// The extension attribute that tells where the data are.
    pub const ATTRIBUTE: &'static str = "dataref";

    /// The scheme of a `dataref` of ours.
    pub const SCHEME: &'static str = "kv:";

    /// Reads a `dataref`; `None` where it is not one of ours.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (path, pointer) = text.strip_prefix(Self::SCHEME)?.split_once('#')?;
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
        let AttributeValue::String(text) = self.extension(DataRef::ATTRIBUTE)? else { return None };
        let dataref = DataRef::parse(text)?;
        (self.data().is_none() && dataref.binding == CLAIMS).then_some(dataref)
    }

    /// The whole event that this one refers to by its [`dataref`](Self::dataref), from what is stored
    /// there. That it has the same attributes is checked: nobody gets the data of another event.
    ///
    /// # Errors
    ///
    /// It is not the same event, or none at all.
    pub fn whole<'s>(&self, stored: &'s str) -> Result<CloudEvent<'s>, NotWhole> {
        self.dataref().ok_or(NotWhole::NoDataref)?;
        let whole = CloudEvent::from_json(stored).map_err(|_| NotWhole::NotAnEvent)?;
        if attributes(self) != attributes(&whole) {
            return Err(NotWhole::OtherAttributes);
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
}

impl fmt::Display for NotWhole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDataref => "the event does not refer to CLAIMS",
            Self::NotAnEvent => "what is stored is not an event",
            Self::OtherAttributes => "what is stored is an event with other attributes",
        })
    }
}

impl std::error::Error for NotWhole {}

/// All attributes but `dataref`, in the order of their names.
fn attributes<'e>(event: &'e CloudEvent<'_>) -> Vec<(&'e str, Cow<'e, str>)> {
    let core = event.core_attributes().map(|(name, value)| (name, Cow::Borrowed(value)));
    let extensions = event.extensions().filter(|(name, _)| *name != DataRef::ATTRIBUTE);
    let extensions = extensions.map(|(name, value)| (name, value.to_text()));
    let mut attributes: Vec<_> = core.chain(extensions).collect();
    attributes.sort_unstable();
    attributes
}
