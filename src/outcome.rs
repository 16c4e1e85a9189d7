//! What can become of a request: everything that [`crate::receive`] can end with.

use std::fmt;

use elytra_events::http::UnsupportedMediaType;
use elytra_events::{InvalidEvent, InvalidEvents};

use crate::auth::Unauthenticated;
use crate::capacity::CapacityExceeded;
use crate::config::ConfigError;
use crate::explain::Explanation;
use crate::handshake::Consent;
use crate::operator::{DeadLetter, DeadLetterPage, Redriven, Reset, SetAsidePage, Settled};
use crate::plan::{EventTooLarge, Fate, TooManyWrites};
use crate::platform::BindingError;
use crate::request::BodyError;

/// What became of a request that was in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'c> {
    /// The configuration stands.
    Healthy,
    /// A sender asked whether it may send; it may, where there is a consent.
    Handshake {
        /// Who asks, by `WebHook-Request-Origin`.
        origin: Option<String>,
        /// What the sender may do, in the answer's headers.
        consent: Option<Consent<'c>>,
        /// The methods that the path takes.
        methods: Vec<&'static str>,
    },
    /// Each event is where it belongs: in all of its destinations or the spool, or nowhere because
    /// no subscription wants it.
    Served(Vec<Fate<'c>>),
    /// An operator asked which events could not be delivered.
    DeadLetters(DeadLetterPage),
    /// An operator asked for one of them.
    DeadLetter(Box<DeadLetter>),
    /// An operator had some sent again.
    Redriven(Redriven),
    /// An operator asked which messages were set aside.
    SetAside(SetAsidePage),
    /// An operator had one of them sent once more.
    MessageSent(Settled),
    /// An operator had one of them deleted.
    MessageDeleted(Settled),
    /// An operator had an object forgotten.
    Reset(Reset),
    /// An operator asked what would become of a request.
    Explained(Explanation),
}

/// Why a request was not served, one variant for each thing that can go wrong on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection<'c> {
    /// There is nothing at this path.
    NotFound,
    /// The configuration has these mistakes.
    BrokenConfiguration(&'c [ConfigError]),
    /// The path does not take this method.
    MethodNotAllowed {
        /// The method.
        method: String,
        /// The methods it takes.
        allowed: Vec<&'static str>,
    },
    /// The caller is not known.
    Unauthenticated {
        /// The `auth_type` that is asked for.
        auth_type: &'static str,
        /// Why not.
        reason: Unauthenticated,
    },
    /// The caller sends more than its rate limit allows.
    TooFast,
    /// The content type is of no mode that is read here.
    UnsupportedMediaType(UnsupportedMediaType),
    /// The body is compressed, or encoded in another way.
    UnsupportedContentEncoding(String),
    /// The body is larger than this, in bytes.
    BodyTooLarge {
        /// `max_body_bytes`.
        limit: usize,
    },
    /// The body broke off.
    BodyBrokeOff(BodyError),
    /// The body did not arrive in time, or too slowly.
    BodyTimedOut {
        /// `body_timeout_ms`.
        milliseconds: u64,
    },
    /// There is no memory left for the request now.
    Overloaded(CapacityExceeded),
    /// In the JSON format the event is larger than any destination takes; it was not made.
    JsonTooLarge {
        /// The size of its data there, in bytes.
        bytes: usize,
        /// The most that a destination takes, in the same.
        limit: usize,
    },
    /// An event is invalid, or there are too many of them.
    InvalidEvents(InvalidEvents),
    /// A batch needs more writes than can be made in time.
    TooManyWrites(TooManyWrites),
    /// Some destinations can never hold events of this size; at least one.
    EventsTooLarge(Vec<EventTooLarge<'c>>),
    /// Not every destination holds the events that belong there.
    Undelivered(Vec<Fate<'c>>),
    /// Another request is forwarding one of the events; all others are where they belong.
    UnderWay(Vec<Fate<'c>>),
    /// The query of the URL asks for what there is not; the text says what.
    BadQuery(String),
    /// There is no dead letter with this id.
    NoSuchDeadLetter,
    /// The dead letters cannot be read or sent again; some may have been.
    DeadLettersFailed(BindingError),
    /// No message with this id was set aside.
    NoSuchMessage,
    /// Another request is sending or deleting the message.
    MessageUnderWay,
    /// What was set aside cannot be read, sent or deleted.
    SpoolFailed(BindingError),
    /// Somebody is writing the object that an operator wants to be forgotten.
    ObjectUnderWay,
    /// The ledger cannot do what an operator asks of it.
    LedgerFailed(BindingError),
}

impl Rejection<'_> {
    /// Whether the fault is on this side, so that the same request may pass later.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::BrokenConfiguration(_)
            | Self::BodyBrokeOff(_)
            | Self::Overloaded(_)
            | Self::Undelivered(_)
            | Self::DeadLettersFailed(_)
            | Self::SpoolFailed(_)
            | Self::LedgerFailed(_) => true,
            Self::NotFound
            | Self::MethodNotAllowed { .. }
            | Self::Unauthenticated { .. }
            | Self::TooFast
            | Self::UnsupportedMediaType(_)
            | Self::UnsupportedContentEncoding(_)
            | Self::BodyTooLarge { .. }
            | Self::BodyTimedOut { .. }
            | Self::JsonTooLarge { .. }
            | Self::InvalidEvents(_)
            | Self::EventsTooLarge(_)
            | Self::TooManyWrites(_)
            | Self::UnderWay(_)
            | Self::BadQuery(_)
            | Self::ObjectUnderWay
            | Self::NoSuchMessage
            | Self::MessageUnderWay
            | Self::NoSuchDeadLetter => false,
        }
    }
}

