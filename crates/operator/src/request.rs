//! A request, and what its path may name.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// What a value in a query is written with: unreserved characters (RFC 3986 section 2.3), and those that are
/// harmless there and make it readable.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// The path of dead letters, and what the paths of what is done to them begin with.
pub(crate) const DEAD_LETTERS: &str = "/dead-letters";

/// The longest id of a replay. Those of the Worker have 22 characters.
const MAX_ID_BYTES: usize = 128;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

/// A request to the Worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, which needs no encoding.
    pub path: String,
    /// The parameters of the query, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// The body, which is JSON.
    pub body: Option<String>,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), query: Vec::new(), body: None }
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self { method: Method::Post, ..Self::get(path) }
    }

    /// One event, with its history.
    #[must_use]
    pub fn event(key: &EventKey) -> Self {
        Self::get(format!("/events/{key}"))
    }

    /// What the configuration of a Worker needs for this. Without it, there is nothing at the path.
    pub(crate) fn needs(&self) -> &'static str {
        if self.path.starts_with(DEAD_LETTERS) {
            "[vars.ADMIN], DELIVERIES or DEAD"
        } else {
            "[vars.ADMIN] or [vars.JOURNAL]"
        }
    }

    /// The path and the query.
    #[must_use]
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        let mut before = '?';
        for (name, value) in &self.query {
            target.push(before);
            target.push_str(name);
            target.push('=');
            target.extend(utf8_percent_encode(value, QUERY));
            before = '&';
        }
        target
    }
}

/// The key of an event in the journal: 32 letters, digits, hyphens and underscores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventKey(String);

impl EventKey {
    /// How many characters a key has.
    pub const CHARACTERS: usize = 32;

    /// Reads a key. `None` if the text cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == Self::CHARACTERS && is_base64url(text)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a replay, as it stands in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayId(String);

impl ReplayId {
    /// Reads an id. `None` if the text cannot be one: nothing else may get into a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = (1..=MAX_ID_BYTES).contains(&text.len()) && is_base64url(text);
        is_id.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for ReplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text has only the characters of base64url (RFC 4648 section 5).
fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
