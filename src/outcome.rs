//! What can become of a request, and what is said of it: to the caller, and in the log.

use elytra_events::http::UnsupportedMediaType;
use elytra_events::{InvalidEvent, InvalidEvents};

use crate::auth::{CredentialFault, Unauthenticated};
use crate::capacity::CapacityExceeded;
use crate::config::ConfigError;
use crate::fate::{FateKind, Fates};
use crate::handshake::Consent;
use crate::operator::explain::Explanation;
use crate::operator::{
    DeadLetter, DeadLetterPage, OperatorError, Redriven, Reset, SetAsidePage, Settled,
};
use crate::plan::DoesNotFit;
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
    Served(Fates<'c>),
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
    Unauthenticated(Unauthenticated),
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
    /// Its events cannot be forwarded.
    DoesNotFit(DoesNotFit<'c>),
    /// Not every destination holds the events that belong there.
    Undelivered(Fates<'c>),
    /// Another request is forwarding one of the events; all others are where they belong.
    UnderWay(Fates<'c>),
    /// What an operator asks for is not there, or not possible now.
    Operator(OperatorError),
}

/// What is said of what became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The stable code, as it stands in the answer and in the log.
    pub code: &'static str,
    /// The same in a few words; empty where the request was in order.
    pub title: &'static str,
    /// What the caller is told: nothing of the configuration, of secrets or of what a destination said. Empty
    /// where the request was in order.
    pub detail: String,
    /// What the log says besides: more than a caller is told, and nothing where it is the same.
    pub reasons: Vec<String>,
    /// Who must act.
    pub fault: Fault,
    /// After how many seconds the caller may come back with the same request.
    pub retry_after: Option<u32>,
}

/// Who must act so that a request can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody: it was served, or will be when it comes again.
    Nobody,
    /// The caller, who must change something.
    Caller,
    /// Whoever runs the receiver.
    Receiver,
}

/// After how many seconds to come back when a destination failed: soon, since a sender may give
/// up after half a minute.
const AFTER_A_FAILURE: u32 = 1;

/// After how many seconds to come back when somebody has to mend the configuration first.
const AFTER_A_BROKEN_CONFIGURATION: u32 = 60;

/// After how many seconds to come back when a rate limit is used up: the shorter of the two periods
/// that Cloudflare's rate limits can have.
const AFTER_TOO_MANY: u32 = 10;

/// How many faults of a sender's event stand in the log: Cloudflare keeps 256 KB of a line.
pub const MAX_LOGGED_VIOLATIONS: usize = 64;

impl Outcome<'_> {
    /// What is said of it.
    #[must_use]
    pub fn report(&self) -> Report {
        let (code, reasons) = match self {
            Self::Healthy => ("healthy", Vec::new()),
            Self::Handshake { origin, consent, .. } => {
                let reason = match (origin, consent) {
                    (Some(origin), Some(_)) => format!("consent to {origin:?}"),
                    (Some(origin), None) => {
                        format!("no consent: {origin:?} is not in allowed_origins")
                    }
                    (None, _) => "no consent: no WebHook-Request-Origin was sent".to_owned(),
                };
                ("handshake", vec![reason])
            }
            Self::Served(fates) => (fates.kind().code(), Vec::new()),
            Self::DeadLetters(_) => ("dead_letters", Vec::new()),
            Self::DeadLetter(_) => ("dead_letter", Vec::new()),
            Self::Redriven(redriven) => {
                let stuck = redriven.stuck.iter();
                ("redriven", stuck.map(|stuck| format!("{}: {}", stuck.id, stuck.reason)).collect())
            }
            Self::SetAside(_) => ("set_aside", Vec::new()),
            Self::MessageSent(settled) => ("sent", vec![settled.id.clone()]),
            Self::MessageDeleted(settled) => ("deleted", vec![settled.id.clone()]),
            Self::Reset(reset) => (
                "reset",
                vec![format!("{:?} for {}", reset.object, reset.subscriptions.join(", "))],
            ),
            Self::Explained(explanation) => ("explained", violations(&explanation.invalid)),
        };
        let (title, detail) = ("", String::new());
        Report { code, title, detail, reasons, fault: Fault::Nobody, retry_after: None }
    }
}

