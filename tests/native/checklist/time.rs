//! Timestamps (core, "Type System"; RFC 3339 section 5.6).

use elytra_events::Timestamp;

use super::{Case, Check::Here, accept, refuse};

#[track_caller]
fn valid(texts: &[&str]) {
    for text in texts {
        accept(&format!(r#""time":"{text}""#));
    }
}

#[track_caller]
fn invalid(texts: &[&str]) {
    for text in texts {
        refuse(&format!(r#""time":"{text}""#), "time", "not_a_timestamp");
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "time-rfc-3339",
        section: "core, Optional Attributes",
        says: "`time` is an RFC 3339 timestamp",
        check: Here(|| {
            valid(&["1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00"]);
            invalid(&["now", "2025-01-01", "1735689600", "2025-13-01T00:00:00Z"]);
        }),
    },
    Case {
        rule: "time-not-empty",
        section: "core, Optional Attributes",
        says: "`time`, if present, is not empty",
        check: Here(|| refuse(r#""time":"""#, "time", "empty")),
    },
    Case {
        rule: "time-seconds",
        section: "RFC 3339 5.6",
        says: "seconds are required",
        check: Here(|| invalid(&["2025-01-01T00:00Z", "2025-01-01T00:00+01:00"])),
    },
    Case {
        rule: "time-offset",
        section: "RFC 3339 5.6",
        says: "the offset is `Z` or hours and minutes with a colon",
        check: Here(|| {
            valid(&["2025-01-01T00:00:00Z", "2025-01-01T00:00:00-00:00"]);
            invalid(&["2025-01-01T00:00:00", "2025-01-01T00:00:00+01", "2025-01-01T00:00:00+0100"]);
        }),
    },
    Case {
        rule: "time-t-separates",
        section: "RFC 3339 5.6",
        says: "`T` separates date and time, not a space",
        check: Here(|| invalid(&["2025-01-01 00:00:00Z", "2025-01-01_00:00:00Z"])),
    },
    Case {
        rule: "time-lower-case",
        section: "RFC 3339 5.6",
        says: "`t` and `z` may be lower case",
        check: Here(|| valid(&["2025-01-01t00:00:00z"])),
    },
    Case {
        rule: "time-fraction",
        section: "RFC 3339 5.6",
        says: "a fraction has at least one digit, and any length",
        check: Here(|| {
            valid(&["2025-01-01T00:00:00.5Z", "2025-01-01T00:00:00.123456789012345678901Z"]);
            invalid(&["2025-01-01T00:00:00.Z", "2025-01-01T00:00:00,5Z"]);
        }),
    },
    Case {
        rule: "time-leap-second",
        section: "RFC 3339 5.7",
        says: "second 60 is valid only at 23:59:60 UTC",
        check: Here(|| {
            valid(&["2016-12-31T23:59:60Z", "2017-01-01T05:29:60+05:30"]);
            invalid(&["2016-12-31T12:00:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T23:59:61Z"]);
        }),
    },
    Case {
        rule: "time-untouched",
        section: "Ours",
        says: "the sender's text is forwarded as it arrived: not cut, not converted to \
               UTC, not replaced by the current time",
        check: Here(|| {
            let text = "2025-12-31T04:19:30.860984129000+01:00";
            valid(&[text]);
            let time = Timestamp::parse(text).unwrap();
            assert_eq!(time.as_str(), text);
            let same = Timestamp::parse("2025-12-31t03:19:30.860984129z").unwrap();
            assert_eq!(time.instant(), same.instant(), "a parsed value is for comparing");
        }),
    },
];
