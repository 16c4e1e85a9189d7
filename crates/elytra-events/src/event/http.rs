//! The HTTP binding: which mode a request is in, and its events read in that mode.

use super::binary;
pub use super::binary::{MAX_HEADER_BYTES, PREFIX};
pub use super::header::HeaderError;
use super::json;
use super::{CloudEvent, InvalidEvent, InvalidEvents, MediaType, Problem};

/// How an HTTP request carries events (HTTP binding section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The headers are the attributes, the body is the data.
    Binary,
    /// The body is one event in the JSON format.
    Structured,
    /// The body is an array of events in the JSON format.
    Batch,
}

/// The headers of a request, by their names in lower case.
pub trait Headers {
    /// The value of a header; the values of a repeated header joined by `, `.
    fn header(&self, name: &str) -> Option<String>;

    /// The headers whose names begin with `ce-`: what stands behind that, and the value.
    fn ce_headers(&self) -> Vec<(String, String)>;
}

/// The `Content-Type` announces something that is not read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedMediaType(
    /// The header's value.
    pub String,
);

impl Mode {
    /// The mode's name, as it stands in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Structured => "structured",
            Self::Batch => "batch",
        }
    }

    /// The mode of a request with these headers (HTTP binding section 3).
    ///
    /// A structured event may also come as plain `application/json` or without a content type,
    /// where no `ce-specversion` announces binary mode: it is not known what Elytra sends.
    ///
    /// # Errors
    ///
    /// The content type is of no mode and no format that is read here.
    pub fn of(headers: &impl Headers) -> Result<Self, UnsupportedMediaType> {
        let content_type = content_type(headers);
        let media_type = content_type.as_deref().and_then(MediaType::parse);
        let is = |subtype| media_type.is_some_and(|type_| type_.is("application", subtype));
        let announces_events = content_type.as_deref().is_some_and(|text| {
            let prefix = text.trim_start().get(.."application/cloudevents".len());
            prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case("application/cloudevents"))
        });

        if is("cloudevents-batch+json") {
            Ok(Self::Batch)
        } else if is("cloudevents+json") || is("cloudevents") {
            Ok(Self::Structured)
        } else if announces_events {
            Err(UnsupportedMediaType(content_type.unwrap_or_default()))
        } else if headers.header("ce-specversion").is_some() {
            Ok(Self::Binary)
        } else if content_type.is_none() || is("json") {
            Ok(Self::Structured)
        } else if !headers.ce_headers().is_empty() {
            // Read as what it was meant to be, so that it is told what is missing.
            Ok(Self::Binary)
        } else {
            Err(UnsupportedMediaType(content_type.unwrap_or_default()))
        }
    }
}

/// Reads the events of a request: one, or in a batch any number up to `max_batch_events`.
///
/// # Errors
///
/// All faults of all events at once, or that there are too many.
pub fn decode<'a>(
    mode: Mode,
    headers: &impl Headers,
    body: &'a [u8],
    max_batch_events: usize,
) -> Result<Vec<CloudEvent<'a>>, InvalidEvents> {
    match mode {
        Mode::Binary => {
            let event = binary::decode(headers.ce_headers(), content_type(headers), body)?;
            Ok(vec![event])
        }
        Mode::Structured => Ok(vec![json::decode(utf8(body)?)?]),
        Mode::Batch => json::decode_batch(utf8(body)?, max_batch_events),
    }
}

/// How many bytes [`decode`] needs for what it makes of a body, at most: in binary mode the data are
/// printed in the JSON format, which can take six times their size. Of a short body this is no more than
/// an estimate.
#[must_use]
pub fn printed_bytes(mode: Mode, headers: &impl Headers, body: &[u8]) -> usize {
    match mode {
        Mode::Binary if body.len() <= SHORT_BODY_BYTES => 2 * body.len(),
        Mode::Binary => binary::printed_bytes(content_type(headers).as_deref(), body),
        Mode::Structured | Mode::Batch => 0,
    }
}

/// What is a short body, in bytes: its size is not worth being known exactly.
const SHORT_BODY_BYTES: usize = 64 * 1024;

/// The `Content-Type`; an empty one says as little as none.
fn content_type(headers: &impl Headers) -> Option<String> {
    headers.header("content-type").filter(|text| !text.trim().is_empty())
}

fn utf8(body: &[u8]) -> Result<&str, InvalidEvent> {
    str::from_utf8(body)
        .map_err(|error| InvalidEvent::of_event(Problem::NotUtf8 { at: error.valid_up_to() }))
}
