//! CloudEvents 1.0. An event that exists is valid.
//!
//! A [`CloudEvent`] has no public fields, and all decoders build it in the same place, which checks it.
//! It borrows from the text it was read from, and keeps that text, so that it can be passed on unchanged.

pub mod http;

mod binary;
mod header;
mod json;
mod print;

mod attributes;
mod media_type;
mod timestamp;

mod invalid;
mod json_type;
mod violation;

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

pub use attributes::{AttributeValue, CoreAttribute, MAX_ATTRIBUTES, is_attribute_name};
pub use invalid::{InvalidEvent, InvalidEvents, MAX_VIOLATIONS};
pub(crate) use json::read_string;
pub use json_type::JsonType;
pub use media_type::MediaType;
pub use timestamp::{Timestamp, TimestampError};
pub use violation::{Problem, Violation};

use crate::Known as _;

/// RFC 4648 section 4. Unused bits at the end need not be zero, which its section 3.5 allows.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A valid CloudEvents 1.0 event.
///
/// It has all attributes that the specification requires, and none of the attributes that the
/// specification names is empty. All other attributes are extensions, kept as they came. There are
/// methods for Elytra's own extensions and for the object in `data`.
///
/// # Examples
///
/// ```
/// use elytra_events::{CloudEvent, Data};
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"elytra-pim","type":"com.elytra.product",
///     "time":"2025-12-31T04:19:30.860984129+01:00","locale":"de","data":{"objectId": 4711}}"#;
/// let event = CloudEvent::from_json(text)?;
///
/// assert_eq!((event.source(), event.id()), ("elytra-pim", "e1"));
/// assert_eq!(event.time().unwrap().as_str(), "2025-12-31T04:19:30.860984129+01:00");
/// assert_eq!(event.extension("locale").unwrap().to_text(), "de");
/// assert_eq!(event.data(), Some(Data::Json(r#"{"objectId": 4711}"#)));
/// assert_eq!(event.as_json(), text);
/// # Ok::<(), elytra_events::InvalidEvent>(())
/// ```
#[derive(Debug, Clone)]
pub struct CloudEvent<'a> {
    json: Cow<'a, str>,
    id: Cow<'a, str>,
    source: Cow<'a, str>,
    type_: Cow<'a, str>,
    datacontenttype: Option<Cow<'a, str>>,
    dataschema: Option<Cow<'a, str>>,
    subject: Option<Cow<'a, str>>,
    time: Option<Timestamp<'a>>,
    extensions: Vec<(Cow<'a, str>, AttributeValue<'a>)>,
    data: Option<StoredData<'a>>,
    /// Where in `data` the members are that describe an object, if that was found out on reading.
    places: Option<Places>,
}

/// The payload of an event. A JSON null is a payload too.
///
/// # Examples
///
/// ```
/// use elytra_events::{CloudEvent, Data};
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t","data_base64":"aGVsbG8="}"#;
/// let event = CloudEvent::from_json(text)?;
/// let data = event.data().unwrap();
/// assert_eq!(data, Data::Base64("aGVsbG8="));
/// assert_eq!(*data.to_bytes(), *b"hello");
/// # Ok::<(), elytra_events::InvalidEvent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data<'e> {
    /// The JSON text of `data`, unchanged: key order, white space and the spelling of numbers.
    Json(&'e str),
    /// The base64 text of `data_base64` (RFC 4648 section 4).
    Base64(&'e str),
}

impl<'e> Data<'e> {
    /// The bytes of the payload: JSON text as it is, base64 decoded.
    #[must_use]
    pub fn to_bytes(self) -> Cow<'e, [u8]> {
        match self {
            Self::Json(text) => Cow::Borrowed(text.as_bytes()),
            // It was checked when the event was read.
            Self::Base64(text) => Cow::Owned(BASE64.decode(text).unwrap_or_default()),
        }
    }
}

/// Where the payload is.
#[derive(Debug, Clone)]
enum StoredData<'a> {
    /// In the text that the event was read from.
    Json(&'a str),
    /// The same, or a copy if something in it was escaped.
    Base64(Cow<'a, str>),
    /// In this range of the JSON text that was printed for the event.
    PrintedJson(Range<usize>),
    /// The same.
    PrintedBase64(Range<usize>),
}

/// Where in `data` the members are that describe an object of Elytra's: `objectData`, `objectId` and `objectType`,
/// each as the start and the end of its value in bytes. No other member has one of these names, however it is spelled.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Places {
    pub(crate) data: Place,
    pub(crate) id: Place,
    pub(crate) type_: Place,
}

