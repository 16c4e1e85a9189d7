//! Prints an event in the JSON format, where it has not come in it.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;

use super::binary::BodyData;
use super::{AttributeValue, BASE64, CloudEvent, StoredData};

/// How much room the attributes of an event need in JSON, in nearly all cases.
const TYPICAL_ATTRIBUTE_BYTES: usize = 512;

/// The event with these data, and with its text in the JSON format. There is only one copy of the data.
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
            BodyData::Json(value) => json.push_str(value),
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
    /// The event in the JSON format, without its data and with a `dataref` instead.
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

/// The brace that opens the event, and the attributes.
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

/// A name needs no escapes: an attribute's never does.
fn push_name(json: &mut String, name: &str) {
    json.push_str(if json.is_empty() { "{\"" } else { ",\"" });
    json.push_str(name);
    json.push_str("\":");
}

/// A text as a JSON string.
fn push_string(json: &mut String, text: &str) {
    json.push('"');
    // Without an early end, so that the compiler takes many bytes at once.
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        json.push_str(text);
    } else {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
            // What is escaped is ASCII, so a character begins before and behind it.
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

/// Whether a byte stands in a JSON string as it is (RFC 8259 section 7).
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

fn push_escaped(json: &mut String, character: char) {
    match short_escape(character) {
        Some(letter) => json.extend(['\\', letter]),
        None => {
            // A string takes everything that is written to it.
            let _ = write!(json, "\\u{:04x}", u32::from(character));
        }
    }
}

/// The letter of the escapes that have one.
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

/// How many bytes a text takes as a JSON string, its quotes included.
pub(super) fn quoted_bytes(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        byte if is_plain(byte) => 1,
        byte if short_escape(char::from(byte)).is_some() => 2,
        _ => 6,
    });
    bytes.sum::<usize>() + 2
}
