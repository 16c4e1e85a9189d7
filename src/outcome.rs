//! The possible results of a request, and how each is reported to the caller and in the log.

use elytra_events::http::UnsupportedMediaType;
use elytra_events::{InvalidEvent, InvalidEvents};

use crate::auth::{CredentialFault, TokenFault, Unauthenticated};
use crate::capacity::CapacityExceeded;
use crate::config::{Broken, ConfigError};
use crate::fate::{FateKind, Fates};
use crate::handshake::Consent;
use crate::operator::explain::Explanation;
use crate::operator::{
    ConfigurationView, DeadLetter, DeadLetterPage, DeletedLetters, Erasure, EventPage, EventView,
    JobPage, JobView, OperatorError, Overview, RatesView, Redriven, RefusalPage, ReplayDetails,
    ReplayPage, ReplayPlan, ReplayView, Reset, SessionView, SetAsidePage, Settled, SignedIn,
};
use crate::plan::DoesNotFit;
use crate::platform::{Asset, BindingError};
use crate::report::{Fault, Report};
use crate::request::BodyError;

/// The result of a request that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'c> {
    /// The configuration is valid. An operator is told the warnings about it.
    Healthy(Option<&'c [ConfigError]>),
    /// A sender asked whether it may send. It may if there is a consent.
    Handshake {
        /// The sender, from `WebHook-Request-Origin`.
        origin: Option<String>,
        /// What the sender may do, for the headers of the answer.
        consent: Option<Consent<'c>>,
        /// The methods that the path allows.
        methods: Vec<&'static str>,
    },
    /// Every destination that wants an event, or the spool, holds it. An event that no subscription
    /// wants counts too.
    Served(Fates<'c>),
    /// An operator listed the events that could not be delivered.
    DeadLetters(DeadLetterPage),
    /// An operator read one dead letter.
    DeadLetter(Box<DeadLetter>),
    /// An operator sent dead letters again.
    Redriven(Redriven),
    /// An operator deleted dead letters.
    LettersDeleted(DeletedLetters),
    /// An operator listed the jobs.
    Jobs(JobPage),
    /// An operator read a job.
    Job(Box<JobView>),
    /// An operator started a job again.
    JobResumed(Box<JobView>),
    /// An operator stopped a job.
    JobStopped(Box<JobView>),
    /// An operator listed the messages that were set aside.
    SetAside(SetAsidePage),
    /// An operator sent a message that was set aside.
    MessageSent(Settled),
    /// An operator deleted a message that was set aside.
    MessageDeleted(Settled),
    /// An operator reset an object.
    Reset(Reset),
    /// An operator searched the journal.
    Events(EventPage),
    /// An operator read an event of the journal.
    Event(Box<EventView>),
    /// An operator read the text of an event.
    EventText(String),
    /// An operator looked at the state of the whole.
    Overview(Box<Overview>),
    /// An operator asked how much came when.
    Rates(RatesView),
    /// An operator looked at the configuration.
    Configuration(ConfigurationView),
    /// An operator listed the requests that were refused.
    Refusals(RefusalPage),
    /// An operator erased events, or made a step of that.
    Erased(Erasure),
    /// A program of the operator's asked for the metrics, which are text.
    Metrics(String),
    /// An operator asked how many events a replay would send.
    ReplayPlanned(ReplayPlan),
    /// An operator started a replay.
    ReplayStarted(Box<ReplayView>),
    /// An operator listed the replays.
    Replays(ReplayPage),
    /// An operator read a replay.
    Replay(Box<ReplayDetails>),
    /// An operator paused a replay.
    ReplayPaused(Box<ReplayView>),
    /// An operator resumed a replay.
    ReplayResumed(Box<ReplayView>),
    /// An operator cancelled a replay.
    ReplayCancelled(Box<ReplayView>),
    /// An operator asked what would happen to a request.
    Explained(Explanation),
    /// A browser asked for a file of the console.
    Console(Asset),
    /// The console asked about its session.
    Session(SessionView),
    /// An operator signed in.
    SignedIn {
        /// What the answer says.
        signed_in: SignedIn,
        /// The value of the cookie.
        cookie: String,
    },
    /// An operator signed out.
    SignedOut,
}

/// Why a request failed, one variant for each thing that can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection<'c> {
    /// There is nothing at this path.
    NotFound,
    /// The configuration has these errors.
    BrokenConfiguration(&'c [ConfigError]),
    /// The same, for an operator, who is told what the errors are.
    BrokenForOperator(&'c [ConfigError]),
    /// The path does not allow this method.
    MethodNotAllowed {
        /// The method of the request.
        method: String,
        /// The methods that the path allows.
        allowed: Vec<&'static str>,
    },
    /// The caller did not authenticate.
    Unauthenticated(Unauthenticated),
    /// The token of Cloudflare Access is not accepted.
    BadToken(TokenFault),
    /// The keys that sign these tokens cannot be fetched or used.
    KeysUnavailable(BindingError),
    /// A page of another site wants to change something in the name of an operator.
    WrongOrigin,
    /// Too many wrong credentials came from this address.
    TooManyAttempts {
        /// How many seconds it has to wait.
        seconds: u32,
    },
    /// The caller exceeds its rate limit.
    TooFast,
    /// The Worker does not read this content type.
    UnsupportedMediaType(UnsupportedMediaType),
    /// The body is compressed or otherwise encoded.
    UnsupportedContentEncoding(String),
    /// The body is too large.
    BodyTooLarge {
        /// `max_body_bytes`, in bytes.
        limit: usize,
    },
    /// The body was cut off.
    BodyBrokeOff(BodyError),
    /// The body did not arrive in time, or arrived too slowly.
    BodyTimedOut {
        /// `body_timeout_ms`.
        milliseconds: u64,
    },
    /// There is no memory for the request right now.
    Overloaded(CapacityExceeded),
    /// In the JSON format, the event would be larger than any destination takes. It was not
    /// printed.
    JsonTooLarge {
        /// The size of its data in the JSON format, in bytes.
        bytes: usize,
        /// The most that a destination takes, in bytes.
        limit: usize,
    },
    /// An event is invalid, or there are too many events.
    InvalidEvents(InvalidEvents),
    /// The events cannot be forwarded.
    DoesNotFit(DoesNotFit<'c>),
    /// Not every destination holds the events it should.
    Undelivered(Fates<'c>),
    /// Another request is forwarding one of the events. Everything else has been forwarded.
    UnderWay(Fates<'c>),
    /// An operator asked for something that does not exist, or that is not possible right now.
    Operator(OperatorError),
}

/// After how many seconds to retry when the configuration has to be fixed first.
const AFTER_A_BROKEN_CONFIGURATION: u32 = 60;

/// After how many seconds to retry when a rate limit is exceeded: the shorter of the two periods
/// that Cloudflare's rate limits can have.
const AFTER_TOO_MANY: u32 = 10;

/// How many violations of a request the log lists. Cloudflare keeps 256 KB of a line.
pub const MAX_LOGGED_VIOLATIONS: usize = 64;

impl Outcome<'_> {
    /// How the outcome is reported.
    #[must_use]
    pub fn report(&self) -> Report {
        let (code, reasons) = match self {
            Self::Healthy(_) => ("healthy", Vec::new()),
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
            Self::LettersDeleted(_) => ("deleted", Vec::new()),
            Self::Jobs(_) => ("jobs", Vec::new()),
            Self::Job(_) => ("job", Vec::new()),
            Self::JobResumed(job) => ("resumed", vec![job.id.clone()]),
            Self::JobStopped(job) => ("stopped", vec![job.id.clone()]),
            Self::SetAside(_) => ("set_aside", Vec::new()),
            Self::MessageSent(settled) => ("sent", vec![settled.id.clone()]),
            Self::MessageDeleted(settled) => ("deleted", vec![settled.id.clone()]),
            Self::Reset(reset) => (
                "reset",
                vec![format!("{:?} for {}", reset.object, reset.subscriptions.join(", "))],
            ),
            Self::Events(_) => ("events", Vec::new()),
            Self::Event(event) => ("event", vec![event.entry.summary.key.clone()]),
            Self::EventText(_) => ("event_text", Vec::new()),
            Self::Overview(overview) => ("overview", overview.failures.clone()),
            Self::Rates(_) => ("rates", Vec::new()),
            Self::Configuration(_) => ("configuration", Vec::new()),
            Self::Refusals(_) => ("refusals", Vec::new()),
            Self::Erased(_) => ("erased", Vec::new()),
            Self::Metrics(_) => ("metrics", Vec::new()),
            Self::ReplayPlanned(_) => ("replay_planned", Vec::new()),
            Self::ReplayStarted(replay) => ("replay_started", vec![replay.id.clone()]),
            Self::Replays(_) => ("replays", Vec::new()),
            Self::Replay(details) => ("replay", vec![details.replay.id.clone()]),
            Self::ReplayPaused(replay) => ("replay_paused", vec![replay.id.clone()]),
            Self::ReplayResumed(replay) => ("replay_resumed", vec![replay.id.clone()]),
            Self::ReplayCancelled(replay) => ("replay_cancelled", vec![replay.id.clone()]),
            Self::Explained(explanation) => ("explained", violations(&explanation.invalid)),
            Self::Console(_) => ("console", Vec::new()),
            Self::Session(_) => ("session", Vec::new()),
            Self::SignedIn { .. } => ("signed_in", Vec::new()),
            Self::SignedOut => ("signed_out", Vec::new()),
        };
        let (title, detail) = ("", String::new());
        Report { code, title, detail, reasons, fault: Fault::Nobody, retry_after: None }
    }
}

impl Rejection<'_> {
    /// How the rejection is reported.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "it is a table with a row for each rejection")]
    pub fn report(&self) -> Report {
        match self {
            // Do not repeat the path: a token may have ended up in it by mistake.
            Self::NotFound => Report::of_caller(
                "not_found",
                "Not found",
                "there is nothing at this path; events go to /webhook, without a trailing slash",
            ),
            Self::BrokenConfiguration(mistakes) | Self::BrokenForOperator(mistakes) => Report {
                reasons: mistakes.iter().map(ToString::to_string).collect(),
                retry_after: Some(AFTER_A_BROKEN_CONFIGURATION),
                ..Report::of_receiver(
                    "broken_configuration",
                    "The receiver's configuration is broken",
                    "the receiver is not configured correctly; its log says why",
                )
            },
            Self::MethodNotAllowed { method, allowed } => Report::of_caller(
                "method_not_allowed",
                "Method not allowed",
                format!("the method {method} is not allowed here, expected {}", allowed.join(", ")),
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
            Self::BadToken(TokenFault::Missing) => Report::of_caller(
                "credentials_missing",
                "Credentials are missing",
                TokenFault::Missing.to_string(),
            ),
            Self::BadToken(fault) => {
                Report::of_caller("credentials_wrong", "Credentials are wrong", fault.to_string())
            }
            Self::KeysUnavailable(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "keys_unavailable",
                    "The keys of Cloudflare Access are unavailable",
                    "nobody can be let in while the keys of team_domain are unavailable; the log says why",
                )
            },
            Self::WrongOrigin => Report::of_caller(
                "wrong_origin",
                "The request comes from another site",
                "only the console's own pages may change something",
            ),
            Self::TooManyAttempts { seconds } => Report {
                retry_after: Some(*seconds),
                ..Report::of_caller(
                    "too_many_attempts",
                    "Too many attempts",
                    format!(
                        "too many wrong credentials came from this address; try again in {seconds} seconds"
                    ),
                )
            },
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
                    "The body was cut off",
                    "the body was cut off before its end",
                )
            },
            Self::BodyTimedOut { milliseconds } => Report::of_caller(
                "body_timed_out",
                "The body took too long",
                format!(
                    "the body did not arrive within {milliseconds} ms (body_timeout_ms), or arrived too \
                     slowly"
                ),
            ),
            Self::Overloaded(exceeded) => Report {
                reasons: vec![exceeded.to_string()],
                ..Report::of_receiver(
                    "overloaded",
                    "The receiver is overloaded",
                    "the receiver is handling too many requests at once; send the request again",
                )
            },
            Self::InvalidEvents(InvalidEvents::TooMany { events, limit }) => Report::of_caller(
                "batch_too_large",
                "The batch has too many events",
                format!("the batch has {events} events, but at most {limit} are allowed"),
            ),
            Self::InvalidEvents(InvalidEvents::Invalid(invalid)) => Report {
                reasons: violations(invalid),
                ..Report::of_caller(
                    "invalid_event",
                    "The event is invalid",
                    count_violations(invalid),
                )
            },
            Self::DoesNotFit(why @ DoesNotFit::TooManyWrites(_)) => Report::of_caller(
                "batch_too_large",
                "The batch has too many events",
                why.to_string(),
            ),
            Self::JsonTooLarge { bytes, limit } => Report::of_caller(
                "event_too_large",
                "The event is too large",
                format!(
                    "the event's data takes {bytes} bytes in the JSON format, but no destination \
                     takes more than {limit}"
                ),
            ),
            Self::DoesNotFit(why @ DoesNotFit::EventsTooLarge(_)) => {
                Report::of_caller("event_too_large", "The event is too large", why.to_string())
            }
            Self::Undelivered(_) => Report {
                // The log has the reasons on the line of each event.
                reasons: Vec::new(),
                ..Report::of_receiver(
                    FateKind::Undelivered.code(),
                    "A destination failed",
                    "not every destination holds the event; send it again",
                )
            },
            // The sender must not ignore it as a duplicate: the other request may still fail.
            Self::UnderWay(_) => Report {
                reasons: Vec::new(),
                fault: Fault::Nobody,
                ..Report::of_receiver(
                    FateKind::UnderWay.code(),
                    "The event is being forwarded",
                    "another request is forwarding the same event; send it again",
                )
            },
            Self::Operator(error) => error.report(),
        }
    }
}

/// How many violations the events have, in words.
fn count_violations(invalid: &[InvalidEvent]) -> String {
    let violations: usize = invalid.iter().map(InvalidEvent::faults).sum();
    let found = format!("found {violations} violation{}", if violations == 1 { "" } else { "s" });
    let in_batch = if invalid.iter().any(|event| event.index.is_some()) {
        let events = invalid.len();
        let plural = if events == 1 { "" } else { "s" };
        format!(" in {events} event{plural} of the batch; nothing was forwarded")
    } else {
        String::new()
    };
    let listed: usize = invalid.iter().map(|event| event.violations.len()).sum();
    let left_out = if listed < violations {
        format!("; {listed} are listed, {} are left out", violations - listed)
    } else {
        String::new()
    };
    [found, in_batch, left_out].concat()
}

/// The violations of the events, as many as the log lists.
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

impl<'c> From<&'c Broken> for Rejection<'c> {
    fn from(broken: &'c Broken) -> Self {
        Self::BrokenConfiguration(&broken.mistakes)
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
