//! What makes an event invalid: one violation for each thing that is wrong, with attribute and reason.

use std::fmt;

use super::header::HeaderError;
use super::json_type::JsonType;
use super::timestamp::TimestampError;
use crate::text::shorten;

/// One thing that is wrong with an event. Events are rejected with all of their violations, not just
/// the first.
///
/// # Examples
///
/// ```
/// use elytra_events::CloudEvent;
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t","eventType":"product"}"#;
/// let violation = &CloudEvent::from_json(text).unwrap_err().violations[0];
/// assert_eq!(violation.attribute.as_deref(), Some("eventType"));
/// assert_eq!(violation.code(), "bad_name");
/// assert_eq!(
///     violation.to_string(),
///     "eventType: an attribute's name is made of lower-case letters and digits only",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The name of the attribute, `data` or `data_base64`, shortened if it is long. `None` if it concerns
    /// the event as a whole.
    pub attribute: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with an event or one of its attributes.
///
/// Sections are those of the CloudEvents specification 1.0.2 ("core", which has no section numbers), its
/// JSON format and its HTTP binding.
///
/// # Examples
///
/// ```
/// use elytra_events::{CloudEvent, JsonType, Problem};
///
/// let invalid = CloudEvent::from_json("[]").unwrap_err();
/// let problem = &invalid.violations[0].problem;
/// assert_eq!(*problem, Problem::NotAnObject(JsonType::Array));
/// assert_eq!(problem.to_string(), "expected a JSON object, found an array");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The body is not JSON. The text says what was found, and where.
    NotJson(String),
    /// The body is not UTF-8 (RFC 8259 section 8.1).
    NotUtf8 {
        /// The offset of the first invalid byte.
        at: usize,
    },
    /// The body is empty.
    NoBody,
    /// The body is JSON, but not an object (JSON format section 3).
    NotAnObject(JsonType),
    /// The body is JSON, but not an array, as a batch must be (JSON format section 4).
    NotAnArray(JsonType),
    /// The headers of the event are larger than [`super::http::MAX_HEADER_BYTES`].
    HeadersTooLarge {
        /// Their size.
        bytes: usize,
    },
    /// The event has more attributes than [`super::MAX_ATTRIBUTES`].
    TooManyAttributes,
    /// A required attribute is absent or null (core, Required Attributes).
    Missing,
    /// The attribute must not be empty (core, Required Attributes).
    Empty,
    /// The attribute occurs more than once (core, Required Attributes).
    Repeated,
    /// The attribute's value has a JSON type it cannot have (JSON format section 2.2).
    WrongType {
        /// What the attribute may be, in words.
        expected: &'static str,
        /// What it is.
        found: JsonType,
    },
    /// The number is not an integer that fits in 32 bits (core, Type System, Integer).
    NotAnInteger,
    /// The string has half of a surrogate pair, which is not a character (core, Type System, String).
    LoneSurrogate,
    /// The string has a character that is not allowed (core, Type System, String).
    ForbiddenCharacter {
        /// The character.
        character: char,
        /// Its position in characters, counted from 0.
        at: usize,
    },
    /// The name of the attribute has other characters than lower-case letters and digits (core, Naming
    /// Conventions).
    BadName,
    /// The header of the attribute cannot be decoded (HTTP binding section 3.1.3.2).
    BadHeader(HeaderError),
    /// There is a header `ce-datacontenttype`. In binary mode, that attribute is the `Content-Type` (HTTP
    /// binding section 3.1.1).
    HeaderForContentType,
    /// There is a header `ce-data`. No attribute may have this name (core, Naming Conventions).
    ReservedName,
    /// `specversion` is not `1.0` (core, Required Attributes).
    UnsupportedSpecversion(String),
    /// Not a URI-reference (RFC 3986 section 4.1).
    NotAUriReference,
    /// Not an absolute URI, which has a scheme (RFC 3986 section 3).
    NotAUri,
    /// Not a media type (RFC 2046).
    NotAMediaType,
    /// Not a timestamp (RFC 3339 section 5.6).
    NotATimestamp(TimestampError),
    /// Not base64 (RFC 4648 section 4).
    NotBase64,
    /// The event has both `data` and `data_base64` (JSON format section 3.1).
    DataTwice,
    /// The sender's `dataref` refers to [`CLAIMS`](crate::CLAIMS), where the receiver keeps large events.
    /// The receiver reports this; the readers of this crate do not.
    ReservedDataref,
}

