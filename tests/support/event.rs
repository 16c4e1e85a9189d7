//! Requests with events, and what is wrong with them.

use elytra_events::http::{Headers, Mode, decode};
use elytra_events::{CloudEvent, InvalidEvent, InvalidEvents};
use proptest::strategy::Strategy;

/// The text of a valid event with these members besides the four that every event must have.
#[must_use]
pub fn event(members: &str) -> String {
    let separator = if members.is_empty() { "" } else { "," };
    format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"t"{separator}{members}}}"#)
}

/// The headers of a request.
#[derive(Debug, Clone, Default)]
pub struct Head(Vec<(String, String)>);

impl Head {
    /// With one header more, which may be there already.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the four attributes that every event must have, in binary mode.
    #[must_use]
    pub fn with_event(self) -> Self {
        let head = self.with("ce-specversion", "1.0").with("ce-id", "1");
        head.with("ce-source", "s").with("ce-type", "t")
    }
}

impl Headers for Head {
    fn header(&self, name: &str) -> Option<String> {
        assert_eq!(name, name.to_ascii_lowercase(), "headers are asked for in lower case");
        self.0.header(name)
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        self.0.ce_headers()
    }
}

/// The event of a request that carries one, in this mode.
///
/// # Errors
///
/// What is wrong with the event.
pub fn decode_one<'a>(
    mode: Mode,
    head: &impl Headers,
    body: &'a [u8],
) -> Result<CloudEvent<'a>, InvalidEvent> {
    match decode(mode, head, body, 100) {
        Ok(events) => {
            let [event] = <[_; 1]>::try_from(events).expect("one event");
            Ok(event)
        }
        Err(InvalidEvents::Invalid(events)) => {
            let [event] = <[_; 1]>::try_from(events).expect("one event");
            Err(event)
        }
        Err(too_many @ InvalidEvents::TooMany { .. }) => panic!("{too_many:?}"),
    }
}

/// The codes and texts of an event's faults.
#[must_use]
pub fn faults(invalid: &InvalidEvent) -> Vec<(&'static str, String)> {
    invalid.violations.iter().map(|fault| (fault.code(), fault.to_string())).collect()
}

/// Faults as they are expected.
#[track_caller]
pub fn check_faults(why: &str, invalid: &InvalidEvent, expected: &[(&str, &str)]) {
    let found = faults(invalid);
    let found: Vec<_> = found.iter().map(|(code, text)| (*code, &**text)).collect();
    assert_eq!(found, expected, "{why}");
}

/// A string that every attribute may hold.
pub fn text() -> impl Strategy<Value = String> {
    r"\PC{1,24}"
}