impl Rejection<'_> {
    /// What is said of it.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "it is a table with a row for each rejection")]
    pub fn report(&self) -> Report {
        match self {
            // The path is not repeated: a token may stand in it by mistake.
            Self::NotFound => Report::of_caller(
                "not_found",
                "Not found",
                "there is nothing at this path, events go to /webhook, without a slash behind it",
            ),
            Self::BrokenConfiguration(mistakes) => Report {
                reasons: mistakes.iter().map(ToString::to_string).collect(),
                retry_after: Some(AFTER_A_BROKEN_CONFIGURATION),
                ..Report::of_receiver(
                    "broken_configuration",
                    "The receiver's configuration is broken",
                    "the receiver is not configured correctly, its log says why",
                )
            },
            Self::MethodNotAllowed { method, allowed } => Report::of_caller(
                "method_not_allowed",
                "Method not allowed",
                format!("the method {method} is not taken here, expected {}", allowed.join(", ")),
            ),
            Self::Unauthenticated(Unauthenticated { challenge, fault }) => {
                let auth_type = challenge.auth_type();
                match fault {
                    CredentialFault::Missing => Report::of_caller(
                        "credentials_missing",
                        "Credentials are missing",
                        format!("no {auth_type} credentials were sent"),
                    ),
                    CredentialFault::Wrong => Report::of_caller(
                        "credentials_wrong",
                        "Credentials are wrong",
                        format!("the {auth_type} credentials are not accepted"),
                    ),
                }
            }
            Self::TooFast => Report {
                retry_after: Some(AFTER_TOO_MANY),
                ..Report::of_caller(
                    "too_fast",
                    "Too many requests",
                    "too many requests with these credentials",
                )
            },
            Self::UnsupportedMediaType(UnsupportedMediaType(found)) => Report::of_caller(
                "unsupported_media_type",
                "Unsupported media type",
                format!(
                    "cannot read content type {found:?}, expected application/cloudevents+json, \
                     application/cloudevents-batch+json, application/json, or headers with ce-"
                ),
            ),
            Self::UnsupportedContentEncoding(found) => Report::of_caller(
                "unsupported_content_encoding",
                "Unsupported content encoding",
                format!("cannot read content encoding {found:?}, expected none"),
            ),
            Self::BodyTooLarge { limit } => Report::of_caller(
                "body_too_large",
                "The body is too large",
                format!("the body is larger than {limit} bytes (max_body_bytes)"),
            ),
            Self::BodyBrokeOff(error) => Report {
                reasons: vec![error.0.clone()],
                ..Report::of_receiver(
                    "body_broke_off",
                    "The body broke off",
                    "the body broke off before its end",
                )
            },
            Self::BodyTimedOut { milliseconds } => Report::of_caller(
                "body_timed_out",
                "The body took too long",
                format!(
                    "the body did not arrive within {milliseconds} ms (body_timeout_ms), or too \
                     slowly"
                ),
            ),
            Self::Overloaded(exceeded) => Report {
                reasons: vec![exceeded.to_string()],
                ..Report::of_receiver(
                    "overloaded",
                    "The receiver is overloaded",
                    "the receiver is handling too much at once, send the request again",
                )
            },
            Self::InvalidEvents(InvalidEvents::TooMany { events, limit }) => Report::of_caller(
                "batch_too_large",
                "The batch has too many events",
                format!("the batch has {events} events, but {limit} may come at once"),
            ),
            Self::InvalidEvents(InvalidEvents::Invalid(invalid)) => Report {
                reasons: violations(invalid),
                ..Report::of_caller("invalid_event", "The event is invalid", faults(invalid))
            },
            Self::DoesNotFit(DoesNotFit::TooManyWrites(writes)) => Report::of_caller(
                "batch_too_large",
                "The batch has too many events",
                writes.to_string(),
            ),
            Self::JsonTooLarge { bytes, limit } => Report::of_caller(
                "event_too_large",
                "The event is too large",
                format!(
                    "the event's data have {bytes} bytes in the JSON format, but no destination \
                     takes more than {limit}"
                ),
            ),
            Self::DoesNotFit(DoesNotFit::EventsTooLarge(events)) => {
                let events: Vec<_> = events.iter().map(ToString::to_string).collect();
                Report::of_caller("event_too_large", "The event is too large", events.join("; "))
            }
            Self::Undelivered(_) => Report {
                // The log says of each event what it is.
                reasons: Vec::new(),
                ..Report::of_receiver(
                    FateKind::Undelivered.code(),
                    "A destination failed",
                    "not every destination holds the event, send it again",
                )
            },
            // The sender may not ignore it as a duplicate: the other request may still fail.
            Self::UnderWay(_) => Report {
                reasons: Vec::new(),
                fault: Fault::Nobody,
                ..Report::of_receiver(
                    FateKind::UnderWay.code(),
                    "The event is being forwarded",
                    "another request is forwarding the same event, send it again",
                )
            },
            Self::Operator(error) => error.report(),
        }
    }
}