impl Violation {
    /// A violation by the attribute with this name.
    pub(super) fn of(attribute: &str, problem: Problem) -> Self {
        Self { attribute: Some(shorten(attribute)), problem }
    }

    /// A violation by the event as a whole.
    pub(super) fn of_event(problem: Problem) -> Self {
        Self { attribute: None, problem }
    }

    /// A short code for the problem. Codes are stable, messages are not.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.problem {
            Problem::NotJson(_) => "not_json",
            Problem::NotUtf8 { .. } => "not_utf8",
            Problem::NoBody => "no_body",
            Problem::NotAnObject(_) => "not_an_object",
            Problem::NotAnArray(_) => "not_an_array",
            Problem::HeadersTooLarge { .. } => "headers_too_large",
            Problem::TooManyAttributes => "too_many_attributes",
            Problem::Missing => "missing",
            Problem::Empty => "empty",
            Problem::Repeated => "repeated",
            Problem::WrongType { .. } => "wrong_type",
            Problem::NotAnInteger => "not_an_integer",
            Problem::LoneSurrogate => "lone_surrogate",
            Problem::ForbiddenCharacter { .. } => "forbidden_character",
            Problem::BadName => "bad_name",
            Problem::BadHeader(_) => "bad_header",
            Problem::HeaderForContentType => "header_for_content_type",
            Problem::ReservedName => "reserved_name",
            Problem::UnsupportedSpecversion(_) => "unsupported_specversion",
            Problem::NotAUriReference => "not_a_uri_reference",
            Problem::NotAUri => "not_a_uri",
            Problem::NotAMediaType => "not_a_media_type",
            Problem::NotATimestamp(_) => "not_a_timestamp",
            Problem::NotBase64 => "not_base64",
            Problem::DataTwice => "data_twice",
            Problem::ReservedDataref => "reserved_dataref",
        }
    }
}

impl std::error::Error for Violation {}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attribute {
            Some(attribute) => write!(f, "{attribute}: {}", self.problem),
            None => self.problem.fmt(f),
        }
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(reason) => write!(f, "not JSON: {reason}"),
            Self::NotUtf8 { at } => write!(f, "not UTF-8: invalid byte at offset {at}"),
            Self::NoBody => f.write_str("the body is empty, expected JSON"),
            Self::NotAnObject(found) => write!(f, "expected a JSON object, found {found}"),
            Self::NotAnArray(found) => write!(f, "expected a JSON array, found {found}"),
            Self::HeadersTooLarge { bytes } => write!(
                f,
                "the headers of the event have {bytes} bytes, more than {}",
                super::http::MAX_HEADER_BYTES
            ),
            Self::TooManyAttributes => {
                write!(f, "more than {} attributes", super::MAX_ATTRIBUTES)
            }
            Self::Missing => f.write_str("required attribute is missing"),
            Self::Empty => f.write_str("must not be empty"),
            Self::Repeated => f.write_str("occurs more than once"),
            Self::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::NotAnInteger => {
                f.write_str("expected a whole number from -2147483648 to 2147483647")
            }
            Self::LoneSurrogate => f.write_str("half of a surrogate pair is not a character"),
            Self::ForbiddenCharacter { character, at } => {
                let code_point = u32::from(*character);
                write!(f, "forbidden character U+{code_point:04X} at position {at}")
            }
            Self::BadName => {
                f.write_str("an attribute's name is made of lower-case letters and digits only")
            }
            Self::BadHeader(error) => write!(f, "the header cannot be decoded: {error}"),
            Self::HeaderForContentType => {
                f.write_str("in binary mode the header Content-Type says this")
            }
            Self::ReservedName => f.write_str("no attribute may have this name"),
            Self::UnsupportedSpecversion(found) => {
                write!(f, "unsupported version {found:?}, expected \"1.0\"")
            }
            Self::NotAUriReference => f.write_str("not a URI-reference by RFC 3986"),
            Self::NotAUri => f.write_str("not an absolute URI by RFC 3986"),
            Self::NotAMediaType => f.write_str("not a media type by RFC 2046"),
            Self::NotATimestamp(reason) => write!(f, "not an RFC 3339 timestamp: {reason}"),
            Self::NotBase64 => f.write_str("not base64 by RFC 4648 section 4"),
            Self::DataTwice => f.write_str("data and data_base64 exclude each other"),
            Self::ReservedDataref => {
                f.write_str("must not refer to CLAIMS, where the receiver keeps large events")
            }
        }
    }
}
