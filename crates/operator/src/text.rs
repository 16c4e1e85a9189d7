//! Texts of others, times and numbers, as they are shown.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text that somebody else wrote, fit for a terminal and for one line: characters that would move the cursor, change
/// colours or turn the direction of writing are escaped.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean
}

/// JSON on one line, otherwise as it is.
#[must_use]
pub fn json_line(json: &str) -> String {
    // Between two tokens. In a string, JSON escapes it.
    harmless(json.trim()).replace(['\n', '\r'], " ")
}

/// The same JSON without characters that a terminal obeys. JSON has escapes for them, and has them in strings only.
#[must_use]
pub fn harmless(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() && !c.is_ascii_whitespace() || is_invisible(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(harmless, "\\u{unit:04x}");
            }
        } else {
            harmless.push(c);
        }
    }
    harmless
}

/// Whether a character has no glyph, but an effect: the separators of lines and paragraphs, marks of direction, and
/// what has no width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// A text in at most this many columns. One that is cut ends with `…`.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or_default()) else { break };
        left = rest;
        short.push(c);
    }
    if columns > 0 {
        short.push('…');
    }
    // A sequence of characters can be wider than its characters.
    while width(&short) > columns && short.pop().is_some() {}
    short
}

/// Breaks a text between words into lines of at most this many columns. The first line begins with `first`, and the
/// others are indented as deep as that. A word that is too long stays whole, so that it can be copied.
#[must_use]
pub fn wrapped(first: &str, text: &str, columns: usize) -> String {
    let indent = width(first);
    let mut out = first.to_owned();
    let mut at = indent;
    for word in text.split(' ') {
        let more = width(word);
        if at > indent && at.saturating_add(1).saturating_add(more) > columns {
            let _ = write!(out, "\n{:indent$}", "");
            at = indent;
        } else if at > indent {
            out.push(' ');
            at = at.saturating_add(1);
        }
        out.push_str(word);
        at = at.saturating_add(more);
    }
    out.push('\n');
    out
}

/// A time in milliseconds since 1970, in RFC 3339, in UTC and without fractions.
pub(crate) fn time(milliseconds: u64) -> String {
    in_format(milliseconds, "%Y-%m-%dT%H:%M:%SZ")
}

/// The day of such a time.
pub(crate) fn day(milliseconds: u64) -> String {
    in_format(milliseconds, "%Y-%m-%d")
}

/// The time of the day of such a time.
pub(crate) fn time_of_day(milliseconds: u64) -> String {
    in_format(milliseconds, "%H:%M:%S%.3f")
}

fn in_format(milliseconds: u64, format: &str) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
    // What is no time is shown as the number that it is.
    time.map_or_else(|| milliseconds.to_string(), |time| time.format(format).to_string())
}

/// A number with commas between thousands.
#[must_use]
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things.
pub(crate) fn count(number: u64, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", with_commas(number))
}

/// How wide the bar of a progress is.
const BAR: u64 = 24;

/// A bar that shows how much of a whole is done.
pub(crate) fn bar(done: u64, of: u64) -> String {
    let filled = done.saturating_mul(BAR).checked_div(of).unwrap_or(BAR).min(BAR);
    let part = |at| if at < filled { '#' } else { '-' };
    format!("[{}]", (0..BAR).map(part).collect::<String>())
}

/// About how long something takes.
pub(crate) fn about(seconds: u64) -> String {
    match seconds {
        ..90 => format!("{seconds} s"),
        90..5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
