//! Prints an event in the JSON format, where it has not come in it.

use super::{AttributeValue, CloudEvent, Data};

/// How much room the attributes of an event need in JSON, in nearly all cases.
const TYPICAL_ATTRIBUTE_BYTES: usize = 512;

/// An event in the JSON format.
pub(super) fn print(event: &CloudEvent<'_>) -> String {
    let data_bytes = match event.data() {
        Some(Data::Json(value)) => value.len(),
        Some(Data::Base64(text)) => text.len(),
        None => 0,
    };
    let mut json = String::with_capacity(data_bytes + TYPICAL_ATTRIBUTE_BYTES);
    push_attributes(&mut json, event);
    match event.data() {
        Some(Data::Json(value)) => {
            push_name(&mut json, "data");
            json.push_str(value);
        }
        Some(Data::Base64(text)) => {
            push_name(&mut json, "data_base64");
            push_string(&mut json, text);
        }
        None => {}
    }
    json.push('}');
    json
}

impl CloudEvent<'_> {
    /// The event in the JSON format, without its data and with a `dataref` instead.
    pub(crate) fn with_dataref(&self, dataref: &str) -> String {
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

fn push_string(json: &mut String, text: &str) {
    // Without an early end, so that the compiler takes many bytes at once.
    let is_plain = |byte| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&quote(text));
    }
}

/// A text as a JSON string.
pub(super) fn quote(text: &str) -> String {
    // A string can always be printed.
    serde_json::to_string(text).unwrap_or_default()
}
