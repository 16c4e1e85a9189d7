//! The straight line: from a request to what became of its event.
//!
//! Nothing here knows of Cloudflare. The request's head, its body and the destinations are traits,
//! so the same line runs in tests and in the Worker.

use std::fmt;
use std::num::IntErrorKind;

use crate::auth::{Caller, Unauthenticated};
use crate::cloudevents::{self, InvalidEvent, Mode, UnsupportedMediaType};
use crate::config::{Config, ConfigError};
use crate::forward::{Destinations, EventTooLarge, Plan, Receipt, Undelivered, forward};
use crate::log::{LogLine, Trace};
use crate::names::Known;
use crate::reply::Reply;
use crate::subscription::Mismatch;

/// What is known of a request before its body is read.
pub trait RequestHead {
    /// The method, in capitals.
    fn method(&self) -> &str;

    /// The path of the URL, without the query.
    fn path(&self) -> &str;

    /// The value of the header of this name, which is given in lower case; the values of a
    /// repeated header joined by `, `.
    fn header(&self, name: &str) -> Option<String>;
}

/// A body that is still to be read.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Body {
    /// The next bytes, as many as came; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError>;
}

/// The body broke off; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyError(pub String);

/// What became of a request that was in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'c> {
    /// The configuration stands.
    Healthy,
    /// Every destination of every matching subscription holds the event.
    Accepted(Receipt<'c>),
    /// No subscription wants the event; each with its reason.
    Ignored(Vec<(&'c str, Mismatch)>),
}

/// Why a request was not served, one variant for each thing that can go wrong on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection<'c> {
    /// There is nothing at this path.
    NotFound,
    /// The configuration has these mistakes.
    BrokenConfiguration(&'c [ConfigError]),
    /// The path does not take this method, only these.
    MethodNotAllowed(Vec<&'static str>),
    /// The caller is not known.
    Unauthenticated {
        /// The `auth_type` that is asked for.
        auth_type: &'static str,
        /// Why not.
        reason: Unauthenticated,
    },
    /// The content type is of no mode that is read here.
    UnsupportedMediaType(UnsupportedMediaType),
    /// The body is larger than this, in bytes.
    BodyTooLarge {
        /// `max_body_bytes`.
        limit: usize,
    },
    /// The body broke off.
    BodyBrokeOff(BodyError),
    /// The body holds no valid event.
    InvalidEvent(InvalidEvent),
    /// A destination can never hold an event of this size.
    EventTooLarge(EventTooLarge<'c>),
    /// Not every destination holds the event.
    Undelivered(Undelivered<'c>),
}

/// Answers a request: the reply for the caller, and the line for the log.
pub async fn answer<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    body: impl Body,
    destinations: &impl Destinations,
) -> (Reply, LogLine<'c>) {
    let mut trace = Trace::default();
    let result = match head.path() {
        "/webhook" => receive(config, head, body, destinations, &mut trace).await,
        "/health" => health(config, head),
        _ => Err(Rejection::NotFound),
    };
    let reply = Reply::new(&result, &trace);
    let line = LogLine::new(result, trace, &reply);
    (reply, line)
}

/// The path of an event. What each step hands on is the only way into the next.
///
/// # Errors
///
/// The first step that could not be taken; nothing was forwarded unless it is the last.
pub async fn receive<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    body: impl Body,
    destinations: &impl Destinations,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    // 1. A broken configuration lets nobody in.
    let config = config.map_err(Rejection::BrokenConfiguration)?;

    // 2. An event comes with one of the methods that are allowed.
    allow(head, config.methods.iter().map(|method| method.as_str()))?;

    // 3. The caller is known. Nothing of the body has been read.
    let caller = authenticate(config, head, trace)?;

    // 4. The content type is one that is read here; then the body, never more than the limit.
    let mode = Mode::of(head.header("content-type").as_deref())?;
    let body = read(&caller, head, body, config.max_body_bytes).await?;

    // 5. The body holds a valid event.
    let event = cloudevents::decode(mode, &body).inspect_err(|invalid| trace.invalid(invalid))?;
    trace.event(&event);

    // 6. Somebody wants it. That nobody does is a success, told with the reasons.
    let plan = match Plan::new(&config.subscriptions, &event) {
        Ok(plan) => plan,
        Err(unwanted) => return Ok(Outcome::Ignored(unwanted)),
    };

    // 7. Every destination can hold it, and then does.
    plan.check_size()?;
    Ok(Outcome::Accepted(forward(&plan, destinations).await?))
}

/// Tells whether the configuration stands.
fn health<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
) -> Result<Outcome<'c>, Rejection<'c>> {
    allow(head, ["GET", "HEAD"])?;
    config.map(|_| Outcome::Healthy).map_err(Rejection::BrokenConfiguration)
}

fn allow<'c>(
    head: &impl RequestHead,
    methods: impl IntoIterator<Item = &'static str>,
) -> Result<(), Rejection<'c>> {
    let methods: Vec<_> = methods.into_iter().collect();
    if methods.contains(&head.method()) {
        Ok(())
    } else {
        Err(Rejection::MethodNotAllowed(methods))
    }
}

