//! One event in the JSON format: what is accepted is JSON and kept as it is, and can be read again.
#![no_main]

use elytra_events::CloudEvent;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    match CloudEvent::from_json(text) {
        Ok(event) => {
            assert_eq!(event.as_json(), text);
            assert!(serde_json::from_str::<&RawValue>(text).is_ok());
            assert!(!event.id().is_empty() && !event.source().is_empty());
            let _ = (event.event_type(), event.operation(), event.object());
        }
        Err(invalid) => assert!(!invalid.violations.is_empty()),
    }
});
