//! The value of an attribute's header (HTTP binding section 3.1.3.2): first unquoted, then decoded
//! from percent-encoding once.

use std::fmt;

use percent_encoding::percent_decode_str;

/// Why a header holds no attribute's value. Positions are byte offsets in the header's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// The value begins with a quote that nothing closes.
    UnclosedQuote,
    /// Something stands behind the closing quote.
    BehindQuote {
        /// Where.
        at: usize,
    },
    /// A `%` without two hexadecimal digits behind it.
    MalformedPercent {
        /// Where, in the value without its quotes.
        at: usize,
    },
    /// What was percent-encoded is not UTF-8.
    NotUtf8,
    /// The header's bytes were not UTF-8: the runtime put U+FFFD in their place, and what they
    /// were is lost.
    BrokenBytes,
}

/// Decodes a value. Needless encoding and lower-case digits are accepted.
///
/// # Errors
///
/// The value is not quoted or not encoded as it must be.
pub(super) fn decode(value: String) -> Result<String, HeaderError> {
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return Err(HeaderError::BrokenBytes);
    }
    let value = if value.starts_with('"') { unquote(&value)? } else { value };
    if value.contains('%') { decode_percent(&value) } else { Ok(value) }
}

/// Takes the quotes off a quoted string (RFC 9110 section 5.6.4).
fn unquote(value: &str) -> Result<String, HeaderError> {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    characters.next(); // the opening quote
    loop {
        match characters.next() {
            Some('"') => break,
            Some('\\') => text.push(characters.next().ok_or(HeaderError::UnclosedQuote)?),
            Some(character) => text.push(character),
            None => return Err(HeaderError::UnclosedQuote),
        }
    }
    match characters.as_str() {
        "" => Ok(text),
        behind => Err(HeaderError::BehindQuote { at: value.len() - behind.len() }),
    }
}

/// One round of percent-decoding (RFC 3986 section 2.1).
fn decode_percent(value: &str) -> Result<String, HeaderError> {
    for (at, _) in value.match_indices('%') {
        let digits = value.as_bytes().get(at + 1..at + 3).unwrap_or_default();
        if digits.len() != 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(HeaderError::MalformedPercent { at });
        }
    }
    match percent_decode_str(value).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(HeaderError::NotUtf8),
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnclosedQuote => f.write_str("a quote is not closed"),
            Self::BehindQuote { at } => {
                write!(f, "unexpected character at position {at}, behind the closing quote")
            }
            Self::MalformedPercent { at } => {
                write!(f, "expected two hexadecimal digits behind '%' at position {at}")
            }
            Self::NotUtf8 => f.write_str("what is percent-encoded is not UTF-8"),
            Self::BrokenBytes => {
                f.write_str("the header's bytes are not UTF-8, expected percent-encoding")
            }
        }
    }
}
