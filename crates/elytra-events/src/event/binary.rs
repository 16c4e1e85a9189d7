//! Binary mode (HTTP binding section 3.1): headers become attributes, the body becomes the data, and both
//! become an event in the JSON format.

use std::borrow::Cow;

use super::attributes::{AttributeValue, Attributes, MAX_ATTRIBUTES};
use super::print::{print, quoted_bytes};
use super::{CloudEvent, InvalidEvent, MediaType, Places, Problem, header, json};

/// What the name of an attribute's header starts with (HTTP binding section 3.1.3).
pub const PREFIX: &str = "ce-";

/// The maximum size of the headers of an event in bytes, names and values together. Cloudflare accepts
/// 128 KB of headers, which is more than attributes need.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Reads the event of a request with these headers, whose names are in lower case and without the prefix.
pub(super) fn decode(
    headers: Vec<(String, String)>,
    content_type: Option<String>,
    body: &[u8],
) -> Result<CloudEvent<'_>, InvalidEvent> {
    let size = |(name, value): &(String, String)| PREFIX.len() + name.len() + value.len();
    let bytes: usize = headers.iter().map(size).sum();
    if bytes > MAX_HEADER_BYTES {
        return Err(InvalidEvent::of_event(Problem::HeadersTooLarge { bytes }));
    }
    // The content type and the body become members of the JSON too.
    let members =
        headers.len() + usize::from(content_type.is_some()) + usize::from(!body.is_empty());
    if members > MAX_ATTRIBUTES {
        return Err(InvalidEvent::of_event(Problem::TooManyAttributes));
    }

    let mut attributes = Attributes::with_capacity(headers.len() + 1);
    attributes.check_repeated(&headers.iter().map(|(name, _)| &**name));
    for (name, value) in headers {
        if is_joined(&name, &value) {
            attributes.refuse(&name, Problem::Repeated);
            continue;
        }
        match (&*name, header::decode(value)) {
            ("datacontenttype", _) => attributes.refuse(&name, Problem::HeaderForContentType),
            ("data", _) => attributes.refuse(&name, Problem::ReservedName),
            (_, Ok(value)) => {
                attributes.add(Cow::Owned(name), AttributeValue::String(Cow::Owned(value)));
            }
            (_, Err(error)) => attributes.refuse(&name, Problem::BadHeader(error)),
        }
    }
    let data = match BodyData::read(content_type.as_deref(), body) {
        Ok(data) => data,
        Err(problem) => {
            attributes.refuse("data", problem);
            None
        }
    };
    if let Some(content_type) = content_type {
        let value = AttributeValue::String(Cow::Owned(content_type));
        attributes.add(Cow::Borrowed("datacontenttype"), value);
    }
    let event = attributes.into_event(Cow::Borrowed(""), None)?;
    Ok(print(event, data))
}

/// The maximum size of the data of a body in the JSON format, in bytes.
pub(super) fn printed_bytes(content_type: Option<&str>, body: &[u8]) -> usize {
    let data = match content_type.and_then(MediaType::parse) {
        // It stays as it is, or is rejected.
        Some(media_type) if media_type.is_json() => return body.len(),
        Some(media_type) if media_type.is_utf8_text() => str::from_utf8(body).map(BodyData::Text),
        _ => Ok(BodyData::Bytes(body)),
    };
    data.unwrap_or(BodyData::Bytes(body)).printed_bytes()
}

/// Whether this is a repeated header, whose values the runtime joined with `, `. Senders must encode spaces
/// (HTTP binding section 3.1.3.2), but not all of them do so in free text. So this only looks at the
/// attributes that distinguish events, if no other check would notice.
fn is_joined(name: &str, value: &str) -> bool {
    matches!(name, "id" | "type") && !value.starts_with('"') && value.contains(", ")
}

/// The data of a body.
#[derive(Clone, Copy)]
pub(super) enum BodyData<'a> {
    /// JSON, which stays as it is, and where in it the members are that describe an object, if that is known.
    Json(&'a str, Option<Places>),
    /// Text, which becomes a JSON string.
    Text(&'a str),
    /// Anything else, which becomes base64.
    Bytes(&'a [u8]),
}

impl<'a> BodyData<'a> {
    fn read(content_type: Option<&str>, body: &'a [u8]) -> Result<Option<Self>, Problem> {
        if body.is_empty() {
            return Ok(None);
        }
        let text = str::from_utf8(body);
        Ok(Some(match content_type.map(MediaType::parse) {
            Some(Some(media_type)) if media_type.is_json() => {
                let text = text.map_err(|error| Problem::NotUtf8 { at: error.valid_up_to() })?;
                let (json, places) = json::read_data(text)?;
                Self::Json(json, places)
            }
            Some(Some(media_type)) if media_type.is_utf8_text() => {
                text.map_or(Self::Bytes(body), Self::Text)
            }
            // Without a content type, data that are JSON can only be meant as such (JSON format 3.1).
            None => {
                let json = text.ok().and_then(|text| json::read_data(text).ok());
                json.map_or(Self::Bytes(body), |(json, places)| Self::Json(json, places))
            }
            Some(_) => Self::Bytes(body),
        }))
    }

    /// Its size in the JSON format in bytes, including quotes.
    pub(super) fn printed_bytes(self) -> usize {
        match self {
            Self::Json(json, _) => json.len(),
            Self::Text(text) => quoted_bytes(text),
            Self::Bytes(bytes) => base64::encoded_len(bytes.len(), true).unwrap_or(usize::MAX) + 2,
        }
    }
}
