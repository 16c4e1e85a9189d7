//! The reply to the caller. This is the only place that knows our status codes.

mod body;

use body::{
    DeadLetterBody, EventBody, HealthyBody, JobBody, ProblemBody, ReplayBody, SuccessBody,
    UndeliveredBody, faults, violations, with_code,
};
use elytra_events::InvalidEvents;
use elytra_events::http::Mode;
use serde::Serialize;

use crate::auth::{Caller, Challenge, CredentialFault, PresentedIn, Session, Unauthenticated};
use crate::fate::{FateKind, Fates};
use crate::handshake::{AllowedRate, Consent};
use crate::operator::OperatorError;
use crate::outcome::{Outcome, Rejection};
use crate::report::Report;
use crate::trace::Trace;

/// An HTTP response, independent of Cloudflare's types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The stable code of the result, as in the body.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The headers, `content-type` among them.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

impl Reply {
    /// The reply to a request with this result and report.
    #[must_use]
    pub fn new(
        result: &Result<Outcome<'_>, Rejection<'_>>,
        report: &Report,
        trace: &Trace<'_>,
    ) -> Self {
        let mut reply = match result {
            Ok(outcome) => success(outcome, report.code, trace),
            Err(rejection) => problem(rejection, report, trace),
        };
        if trace.is_for_operator {
            let has_cache_control = reply.headers.iter().any(|(name, _)| *name == "cache-control");
            let own = FOR_OPERATORS.iter().filter(|(name, _)| {
                // The files of the console may be kept, if they are asked for again.
                *name != "cache-control" || !has_cache_control
            });
            reply.headers.extend(own.map(|(name, value)| (*name, (*value).to_owned())));
        }
        reply
    }
}

/// The headers of what only an operator may see: nobody keeps it, guesses its type, or learns its address.
const FOR_OPERATORS: [(&str, &str); 3] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

/// What the pages of the console may do: load what is here, and nothing else. No text becomes HTML or a script
/// (<https://www.w3.org/TR/CSP3/>, <https://www.w3.org/TR/trusted-types/>).
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

