//! Texts that a sender may have made long.

/// How much of such a text is repeated in an answer, in characters.
pub(crate) const MAX_REPEATED_CHARACTERS: usize = 256;

/// A text, or its beginning with `…` behind it where it has more characters than that.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
