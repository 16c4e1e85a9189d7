//! The JSON format: from the text of an event to its attributes and data.

mod container;
mod scan;

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::value::RawValue;

use super::attributes::{AttributeValue, Attributes, CoreAttribute, MAX_ATTRIBUTES};
use super::{
    BASE64, CloudEvent, InvalidEvent, InvalidEvents, JsonType, MAX_VIOLATIONS, Places, Problem,
    StoredData,
};
use crate::Known as _;

use container::{Array, Object, Text};

/// White space in JSON (RFC 8259 section 2).
pub(super) const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Reads one event. `data` is checked to be JSON, and kept as text.
pub(super) fn decode(text: &str) -> Result<CloudEvent<'_>, InvalidEvent> {
    let Object { members, left_out, places } = read_object(text).map_err(InvalidEvent::of_event)?;

    let mut attributes = Attributes::with_capacity(members.len());
    if left_out > 0 {
        attributes.refuse_event(Problem::TooManyAttributes);
    }
    attributes.check_repeated(&members.iter().map(|(name, _)| &**name));

    let mut data = None;
    let mut data_base64 = None;
    let mut has_data_base64 = false;
    for (name, value) in members {
        match &*name {
            "data" => data = Some(StoredData::Json(value)),
            // Null means absent (JSON format section 2.2).
            "data_base64" if is_null(value) => {}
            "data_base64" => {
                has_data_base64 = true;
                match read_base64(value) {
                    Ok(text) => data_base64 = Some(StoredData::Base64(text)),
                    Err(problem) => attributes.refuse(&name, problem),
                }
            }
            _ if is_null(value) => {}
            _ => match read_attribute(&name, value) {
                Ok(value) => attributes.add(name, value),
                Err(problem) => attributes.refuse(&name, problem),
            },
        }
    }
    if data.is_some() && has_data_base64 {
        attributes.refuse("data_base64", Problem::DataTwice);
    }
    let event = attributes.into_event(Cow::Borrowed(text), data.or(data_base64))?;
    Ok(CloudEvent { places, ..event })
}

/// Reads a batch: an array of at most `max_events` events, which may be empty.
pub(super) fn decode_batch(
    text: &str,
    max_events: usize,
) -> Result<Vec<CloudEvent<'_>>, InvalidEvents> {
    let elements = match JsonType::of(text) {
        None if text.trim_matches(WHITE_SPACE).is_empty() => Err(Problem::NoBody),
        None | Some(JsonType::Array) => match scan::array(text, max_events) {
            Some(elements) => Ok(Array { elements, left_out: 0 }),
            None => parse(Array::read(text, max_events)),
        },
        Some(other) => check(text).and(Err(Problem::NotAnArray(other))),
    };
    let Array { elements, left_out } = elements.map_err(InvalidEvent::of_event)?;
    if left_out > 0 {
        return Err(InvalidEvents::TooMany { events: max_events + left_out, limit: max_events });
    }

    let mut events = Vec::with_capacity(elements.len());
    let mut invalid = Vec::new();
    let mut kept = 0;
    for (index, element) in elements.into_iter().enumerate() {
        match decode(element) {
            Ok(event) => events.push(event),
            Err(event) => {
                let event = event.keep(MAX_VIOLATIONS - kept);
                kept += event.violations.len();
                invalid.push(InvalidEvent { index: Some(index), ..event });
            }
        }
    }
    if invalid.is_empty() { Ok(events) } else { Err(InvalidEvents::Invalid(invalid)) }
}

fn read_object(text: &str) -> Result<Object<'_>, Problem> {
    match JsonType::of(text) {
        None if text.trim_matches(WHITE_SPACE).is_empty() => Err(Problem::NoBody),
        None | Some(JsonType::Object) => match scan::object(text, MAX_ATTRIBUTES) {
            Some(object) => Ok(object),
            None => parse(Object::read(text, MAX_ATTRIBUTES)),
        },
        Some(other) => check(text).and(Err(Problem::NotAnObject(other))),
    }
}

fn is_null(value: &str) -> bool {
    value == "null"
}

/// The value of an attribute. Those that the specification names are strings, extensions need not be.
fn read_attribute<'a>(name: &str, value: &'a str) -> Result<AttributeValue<'a>, Problem> {
    let is_core = CoreAttribute::from_name(name).is_some();
    match JsonType::of(value) {
        Some(JsonType::String) => read_string(value).map(AttributeValue::String),
        Some(found) if is_core => Err(Problem::WrongType { expected: "a string", found }),
        Some(JsonType::Boolean) => Ok(AttributeValue::Boolean(value == "true")),
        Some(JsonType::Number) => match value.parse() {
            Ok(integer) => Ok(AttributeValue::Integer(integer)),
            Err(_) => Err(Problem::NotAnInteger),
        },
        found => {
            let expected = "a boolean, an integer or a string";
            Err(Problem::WrongType { expected, found: found.unwrap_or(JsonType::Null) })
        }
    }
}

/// The text of `data_base64`.
fn read_base64(value: &str) -> Result<Cow<'_, str>, Problem> {
    match JsonType::of(value) {
        Some(JsonType::String) => {
            let text = read_string(value)?;
            match BASE64.decode(text.as_bytes()) {
                Ok(_) => Ok(text),
                Err(_) => Err(Problem::NotBase64),
            }
        }
        found => {
            let expected = "a base64 string";
            Err(Problem::WrongType { expected, found: found.unwrap_or(JsonType::Null) })
        }
    }
}

/// The text of a JSON string, borrowed if nothing in it is escaped.
pub(crate) fn read_string(value: &str) -> Result<Cow<'_, str>, Problem> {
    let quoted = value.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    if let Some(text) = quoted
        && !text.contains('\\')
    {
        return Ok(Cow::Borrowed(text));
    }
    match serde_json::from_str::<Text<'_>>(value) {
        Ok(Text(text)) => Ok(text),
        // The value has been parsed before, so only a lone surrogate can be wrong with it.
        Err(_) => Err(Problem::LoneSurrogate),
    }
}

/// The value that makes up the whole text, without the white space around it, as `data`; and where in it the members
/// are that describe an object, if that is known.
pub(super) fn read_data(text: &str) -> Result<(&str, Option<Places>), Problem> {
    match scan::data(text) {
        Some(data) => Ok(data),
        None => Ok((parse(serde_json::from_str::<&RawValue>(text))?.get(), None)),
    }
}

/// Checks that a text is JSON.
fn check(text: &str) -> Result<(), Problem> {
    parse(serde_json::from_str::<&RawValue>(text)).map(drop)
}

fn parse<T>(result: serde_json::Result<T>) -> Result<T, Problem> {
    result.map_err(|error| Problem::NotJson(error.to_string()))
}