fn authenticate<'c>(
    config: &'c Config,
    head: &impl RequestHead,
    trace: &mut Trace<'c>,
) -> Result<Caller<'c>, Rejection<'c>> {
    let auth_type = config.authentication.auth_type();
    trace.auth_type = Some(auth_type);
    let caller = config
        .authentication
        .verify(head)
        .map_err(|reason| Rejection::Unauthenticated { auth_type, reason })?;
    trace.credential = caller.credential();
    Ok(caller)
}

/// Reads a body for a caller who was let in. An announced length over the limit is refused before
/// the first byte, any other with the byte that is too many.
async fn read<'c>(
    _: &Caller<'_>,
    head: &impl RequestHead,
    mut body: impl Body,
    limit: usize,
) -> Result<Vec<u8>, Rejection<'c>> {
    if head.header("content-length").is_some_and(|length| is_over(&length, limit)) {
        return Err(Rejection::BodyTooLarge { limit });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = body.chunk().await.map_err(Rejection::BodyBrokeOff)? {
        if chunk.len() > limit - bytes.len() {
            return Err(Rejection::BodyTooLarge { limit });
        }
        if bytes.is_empty() {
            bytes = chunk; // nearly always the whole body, which then need not be copied
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(bytes)
}

/// Whether an announced length is over the limit. One that is no number at all announces nothing;
/// one that is too large a number certainly is.
fn is_over(announced: &str, limit: usize) -> bool {
    match announced.parse::<usize>() {
        Ok(bytes) => bytes > limit,
        Err(error) => *error.kind() == IntErrorKind::PosOverflow,
    }
}

impl Rejection<'_> {
    /// Whether the fault is on this side, so that the same request may pass later.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::BrokenConfiguration(_) | Self::BodyBrokeOff(_) | Self::Undelivered(_) => true,
            Self::NotFound
            | Self::MethodNotAllowed(_)
            | Self::Unauthenticated { .. }
            | Self::UnsupportedMediaType(_)
            | Self::BodyTooLarge { .. }
            | Self::InvalidEvent(_)
            | Self::EventTooLarge(_) => false,
        }
    }
}

/// What the caller is told: nothing of the configuration, of secrets or of what a destination said.
impl fmt::Display for Rejection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is nothing at this path, events go to /webhook"),
            Self::BrokenConfiguration(_) => {
                f.write_str("the receiver is not configured correctly, its log says why")
            }
            Self::MethodNotAllowed(allowed) => {
                write!(f, "expected the method {}", allowed.join(", "))
            }
            Self::Unauthenticated { auth_type, reason: Unauthenticated::Missing } => {
                write!(f, "no credentials were sent, expected {auth_type}")
            }
            Self::Unauthenticated { auth_type, reason: Unauthenticated::Wrong } => {
                write!(f, "the credentials are not accepted, expected {auth_type}")
            }
            Self::UnsupportedMediaType(UnsupportedMediaType(found)) => write!(
                f,
                "cannot read content type {found:?}, expected application/cloudevents+json or \
                 application/json"
            ),
            Self::BodyTooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Self::BodyBrokeOff(_) => f.write_str("the body broke off before its end"),
            Self::InvalidEvent(invalid) => match invalid.violations.len() {
                1 => f.write_str("the event has 1 fault"),
                faults => write!(f, "the event has {faults} faults"),
            },
            Self::EventTooLarge(EventTooLarge { subscription, bytes, limit }) => write!(
                f,
                "the event has {bytes} bytes, but the queue of subscription {subscription:?} \
                 takes {limit}"
            ),
            Self::Undelivered(_) => {
                f.write_str("not every destination holds the event, send it again")
            }
        }
    }
}

impl From<UnsupportedMediaType> for Rejection<'_> {
    fn from(unsupported: UnsupportedMediaType) -> Self {
        Self::UnsupportedMediaType(unsupported)
    }
}

impl From<InvalidEvent> for Rejection<'_> {
    fn from(invalid: InvalidEvent) -> Self {
        Self::InvalidEvent(invalid)
    }
}

impl<'c> From<EventTooLarge<'c>> for Rejection<'c> {
    fn from(too_large: EventTooLarge<'c>) -> Self {
        Self::EventTooLarge(too_large)
    }
}

impl<'c> From<Undelivered<'c>> for Rejection<'c> {
    fn from(undelivered: Undelivered<'c>) -> Self {
        Self::Undelivered(undelivered)
    }
}
