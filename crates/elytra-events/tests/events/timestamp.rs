//! Timestamps: RFC 3339 section 5.6 by the letter, to the nanosecond.

use chrono::{DateTime, FixedOffset};
use elytra_events::Timestamp;
use proptest::prelude::*;
use test_support::property;

/// The instant is given as chrono prints it.
#[track_caller]
fn check_valid(why: &str, text: &str, instant: &str) {
    let timestamp = Timestamp::parse(text).unwrap_or_else(|error| panic!("{why}: {error}"));
    assert_eq!(timestamp.as_str(), text, "{why}: the text is kept");
    assert_eq!(format!("{:?}", timestamp.instant()), instant, "{why}");
}

#[track_caller]
fn check_invalid(why: &str, text: &str, reason: &str) {
    match Timestamp::parse(text) {
        Ok(timestamp) => panic!("{why}: taken as {:?}", timestamp.instant()),
        Err(error) => assert_eq!(error.to_string(), reason, "{why}"),
    }
}

#[test]
fn timestamps_of_rfc_3339_are_read() {
    check_valid(
        "the example of Elytra's models: nanoseconds and an offset",
        "2025-12-31T04:19:30.860984129+01:00",
        "2025-12-31T04:19:30.860984129+01:00",
    );
    check_valid("RFC 3339 section 5.8", "1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520+00:00");
    check_valid(
        "5.6: t and z may be lower case",
        "1985-04-12t23:20:50z",
        "1985-04-12T23:20:50+00:00",
    );
    check_valid("4.3: offset unknown", "1985-04-12T23:20:50-00:00", "1985-04-12T23:20:50+00:00");
    check_valid("the first year there is", "0000-01-01T00:00:00Z", "0000-01-01T00:00:00+00:00");
    check_valid("the last moment", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00");
    check_valid("the largest offset", "0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00+23:59");
    check_valid("the smallest", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59-23:59");
    check_valid("leap day", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00+00:00");
    check_valid("leap day of a 400th year", "2000-02-29T00:00:00Z", "2000-02-29T00:00:00+00:00");
}

#[test]
fn a_fraction_may_have_any_length() {
    check_valid("one digit", "2025-01-01T00:00:00.5Z", "2025-01-01T00:00:00.500+00:00");
    check_valid("microseconds", "2025-01-01T00:00:00.000001Z", "2025-01-01T00:00:00.000001+00:00");
    check_valid("zeros alone", "2025-01-01T00:00:00.000Z", "2025-01-01T00:00:00+00:00");
    check_valid(
        "beyond nanoseconds it is cut, not rounded into the next second",
        "2025-01-01T00:00:00.99999999999999999999Z",
        "2025-01-01T00:00:00.999999999+00:00",
    );
    let long = format!("2025-01-01T00:00:00.{}Z", "1".repeat(10_000));
    check_valid("5.6: 1*DIGIT has no end", &long, "2025-01-01T00:00:00.111111111+00:00");
    check_invalid(
        "a point needs a digit behind it",
        "2025-01-01T00:00:00.Z",
        "unexpected character 'Z' at position 20, expected a digit",
    );
    check_invalid(
        "ISO 8601 allows the comma, RFC 3339 does not",
        "2025-01-01T00:00:00,5Z",
        "unexpected character ',' at position 19, expected 'Z', '+' or '-'",
    );
}

#[test]
fn second_60_stands_only_where_a_leap_second_can_be() {
    check_valid("RFC 3339 section 5.8", "1990-12-31T23:59:60Z", "1990-12-31T23:59:60+00:00");
    check_valid("5.8, in an offset", "1990-12-31T15:59:60-08:00", "1990-12-31T15:59:60-08:00");
    check_valid("half an hour", "2017-01-01T05:29:60+05:30", "2017-01-01T05:29:60+05:30");
    check_valid("with a fraction", "2016-12-31T23:59:60.5Z", "2016-12-31T23:59:60.500+00:00");
    let reason = "second 60 is only possible where UTC is 23:59:60";
    check_invalid("chrono takes it anywhere", "2016-12-31T12:00:60Z", reason);
    check_invalid("23:59 local, but not in UTC", "2016-12-31T23:59:60+01:00", reason);
    check_invalid("minute 58", "2016-12-31T23:58:60Z", reason);
}

#[test]
fn numbers_out_of_range_are_named() {
    check_invalid("month", "2025-13-01T00:00:00Z", "month out of range");
    check_invalid("month 0", "2025-00-01T00:00:00Z", "month out of range");
    check_invalid("day", "2025-01-32T00:00:00Z", "day out of range");
    check_invalid("day 0", "2025-01-00T00:00:00Z", "day out of range");
    check_invalid("April has 30", "2025-04-31T00:00:00Z", "day out of range");
    check_invalid("no leap year", "2025-02-29T00:00:00Z", "day out of range");
    check_invalid("no leap year either", "1900-02-29T00:00:00Z", "day out of range");
    check_invalid("ISO 8601 has hour 24", "2025-01-01T24:00:00Z", "hour out of range");
    check_invalid("minute", "2025-01-01T00:60:00Z", "minute out of range");
    check_invalid("second", "2025-01-01T00:00:61Z", "second out of range");
    check_invalid("offset", "2025-01-01T00:00:00+24:00", "offset hour out of range");
    check_invalid("offset", "2025-01-01T00:00:00+00:60", "offset minute out of range");
}

#[test]
fn deviations_are_told_with_their_place() {
    check_invalid("nothing", "", "ends where a digit is expected");
    check_invalid("a date alone", "2025-01-01", "ends where 'T' is expected");
    check_invalid(
        "5.6: seconds are required",
        "2025-01-01T00:00Z",
        "unexpected character 'Z' at position 16, expected ':'",
    );
    check_invalid("no offset", "2025-01-01T00:00:00", "ends where 'Z', '+' or '-' is expected");
    check_invalid("offset without minutes", "2025-01-01T00:00:00+01", "ends where ':' is expected");
    check_invalid(
        "ISO 8601 has it without the colon",
        "2025-01-01T00:00:00+0100",
        "unexpected character '0' at position 22, expected ':'",
    );
    check_invalid(
        "chrono takes a space for T",
        "2025-01-01 00:00:00Z",
        "unexpected character ' ' at position 10, expected 'T'",
    );
    check_invalid(
        "a year of five digits",
        "12025-01-01T00:00:00Z",
        "unexpected character '5' at position 4, expected '-'",
    );
    check_invalid(
        "a sign before the year",
        "-2025-01-01T00:00:00Z",
        "unexpected character '-' at position 0, expected a digit",
    );
    check_invalid(
        "a space before",
        " 2025-01-01T00:00:00Z",
        "unexpected character ' ' at position 0, expected a digit",
    );
    check_invalid(
        "more behind",
        "2025-01-01T00:00:00Z ",
        "unexpected character ' ' at position 20, expected the end",
    );
    check_invalid(
        "digits of another script",
        "２025-01-01T00:00:00Z",
        "unexpected character '２' at position 0, expected a digit",
    );
    check_invalid(
        "a minus of another kind",
        "2025-01-01T00:00:00−01:00",
        "unexpected character '−' at position 19, expected 'Z', '+' or '-'",
    );
    check_invalid(
        "Unix time is none",
        "1735689600",
        "unexpected character '6' at position 4, expected '-'",
    );
}

#[test]
fn instants_compare_across_offsets() {
    let instant = |text| Timestamp::parse(text).unwrap().instant();
    assert_eq!(instant("2025-01-01T00:30:00+01:00"), instant("2024-12-31T23:30:00Z"));
    assert!(instant("2025-01-01T00:30:00+01:00") < instant("2025-01-01T00:00:00Z"));
    assert!(instant("2025-01-01T00:00:00.000000001Z") > instant("2025-01-01T00:00:00Z"));
    assert!(instant("2016-12-31T23:59:60Z") < instant("2017-01-01T00:00:00Z"));
    assert!(instant("2016-12-31T23:59:60Z") > instant("2016-12-31T23:59:59.999999999Z"));
}

/// Any moment of the years 0000 to 9999, in any offset of whole minutes.
pub(crate) fn moment() -> impl Strategy<Value = DateTime<FixedOffset>> {
    const TWO_DAYS: i64 = 2 * 24 * 60 * 60; // so that no offset leads out of the years
    let seconds = -62_167_219_200 + TWO_DAYS..253_402_300_800 - TWO_DAYS;
    (seconds, 0..1_000_000_000_u32, -1439..=1439).prop_map(|(seconds, nanoseconds, minutes)| {
        let offset = FixedOffset::east_opt(minutes * 60).unwrap();
        DateTime::from_timestamp(seconds, nanoseconds).unwrap().with_timezone(&offset)
    })
}

#[test]
fn what_chrono_prints_is_read_as_the_same_moment() {
    property(moment(), |moment| {
        let text = format!("{moment:?}");
        let instant = Timestamp::parse(&*text).unwrap().instant();
        assert_eq!((instant, instant.offset()), (moment, moment.offset()), "{text}");
    });
}

#[test]
fn what_is_read_chrono_reads_the_same() {
    let nearly = r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{0,12})?(Z|z|[+-][0-2][0-9]:[0-5][0-9])?.?";
    property(nearly, |text| {
        if let Ok(timestamp) = Timestamp::parse(&*text) {
            assert_eq!(DateTime::parse_from_rfc3339(&text), Ok(timestamp.instant()), "{text}");
        }
    });
}

#[test]
fn no_text_panics() {
    property(r"[0-9TZtz:.+\-]{0,30}|.*", |text| {
        let _ = Timestamp::parse(text).map_err(|error| error.to_string());
    });
}