impl OperatorError {
    /// What is said of it.
    fn report(&self) -> Report {
        match self {
            Self::BadQuery(why) => Report::of_caller("bad_query", "The query is wrong", &**why),
            Self::NoSuchDeadLetter => Report::of_caller(
                "no_such_dead_letter",
                "There is no such dead letter",
                "there is no dead letter with this id",
            ),
            Self::DeadLettersFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "dead_letters_failed",
                    "The dead letters cannot be had",
                    "the dead letters cannot be had now, the log says why",
                )
            },
            Self::NoSuchMessage => Report::of_caller(
                "no_such_message",
                "There is no such message",
                "no message with this id was set aside",
            ),
            Self::MessageUnderWay => Report {
                retry_after: Some(AFTER_A_FAILURE),
                ..Report::of_caller(
                    FateKind::UnderWay.code(),
                    "The message is being sent or deleted",
                    "another request is sending or deleting this message, ask again",
                )
            },
            Self::SpoolFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "spool_failed",
                    "The spool failed",
                    "the spool or the queue failed, the log says why",
                )
            },
            Self::ObjectUnderWay => Report {
                retry_after: Some(AFTER_A_FAILURE),
                ..Report::of_caller(
                    FateKind::UnderWay.code(),
                    "The object is being written",
                    "an event of the object is being written now, ask again",
                )
            },
            Self::LedgerFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "ledger_failed",
                    "The ledger failed",
                    "the ledger failed, its log says why",
                )
            },
        }
    }
}

impl Report {
    /// The caller must change something. The log says what the caller is told.
    fn of_caller(code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let reasons = vec![detail.clone()];
        Self { code, title, detail, reasons, fault: Fault::Caller, retry_after: None }
    }

    /// The fault is ours, and the caller may come back soon. What the log says is still missing.
    fn of_receiver(code: &'static str, title: &'static str, detail: &str) -> Self {
        Self {
            code,
            title,
            detail: detail.to_owned(),
            reasons: Vec::new(),
            fault: Fault::Receiver,
            retry_after: Some(AFTER_A_FAILURE),
        }
    }
}

/// How many faults the events have, in words.
fn faults(invalid: &[InvalidEvent]) -> String {
    let faults: usize = invalid.iter().map(InvalidEvent::faults).sum();
    let found = format!("found {faults} fault{}", if faults == 1 { "" } else { "s" });
    let in_batch = if invalid.iter().any(|event| event.index.is_some()) {
        let events = invalid.len();
        let plural = if events == 1 { "" } else { "s" };
        format!(" in {events} event{plural} of the batch, none was forwarded")
    } else {
        String::new()
    };
    let listed: usize = invalid.iter().map(|event| event.violations.len()).sum();
    let left_out = if listed < faults {
        format!("; listed are {listed}, and there are {} more", faults - listed)
    } else {
        String::new()
    };
    [found, in_batch, left_out].concat()
}

/// What is wrong with the events, as far as the log keeps it.
fn violations(invalid: &[InvalidEvent]) -> Vec<String> {
    let all = invalid.iter().flat_map(|event| {
        event.violations.iter().map(|violation| match event.index {
            Some(index) => match &event.id {
                Some(id) => format!("event {index}, id {id:?}: {violation}"),
                None => format!("event {index}: {violation}"),
            },
            None => violation.to_string(),
        })
    });
    let count: usize = invalid.iter().map(InvalidEvent::faults).sum();
    let mut reasons: Vec<_> = all.take(MAX_LOGGED_VIOLATIONS).collect();
    if count > reasons.len() {
        reasons.push(format!("and {} more", count - reasons.len()));
    }
    reasons
}

impl<'c> From<&'c [ConfigError]> for Rejection<'c> {
    fn from(mistakes: &'c [ConfigError]) -> Self {
        Self::BrokenConfiguration(mistakes)
    }
}

impl From<Unauthenticated> for Rejection<'_> {
    fn from(unauthenticated: Unauthenticated) -> Self {
        Self::Unauthenticated(unauthenticated)
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

impl<'c> From<DoesNotFit<'c>> for Rejection<'c> {
    fn from(why: DoesNotFit<'c>) -> Self {
        Self::DoesNotFit(why)
    }
}

impl From<OperatorError> for Rejection<'_> {
    fn from(error: OperatorError) -> Self {
        Self::Operator(error)
    }
}
