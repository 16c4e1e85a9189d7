//! CloudEvents 1.0: an event that exists has been checked.
//!
//! A [`CloudEvent`] has no public fields and one way in, which every decoder shares. It borrows
//! from the text it was read from, and keeps that text: what is forwarded is what came.

pub mod http;

mod binary;
mod header;
mod json;
mod print;

mod attributes;
mod media_type;
pub mod timestamp;
mod violation;

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

pub use attributes::{AttributeValue, CoreAttribute, MAX_ATTRIBUTES, is_attribute_name};
pub(crate) use json::read_string;
pub use media_type::MediaType;
use timestamp::Timestamp;
pub use violation::{JsonType, Problem, Violation};

use crate::Known as _;

/// RFC 4648 section 4; bits set behind the last byte are let pass, as its section 3.5 allows.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A valid CloudEvents 1.0 event.
///
/// Of the attributes the specification names, those it calls required are there and none is
/// empty; every other attribute is an extension, kept as it came. Elytra's own attributes and
/// the object in `data` have methods of their own.
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
}

/// An event's payload. A JSON null is a payload too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data<'e> {
    /// The JSON text of `data`, untouched: key order, white space and the spelling of numbers.
    Json(&'e str),
    /// The base64 text of `data_base64` (RFC 4648 section 4).
    Base64(&'e str),
}

impl<'e> Data<'e> {
    /// What the sender sent: the text of JSON as it is, base64 decoded.
    #[must_use]
    pub fn to_bytes(self) -> Cow<'e, [u8]> {
        match self {
            Self::Json(text) => Cow::Borrowed(text.as_bytes()),
            // It has been checked when the event was read.
            Self::Base64(text) => Cow::Owned(BASE64.decode(text).unwrap_or_default()),
        }
    }
}

/// Where the payload is.
#[derive(Debug, Clone)]
enum StoredData<'a> {
    /// In the text that the event was read from.
    Json(&'a str),
    /// The same; a copy of it where something was escaped.
    Base64(Cow<'a, str>),
    /// Here in the JSON text that was printed for the event.
    PrintedJson(Range<usize>),
    /// Likewise.
    PrintedBase64(Range<usize>),
}

/// Something that was meant to be an event, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEvent {
    /// Its place in the batch, counted from 0; `None` where it came alone.
    pub index: Option<usize>,
    /// Its `id`, where that could be read, so that the event can be found again.
    pub id: Option<String>,
    /// Its `source`, likewise.
    pub source: Option<String>,
    /// Its `type`, likewise.
    pub type_: Option<String>,
    /// The faults that were found, the first [`MAX_VIOLATIONS`] of all events together.
    pub violations: Vec<Violation>,
    /// How many more there are.
    pub left_out: usize,
}

/// How many faults of a request's events are kept and told, as many as an event has attributes: what
/// is wrong with a thousand events is nearly always one thing.
pub const MAX_VIOLATIONS: usize = 256;

/// Why the events of a request were refused, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidEvents {
    /// These are invalid; at least one.
    Invalid(Vec<InvalidEvent>),
    /// A batch holds more events than may come at once.
    TooMany {
        /// How many it holds.
        events: usize,
        /// How many it may hold.
        limit: usize,
    },
}

impl From<InvalidEvent> for InvalidEvents {
    fn from(invalid: InvalidEvent) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl<'a> CloudEvent<'a> {
    /// Reads one event in the JSON format (structured mode), such as a queue's message.
    ///
    /// # Errors
    ///
    /// All faults of the event at once.
    pub fn from_json(text: &'a str) -> Result<Self, InvalidEvent> {
        json::decode(text)
    }

    /// The event in the JSON format: the very text it was read from, where that was its format.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// `specversion`: the only version there is.
    #[must_use]
    pub fn specversion(&self) -> &'static str {
        "1.0"
    }

    /// `id`: with `source` it identifies the event.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `source`: a URI-reference that tells where the event happened.
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

    /// `datacontenttype`: the media type of the data; JSON where it is absent.
    #[must_use]
    pub fn datacontenttype(&self) -> Option<&str> {
        self.datacontenttype.as_deref()
    }

    /// `dataschema`: the absolute URI of the schema the data follows.
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

    /// `data` or `data_base64`; `None` where neither is there.
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

    /// The extension attribute of this name, `eventtype` and `operation` among them.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&AttributeValue<'a>> {
        self.extensions.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// An attribute that the specification names; `None` where it is absent.
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

    /// Every attribute that the specification names and this event has, with its name.
    pub fn core_attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = CoreAttribute::ALL.iter();
        all.filter_map(|core| Some((core.as_str(), self.core_attribute(*core)?)))
    }

    /// Every extension attribute with its name, in the order they came in.
    pub fn extensions(&self) -> impl Iterator<Item = (&str, &AttributeValue<'a>)> {
        self.extensions.iter().map(|(name, value)| (&**name, value))
    }
}

impl InvalidEvent {
    /// What is not an event at all, and has but this one fault.
    fn of_event(problem: Problem) -> Self {
        Self {
            index: None,
            id: None,
            source: None,
            type_: None,
            violations: vec![Violation::of_event(problem)],
            left_out: 0,
        }
    }

    /// How many faults were found; at least one.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.violations.len() + self.left_out
    }

    /// Keeps no more than so many faults, and where none, nothing else that was read either.
    fn keep(mut self, most: usize) -> Self {
        if self.violations.len() > most {
            self.left_out += self.violations.len() - most;
            self.violations.truncate(most);
            self.violations.shrink_to_fit();
        }
        if most == 0 {
            (self.id, self.source, self.type_) = (None, None, None);
        }
        self
    }
}
