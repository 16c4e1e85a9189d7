//! What the caller gets: the one place that knows HTTP's status codes.

mod body;

use body::{
    DeadLetterBody, EventBody, ProblemBody, SuccessBody, UndeliveredBody, violations, with_code,
};
use elytra_events::InvalidEvents;
use elytra_events::http::Mode;
use serde::Serialize;

use crate::auth::{Caller, PresentedIn, Unauthenticated};
use crate::handshake::{AllowedRate, Consent};
use crate::outcome::{Outcome, Rejection};
use crate::plan::Fate;
use crate::trace::Trace;

/// After how many seconds to come back when a destination failed: soon, since a sender may give
/// up after half a minute.
const RETRY_AFTER_FAILURE: &str = "1";

/// After how many seconds to come back when somebody has to mend the configuration first.
const RETRY_AFTER_BROKEN_CONFIGURATION: &str = "60";

/// After how many seconds to come back when a rate limit is used up: the shorter of the two periods
/// that Cloudflare's rate limits can have.
const RETRY_AFTER_TOO_FAST: &str = "10";

/// An HTTP response, not yet one of Cloudflare's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The stable code of what happened, as it stands in the body.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The headers, `content-type` among them.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

impl Reply {
    /// The reply to a request with this result.
    #[must_use]
    pub fn new(result: &Result<Outcome<'_>, Rejection<'_>>, trace: &Trace<'_>) -> Self {
        match result {
            Ok(outcome) => success(outcome, trace),
            Err(rejection) => problem(rejection, trace),
        }
    }
}

fn success(outcome: &Outcome<'_>, trace: &Trace<'_>) -> Reply {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if trace.caller.as_ref().map(Caller::presented_in) == Some(PresentedIn::Query) {
        // RFC 6750 section 2.3: the answer to a token in the URL is for nobody else.
        headers.push(("cache-control", "private".to_owned()));
    }
    let (status, code, body) = match outcome {
        Outcome::Healthy => (200, "healthy", print(&SuccessBody { code: "healthy", events: None })),
        Outcome::Handshake { consent, methods, .. } => {
            headers.push(("allow", methods.join(", ")));
            headers.extend(consent.iter().flat_map(consent_headers));
            (200, "handshake", print(&SuccessBody { code: "handshake", events: None }))
        }
        Outcome::Served(fates) => {
            let (status, code) = if fates.iter().any(Fate::is_accepted) {
                (202, "accepted")
            } else if fates.iter().any(|fate| !fate.is_ignored()) {
                (200, "duplicate")
            } else {
                (200, "ignored")
            };
            let mut events = event_bodies(trace, fates);
            let body = match (trace.mode, events.pop()) {
                (Some(Mode::Structured | Mode::Binary), Some(event)) => print(&event),
                (_, last) => {
                    events.extend(last);
                    print(&SuccessBody { code, events: Some(events) })
                }
            };
            (status, code, body)
        }
        Outcome::DeadLetters(page) => {
            (200, "dead_letters", print(&with_code("dead_letters", page)))
        }
        Outcome::DeadLetter(letter) => (200, "dead_letter", print(&DeadLetterBody::new(letter))),
        Outcome::Redriven(redriven) => (200, "redriven", print(&with_code("redriven", redriven))),
        Outcome::SetAside(page) => (200, "set_aside", print(&with_code("set_aside", page))),
        Outcome::MessageSent(settled) => (200, "sent", print(&with_code("sent", settled))),
        Outcome::MessageDeleted(settled) => (200, "deleted", print(&with_code("deleted", settled))),
        Outcome::Reset(reset) => (200, "reset", print(&with_code("reset", reset))),
        Outcome::Explained(explanation) => (200, explanation.code, print(explanation)),
    };
    Reply { code, status, headers, body }
}

fn consent_headers(consent: &Consent<'_>) -> [(&'static str, String); 2] {
    let rate = match consent.rate {
        AllowedRate::Unlimited => "*".to_owned(),
        AllowedRate::PerMinute(rate) => rate.to_string(),
    };
    [("webhook-allowed-origin", consent.origin.to_owned()), ("webhook-allowed-rate", rate)]
}

