//! References to the data of events that were too large for a queue (CloudEvents, extension "Dataref").
//! The message is the event with a `dataref` instead of its data, and the whole event is stored.

use std::borrow::Cow;
use std::fmt;

use crate::{AttributeValue, CloudEvent};

/// The name of the binding under which the receiver stores events that are too large for a queue.
pub const CLAIMS: &str = "CLAIMS";

/// Where the data of an event are: `kv:<binding>/<key>#/data`, or `#/data_base64`. Stored there is the
/// whole event in the JSON format. The fragment is a JSON pointer (RFC 6901 section 6) to its data.
///
/// # Examples
///
/// ```
/// use elytra_events::DataRef;
///
/// let dataref = DataRef::parse("kv:CLAIMS/a-_9#/data").unwrap();
/// assert_eq!(dataref.binding, "CLAIMS");
/// assert_eq!(dataref.key, "a-_9");
/// assert_eq!(DataRef::parse("https://example.com/data"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataRef<'a> {
    /// The receiver's name for the KV namespace: [`CLAIMS`].
    pub binding: &'a str,
    /// The key.
    pub key: &'a str,
}

impl<'a> DataRef<'a> {
    /// The extension attribute that says where the data are.
    pub const ATTRIBUTE: &'static str = "dataref";

    /// The scheme of the references that the receiver makes, with its colon.
    pub const SCHEME: &'static str = "kv:";

    /// Parses a reference that the receiver made; `None` if it is any other.
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
    /// Where the whole event is stored, if it was too large for a queue. Pass what is stored there to
    /// [`whole`](Self::whole). A `dataref` to anywhere else is the sender's own, and not returned here.
    #[must_use]
    pub fn dataref(&self) -> Option<DataRef<'_>> {
        let AttributeValue::String(text) = self.extension(DataRef::ATTRIBUTE)? else { return None };
        let dataref = DataRef::parse(text)?;
        (self.data().is_none() && dataref.binding == CLAIMS).then_some(dataref)
    }

    /// Reads the whole event from what is stored at this event's [`dataref`](Self::dataref), and checks that
    /// all other attributes are the same.
    ///
    /// The receiver makes the key from the content of the event, so nothing else can be stored there as
    /// long as only the receiver writes to the namespace.
    ///
    /// # Errors
    ///
    /// It is another event, or not an event at all.
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
///
/// # Examples
///
/// ```
/// use elytra_events::{CloudEvent, NotWhole};
///
/// let message = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t",
///     "dataref":"kv:CLAIMS/a-_9#/data"}"#;
/// let message = CloudEvent::from_json(message)?;
///
/// let stored = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t","data":"large"}"#;
/// assert_eq!(message.whole(stored).unwrap().as_json(), stored);
///
/// let stored = r#"{"specversion":"1.0","id":"e2","source":"s","type":"t","data":"large"}"#;
/// assert_eq!(message.whole(stored).unwrap_err(), NotWhole::OtherAttributes);
/// # Ok::<(), elytra_events::InvalidEvent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotWhole {
    /// The message does not refer to [`CLAIMS`].
    NoDataref,
    /// What is stored is not an event.
    NotAnEvent,
    /// What is stored is an event with other attributes.
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

/// All attributes except `dataref`, sorted by name.
fn attributes<'e>(event: &'e CloudEvent<'_>) -> Vec<(&'e str, Cow<'e, str>)> {
    let core = event.core_attributes().map(|(name, value)| (name, Cow::Borrowed(value)));
    let extensions = event.extensions().filter(|(name, _)| *name != DataRef::ATTRIBUTE);
    let extensions = extensions.map(|(name, value)| (name, value.to_text()));
    let mut attributes: Vec<_> = core.chain(extensions).collect();
    attributes.sort_unstable();
    attributes
}
