//! The types of JSON values.

use std::fmt;

use super::json::WHITE_SPACE;

/// The type of a JSON value, by the names in RFC 8259.
///
/// # Examples
///
/// ```
/// use elytra_events::JsonType;
///
/// assert_eq!(JsonType::of("[1, 2]"), Some(JsonType::Array));
/// assert_eq!(JsonType::Array.to_string(), "an array");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum JsonType {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl JsonType {
    /// The type of the JSON value that a text starts with, judged by its first character. `None` if no
    /// value starts with that character.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(WHITE_SPACE);
        Some(match text.bytes().next()? {
            b'{' => Self::Object,
            b'[' => Self::Array,
            b'"' => Self::String,
            b't' | b'f' => Self::Boolean,
            b'n' => Self::Null,
            b'-' | b'0'..=b'9' => Self::Number,
            _ => return None,
        })
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}
