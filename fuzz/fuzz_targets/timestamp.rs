//! Timestamps: whatever is accepted, chrono reads as the same moment.
#![no_main]

use chrono::DateTime;
use elytra_events::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(timestamp) = Timestamp::parse(text) {
        assert_eq!(timestamp.as_str(), text);
        let theirs = DateTime::parse_from_rfc3339(text).expect("chrono is the laxer one");
        assert_eq!(timestamp.instant(), theirs);
        assert_eq!(timestamp.instant().offset(), theirs.offset());
    }
});
