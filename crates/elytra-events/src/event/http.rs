//! Events in HTTP requests: which mode a request is in, and reading its events in that mode (`CloudEvents`
//! HTTP binding).

use std::fmt;

use super::binary;
pub use super::binary::{MAX_HEADER_BYTES, PREFIX};
pub use super::header::HeaderError;
use super::json;
use super::{CloudEvent, InvalidEvent, InvalidEvents, MediaType, Problem};
use crate::text::shorten;

/// The content mode: how an HTTP request carries events (HTTP binding section 3).
///
/// # Examples
///
/// ```
/// use elytra_events::http::Mode;
///
/// let headers = [("content-type", "application/cloudevents-batch+json")];
/// let mode = Mode::of(&headers[..])?;
/// assert_eq!(mode, Mode::Batch);
/// assert_eq!(mode.as_str(), "batch");
/// # Ok::<(), elytra_events::http::UnsupportedMediaType>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The headers are the attributes, and the body is the data.
    Binary,
    /// The body is one event in the JSON format.
    Structured,
    /// The body is an array of events in the JSON format.
    Batch,
}

/// The headers of a request.
///
/// It is implemented for slices of names and values. Implement it for the requests of your HTTP library to
/// avoid copying headers that are not needed.
///
/// # Examples
///
/// ```
/// use elytra_events::http::Headers;
///
/// let headers = [("CE-Id", "e1"), ("Accept", "text/plain"), ("accept", "*/*")];
/// assert_eq!(headers.header("accept").as_deref(), Some("text/plain, */*"));
/// assert_eq!(headers.ce_headers(), [("id".to_owned(), "e1".to_owned())]);
/// ```
pub trait Headers {
    /// The value of the header with this name, which is in lower case. The values of a repeated header are
    /// joined with `, `.
    fn header(&self, name: &str) -> Option<String>;

    /// The headers whose names start with [`PREFIX`], with the rest of the name, in lower case, and the
    /// value. The values of a repeated header are joined with `, `.
    fn ce_headers(&self) -> Vec<(String, String)>;
}

impl<N: AsRef<str>, V: AsRef<str>> Headers for [(N, V)] {
    fn header(&self, name: &str) -> Option<String> {
        let named = self.iter().filter(|(found, _)| found.as_ref().eq_ignore_ascii_case(name));
        let values: Vec<_> = named.map(|(_, value)| value.as_ref()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in self {
            let name = name.as_ref().to_ascii_lowercase();
            let Some(name) = name.strip_prefix(PREFIX) else { continue };
            match headers.iter_mut().find(|(found, _)| found == name) {
                Some((_, joined)) => *joined = format!("{joined}, {}", value.as_ref()),
                None => headers.push((name.to_owned(), value.as_ref().to_owned())),
            }
        }
        headers
    }
}

/// The `Content-Type` is not one that events can have.
///
/// # Examples
///
/// ```
/// use elytra_events::http::{Mode, UnsupportedMediaType};
///
/// let headers = [("content-type", "text/html")];
/// let error = Mode::of(&headers[..]).unwrap_err();
/// assert_eq!(error, UnsupportedMediaType("text/html".to_owned()));
/// assert_eq!(error.to_string(), r#"unsupported media type "text/html""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedMediaType(
    /// The value of the header.
    pub String,
);

impl Mode {
    /// The name of the mode, in lower case.
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
    /// A structured event may also come as plain `application/json` or without a content type, unless
    /// there is a `ce-specversion`, which announces binary mode: it is not known what Elytra sends.
    ///
    /// # Errors
    ///
    /// The content type belongs to none of the modes, or to a format other than JSON.
    pub fn of(headers: &(impl Headers + ?Sized)) -> Result<Self, UnsupportedMediaType> {
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
            // It was meant to be in binary mode. Read as such, it is rejected for what is missing.
            Ok(Self::Binary)
        } else {
            Err(UnsupportedMediaType(content_type.unwrap_or_default()))
        }
    }
}

/// Reads the events of a request: one or, in a batch, any number up to `max_batch_events`.
///
/// # Errors
///
/// Everything that is wrong with the events, or that there are too many.
///
/// # Examples
///
/// ```
/// use elytra_events::Data;
/// use elytra_events::http::{Mode, decode};
///
/// let headers = [
///     ("ce-specversion", "1.0"),
///     ("ce-id", "e1"),
///     ("ce-source", "elytra-pim"),
///     ("ce-type", "com.elytra.product"),
///     ("content-type", "application/json"),
/// ];
/// let mode = Mode::of(&headers[..])?;
/// assert_eq!(mode, Mode::Binary);
///
/// let events = decode(mode, &headers[..], br#"{"objectId":4711}"#, 100)?;
/// assert_eq!(events.len(), 1);
/// assert_eq!(events[0].data(), Some(Data::Json(r#"{"objectId":4711}"#)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode<'a>(
    mode: Mode,
    headers: &(impl Headers + ?Sized),
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

/// The maximum number of bytes that [`decode`] allocates for data, so that you can reserve memory before
/// calling it. In binary mode the data are printed in the JSON format, which can take six times their
/// size. For a short body, this is just an estimate.
#[must_use]
pub fn printed_bytes(mode: Mode, headers: &(impl Headers + ?Sized), body: &[u8]) -> usize {
    match mode {
        Mode::Binary if body.len() <= SHORT_BODY_BYTES => 2 * body.len(),
        Mode::Binary => binary::printed_bytes(content_type(headers).as_deref(), body),
        Mode::Structured | Mode::Batch => 0,
    }
}

/// The size of a short body in bytes, for which an estimate is good enough.
const SHORT_BODY_BYTES: usize = 64 * 1024;

/// The `Content-Type`. An empty one counts as absent.
fn content_type(headers: &(impl Headers + ?Sized)) -> Option<String> {
    headers.header("content-type").filter(|text| !text.trim().is_empty())
}

fn utf8(body: &[u8]) -> Result<&str, InvalidEvent> {
    str::from_utf8(body)
        .map_err(|error| InvalidEvent::of_event(Problem::NotUtf8 { at: error.valid_up_to() }))
}

impl std::error::Error for UnsupportedMediaType {}

impl fmt::Display for UnsupportedMediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsupported media type {:?}", shorten(&*self.0))
    }
}
