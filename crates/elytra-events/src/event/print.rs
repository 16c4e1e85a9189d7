//! Prints an event in the JSON format, if it did not come in that format.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;

use super::binary::BodyData;
use super::{AttributeValue, BASE64, CloudEvent, StoredData};

/// The size of nearly all events without their data in JSON, in bytes.
const TYPICAL_ATTRIBUTE_BYTES: usize = 512;

/// Adds the data to an event, and its text in the JSON format. The data are copied only once.
pub(super) fn print<'a>(mut event: CloudEvent<'a>, data: Option<BodyData<'_>>) -> CloudEvent<'a> {
    let data_bytes = data.map_or(0, BodyData::printed_bytes);
    let mut json = String::with_capacity(data_bytes + TYPICAL_ATTRIBUTE_BYTES);
    push_attributes(&mut json, &event);
    event.data = data.map(|data| {
        push_name(
            &mut json,
            if matches!(data, BodyData::Bytes(_)) { "data_base64" } else { "data" },
        );
        let start = json.len();
        match data {
            BodyData::Json(value, places) => {
                json.push_str(value);
                event.places = places;
            }
            BodyData::Text(text) => push_string(&mut json, text),
            BodyData::Bytes(bytes) => {
                json.push('"');
                BASE64.encode_string(bytes, &mut json);
                json.push('"');
                return StoredData::PrintedBase64(start + 1..json.len() - 1);
            }
        }
        StoredData::PrintedJson(start..json.len())
    });
    json.push('}');
    event.json = Cow::Owned(json);
    event
}

impl CloudEvent<'_> {
    /// The event in the JSON format, without its data and with this `dataref` instead: what to send if the
    /// event is too large.
    #[must_use]
    pub fn with_dataref(&self, dataref: &str) -> String {
        let mut json = String::with_capacity(TYPICAL_ATTRIBUTE_BYTES);
        push_attributes(&mut json, self);
        push_name(&mut json, "dataref");
        push_string(&mut json, dataref);
        json.push('}');
        json
    }
}

/// Prints the opening brace and the attributes.
fn push_attributes(json: &mut String, event: &CloudEvent<'_>) {
    for (name, value) in event.core_attributes() {
        push_name(json, name);
        push_string(json, value);
    }
    for (name, value) in event.extensions() {
        push_name(json, name);
        match value {
            AttributeValue::String(text) => push_string(json, text),
            other => json.push_str(&other.to_text()),
        }
    }
}

/// Prints a name. The names of attributes need no escapes.
fn push_name(json: &mut String, name: &str) {
    json.push_str(if json.is_empty() { "{\"" } else { ",\"" });
    json.push_str(name);
    json.push_str("\":");
}

/// Prints a text as a JSON string.
fn push_string(json: &mut String, text: &str) {
    json.push('"');
    // This loop never ends early, so that the compiler can look at many bytes at once.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        json.push_str(text);
    } else {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
            // What must be escaped is ASCII, so this is a character boundary.
            let (plain, escaped) = rest.split_at_checked(at).unwrap_or((rest, ""));
            json.push_str(plain);
            let mut characters = escaped.chars();
            push_escaped(json, characters.next().unwrap_or_default());
            rest = characters.as_str();
        }
        json.push_str(rest);
    }
    json.push('"');
}

/// Whether a byte needs no escape in a JSON string (RFC 8259 section 7).
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

fn push_escaped(json: &mut String, character: char) {
    match short_escape(character) {
        Some(letter) => json.extend(['\\', letter]),
        None => {
            // Writing to a string cannot fail.
            let _ = write!(json, "\\u{:04x}", u32::from(character));
        }
    }
}

/// The second character of the short escape, for characters that have one.
fn short_escape(character: char) -> Option<char> {
    Some(match character {
        '"' | '\\' => character,
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{c}' => 'f',
        '\r' => 'r',
        _ => return None,
    })
}

/// The size of a text as a JSON string in bytes, including quotes.
pub(super) fn quoted_bytes(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        byte if is_plain(byte) => 1,
        byte if short_escape(char::from(byte)).is_some() => 2,
        _ => 6,
    });
    bytes.sum::<usize>() + 2
}
