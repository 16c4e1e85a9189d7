//! The attribute `time`.

use super::BASELINE;
use crate::case::Level::Must;
use crate::case::{Case, Group};
use crate::make::{Maker, quoted};
use crate::section::{JSON_TYPES, RFC_3339_FORMAT, RFC_3339_RANGES, Section, TIME};

/// What becomes of an event with such a time.
#[derive(Clone, Copy)]
enum Fate {
    Accepted,
    Refused,
}

use Fate::{Accepted, Refused};

/// The id of a case, its section, what it says, and times with the fate of each.
type Row = (&'static str, Section, &'static str, Fate, &'static [&'static str]);

const ROWS: [Row; 14] = [
    (
        "time-fraction",
        RFC_3339_FORMAT,
        "seconds can have a fraction of any length",
        Accepted,
        &[
            "2025-12-31T04:19:30.8Z",
            "2025-12-31T04:19:30.860984129Z",
            "2025-12-31T04:19:30.12345678901234567890Z",
        ],
    ),
    (
        "time-offset",
        RFC_3339_FORMAT,
        "a time can be in any zone",
        Accepted,
        &["2025-12-31T04:19:30+01:00", "2025-12-31T04:19:30-23:59", "2025-12-31T04:19:30-00:00"],
    ),
    (
        "time-lower-case",
        RFC_3339_FORMAT,
        "`T` and `Z` can be in lower case",
        Accepted,
        &["2025-12-31t04:19:30z"],
    ),
    (
        "time-leap-second",
        RFC_3339_RANGES,
        "a leap second is a time",
        Accepted,
        &["2016-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00"],
    ),
    (
        "time-leap-day",
        RFC_3339_RANGES,
        "29 February is a day of leap years",
        Accepted,
        &["2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z"],
    ),
    ("time-nonsense", TIME, "`time` is a timestamp", Refused, &["yesterday", "1767150000"]),
    ("time-empty", TIME, "`time`, if present, is not empty", Refused, &[""]),
    (
        "time-without-offset",
        RFC_3339_FORMAT,
        "the zone is required",
        Refused,
        &["2025-12-31T04:19:30"],
    ),
    (
        "time-without-seconds",
        RFC_3339_FORMAT,
        "seconds are required",
        Refused,
        &["2025-12-31T04:19Z"],
    ),
    ("time-date-only", RFC_3339_FORMAT, "a date is not a timestamp", Refused, &["2025-12-31"]),
    (
        "time-offset-form",
        RFC_3339_FORMAT,
        "the zone is `Z`, or hours and minutes with a colon",
        Refused,
        &["2025-12-31T04:19:30+0100", "2025-12-31T04:19:30+01"],
    ),
    (
        "time-fraction-empty",
        RFC_3339_FORMAT,
        "a fraction has digits, after a point",
        Refused,
        &["2025-12-31T04:19:30.Z"],
    ),
    (
        "time-impossible",
        RFC_3339_RANGES,
        "the day, the hour and the minute exist",
        Refused,
        &[
            "2025-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z",
            "2025-12-31T24:00:00Z",
            "2025-12-31T04:60:00Z",
        ],
    ),
    (
        "time-second-60",
        RFC_3339_RANGES,
        "second 60 is only where a leap second can be",
        Refused,
        &["2016-12-31T12:00:60Z"],
    ),
];

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let with = |json: &str| make.event().with("time", json).post();
    let new = |id, section, says| Case::new(Group::Time, id, section, Must, says).needing(BASELINE);
    let mut cases: Vec<_> = ROWS
        .iter()
        .map(|(id, section, says, fate, times)| {
            times.iter().fold(new(id, *section, says), |case, time| {
                let what = if time.is_empty() {
                    "an empty `time`".to_owned()
                } else {
                    format!("`{time}`")
                };
                let request = with(&quoted(time));
                match fate {
                    Accepted => case.accepts(what, request),
                    Refused => case.refuses(what, request),
                }
            })
        })
        .collect();
    cases.push(
        new("time-number", JSON_TYPES, "a timestamp is a string")
            .refuses("`1767150000`, a number", with("1767150000")),
    );
    cases
}