/// Where a value is, or the default if there is none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    start: u32,
    end: u32,
}

impl Place {
    /// The place from `start` to `end`. `None` if an event is too large for it.
    pub(crate) fn new(start: usize, end: usize) -> Option<Self> {
        Some(Self { start: start.try_into().ok()?, end: end.try_into().ok()? })
    }

    /// Whether there is no value.
    pub(crate) fn is_none(self) -> bool {
        self.end == 0
    }

    /// The value in the text that it is in.
    pub(crate) fn value(self, text: &str) -> Option<&str> {
        let range = self.start as usize..self.end as usize;
        text.get(range).filter(|value| !value.is_empty())
    }
}

impl<'a> CloudEvent<'a> {
    /// Reads one event in the JSON format (structured mode), such as a message from a queue.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the event.
    pub fn from_json(text: &'a str) -> Result<Self, InvalidEvent> {
        json::decode(text)
    }

    /// The event in the JSON format. If it was read from that format, this is the text it was read from.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// `specversion`, which is always `1.0`.
    #[must_use]
    pub fn specversion(&self) -> &'static str {
        "1.0"
    }

    /// `id`. Together with `source`, it identifies the event.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `source`: where the event happened, a URI-reference.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// `type`: what happened, such as `com.elytra.product`.
    #[must_use]
    #[doc(alias = "type")]
    pub fn type_(&self) -> &str {
        &self.type_
    }

    /// `datacontenttype`: the media type of the data, which is JSON if this is absent.
    #[must_use]
    pub fn datacontenttype(&self) -> Option<&str> {
        self.datacontenttype.as_deref()
    }

    /// `dataschema`: the absolute URI of the schema of the data.
    #[must_use]
    pub fn dataschema(&self) -> Option<&str> {
        self.dataschema.as_deref()
    }

    /// `subject`: what the event is about, in the context of its source.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// `time`: when it happened, as the sender wrote it.
    #[must_use]
    pub fn time(&self) -> Option<&Timestamp<'a>> {
        self.time.as_ref()
    }

    /// Where in `data` the members are that describe an object. `None` if reading did not find that out.
    pub(crate) fn places(&self) -> Option<Places> {
        self.places
    }

    /// `data` or `data_base64`; `None` if the event has neither.
    #[must_use]
    pub fn data(&self) -> Option<Data<'_>> {
        let printed = |range: &Range<usize>| self.json.get(range.clone()).unwrap_or_default();
        Some(match self.data.as_ref()? {
            StoredData::Json(text) => Data::Json(text),
            StoredData::Base64(text) => Data::Base64(text),
            StoredData::PrintedJson(range) => Data::Json(printed(range)),
            StoredData::PrintedBase64(range) => Data::Base64(printed(range)),
        })
    }

    /// The extension attribute with this name. `eventtype` and `operation` are extensions too.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&AttributeValue<'a>> {
        self.extensions.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// An attribute that the specification names; `None` if it is absent.
    #[must_use]
    pub fn core_attribute(&self, attribute: CoreAttribute) -> Option<&str> {
        match attribute {
            CoreAttribute::Specversion => Some(self.specversion()),
            CoreAttribute::Id => Some(self.id()),
            CoreAttribute::Source => Some(self.source()),
            CoreAttribute::Type => Some(self.type_()),
            CoreAttribute::Datacontenttype => self.datacontenttype(),
            CoreAttribute::Dataschema => self.dataschema(),
            CoreAttribute::Subject => self.subject(),
            CoreAttribute::Time => self.time().map(Timestamp::as_str),
        }
    }

    /// All attributes that the specification names and this event has, with their names.
    pub fn core_attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = CoreAttribute::ALL.iter();
        all.filter_map(|core| Some((core.as_str(), self.core_attribute(*core)?)))
    }

    /// All extension attributes with their names, in the order in which they came.
    pub fn extensions(&self) -> impl Iterator<Item = (&str, &AttributeValue<'a>)> {
        self.extensions.iter().map(|(name, value)| (&**name, value))
    }
}
