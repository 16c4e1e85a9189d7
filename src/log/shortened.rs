//! Texts that a sender made long, in messages.

use std::fmt;

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
