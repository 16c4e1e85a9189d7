//! Binary mode: any headers and any body; the event they make is valid in the JSON format too.
#![no_main]

use elytra_events::CloudEvent;
use elytra_events::http::{Headers, Mode, decode};
use libfuzzer_sys::fuzz_target;

struct Lines(Vec<(String, String)>);

impl Headers for Lines {
    fn header(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let named = self.0.iter();
        named
            .filter_map(|(name, value)| Some((name.strip_prefix("ce-")?.to_owned(), value.clone())))
            .collect()
    }
}

fuzz_target!(|input: (&str, &[u8])| {
    let (head, body) = input;
    let headers = Lines(
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
    );
    let _ = Mode::of(&headers);
    if let Ok(events) = decode(Mode::Binary, &headers, body, 1) {
        for event in &events {
            let again = CloudEvent::from_json(event.as_json()).expect("valid in binary mode");
            assert_eq!((again.id(), again.source()), (event.id(), event.source()));
            assert_eq!((again.type_(), again.subject()), (event.type_(), event.subject()));
            assert!(event.extensions().eq(again.extensions()));
        }
    }
});
