//! Moments in KV's metadata: what is written equals what is compared later.

use elytra_events::Timestamp;
use elytra_webhooks::ledger::Moment;
use proptest::prelude::*;

use crate::support::property;

fn moment(text: &str) -> Moment {
    Moment::from(&Timestamp::parse(text).unwrap())
}

#[test]
fn a_moment_survives_its_text() {
    let parts = (0..=9_999_u16, 1..=12_u8, 1..=28_u8, 0..24_u8, 0..60_u8, 0..60_u8);
    let fraction = prop_oneof![Just(String::new()), r"\.[0-9]{1,12}"];
    let offset = prop_oneof![Just("Z".to_owned()), "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"];
    property(
        (parts, fraction, offset),
        |((year, month, day, hour, minute, second), fraction, offset)| {
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}"
            );
            let before = moment(&text);
            let shown = before.to_rfc3339();
            assert_eq!(shown.len(), 30, "{text}: {shown} always fits");
            let year_is_there = (moment("0000-01-01T00:00:00Z")
                ..=moment("9999-12-31T23:59:59.999999999Z"))
                .contains(&before);
            assert_eq!(moment(&shown) == before, year_is_there, "{text}: {shown}");
        },
    );
}

/// chrono allows a leap second only at the end of a minute, whatever the minute's offset.
#[test]
fn a_leap_second_survives_too() {
    for text in
        ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.999999999Z", "2017-01-01T05:29:60.5+05:30"]
    {
        let shown = moment(text).to_rfc3339();
        assert_eq!(moment(&shown), moment(text), "{text}: {shown}");
        assert!(moment(text) > moment("2016-12-31T23:59:59.999999999Z"), "{text}");
        assert!(moment(text) < moment("2017-01-01T00:00:00Z"), "{text}");
    }
}

/// The moment that a reset leaves is before everything, and still has a text.
#[test]
fn the_first_moment_of_all_has_a_text() {
    assert_eq!(Moment::MIN.to_rfc3339(), "0000-01-01T00:00:00.000000000Z");
    assert!(Moment::MIN < moment("0000-01-01T00:00:00+23:59"));
}
