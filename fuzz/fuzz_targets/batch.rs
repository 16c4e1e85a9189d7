//! A batch: each event that is accepted stands in the body as it is.
#![no_main]

use elytra_events::InvalidEvents;
use elytra_events::http::{Mode, decode};
use libfuzzer_sys::fuzz_target;

const NO_HEADERS: [(&str, &str); 0] = [];

fuzz_target!(|body: &[u8]| {
    match decode(Mode::Batch, &NO_HEADERS[..], body, 10) {
        Ok(events) => {
            let mut rest = std::str::from_utf8(body).expect("it was read");
            for event in &events {
                let (_, behind) = rest.split_once(event.as_json()).expect("it stands there");
                rest = behind;
            }
        }
        Err(InvalidEvents::TooMany { events, limit }) => assert!(events > limit),
        Err(InvalidEvents::Invalid(invalid)) => {
            assert!(invalid.iter().all(|event| !event.violations.is_empty()));
            assert!(!invalid.is_empty());
        }
    }
});
