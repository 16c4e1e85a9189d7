//! A sender's texts: shortens those that may be very long, and encodes those that go into a header.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, PercentEncode, utf8_percent_encode};

/// How many characters of such a text an answer or the log repeats.
pub const MAX_REPEATED_CHARACTERS: usize = 256;

/// What is percent-encoded in a header besides non-ASCII characters: control characters, spaces,
/// double quotes and percent signs (HTTP binding section 3.1.3.2).
const ENCODED_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// Encodes an attribute's value for a header (HTTP binding section 3.1.3.2).
pub(crate) fn header_value(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, ENCODED_IN_HEADERS)
}

/// Cuts a text to [`MAX_REPEATED_CHARACTERS`], followed by `…`, if it is longer.
pub(crate) fn shorten(text: impl Into<String>) -> String {
    shorten_to(MAX_REPEATED_CHARACTERS, text)
}

/// A copy of a text, cut like [`shorten`] does it. Nothing of what is cut off is copied.
pub(crate) fn shortened(text: &str) -> String {
    if text.len() > MAX_REPEATED_CHARACTERS
        && let Some((end, _)) = text.char_indices().nth(MAX_REPEATED_CHARACTERS)
    {
        return format!("{}…", text.get(..end).unwrap_or_default());
    }
    text.to_owned()
}

/// Cuts a text to `most` characters, followed by `…`, if it is longer.
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

/// Displays a text in quotes, cut to `most` characters.
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
