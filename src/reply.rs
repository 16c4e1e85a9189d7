//! What the caller gets: the one place that knows HTTP's status codes.

use serde::Serialize;

use crate::auth::Unauthenticated;
use crate::cloudevents::Violation;
use crate::log::{Notice, Trace};
use crate::receive::{Outcome, Rejection};
use crate::subscription::Mismatch;

/// After how many seconds to come back when a destination failed: soon, since a sender may give
/// up after half a minute.
const RETRY_AFTER_FAILURE: &str = "1";

/// After how many seconds to come back when somebody has to mend the configuration first.
const RETRY_AFTER_BROKEN_CONFIGURATION: &str = "60";

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
            Err(rejection) => problem(rejection),
        }
    }
}

/// The body of a success.
#[derive(Serialize)]
struct Success<'r> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<&'r [&'r str]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Remark>,
}

/// Why a subscription does not want an event.
#[derive(Serialize)]
struct Reason<'r> {
    subscription: &'r str,
    code: &'static str,
    message: String,
}

/// A notice: a code and what it means here.
#[derive(Serialize)]
struct Remark {
    code: &'static str,
    message: String,
}

fn success(outcome: &Outcome<'_>, trace: &Trace<'_>) -> Reply {
    let (status, code, detail) = match outcome {
        Outcome::Healthy => (200, "healthy", None),
        Outcome::Accepted(_) => (202, "accepted", None),
        Outcome::Ignored(_) => (200, "ignored", Some("no subscription wants this event")),
    };
    let (subscriptions, unwanted) = match outcome {
        Outcome::Healthy => (None, &[][..]),
        Outcome::Accepted(receipt) => (Some(&*receipt.subscriptions), &[][..]),
        Outcome::Ignored(unwanted) => (None, &**unwanted),
    };
    let body = Success {
        code,
        id: trace.id.as_deref(),
        detail,
        subscriptions,
        reasons: unwanted.iter().map(reason).collect(),
        notices: trace.notices.iter().map(remark).collect(),
    };
    Reply {
        code,
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: print(&body),
    }
}

fn reason<'r>((subscription, mismatch): &'r (&'r str, Mismatch)) -> Reason<'r> {
    Reason { subscription, code: mismatch.code(), message: mismatch.to_string() }
}

fn remark(notice: &Notice) -> Remark {
    Remark { code: notice.code(), message: notice.to_string() }
}

/// The body of a refusal or a failure: problem details by RFC 9457.
#[derive(Serialize)]
struct Problem<'r> {
    #[serde(rename = "type")]
    type_: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Fault<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Vec<&'r str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<&'r [&'r str]>,
}

/// A violation, as the caller is told it.
#[derive(Serialize)]
struct Fault<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<&'r str>,
    code: &'static str,
    message: String,
}

fn problem(rejection: &Rejection<'_>) -> Reply {
    let (status, code, title) = classify(rejection);
    let mut headers = vec![("content-type", "application/problem+json".to_owned())];
    headers.extend(special_header(rejection));
    let mut body = Problem {
        type_: format!("urn:elytra-webhooks:{code}"),
        title,
        status,
        code,
        detail: rejection.to_string(),
        violations: Vec::new(),
        failed: None,
        held: None,
    };
    match rejection {
        Rejection::InvalidEvent(invalid) => {
            body.violations = invalid.violations.iter().map(fault).collect();
        }
        Rejection::Undelivered(undelivered) => {
            body.failed = Some(undelivered.failed.iter().map(|(name, _)| *name).collect());
            body.held = Some(&undelivered.held);
        }
        _ => {}
    }
    Reply { code, status, headers, body: print(&body) }
}

fn fault(violation: &Violation) -> Fault<'_> {
    Fault {
        attribute: violation.attribute.as_deref(),
        code: violation.code(),
        message: violation.problem.to_string(),
    }
}

/// The status, the stable code and the title of each rejection.
fn classify(rejection: &Rejection<'_>) -> (u16, &'static str, &'static str) {
    match rejection {
        Rejection::NotFound => (404, "not_found", "Not found"),
        Rejection::BrokenConfiguration(_) => {
            (503, "broken_configuration", "The receiver's configuration is broken")
        }
        Rejection::MethodNotAllowed(_) => (405, "method_not_allowed", "Method not allowed"),
        Rejection::Unauthenticated { reason: Unauthenticated::Missing, .. } => {
            (401, "credentials_missing", "Credentials are missing")
        }
        Rejection::Unauthenticated { reason: Unauthenticated::Wrong, .. } => {
            (401, "credentials_wrong", "Credentials are wrong")
        }
        Rejection::UnsupportedMediaType(_) => {
            (415, "unsupported_media_type", "Unsupported media type")
        }
        Rejection::BodyTooLarge { .. } => (413, "body_too_large", "The body is too large"),
        // 503 and not 400: what arrived says nothing about the event, so it should come again.
        Rejection::BodyBrokeOff(_) => (503, "body_broke_off", "The body broke off"),
        Rejection::InvalidEvent(_) => (400, "invalid_event", "The event is invalid"),
        Rejection::EventTooLarge(_) => (413, "event_too_large", "The event is too large"),
        Rejection::Undelivered(_) => (503, "undelivered", "A destination failed"),
    }
}

/// The header that HTTP asks for with some statuses.
fn special_header(rejection: &Rejection<'_>) -> Option<(&'static str, String)> {
    match rejection {
        Rejection::BrokenConfiguration(_) => {
            Some(("retry-after", RETRY_AFTER_BROKEN_CONFIGURATION.to_owned()))
        }
        Rejection::BodyBrokeOff(_) | Rejection::Undelivered(_) => {
            Some(("retry-after", RETRY_AFTER_FAILURE.to_owned()))
        }
        Rejection::MethodNotAllowed(allowed) => Some(("allow", allowed.join(", "))),
        Rejection::Unauthenticated { auth_type, reason } => {
            Some(("www-authenticate", challenge(auth_type, *reason)))
        }
        Rejection::NotFound
        | Rejection::UnsupportedMediaType(_)
        | Rejection::BodyTooLarge { .. }
        | Rejection::InvalidEvent(_)
        | Rejection::EventTooLarge(_) => None,
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
