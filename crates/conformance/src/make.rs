//! Makes events: valid ones, from which each case departs in one thing.

use std::cell::Cell;
use std::fmt::Write as _;

use serde_json::Value;

use crate::options::Options;
use crate::request::{Method, Request};

/// The media type of an event in JSON.
pub(crate) const STRUCTURED: &str = "application/cloudevents+json";

/// The media type of a batch in JSON.
pub(crate) const BATCH: &str = "application/cloudevents-batch+json";

/// The data of events that need some.
pub(crate) const DATA: &str = r#"{"objectId":1}"#;

/// Makes events, each with an id of its own.
#[derive(Debug)]
pub(crate) struct Maker<'a> {
    pub(crate) options: &'a Options,
    made: Cell<usize>,
}

/// An event in JSON: names and values, both as JSON.
#[derive(Debug, Clone)]
pub(crate) struct Event(Vec<(String, String)>);

/// An event as headers and a body.
#[derive(Debug, Clone)]
pub(crate) struct Binary {
    /// Names with `ce-`, and values as they are sent.
    headers: Vec<(String, String)>,
    content_type: Option<String>,
    data: Option<Vec<u8>>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(options: &'a Options) -> Self {
        Self { options, made: Cell::new(0) }
    }

    fn id(&self) -> String {
        let number = self.made.get().saturating_add(1);
        self.made.set(number);
        format!("{}-{number}", self.options.run_id)
    }

    /// The attributes of a valid event.
    fn attributes(&self) -> Vec<(String, String)> {
        let options = self.options;
        let required = [
            ("specversion", "1.0"),
            ("id", &self.id()),
            ("source", &options.source),
            ("type", &options.event_type),
        ];
        let required = required.map(|(name, value)| (name.to_owned(), value.to_owned()));
        required.into_iter().chain(options.extensions.iter().cloned()).collect()
    }

    /// A valid event with data.
    pub(crate) fn event(&self) -> Event {
        let quoted = |(name, value): (String, String)| (quoted(&name), quoted(&value));
        Event(self.attributes().into_iter().map(quoted).collect()).with("data", DATA)
    }

    /// A valid event in binary mode, whose data are JSON.
    pub(crate) fn binary(&self) -> Binary {
        let header = |(name, value): (String, String)| (format!("ce-{name}"), encoded(&value));
        Binary {
            headers: self.attributes().into_iter().map(header).collect(),
            content_type: Some("application/json".to_owned()),
            data: Some(DATA.as_bytes().to_vec()),
        }
    }
}

impl Event {
    /// With a member of this value, which is JSON, in place of any other of this name.
    pub(crate) fn with(self, name: &str, json: &str) -> Self {
        self.without(name).and(name, json)
    }

    /// With a member of this value, which is JSON, beside any other of this name.
    pub(crate) fn and(mut self, name: &str, json: &str) -> Self {
        self.0.push((quoted(name), json.to_owned()));
        self
    }

    /// Without the members of this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        let name = quoted(name);
        self.0.retain(|(other, _)| *other != name);
        self
    }

    /// Its JSON.
    pub(crate) fn json(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("{name}:{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// Its JSON, padded to this many bytes by a member of its data.
    pub(crate) fn padded(self, bytes: usize) -> String {
        let empty = self.clone().with("data", r#"{"text":""}"#).json().len();
        let text = "x".repeat(bytes.saturating_sub(empty));
        self.with("data", &format!(r#"{{"text":"{text}"}}"#)).json()
    }

    /// As the body of a request.
    pub(crate) fn post(&self) -> Request {
        Request::post(STRUCTURED, self.json())
    }
}

impl Binary {
    /// With this header, whose value is sent as it is, in place of any other of this name.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut event = self.without(name);
        event.headers.push((format!("ce-{name}"), value.to_owned()));
        event
    }

    /// Without the header of this attribute.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other.strip_prefix("ce-") != Some(name));
        self
    }

    /// With these data.
    pub(crate) fn of(mut self, content_type: &str, data: impl Into<Vec<u8>>) -> Self {
        self.content_type = Some(content_type.to_owned());
        self.data = Some(data.into());
        self
    }

    /// Without data.
    pub(crate) fn empty(mut self) -> Self {
        self.content_type = None;
        self.data = None;
        self
    }

    /// As a request.
    pub(crate) fn post(self) -> Request {
        let mut request = Request::new(Method::Post, self.data);
        request.headers = self.headers;
        match self.content_type {
            Some(content_type) => request.with("content-type", &content_type),
            None => request,
        }
    }
}

/// These events as a batch.
pub(crate) fn batch<const N: usize>(events: [Event; N]) -> Request {
    let events = events.map(|event| event.json());
    Request::post(BATCH, format!("[{}]", events.join(",")))
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A text as the value of a header.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if matches!(byte, b'!'..=b'~') && byte != b'"' && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
