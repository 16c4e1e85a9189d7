//! The log line of a consumed message.

use std::borrow::Cow;

use elytra_events::CloudEvent;
use serde::Serialize;

use super::Cause;
use crate::about::About;
use crate::jobs::JobLine;
use crate::journal::Attempt;
use crate::level::Level;
use crate::platform::BindingError;
use crate::text::shorten;

/// The line of a consumed message.
#[derive(Debug)]
pub enum ConsumedLine {
    /// The message had an event.
    Delivery(DeliveryLine),
    /// The message was a job's.
    Job(JobLine),
}

impl ConsumedLine {
    /// Who must act.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Delivery(line) => line.level,
            Self::Job(line) => line.level,
        }
    }

    /// Sets how long it took, in milliseconds.
    pub fn took(&mut self, milliseconds: u64) {
        match self {
            Self::Delivery(line) => line.milliseconds = milliseconds,
            Self::Job(line) => line.milliseconds = milliseconds,
        }
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Delivery(line) => line.to_json(),
            Self::Job(line) => line.to_json(),
        }
    }
}

/// The result of a message.
#[derive(Debug, Serialize)]
pub struct DeliveryLine {
    /// Who must act.
    #[serde(skip)]
    pub level: Level,
    /// `delivered`, `retried`, `dead`, `stored` (in `DEAD`), or `failed` (it could not be moved).
    outcome: &'static str,
    subscription: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_: Option<String>,
    #[serde(flatten)]
    about: About,
    /// How often delivery was attempted, including this time.
    attempts: u32,
    /// The code of the reason why it was not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    /// The status of the destination's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    /// The delay before the next attempt, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<u64>,
    /// How long it took, as measured by the Worker's clock.
    pub milliseconds: u64,
}

impl DeliveryLine {
    /// A line for a message of this subscription.
    pub(crate) fn new(subscription: &str, attempts: u32) -> Self {
        Self {
            level: Level::Info,
            outcome: "delivered",
            subscription: shorten(subscription),
            id: None,
            source: None,
            type_: None,
            about: About::default(),
            attempts,
            cause: None,
            status: None,
            reasons: Vec::new(),
            delay_seconds: None,
            milliseconds: 0,
        }
    }

    /// Adds the attributes of the event.
    pub(crate) fn event(&mut self, event: &CloudEvent<'_>) {
        self.id = Some(shorten(event.id()));
        self.source = Some(shorten(event.source()));
        self.type_ = Some(shorten(event.type_()));
        self.about(event);
    }

    /// Adds what the event is about, which is in the data.
    pub(crate) fn about(&mut self, event: &CloudEvent<'_>) {
        self.about = About::new(event);
    }

    /// The destination accepted the event.
    pub(crate) fn delivered(self) -> Self {
        Self { level: Level::Info, outcome: "delivered", ..self }
    }

    /// The delivery will be retried.
    pub(crate) fn retried(self, cause: &Cause, delay_seconds: u64) -> Self {
        let line = self.because(cause);
        Self {
            level: Level::Warning,
            outcome: "retried",
            delay_seconds: Some(delay_seconds),
            ..line
        }
    }

    /// The event became a dead letter.
    pub(crate) fn dead(self, cause: &Cause) -> Self {
        let line = self.because(cause);
        Self { level: Level::Error, outcome: "dead", ..line }
    }

    /// The dead letter was stored.
    pub(crate) fn stored(self) -> Self {
        Self { level: Level::Info, outcome: "stored", ..self }
    }

    /// The message could not be moved, and will be redelivered.
    pub(crate) fn failed(mut self, error: &BindingError) -> Self {
        self.reasons.push(shorten(error.to_string()));
        Self { level: Level::Error, outcome: "failed", ..self }
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The attempt, for the journal. What could not be moved is attempted again.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        Attempt {
            subscription: Cow::Borrowed(&self.subscription),
            attempt: self.attempts,
            result: if self.outcome == "failed" { "retried" } else { self.outcome }.into(),
            cause: self.cause.map(Cow::Borrowed),
            status: self.status,
            reason: self.reasons.first().map(|reason| Cow::Borrowed(&**reason)),
            delay_seconds: self.delay_seconds,
            ..Attempt::default()
        }
    }

    fn because(self, cause: &Cause) -> Self {
        let reasons = vec![shorten(cause.to_string())];
        Self { cause: Some(cause.code()), status: cause.status(), reasons, ..self }
    }
}
