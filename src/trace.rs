//! What the line learns about a request, for the reply and the log.

use std::fmt;

use crate::about::About;
use crate::auth::{AuthType, Caller};
use crate::ledger::Moment;
use crate::platform::BindingError;
use crate::request::RequestHead;
use crate::text::shorten;
use elytra_events::http::Mode;
use elytra_events::{CloudEvent, InvalidEvents, Name};
use serde::Serialize;

/// What the line learns about a request.
#[derive(Debug, Default)]
pub struct Trace<'c> {
    /// The configured `auth_type`.
    pub auth_type: Option<AuthType>,
    /// The authenticated caller.
    pub caller: Option<Caller<'c>>,
    /// The mode of the request.
    pub mode: Option<Mode>,
    /// The events. For an invalid one, what could be read.
    pub events: Vec<EventTrace>,
    /// Why the ledger did not answer. An event may be forwarded twice then.
    pub ledger_failures: Vec<BindingError>,
    /// Where a caller that was turned away called from.
    pub turned_away: Option<Client>,
    /// The path of what was asked for, as the table of routes has it. `None` if there is nothing at the path.
    pub path: Option<&'static str>,
    /// Whether only an operator may see the answer.
    pub is_for_operator: bool,
}

/// The client of a request, as far as it can be known, cut like other long texts.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Client {
    /// The IP address that Cloudflare saw.
    #[serde(rename = "client_address", skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// `User-Agent`, which says what the client likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<String>,
    /// Cloudflare's number of the request, which its logs have beside each line.
    #[serde(skip)]
    pub(crate) ray: Option<String>,
}

/// What the line learns about an event.
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
    /// What the event is about.
    pub about: About,
    /// What is valid but not known to the Worker.
    pub notices: Vec<Notice>,
}

/// Something that is valid but not known to the Worker. It is forwarded unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An event type that is not on Elytra's list.
    UnknownEventType(String),
    /// An operation that is not on Elytra's list.
    UnknownOperation(String),
    /// A `time` so far in the future that only a wrong clock can have written it.
    TimeInFuture(String),
}

impl<'c> Trace<'c> {
    /// Records the events. A `time` after `latest` cannot be right.
    pub(crate) fn events(&mut self, events: &[CloudEvent<'_>], latest: Option<Moment>) {
        self.events = events.iter().map(|event| EventTrace::new(event, latest)).collect();
    }

    /// Records what could be read of an invalid event, unless it was in a batch.
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

    /// The name of the secret that the caller presented.
    pub(crate) fn credential(&self) -> Option<&'c str> {
        self.caller.as_ref().and_then(Caller::credential)
    }
}

impl Client {
    /// Reads the headers about the client.
    pub(crate) fn of(head: &impl RequestHead) -> Self {
        let header = |name| head.header(name).map(shorten);
        Self {
            address: header("cf-connecting-ip"),
            user_agent: header("user-agent"),
            ray: header("cf-ray"),
        }
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
            about: About::new(event),
            notices,
        }
    }
}

impl Notice {
    /// The stable code, as answers and logs show it.
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
            Self::UnknownEventType(name) => write!(f, "unknown event type {name:?}"),
            Self::UnknownOperation(name) => write!(f, "unknown operation {name:?}"),
            Self::TimeInFuture(time) => {
                let time = shorten(time);
                write!(
                    f,
                    "time {time} is in the future, so the time of arrival is used (clock_tolerance_seconds)"
                )
            }
        }
    }
}
