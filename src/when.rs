//! Points in time, as operators read and write them.

use chrono::{DateTime, SecondsFormat};
use elytra_events::Timestamp;

use crate::names::did_you_mean;

/// 9999-12-31T23:59:59.999Z, in milliseconds since 1970: the last time that RFC 3339 can express.
const LAST: u64 = 253_402_300_799_999;

/// The units of a duration, in milliseconds.
const UNITS: [(char, u64); 4] =
    [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 24 * 3_600_000)];

/// A time in milliseconds since 1970, in RFC 3339, in UTC and with milliseconds. A time after the
/// year 9999 becomes its last millisecond.
#[must_use]
pub fn to_rfc3339(milliseconds: u64) -> String {
    let milliseconds = i64::try_from(milliseconds.min(LAST)).unwrap_or_default();
    let time = DateTime::from_timestamp_millis(milliseconds).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads a time, and returns it in milliseconds since 1970: either RFC 3339, or a duration before
/// `now`, a whole number of seconds (`90s`), minutes (`15m`), hours (`1h`) or days (`7d`). A time
/// before 1970 becomes 1970. The `+` of an offset may be a space, which a query makes of it.
///
/// # Errors
///
/// What was expected, and the nearest right form.
pub fn read_time(text: &str, now: u64) -> Result<u64, String> {
    read(text, now).ok_or_else(|| {
        let nearest = nearest(text);
        format!(
            "expected a time in RFC 3339, such as 2025-12-31T04:19:30Z, or how long ago, such as \
             90s, 15m, 1h or 7d{}",
            did_you_mean(nearest.as_deref())
        )
    })
}

fn read(text: &str, now: u64) -> Option<u64> {
    if let Some(ago) = duration(text) {
        return Some(now.saturating_sub(ago));
    }
    let text = with_plus(text);
    let instant = Timestamp::parse(&*text).ok()?.instant();
    Some(u64::try_from(instant.timestamp_millis()).unwrap_or_default())
}

/// A duration in milliseconds.
fn duration(text: &str) -> Option<u64> {
    let (last, _) = text.char_indices().last()?;
    let (number, unit) = text.split_at_checked(last)?;
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| unit.starts_with(*name))?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number that is too large is before 1970 anyway.
    Some(number.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(*milliseconds))
}

/// The text with the `+` of its offset, if it has a space there.
fn with_plus(text: &str) -> String {
    /// The length of an offset with its sign, as in `+01:00`.
    const OFFSET_BYTES: usize = 6;

    let offset = text.len().checked_sub(OFFSET_BYTES).and_then(|at| text.split_at_checked(at));
    match offset.and_then(|(time, offset)| Some((time, offset.strip_prefix(' ')?))) {
        Some((time, offset)) => format!("{time}+{offset}"),
        None => text.to_owned(),
    }
}

/// What was probably meant.
fn nearest(text: &str) -> Option<String> {
    /// More digits than this are milliseconds since 1970, fewer are seconds.
    const SECONDS_DIGITS: usize = 10;
    /// A number with fewer digits is a duration.
    const LEAST_DIGITS: usize = 9;

    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text.parse::<u64>().ok()?;
        return Some(match text.len() {
            ..LEAST_DIGITS => format!("{text}s"),
            LEAST_DIGITS..=SECONDS_DIGITS => to_rfc3339(number.saturating_mul(1_000)),
            _ => to_rfc3339(number),
        });
    }
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let unit = unit.chars().next().map(|unit| unit.to_ascii_lowercase());
    let as_duration = unit.map(|unit| format!("{digits}{unit}"));
    let as_date = text.replacen(' ', "T", 1);
    let candidates = [
        Some(as_date.clone()),
        Some(format!("{as_date}Z")),
        Some(format!("{text}T00:00:00Z")),
        as_duration,
    ];
    candidates.into_iter().flatten().find(|candidate| read(candidate, 0).is_some())
}
