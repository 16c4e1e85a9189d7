//! Texts that a sender may have made long.

/// How much of such a text is repeated in an error, in characters.
const MAX_REPEATED_CHARACTERS: usize = 256;

/// A text, or its beginning with `…` behind it where it has more characters than are repeated.
pub(crate) fn shorten(text: impl Into<String>) -> String {
    let mut text = text.into();
    if let Some((end, _)) = text.char_indices().nth(MAX_REPEATED_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}