/// What the caller is told: nothing of the configuration, of secrets or of what a destination said.
impl fmt::Display for Rejection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The path is not repeated: a token may stand in it by mistake.
            Self::NotFound => f.write_str(
                "there is nothing at this path, events go to /webhook, without a slash behind it",
            ),
            Self::BrokenConfiguration(_) => {
                f.write_str("the receiver is not configured correctly, its log says why")
            }
            Self::MethodNotAllowed { method, allowed } => {
                write!(f, "the method {method} is not taken here, expected {}", allowed.join(", "))
            }
            Self::Unauthenticated { auth_type, reason: Unauthenticated::Missing } => {
                write!(f, "no {auth_type} credentials were sent")
            }
            Self::Unauthenticated { auth_type, reason: Unauthenticated::Wrong } => {
                write!(f, "the {auth_type} credentials are not accepted")
            }
            Self::TooFast => f.write_str("too many requests with these credentials"),
            Self::UnsupportedMediaType(UnsupportedMediaType(found)) => write!(
                f,
                "cannot read content type {found:?}, expected application/cloudevents+json, \
                 application/cloudevents-batch+json, application/json, or headers with ce-"
            ),
            Self::UnsupportedContentEncoding(found) => {
                write!(f, "cannot read content encoding {found:?}, expected none")
            }
            Self::BodyTooLarge { limit } => {
                write!(f, "the body is larger than {limit} bytes (max_body_bytes)")
            }
            Self::BodyBrokeOff(_) => f.write_str("the body broke off before its end"),
            Self::BodyTimedOut { milliseconds } => write!(
                f,
                "the body did not arrive within {milliseconds} ms (body_timeout_ms), or too slowly"
            ),
            Self::Overloaded(_) => {
                f.write_str("the receiver is handling too much at once, send the request again")
            }
            Self::JsonTooLarge { bytes, limit } => write!(
                f,
                "the event's data have {bytes} bytes in the JSON format, but no destination takes \
                 more than {limit}"
            ),
            Self::InvalidEvents(InvalidEvents::TooMany { events, limit }) => {
                write!(f, "the batch has {events} events, but {limit} may come at once")
            }
            Self::InvalidEvents(InvalidEvents::Invalid(invalid)) => {
                let faults: usize = invalid.iter().map(InvalidEvent::faults).sum();
                write!(f, "found {faults} fault{}", if faults == 1 { "" } else { "s" })?;
                if invalid.iter().any(|event| event.index.is_some()) {
                    let events = invalid.len();
                    let plural = if events == 1 { "" } else { "s" };
                    write!(f, " in {events} event{plural} of the batch, none was forwarded")?;
                }
                let listed: usize = invalid.iter().map(|event| event.violations.len()).sum();
                if listed < faults {
                    write!(f, "; listed are {listed}, and there are {} more", faults - listed)?;
                }
                Ok(())
            }
            Self::TooManyWrites(writes) => writes.fmt(f),
            Self::EventsTooLarge(events) => {
                for (place, event) in events.iter().enumerate() {
                    if place > 0 {
                        f.write_str("; ")?;
                    }
                    event.fmt(f)?;
                }
                Ok(())
            }
            Self::Undelivered(_) => {
                f.write_str("not every destination holds the event, send it again")
            }
            Self::UnderWay(_) => {
                f.write_str("another request is forwarding the same event, send it again")
            }
            Self::BadQuery(why) => f.write_str(why),
            Self::NoSuchDeadLetter => f.write_str("there is no dead letter with this id"),
            Self::DeadLettersFailed(_) => {
                f.write_str("the dead letters cannot be had now, the log says why")
            }
            Self::NoSuchMessage => f.write_str("no message with this id was set aside"),
            Self::MessageUnderWay => {
                f.write_str("another request is sending or deleting this message, ask again")
            }
            Self::SpoolFailed(_) => f.write_str("the spool or the queue failed, the log says why"),
            Self::ObjectUnderWay => {
                f.write_str("an event of the object is being written now, ask again")
            }
            Self::LedgerFailed(_) => f.write_str("the ledger failed, its log says why"),
        }
    }
}

impl<'c> From<&'c [ConfigError]> for Rejection<'c> {
    fn from(mistakes: &'c [ConfigError]) -> Self {
        Self::BrokenConfiguration(mistakes)
    }
}

impl From<UnsupportedMediaType> for Rejection<'_> {
    fn from(unsupported: UnsupportedMediaType) -> Self {
        Self::UnsupportedMediaType(unsupported)
    }
}

impl From<BodyError> for Rejection<'_> {
    fn from(error: BodyError) -> Self {
        Self::BodyBrokeOff(error)
    }
}

impl From<CapacityExceeded> for Rejection<'_> {
    fn from(exceeded: CapacityExceeded) -> Self {
        Self::Overloaded(exceeded)
    }
}

impl From<InvalidEvents> for Rejection<'_> {
    fn from(invalid: InvalidEvents) -> Self {
        Self::InvalidEvents(invalid)
    }
}

impl From<TooManyWrites> for Rejection<'_> {
    fn from(writes: TooManyWrites) -> Self {
        Self::TooManyWrites(writes)
    }
}

impl<'c> From<Vec<EventTooLarge<'c>>> for Rejection<'c> {
    fn from(too_large: Vec<EventTooLarge<'c>>) -> Self {
        Self::EventsTooLarge(too_large)
    }
}
