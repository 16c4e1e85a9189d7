//! Texts from senders, which may be long.

/// How many characters of such a text an error repeats.
const MAX_REPEATED_CHARACTERS: usize = 256;

/// The text, or its start followed by `…` if it is longer than errors repeat.
pub(crate) fn shorten(text: impl Into<String>) -> String {
    let mut text = text.into();
    if let Some((end, _)) = text.char_indices().nth(MAX_REPEATED_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}
