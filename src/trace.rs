//! What is learned of a request on its way, for the reply and for the log.

use std::fmt;

use crate::auth::{AuthType, Caller};
use crate::ledger::Moment;
use crate::platform::BindingError;
use crate::text::shorten;
use elytra_events::http::Mode;
use elytra_events::{CloudEvent, InvalidEvents, Name};

/// What is learned of a request on its way.
#[derive(Debug, Default)]
pub struct Trace<'c> {
    /// The `auth_type` that was asked for.
    pub auth_type: Option<AuthType>,
    /// Who was let in.
    pub caller: Option<Caller<'c>>,
    /// The mode its events came in.
    pub mode: Option<Mode>,
    /// Its events; of an invalid one, what could be read.
    pub events: Vec<EventTrace>,
    /// Why the ledger gave no answer: then an event may be forwarded twice.
    pub ledger_failures: Vec<BindingError>,
}

/// What is learned of an event.
#[derive(Debug, Default)]
pub struct EventTrace {
    /// `id`.
    pub id: Option<String>,
    /// `source`.
    pub source: Option<String>,
    /// `type`.
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
    /// A `time` so far ahead that only a wrong clock can have written it.
    TimeInFuture(String),
}

impl<'c> Trace<'c> {
    /// Notes what the events are. No `time` later than the latest can be right.
    pub(crate) fn events(&mut self, events: &[CloudEvent<'_>], latest: Option<Moment>) {
        self.events = events.iter().map(|event| EventTrace::new(event, latest)).collect();
    }

    /// Notes what can be told of an event that is none, where it came alone.
    pub(crate) fn invalid(&mut self, invalid: &InvalidEvents) {
        if self.mode != Some(Mode::Batch)
            && let InvalidEvents::Invalid(invalid) = invalid
            && let [event] = &**invalid
        {
            self.events = vec![EventTrace {
                id: event.id.clone(),
                source: event.source.clone(),
                type_: event.type_.clone(),
                ..EventTrace::default()
            }];
        }
    }

    /// The secret that let the caller in, by its name.
    pub(crate) fn credential(&self) -> Option<&'c str> {
        self.caller.as_ref().and_then(Caller::credential)
    }
}

impl EventTrace {
    pub(crate) fn new(event: &CloudEvent<'_>, latest: Option<Moment>) -> Self {
        let event_type = event.event_type();
        let operation = event.operation();
        let mut notices = Vec::new();
        if let Some(Name::Unknown(name)) = &event_type {
            notices.push(Notice::UnknownEventType(name.to_string()));
        }
        if let Some(Name::Unknown(name)) = &operation {
            notices.push(Notice::UnknownOperation(name.to_string()));
        }
        if let Some((time, latest)) = event.time().zip(latest)
            && Moment::from(time) > latest
        {
            notices.push(Notice::TimeInFuture(time.as_str().to_owned()));
        }
        Self {
            id: Some(event.id().to_owned()),
            source: Some(event.source().to_owned()),
            type_: Some(event.type_().to_owned()),
            event_type: event_type.map(|name| name.to_string()),
            operation: operation.map(|name| name.to_string()),
            notices,
        }
    }
}

impl Notice {
    /// The stable code, as it stands in answers and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownEventType(_) => "unknown_event_type",
            Self::UnknownOperation(_) => "unknown_operation",
            Self::TimeInFuture(_) => "time_in_future",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownEventType(name) => write!(f, "event type {name:?} is not known here"),
            Self::UnknownOperation(name) => write!(f, "operation {name:?} is not known here"),
            Self::TimeInFuture(time) => {
                let time = shorten(time);
                write!(
                    f,
                    "time {time} is in the future, so the arrival counts (clock_tolerance_seconds)"
                )
            }
        }
    }
}
