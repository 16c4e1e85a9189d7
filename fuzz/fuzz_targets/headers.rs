//! Binary mode: any headers and any body; the event they make is valid in the JSON format too.
#![no_main]

use elytra_events::CloudEvent;
use elytra_events::http::{Mode, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (head, body) = input;
    let headers: Vec<_> = head.lines().filter_map(|line| line.split_once(':')).collect();
    let _ = Mode::of(&headers[..]);
    if let Ok(events) = decode(Mode::Binary, &headers[..], body, 1) {
        for event in &events {
            let again = CloudEvent::from_json(event.as_json()).expect("valid in binary mode");
            assert_eq!((again.id(), again.source()), (event.id(), event.source()));
            assert_eq!((again.type_(), again.subject()), (event.type_(), event.subject()));
            assert!(event.extensions().eq(again.extensions()));
        }
    }
});