fn success(outcome: &Outcome<'_>, code: &'static str, trace: &Trace<'_>) -> Reply {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if !trace.is_for_operator
        && trace.caller.as_ref().map(Caller::presented_in) == Some(PresentedIn::Query)
    {
        // RFC 6750 section 2.3: nobody else may see the answer to a token in the URL.
        headers.push(("cache-control", "private".to_owned()));
    }
    let mut status = 200;
    let body = match outcome {
        Outcome::Healthy(None) => print(&SuccessBody { code, events: None }),
        Outcome::Healthy(Some(warnings)) => {
            print(&HealthyBody { code, warnings: faults(warnings) })
        }
        Outcome::Handshake { consent, methods, .. } => {
            headers.push(("allow", methods.join(", ")));
            headers.extend(consent.iter().flat_map(consent_headers));
            print(&SuccessBody { code, events: None })
        }
        Outcome::Served(fates) => {
            if fates.kind() == FateKind::Accepted {
                status = 202;
            }
            let mut events = event_bodies(trace, fates);
            match (trace.mode, events.pop()) {
                (Some(Mode::Structured | Mode::Binary), Some(event)) => print(&event),
                (_, last) => {
                    events.extend(last);
                    print(&SuccessBody { code, events: Some(events) })
                }
            }
        }
        Outcome::DeadLetters(page) => print(&with_code(code, page)),
        Outcome::DeadLetter(letter) => print(&DeadLetterBody::new(code, letter)),
        Outcome::Redriven(redriven) => print(&with_code(code, redriven)),
        Outcome::LettersDeleted(deleted) => print(&with_code(code, deleted)),
        Outcome::Jobs(page) => print(&with_code(code, page)),
        Outcome::Job(job) | Outcome::JobResumed(job) | Outcome::JobStopped(job) => {
            print(&JobBody { code, job })
        }
        Outcome::SetAside(page) => print(&with_code(code, page)),
        Outcome::MessageSent(settled) | Outcome::MessageDeleted(settled) => {
            print(&with_code(code, settled))
        }
        Outcome::Reset(reset) => print(&with_code(code, reset)),
        Outcome::Events(page) => print(&with_code(code, page)),
        Outcome::Event(event) => print(&with_code(code, &**event)),
        Outcome::Refusals(page) => print(&with_code(code, page)),
        Outcome::Erased(erasure) => print(&with_code(code, erasure)),
        Outcome::Metrics(text) => {
            headers = vec![("content-type", "text/plain; version=0.0.4; charset=utf-8".to_owned())];
            text.clone()
        }
        Outcome::ReplayPlanned(plan) => print(&with_code(code, plan)),
        Outcome::ReplayStarted(replay) => {
            status = 202;
            print(&ReplayBody { code, replay })
        }
        Outcome::ReplayPaused(replay)
        | Outcome::ReplayResumed(replay)
        | Outcome::ReplayCancelled(replay) => print(&ReplayBody { code, replay }),
        Outcome::Replays(page) => print(&with_code(code, page)),
        Outcome::Replay(details) => print(&with_code(code, details)),
        Outcome::Explained(explanation) => print(&with_code(code, explanation)),
        Outcome::Console(asset) => {
            headers = vec![
                ("content-type", asset.content_type.clone()),
                ("cache-control", "no-cache".to_owned()),
                ("content-security-policy", CONTENT_SECURITY_POLICY.to_owned()),
            ];
            headers.extend(asset.etag.iter().map(|etag| ("etag", etag.clone())));
            if asset.text.is_none() {
                status = 304;
            }
            asset.text.clone().unwrap_or_default()
        }
        Outcome::EventText(text) => {
            headers = vec![("content-type", "application/cloudevents+json".to_owned())];
            text.clone()
        }
        Outcome::Overview(overview) => print(&with_code(code, &**overview)),
        Outcome::Rates(rates) => print(&with_code(code, rates)),
        Outcome::Configuration(configuration) => print(&with_code(code, configuration)),
        Outcome::Session(session) => print(&with_code(code, session)),
        Outcome::SignedIn { signed_in, cookie } => {
            headers.push(("set-cookie", Session::set_cookie(Some(cookie))));
            print(&with_code(code, signed_in))
        }
        Outcome::SignedOut => {
            headers.push(("set-cookie", Session::set_cookie(None)));
            print(&SuccessBody { code, events: None })
        }
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

fn event_bodies<'r>(trace: &'r Trace<'_>, fates: &'r Fates<'_>) -> Vec<EventBody<'r>> {
    trace.events.iter().zip(fates.iter()).map(|(event, fate)| EventBody::new(event, fate)).collect()
}

fn problem(rejection: &Rejection<'_>, report: &Report, trace: &Trace<'_>) -> Reply {
    let status = status(rejection);
    let mut headers = vec![("content-type", "application/problem+json".to_owned())];
    headers.extend(report.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    let Report { code, title, detail, .. } = report;
    let mut body = ProblemBody {
        type_: format!("urn:elytra-webhooks:{code}"),
        title,
        status,
        code,
        detail,
        violations: Vec::new(),
        violations_left_out: 0,
        mistakes: Vec::new(),
        undelivered: None,
        events: None,
    };
    match rejection {
        Rejection::MethodNotAllowed { allowed, .. } => headers.push(("allow", allowed.join(", "))),
        Rejection::Unauthenticated(unauthenticated) => {
            headers.push(("www-authenticate", unauthenticated.www_authenticate()));
        }
        Rejection::BadToken(_) => {
            let (challenge, fault) = (Challenge::Access, CredentialFault::Wrong);
            let unauthenticated = Unauthenticated { challenge, fault };
            headers.push(("www-authenticate", unauthenticated.www_authenticate()));
        }
        Rejection::InvalidEvents(InvalidEvents::Invalid(invalid)) => {
            body.violations = violations(invalid);
            body.violations_left_out = invalid.iter().map(|event| event.left_out).sum();
        }
        Rejection::BrokenForOperator(mistakes) => body.mistakes = faults(mistakes),
        Rejection::Undelivered(fates) | Rejection::UnderWay(fates)
            if trace.mode == Some(Mode::Batch) =>
        {
            body.events = Some(event_bodies(trace, fates));
        }
        Rejection::Undelivered(fates) | Rejection::UnderWay(fates) => {
            body.undelivered = fates.iter().next().and_then(UndeliveredBody::new);
        }
        _ => {}
    }
    Reply { code, status, headers, body: print(&body) }
}

/// The HTTP status of each rejection.
fn status(rejection: &Rejection<'_>) -> u16 {
    match rejection {
        Rejection::InvalidEvents(InvalidEvents::Invalid(_))
        | Rejection::Operator(OperatorError::BadQuery(_)) => 400,
        Rejection::Unauthenticated(_) | Rejection::BadToken(_) => 401,
        Rejection::WrongOrigin => 403,
        Rejection::NotFound
        | Rejection::Operator(
            OperatorError::NoSuchDeadLetter
            | OperatorError::NoSuchMessage
            | OperatorError::NoSuchJob
            | OperatorError::NoSuchEvent
            | OperatorError::NoSuchReplay
            | OperatorError::NoSessions
            | OperatorError::NoText,
        ) => 404,
        Rejection::MethodNotAllowed { .. } => 405,
        Rejection::BodyTimedOut { .. } => 408,
        Rejection::Operator(OperatorError::JobEnded(_) | OperatorError::ReplayEnded(_)) => 409,
        Rejection::BodyTooLarge { .. }
        | Rejection::JsonTooLarge { .. }
        | Rejection::InvalidEvents(InvalidEvents::TooMany { .. })
        | Rejection::DoesNotFit(_) => 413,
        Rejection::UnsupportedMediaType(_) | Rejection::UnsupportedContentEncoding(_) => 415,
        Rejection::TooFast | Rejection::TooManyAttempts { .. } => 429,
        // A body that was cut off is not the sender's fault (400): it says nothing about the event,
        // so the sender should retry.
        Rejection::BodyBrokeOff(_)
        | Rejection::BrokenConfiguration(_)
        | Rejection::BrokenForOperator(_)
        | Rejection::KeysUnavailable(_)
        | Rejection::Overloaded(_)
        | Rejection::Undelivered(_)
        | Rejection::UnderWay(_)
        | Rejection::Operator(
            OperatorError::DeadLettersFailed(_)
            | OperatorError::SpoolFailed(_)
            | OperatorError::LedgerFailed(_)
            | OperatorError::JournalFailed(_)
            | OperatorError::AssetsFailed(_)
            | OperatorError::MessageUnderWay
            | OperatorError::ObjectUnderWay,
        ) => 503,
    }
}

fn print(body: &impl Serialize) -> String {
    // Cannot fail: their keys are strings and their maps structs.
    serde_json::to_string(body).unwrap_or_default()
}
