//! The log: one JSON line for each request, for those who look for an event at night.
//!
//! No secret and nothing of an event's data gets in here.

use std::fmt;

use serde::Serialize;

use crate::cloudevents::{CloudEvent, InvalidEvent};
use crate::names::Name;
use crate::receive::{Outcome, Rejection};
use crate::reply::Reply;

/// How much of a sender's text stands in the log, in characters.
pub const MAX_LOGGED_CHARACTERS: usize = 256;

/// How many faults of a sender's event stand in the log: Cloudflare keeps 256 KB of a line.
pub const MAX_LOGGED_VIOLATIONS: usize = 64;

/// What is learned of a request on its way.
#[derive(Debug, Default)]
pub struct Trace<'c> {
    /// The `auth_type` that was asked for.
    pub auth_type: Option<&'static str>,
    /// The name of the secret that let the caller in.
    pub credential: Option<&'c str>,
    /// The event's `id`.
    pub id: Option<String>,
    /// The event's `source`.
    pub source: Option<String>,
    /// The event's `type`.
    pub type_: Option<String>,
    /// Elytra's event type.
    pub event_type: Option<String>,
    /// Elytra's operation.
    pub operation: Option<String>,
    /// What in the event is valid, but unknown here.
    pub notices: Vec<Notice>,
}

/// Something an event holds that is valid, but unknown here: it was kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An event type that is not on Elytra's list.
    UnknownEventType(String),
    /// An operation that is not on Elytra's list.
    UnknownOperation(String),
}

/// The log line of a request.
#[derive(Debug, Serialize)]
pub struct LogLine<'c> {
    /// `accepted`, `ignored`, `refused` (the caller must change something), `failed` (we must), or
    /// `healthy`.
    pub outcome: &'static str,
    /// The same code as in the reply.
    pub code: &'static str,
    /// The HTTP status of the reply.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// The subscriptions whose destination holds the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subscriptions: Vec<&'c str>,
    /// Why the subscriptions that do not hold it do not, or what is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    /// What is valid, but unknown here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'c str>,
    /// How long the request took, as far as the Worker's clock tells: it stands still while the
    /// Worker computes.
    pub milliseconds: u64,
}

impl Trace<'_> {
    /// Notes what an event is.
    pub(crate) fn event(&mut self, event: &CloudEvent<'_>) {
        let event_type = event.event_type();
        let operation = event.operation();
        if let Some(Name::Unknown(name)) = &event_type {
            self.notices.push(Notice::UnknownEventType(name.to_string()));
        }
        if let Some(Name::Unknown(name)) = &operation {
            self.notices.push(Notice::UnknownOperation(name.to_string()));
        }
        self.id = Some(event.id().to_owned());
        self.source = Some(event.source().to_owned());
        self.type_ = Some(event.type_().to_owned());
        self.event_type = event_type.map(|name| name.to_string());
        self.operation = operation.map(|name| name.to_string());
    }

    /// Notes what can be told of an event that is none.
    pub(crate) fn invalid(&mut self, invalid: &InvalidEvent) {
        self.id.clone_from(&invalid.id);
        self.type_.clone_from(&invalid.type_);
    }
}

impl<'c> LogLine<'c> {
    /// The line of a request that was answered with this reply. The time is still missing.
    #[must_use]
    pub fn new(
        result: Result<Outcome<'c>, Rejection<'c>>,
        trace: Trace<'c>,
        reply: &Reply,
    ) -> Self {
        let outcome = match &result {
            Ok(Outcome::Healthy) => "healthy",
            Ok(Outcome::Accepted(_)) => "accepted",
            Ok(Outcome::Ignored(_)) => "ignored",
            Err(rejection) if rejection.is_ours() => "failed",
            Err(_) => "refused",
        };
        let reasons = reasons(&result);
        let subscriptions = match result {
            Ok(Outcome::Accepted(receipt)) => receipt.subscriptions,
            Err(Rejection::Undelivered(undelivered)) => undelivered.held,
            _ => Vec::new(),
        };
        Self {
            outcome,
            code: reply.code,
            status: reply.status,
            id: trace.id.map(cut),
            source: trace.source.map(cut),
            type_: trace.type_.map(cut),
            event_type: trace.event_type.map(cut),
            operation: trace.operation.map(cut),
            subscriptions,
            reasons: reasons.into_iter().map(cut).collect(),
            notices: trace.notices.iter().map(Notice::code).collect(),
            auth_type: trace.auth_type,
            credential: trace.credential,
            milliseconds: 0,
        }
    }

    /// The line itself.
    #[must_use]
    pub fn to_json(&self) -> String {
        // It cannot fail to print: its keys are strings and its maps structs.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why it was not accepted, in words for us: more than a caller is told.
fn reasons(result: &Result<Outcome<'_>, Rejection<'_>>) -> Vec<String> {
    match result {
        Ok(Outcome::Healthy | Outcome::Accepted(_)) => Vec::new(),
        Ok(Outcome::Ignored(unwanted)) => {
            unwanted.iter().map(|(name, mismatch)| format!("{name}: {mismatch}")).collect()
        }
        Err(Rejection::BrokenConfiguration(mistakes)) => {
            mistakes.iter().map(ToString::to_string).collect()
        }
        Err(Rejection::InvalidEvent(invalid)) => {
            let violations = invalid.violations.iter();
            let mut reasons: Vec<_> =
                violations.map(ToString::to_string).take(MAX_LOGGED_VIOLATIONS).collect();
            let left_out = invalid.violations.len() - reasons.len();
            if left_out > 0 {
                reasons.push(format!("and {left_out} more"));
            }
            reasons
        }
        Err(Rejection::Undelivered(undelivered)) => {
            undelivered.failed.iter().map(|(name, error)| format!("{name}: {}", error.0)).collect()
        }
        Err(Rejection::BodyBrokeOff(error)) => vec![error.0.clone()],
        Err(rejection) => vec![rejection.to_string()],
    }
}

/// Cuts a text that a sender made long.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_LOGGED_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Notice {
    /// The stable code, as it stands in answers and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownEventType(_) => "unknown_event_type",
            Self::UnknownOperation(_) => "unknown_operation",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownEventType(name) => write!(f, "event type {name:?} is not known here"),
            Self::UnknownOperation(name) => write!(f, "operation {name:?} is not known here"),
        }
    }
}
