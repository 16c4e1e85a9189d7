//! Texts of a sender's: shortened where they may be long, encoded where a header has to hold them.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, utf8_percent_encode};

/// How much of such a text is repeated in an answer or in the log, in characters.
pub const MAX_REPEATED_CHARACTERS: usize = 256;

/// What is percent-encoded in a header besides what is not ASCII: the space, the double quote and the
/// percent sign (HTTP binding section 3.1.3.2).
const ENCODED_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// An attribute's value as a header holds it (HTTP binding section 3.1.3.2).
pub(crate) fn header_value(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, ENCODED_IN_HEADERS)
}

/// A text, or its beginning with `…` behind it where it has more characters than are repeated.
pub(crate) fn shorten(text: impl Into<String>) -> String {
    shorten_to(MAX_REPEATED_CHARACTERS, text)
}

/// The same with so many characters.
pub(crate) fn shorten_to(most: usize, text: impl Into<String>) -> String {
    let mut text = text.into();
    if text.len() > most
        && let Some((end, _)) = text.char_indices().nth(most)
    {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A text in quotes, with no more of it than so many characters.
pub(crate) struct Shortened<'t> {
    pub(crate) text: &'t str,
    pub(crate) most: usize,
}

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.char_indices().nth(self.most) {
            Some((end, _)) => write!(f, "{:?}…", self.text.get(..end).unwrap_or_default()),
            None => write!(f, "{:?}", self.text),
        }
    }
}
