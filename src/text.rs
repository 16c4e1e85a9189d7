//! Shortens texts, which a sender may have made very long.

use std::fmt;

/// How many characters of such a text an answer or the log repeats.
pub const MAX_REPEATED_CHARACTERS: usize = 256;

/// Cuts a text to [`MAX_REPEATED_CHARACTERS`], followed by `…`, if it is longer.
pub(crate) fn shorten(text: impl Into<String>) -> String {
    shorten_to(MAX_REPEATED_CHARACTERS, text)
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
