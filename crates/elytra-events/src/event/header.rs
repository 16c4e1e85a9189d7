//! Decodes the value of an attribute's header (HTTP binding section 3.1.3.2): first the quotes, then
//! percent-encoding, once.

use std::fmt;

use percent_encoding::percent_decode_str;

/// Why the value of an attribute's header cannot be decoded. Positions are byte offsets in the value.
///
/// # Examples
///
/// ```
/// use elytra_events::http::{HeaderError, Mode, decode};
/// use elytra_events::{InvalidEvents, Problem};
///
/// let headers = [("ce-specversion", "1.0"), ("ce-id", "50%"), ("ce-source", "s"), ("ce-type", "t")];
/// let error = decode(Mode::Binary, &headers[..], b"", 1).unwrap_err();
/// let InvalidEvents::Invalid(invalid) = error else { panic!("it is not a batch") };
/// let problem = Problem::BadHeader(HeaderError::MalformedPercent { at: 2 });
/// assert_eq!(invalid[0].violations[0].problem, problem);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// The value starts with a quote that is not closed.
    UnclosedQuote,
    /// There is something after the closing quote.
    AfterQuote {
        /// Where.
        at: usize,
    },
    /// A `%` is not followed by two hexadecimal digits.
    MalformedPercent {
        /// Where, in the value without its quotes.
        at: usize,
    },
    /// The percent-encoded bytes are not UTF-8.
    NotUtf8,
    /// The bytes of the header were not UTF-8. The runtime replaced them with U+FFFD, so they are lost.
    BrokenBytes,
}

/// Decodes a value. Unnecessary encoding and lower-case digits are accepted.
///
/// # Errors
///
/// The value is not quoted or encoded correctly.
pub(super) fn decode(value: String) -> Result<String, HeaderError> {
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return Err(HeaderError::BrokenBytes);
    }
    let value = if value.starts_with('"') { unquote(&value)? } else { value };
    if value.contains('%') { decode_percent(&value) } else { Ok(value) }
}

/// Removes the quotes from a quoted string (RFC 9110 section 5.6.4).
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
        after => Err(HeaderError::AfterQuote { at: value.len() - after.len() }),
    }
}

/// Decodes percent-encoding, once (RFC 3986 section 2.1).
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

impl std::error::Error for HeaderError {}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnclosedQuote => f.write_str("a quote is not closed"),
            Self::AfterQuote { at } => {
                write!(f, "unexpected character at position {at}, after the closing quote")
            }
            Self::MalformedPercent { at } => {
                write!(f, "expected two hexadecimal digits after '%' at position {at}")
            }
            Self::NotUtf8 => f.write_str("what is percent-encoded is not UTF-8"),
            Self::BrokenBytes => {
                f.write_str("the header's bytes are not UTF-8, expected percent-encoding")
            }
        }
    }
}
