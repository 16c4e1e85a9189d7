//! What several files of tests need: properties, the head of a request, the text of an event.

use elytra_webhooks::CloudEvent;
use elytra_webhooks::cloudevents::{Headers, InvalidEvent, InvalidEvents, Mode, decode};
use elytra_webhooks::request::RequestHead;
use proptest::strategy::Strategy;
pub(crate) use test_support::{event, property};

/// The head of a request.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    method: &'static str,
    path: &'static str,
    query: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// `POST /webhook`, without any header.
    pub(crate) fn post() -> Self {
        Self { method: "POST", path: "/webhook", query: String::new(), headers: Vec::new() }
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub(crate) fn query(self, query: &str) -> Self {
        Self { query: query.to_owned(), ..self }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the four attributes that every event must have, in binary mode.
    pub(crate) fn with_event(self) -> Self {
        let head = self.with("ce-specversion", "1.0").with("ce-id", "1");
        head.with("ce-source", "s").with("ce-type", "t")
    }
}

impl Headers for Head {
    fn header(&self, name: &str) -> Option<String> {
        assert_eq!(name, name.to_ascii_lowercase(), "headers are asked for in lower case");
        let named = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let values: Vec<_> = named.map(|(_, value)| &**value).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// As the runtime hands them over: the names in lower case, repeated ones joined.
    fn ce_headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in &self.headers {
            let name = name.to_ascii_lowercase();
            let Some(name) = name.strip_prefix("ce-") else { continue };
            match headers.iter_mut().find(|(found, _)| found == name) {
                Some((_, joined)) => *joined = format!("{joined}, {value}"),
                None => headers.push((name.to_owned(), value.clone())),
            }
        }
        headers
    }
}

impl RequestHead for Head {
    fn method(&self) -> &str {
        self.method
    }

    fn path(&self) -> &str {
        self.path
    }

    fn query(&self) -> String {
        self.query.clone()
    }
}

/// The event of a request that carries one, in this mode.
pub(crate) fn decode_one<'a>(
    mode: Mode,
    head: &Head,
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
pub(crate) fn faults(invalid: &InvalidEvent) -> Vec<(&'static str, String)> {
    invalid.violations.iter().map(|fault| (fault.code(), fault.to_string())).collect()
}

/// Faults as they are expected.
#[track_caller]
pub(crate) fn check_faults(why: &str, invalid: &InvalidEvent, expected: &[(&str, &str)]) {
    let found = faults(invalid);
    let found: Vec<_> = found.iter().map(|(code, text)| (*code, &**text)).collect();
    assert_eq!(found, expected, "{why}");
}

/// A string that every attribute may hold.
pub(crate) fn text() -> impl Strategy<Value = String> {
    r"\PC{1,24}"
}