fn event_bodies<'r>(trace: &'r Trace<'_>, fates: &'r [Fate<'_>]) -> Vec<EventBody<'r>> {
    trace.events.iter().zip(fates).map(|(event, fate)| EventBody::new(event, fate)).collect()
}

fn problem(rejection: &Rejection<'_>, trace: &Trace<'_>) -> Reply {
    let (status, code, title) = classify(rejection);
    let mut headers = vec![("content-type", "application/problem+json".to_owned())];
    headers.extend(special_header(rejection));
    let mut body = ProblemBody {
        type_: format!("urn:elytra-webhooks:{code}"),
        title,
        status,
        code,
        detail: rejection.to_string(),
        violations: Vec::new(),
        violations_left_out: 0,
        undelivered: None,
        events: None,
    };
    match rejection {
        Rejection::InvalidEvents(InvalidEvents::Invalid(invalid)) => {
            body.violations = violations(invalid);
            body.violations_left_out = invalid.iter().map(|event| event.left_out).sum();
        }
        Rejection::Undelivered(fates) | Rejection::UnderWay(fates)
            if trace.mode == Some(Mode::Batch) =>
        {
            body.events = Some(event_bodies(trace, fates));
        }
        Rejection::Undelivered(fates) | Rejection::UnderWay(fates) => {
            body.undelivered = fates.first().map(UndeliveredBody::new);
        }
        _ => {}
    }
    Reply { code, status, headers, body: print(&body) }
}

/// The status, the stable code and the title of each rejection.
fn classify(rejection: &Rejection<'_>) -> (u16, &'static str, &'static str) {
    match rejection {
        Rejection::NotFound => (404, "not_found", "Not found"),
        Rejection::BrokenConfiguration(_) => {
            (503, "broken_configuration", "The receiver's configuration is broken")
        }
        Rejection::MethodNotAllowed { .. } => (405, "method_not_allowed", "Method not allowed"),
        Rejection::Unauthenticated { reason: Unauthenticated::Missing, .. } => {
            (401, "credentials_missing", "Credentials are missing")
        }
        Rejection::Unauthenticated { reason: Unauthenticated::Wrong, .. } => {
            (401, "credentials_wrong", "Credentials are wrong")
        }
        Rejection::UnsupportedMediaType(_) => {
            (415, "unsupported_media_type", "Unsupported media type")
        }
        Rejection::UnsupportedContentEncoding(_) => {
            (415, "unsupported_content_encoding", "Unsupported content encoding")
        }
        Rejection::BodyTooLarge { .. } => (413, "body_too_large", "The body is too large"),
        // 503 and not 400: what arrived says nothing about the event, so it should come again.
        Rejection::BodyBrokeOff(_) => (503, "body_broke_off", "The body broke off"),
        Rejection::BodyTimedOut { .. } => (408, "body_timed_out", "The body took too long"),
        Rejection::Overloaded(_) => (503, "overloaded", "The receiver is overloaded"),
        Rejection::InvalidEvents(InvalidEvents::Invalid(_)) => {
            (400, "invalid_event", "The event is invalid")
        }
        Rejection::InvalidEvents(InvalidEvents::TooMany { .. }) | Rejection::TooManyWrites(_) => {
            (413, "batch_too_large", "The batch has too many events")
        }
        Rejection::TooFast => (429, "too_fast", "Too many requests"),
        Rejection::EventsTooLarge(_) | Rejection::JsonTooLarge { .. } => {
            (413, "event_too_large", "The event is too large")
        }
        Rejection::Undelivered(_) => (503, "undelivered", "A destination failed"),
        // The sender may not ignore it as a duplicate: the other request may still fail.
        Rejection::UnderWay(_) => (503, "under_way", "The event is being forwarded"),
        Rejection::BadQuery(_) => (400, "bad_query", "The query is wrong"),
        Rejection::NoSuchDeadLetter => (404, "no_such_dead_letter", "There is no such dead letter"),
        Rejection::DeadLettersFailed(_) => {
            (503, "dead_letters_failed", "The dead letters cannot be had")
        }
        Rejection::NoSuchMessage => (404, "no_such_message", "There is no such message"),
        Rejection::MessageUnderWay => (503, "under_way", "The message is being sent or deleted"),
        Rejection::SpoolFailed(_) => (503, "spool_failed", "The spool failed"),
        Rejection::ObjectUnderWay => (503, "under_way", "The object is being written"),
        Rejection::LedgerFailed(_) => (503, "ledger_failed", "The ledger failed"),
    }
}

/// The header that HTTP asks for with some statuses.
fn special_header(rejection: &Rejection<'_>) -> Option<(&'static str, String)> {
    match rejection {
        Rejection::BrokenConfiguration(_) => {
            Some(("retry-after", RETRY_AFTER_BROKEN_CONFIGURATION.to_owned()))
        }
        Rejection::BodyBrokeOff(_)
        | Rejection::Overloaded(_)
        | Rejection::Undelivered(_)
        | Rejection::UnderWay(_)
        | Rejection::ObjectUnderWay
        | Rejection::MessageUnderWay
        | Rejection::SpoolFailed(_)
        | Rejection::LedgerFailed(_)
        | Rejection::DeadLettersFailed(_) => Some(("retry-after", RETRY_AFTER_FAILURE.to_owned())),
        Rejection::TooFast => Some(("retry-after", RETRY_AFTER_TOO_FAST.to_owned())),
        Rejection::MethodNotAllowed { allowed, .. } => Some(("allow", allowed.join(", "))),
        Rejection::Unauthenticated { auth_type, reason } => {
            Some(("www-authenticate", challenge(auth_type, *reason)))
        }
        Rejection::NotFound
        | Rejection::UnsupportedMediaType(_)
        | Rejection::UnsupportedContentEncoding(_)
        | Rejection::BodyTooLarge { .. }
        | Rejection::BodyTimedOut { .. }
        | Rejection::JsonTooLarge { .. }
        | Rejection::InvalidEvents(_)
        | Rejection::EventsTooLarge(_)
        | Rejection::TooManyWrites(_)
        | Rejection::BadQuery(_)
        | Rejection::NoSuchMessage
        | Rejection::NoSuchDeadLetter => None,
    }
}

/// The challenge of a 401 (RFC 9110 section 11.6.1; RFC 7617 section 2; RFC 6750 section 3).
fn challenge(auth_type: &str, reason: Unauthenticated) -> String {
    const REALM: &str = "realm=\"elytra-webhooks\"";
    match (auth_type, reason) {
        ("basic", _) => format!("Basic {REALM}, charset=\"UTF-8\""),
        ("bearer", Unauthenticated::Wrong) => format!("Bearer {REALM}, error=\"invalid_token\""),
        ("bearer", Unauthenticated::Missing) => format!("Bearer {REALM}"),
        _ => format!("ApiKey {REALM}"),
    }
}

fn print(body: &impl Serialize) -> String {
    // None of these bodies can fail to print: their keys are strings and their maps structs.
    serde_json::to_string(body).unwrap_or_default()
}
