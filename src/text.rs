//! Texts that a sender may have made long.

use std::fmt;

/// How much of such a text is repeated in an answer or in the log, in characters.
pub const MAX_REPEATED_CHARACTERS: usize = 256;

/// A text, or its beginning with `…` behind it where it has more characters than that.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
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

/// The same, without a copy.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > MAX_REPEATED_CHARACTERS
        && let Some((end, _)) = text.char_indices().nth(MAX_REPEATED_CHARACTERS)
    {
        text.truncate(end);
        text.push('…');
    }
    text
}
