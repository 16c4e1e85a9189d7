//! Points in time, as operators read and write them.

use elytra_webhooks::when::{read_time, to_rfc3339};
use proptest::prelude::*;

use crate::memory::START;
use crate::support::property;

#[test]
fn times_are_shown_in_utc_with_milliseconds() {
    let table = [
        ("the start of time", 0, "1970-01-01T00:00:00.000Z"),
        ("one millisecond", 1, "1970-01-01T00:00:00.001Z"),
        ("today", START + 45, "2025-12-01T00:00:00.045Z"),
        ("the last of RFC 3339", 253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ("after it", 253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        ("what anybody may have stored", u64::MAX, "9999-12-31T23:59:59.999Z"),
    ];
    for (why, milliseconds, expected) in table {
        assert_eq!(to_rfc3339(milliseconds), expected, "{why}");
    }
}

#[test]
fn times_are_read() {
    let table = [
        ("RFC 3339", "2025-12-01T00:00:00Z", START),
        ("with milliseconds", "2025-12-01T00:00:00.045Z", START + 45),
        ("with an offset", "2025-12-01T01:00:00+01:00", START),
        ("whose plus the query has made a space", "2025-12-01T01:00:00 01:00", START),
        ("to the west", "2025-11-30T23:00:00-01:00", START),
        ("before 1970", "1969-12-31T23:59:59Z", 0),
        ("seconds ago", "90s", START - 90_000),
        ("minutes ago", "15m", START - 900_000),
        ("hours ago", "1h", START - 3_600_000),
        ("days ago", "7d", START - 604_800_000),
        ("now", "0s", START),
        ("longer ago than 1970", "99999999999999999999999d", 0),
    ];
    for (why, text, expected) in table {
        assert_eq!(read_time(text, START), Ok(expected), "{why}");
    }
}

#[test]
fn what_is_no_time_is_told_with_the_nearest() {
    let table = [
        ("nothing", "", ""),
        ("a word", "yesterday", ""),
        ("a date", "2025-12-01", "2025-12-01T00:00:00Z"),
        ("no offset", "2025-12-01T04:19:30", "2025-12-01T04:19:30Z"),
        ("as many databases write it", "2025-12-01 04:19:30", "2025-12-01T04:19:30Z"),
        ("no T", "2025-12-01 04:19:30Z", "2025-12-01T04:19:30Z"),
        ("no unit", "90", "90s"),
        ("a unit in words", "15 min", "15m"),
        ("a unit in capitals", "1H", "1h"),
        ("an unknown unit", "2w", ""),
        ("not whole", "1.5h", ""),
        ("in the future", "-1h", ""),
        ("seconds since 1970", "1764547200", "2025-12-01T00:00:00.000Z"),
        ("milliseconds since 1970", "1764547200000", "2025-12-01T00:00:00.000Z"),
        ("no such day", "2025-02-30T00:00:00Z", ""),
        ("not ASCII", "7д", ""),
    ];
    let expected = "expected a time in RFC 3339, such as 2025-12-31T04:19:30Z, or how long ago, such as 90s, 15m, 1h or 7d";
    for (why, text, nearest) in table {
        let nearest = match nearest {
            "" => String::new(),
            nearest => format!(", did you mean {nearest:?}?"),
        };
        assert_eq!(read_time(text, START), Err(format!("{expected}{nearest}")), "{why}");
    }
}

#[test]
fn what_is_shown_is_read() {
    property(0..=253_402_300_799_999_u64, |milliseconds| {
        assert_eq!(read_time(&to_rfc3339(milliseconds), 0), Ok(milliseconds));
    });
}

#[test]
fn whatever_is_written_has_an_answer() {
    property(("[0-9TZ:. +smhd-]{0,30}|.{0,30}", any::<u64>()), |(text, now)| {
        let _ = read_time(&text, now);
    });
}
