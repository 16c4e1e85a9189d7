//! The JSON format: from the text of one event to its attributes and its data.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::attributes::{AttributeValue, Attributes, CORE, MAX_ATTRIBUTES};
use super::{BASE64, CloudEvent, Data, InvalidEvent, JsonType, Problem};

/// White space, as JSON has it (RFC 8259 section 2).
const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Reads one event. `data` is checked to be JSON and otherwise kept as the text it is.
pub(super) fn decode(text: &str) -> Result<CloudEvent<'_>, InvalidEvent> {
    let Object { members, is_complete } = read_object(text).map_err(InvalidEvent::of_event)?;

    let mut attributes = Attributes::default();
    if !is_complete {
        attributes.refuse_event(Problem::TooManyAttributes);
    }
    for (index, (name, _)) in members.iter().enumerate() {
        let earlier = members.iter().take(index).filter(|(other, _)| other == name);
        if earlier.count() == 1 {
            attributes.refuse(name, Problem::Repeated);
        }
    }

    let mut data = None;
    let mut data_base64 = None;
    let mut has_data_base64 = false;
    for (name, value) in members {
        match &*name {
            "data" => data = Some(Data::Json(value)),
            // Null means absent (JSON format section 2.2).
            "data_base64" if is_null(value) => {}
            "data_base64" => {
                has_data_base64 = true;
                match read_base64(value) {
                    Ok(text) => data_base64 = Some(Data::Base64(text)),
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
    attributes.into_event(Cow::Borrowed(text), data.or(data_base64))
}

/// The members of a JSON object in their order, repeated ones too.
struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Whether these are all; no more than [`MAX_ATTRIBUTES`] are kept.
    is_complete: bool,
}

fn read_object(text: &str) -> Result<Object<'_>, Problem> {
    match json_type(text) {
        None if text.trim_matches(WHITE_SPACE).is_empty() => Err(Problem::NoBody),
        None | Some(JsonType::Object) => read(text),
        Some(other) => {
            read::<&RawValue>(text)?;
            Err(Problem::NotAnObject(other))
        }
    }
}

fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// An attribute's value. The attributes of the specification are strings, extensions may be more.
fn read_attribute<'a>(name: &str, value: &'a RawValue) -> Result<AttributeValue<'a>, Problem> {
    let is_core = CORE.contains(&name);
    match json_type(value.get()) {
        Some(JsonType::String) => read_string(value).map(AttributeValue::String),
        Some(found) if is_core => Err(Problem::WrongType { expected: "a string", found }),
        Some(JsonType::Boolean) => Ok(AttributeValue::Boolean(value.get() == "true")),
        Some(JsonType::Number) => match value.get().parse() {
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
fn read_base64(value: &RawValue) -> Result<Cow<'_, str>, Problem> {
    match json_type(value.get()) {
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

fn read_string(value: &RawValue) -> Result<Cow<'_, str>, Problem> {
    match serde_json::from_str::<Text<'_>>(value.get()) {
        Ok(Text(text)) => Ok(text),
        // The value was read once already, so what is wrong can only be a lone surrogate.
        Err(_) => Err(Problem::LoneSurrogate),
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::NotJson(error.to_string()))
}

/// The type a JSON text announces with its first character.
fn json_type(text: &str) -> Option<JsonType> {
    let text = text.trim_start_matches(WHITE_SPACE);
    Some(match text.bytes().next()? {
        b'{' => JsonType::Object,
        b'[' => JsonType::Array,
        b'"' => JsonType::String,
        b't' | b'f' => JsonType::Boolean,
        b'n' => JsonType::Null,
        b'-' | b'0'..=b'9' => JsonType::Number,
        _ => return None,
    })
}

/// A string, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while members.len() < MAX_ATTRIBUTES {
                    let Some(Text(name)) = map.next_key()? else {
                        return Ok(Object { members, is_complete: true });
                    };
                    members.push((name, map.next_value()?));
                }
                let mut is_complete = true;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    is_complete = false;
                }
                Ok(Object { members, is_complete })
            }
        }

        deserializer.deserialize_map(Members)
    }
}
