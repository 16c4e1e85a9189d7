//! What an event is about, for the log: its `subject`, and the object in its `data`.

use elytra_events::{CloudEvent, Data, Object, ObjectId};
use serde::Serialize;

use crate::text::shortened;

/// What an event is about. Texts are cut like others in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// `subject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `objectType` in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type: Option<String>,
    /// `objectId` in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
}

impl About {
    /// What this event is about.
    #[must_use]
    pub fn new(event: &CloudEvent<'_>) -> Self {
        let subject = event.subject().map(shortened);
        match event.data() {
            Some(Data::Json(json)) => {
                // Reading all of `data` costs as much again as reading the event, so look at its ends first.
                let (object_type, object_id) = at_the_ends(json).unwrap_or_else(|| {
                    let Object { id, type_, .. } = event.object();
                    let id = id.map(|id| match id {
                        ObjectId::String(text) => shortened(&text),
                        ObjectId::Integer(digits) => shortened(digits),
                    });
                    (type_.map(|type_| shortened(&type_)), id)
                });
                Self { subject, object_type, object_id }
            }
            Some(Data::Base64(_)) | None => Self { subject, ..Self::default() },
        }
    }
}

/// The type and the id of the object.
type Named = (Option<String>, Option<String>);

/// The type and the id of the object if both are among the members before the first object or list in `data`,
/// or behind the last one. `None` if that does not tell; then all of `data` must be read.
fn at_the_ends(data: &str) -> Option<Named> {
    let (mut object_type, mut object_id, mut is_ambiguous) = (None, None, false);
    // Only because a second one makes the whole ambiguous.
    let mut object_data = None;
    let mut note = |(name, value): (&str, _)| {
        let found = match name {
            r#""objectType""# => &mut object_type,
            r#""objectId""# => &mut object_id,
            r#""objectData""# => &mut object_data,
            // Another name, unless its escapes spell one of these.
            _ => return is_ambiguous |= name.contains('\\'),
        };
        is_ambiguous |= found.replace(value).is_some();
    };
    let inner = data.trim_ascii().strip_prefix('{')?.strip_suffix('}')?;
    let middle = members_at_the_start(inner, &mut note);
    members_at_the_end(middle, &mut note);
    if is_ambiguous {
        return None;
    }
    let object_type = plain_string(object_type?)?;
    let object_id = object_id?;
    let object_id = if is_integer(object_id) { object_id } else { plain_string(object_id)? };
    Some((Some(shortened(object_type)), Some(shortened(object_id))))
}

/// Notes the members at the start of an object that are strings, numbers, booleans or null. Returns the rest.
fn members_at_the_start<'d>(inner: &'d str, note: &mut impl FnMut((&'d str, &'d str))) -> &'d str {
    let mut rest = inner;
    while let Some((member, after)) = first_member(rest) {
        note(member);
        rest = after;
    }
    rest
}

/// The same at the end of an object.
fn members_at_the_end<'d>(inner: &'d str, note: &mut impl FnMut((&'d str, &'d str))) {
    let mut rest = inner;
    while let Some((member, before)) = last_member(rest) {
        note(member);
        rest = before;
    }
}

/// The first member, and what follows it and its comma.
fn first_member(rest: &str) -> Option<((&str, &str), &str)> {
    let (name, rest) = split_first_scalar(rest.trim_ascii_start())?;
    let rest = rest.trim_ascii_start().strip_prefix(':')?;
    let (value, rest) = split_first_scalar(rest.trim_ascii_start())?;
    let rest = rest.trim_ascii_start();
    Some(((name, value), rest.strip_prefix(',').unwrap_or(rest)))
}

/// The last member, and what precedes it and its comma.
fn last_member(rest: &str) -> Option<((&str, &str), &str)> {
    let (rest, value) = split_last_scalar(rest.trim_ascii_end())?;
    let rest = rest.trim_ascii_end().strip_suffix(':')?;
    let (rest, name) = split_last_scalar(rest.trim_ascii_end())?;
    let rest = rest.trim_ascii_end();
    Some(((name, value), rest.strip_suffix(',').unwrap_or(rest)))
}

/// Splits JSON after its first value, unless that is an object or a list.
fn split_first_scalar(json: &str) -> Option<(&str, &str)> {
    let bytes = json.as_bytes();
    let end = if bytes.first() == Some(&b'"') {
        let mut at = 1;
        loop {
            at += bytes.get(at..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            if bytes.get(at) == Some(&b'"') {
                break at + 1;
            }
            // An escape is a backslash and at least one more character, which is ASCII.
            at += 2;
        }
    } else {
        bytes.iter().position(|byte| !is_in_literal(*byte)).unwrap_or(bytes.len())
    };
    json.split_at_checked(end).filter(|(value, _)| !value.is_empty())
}

/// Splits JSON before its last value, unless that is an object or a list.
fn split_last_scalar(json: &str) -> Option<(&str, &str)> {
    let bytes = json.as_bytes();
    let start = if let Some((b'"', mut before)) = bytes.split_last() {
        loop {
            let quote = before.iter().rposition(|byte| *byte == b'"')?;
            before = before.get(..quote)?;
            // A quote in a string follows an odd number of backslashes.
            let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
            if backslashes % 2 == 0 {
                break quote;
            }
        }
    } else {
        bytes.iter().rposition(|byte| !is_in_literal(*byte)).map_or(0, |at| at + 1)
    };
    json.split_at_checked(start).filter(|(_, value)| !value.is_empty())
}

/// Whether a number, a boolean or null can have this byte.
fn is_in_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The text of a JSON string without escapes.
fn plain_string(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then_some(text)
}

/// Whether the text of a JSON value is an integer, written in digits alone.
fn is_integer(json: &str) -> bool {
    json.strip_prefix('-').unwrap_or(json).bytes().all(|byte| byte.is_ascii_digit())
}
