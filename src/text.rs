//! Texts that a sender may have made long.

use std::fmt;

/// How much of such a text is repeated in an answer or in the log, in characters.
pub const MAX_REPEATED_CHARACTERS: usize = 256;

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
