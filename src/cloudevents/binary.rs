//! Binary mode (HTTP binding section 3.1): headers become attributes, the body becomes the data,
//! and both become an event in the JSON format, for the destinations.

use std::borrow::Cow;

use base64::Engine as _;

use super::attributes::{AttributeValue, Attributes, MAX_ATTRIBUTES};
use super::print::{print, quote};
use super::{BASE64, CloudEvent, Data, InvalidEvent, MediaType, Problem, header, json};

/// What the name of an attribute's header begins with (HTTP binding section 3.1.3).
pub(crate) const PREFIX: &str = "ce-";

/// How many bytes the names and values of an event's headers may have together. Cloudflare lets
/// 128 KB of headers through; no attribute needs so much.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Reads the event of a request with these headers, their names in lower case and without the
/// prefix.
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
    // The content type and the body become members of the JSON as well.
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
    let media_type = content_type.as_deref().and_then(MediaType::parse);
    let data = match read_data(media_type, content_type.is_some(), body) {
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
    let mut event = attributes.into_event(Cow::Borrowed(""), data)?;
    event.json = Cow::Owned(print(&event));
    Ok(event)
}

/// Whether this is a repeated header: the runtime joins them by `, `. A sender encodes a space (HTTP
/// binding section 3.1.3.2), but not all do in free text, so only those attributes are judged that
/// tell one event from another and where nothing else would show it.
fn is_joined(name: &str, value: &str) -> bool {
    matches!(name, "id" | "type") && !value.starts_with('"') && value.contains(", ")
}

/// The data of a body: JSON as it came, text as a JSON string, anything else as base64.
fn read_data<'a>(
    media_type: Option<MediaType<'_>>,
    is_announced: bool,
    body: &'a [u8],
) -> Result<Option<Data<'a>>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    let base64 = || Data::Base64(Cow::Owned(BASE64.encode(body)));
    let text = str::from_utf8(body);
    match media_type {
        Some(media_type) if media_type.is_json() => {
            let text = text.map_err(|error| Problem::NotUtf8 { at: error.valid_up_to() })?;
            Ok(Some(Data::Json(Cow::Borrowed(json::read_value(text)?))))
        }
        Some(media_type) if media_type.is_utf8_text() => {
            let json = text.map(|text| Data::Json(Cow::Owned(quote(text))));
            Ok(Some(json.unwrap_or_else(|_| base64())))
        }
        // Without a content type, data that is JSON can only be meant as such (JSON format 3.1).
        None if !is_announced => {
            let json = text.ok().and_then(|text| json::read_value(text).ok());
            Ok(Some(json.map_or_else(base64, |json| Data::Json(Cow::Borrowed(json)))))
        }
        _ => Ok(Some(base64())),
    }
}
