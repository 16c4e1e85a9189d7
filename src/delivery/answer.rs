//! What a destination's answer means. This is the only place that knows the status codes of other
//! servers.

use std::fmt;
use std::num::IntErrorKind;
use std::string::FromUtf8Error;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::message::{AnswerExcerpt, MAX_CHARACTERS};
use crate::platform::{AnswerContent, HttpAnswer, HttpFailure};

/// What an answer means for the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallResult {
    /// The destination accepted the event.
    Delivered,
    /// A later attempt may succeed.
    Retry {
        /// Why this attempt failed.
        cause: Cause,
        /// After how many seconds the destination wants the next attempt.
        retry_after: Option<u64>,
    },
    /// No attempt will succeed.
    Dead(Cause),
}

/// Why an event was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The destination answered with this status.
    Status(u16),
    /// The destination redirected the call. Redirects are not followed.
    Redirect {
        /// The status.
        status: u16,
        /// The location, without its query.
        location: Option<String>,
    },
    /// The destination is permanently gone (410).
    Gone,
    /// The destination did not answer in time.
    Timeout,
    /// The connection failed. The text is the runtime's.
    Connection(String),
    /// The event's data is missing in `CLAIMS`, or `CLAIMS` cannot be read.
    ClaimMissing(String),
    /// No active subscription with this name has an HTTP destination.
    NoSubscription,
    /// The message is not an event.
    NotAnEvent(String),
}

impl CallResult {
    /// What the answer to a call means. `now` is in milliseconds since 1970.
    #[must_use]
    pub fn of(answer: Result<HttpAnswer, HttpFailure>, now: u64) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(HttpFailure::Timeout) => return Self::retry(Cause::Timeout, None),
            Err(HttpFailure::Connection(why)) => return Self::retry(Cause::Connection(why), None),
        };
        let status = answer.status;
        match status {
            _ if answer.is_success() => Self::Delivered,
            300..=399 => {
                let location = answer.location.map(without_query);
                Self::Dead(Cause::Redirect { status, location })
            }
            410 => Self::Dead(Cause::Gone),
            408 | 425 | 429 | 500..=599 => {
                let retry_after = answer.retry_after.and_then(|text| seconds_until(&text, now));
                Self::retry(Cause::Status(status), retry_after)
            }
            _ => Self::Dead(Cause::Status(status)),
        }
    }

    /// The call should be retried.
    pub(super) fn retry(cause: Cause, retry_after: Option<u64>) -> Self {
        Self::Retry { cause, retry_after }
    }
}

impl HttpAnswer {
    /// Whether the destination accepted the event.
    pub(crate) fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

/// What is kept of what an answer says. `None` if it says nothing.
pub(super) fn excerpt(content: AnswerContent) -> Option<AnswerExcerpt<'static>> {
    let AnswerContent { content_type, bytes, is_whole } = content;
    let content_type = content_type.filter(|content_type| !content_type.is_empty());
    if content_type.is_none() && bytes.is_empty() {
        return None;
    }
    let content_type = content_type.map(|text| text.chars().take(MAX_CHARACTERS).collect());
    let (body, body_base64) = match text(bytes, is_whole) {
        Ok(text) if text.is_empty() => (None, None),
        Ok(text) => (Some(text.into()), None),
        Err(bytes) => (None, Some(BASE64_STANDARD.encode(bytes).into())),
    };
    Some(AnswerExcerpt { content_type, body, body_base64 })
}

/// The bytes as text. If only the cut is in the middle of a character, that character is left out.
///
/// # Errors
///
/// The bytes, which are not UTF-8.
fn text(bytes: Vec<u8>, is_whole: bool) -> Result<String, Vec<u8>> {
    String::from_utf8(bytes).or_else(|error| {
        let fault = error.utf8_error();
        let mut bytes = error.into_bytes();
        // A cut can only leave an unfinished character, never a wrong byte.
        if is_whole || fault.error_len().is_some() || fault.valid_up_to() == 0 {
            return Err(bytes);
        }
        bytes.truncate(fault.valid_up_to());
        String::from_utf8(bytes).map_err(FromUtf8Error::into_bytes)
    })
}

impl Cause {
    /// All codes, in the order of the variants.
    pub const CODES: [&'static str; 8] = [
        "status",
        "redirect",
        "gone",
        "timeout",
        "connection",
        "claim_missing",
        "no_subscription",
        "not_an_event",
    ];

    /// The stable code, as logs and dead letters show it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Redirect { .. } => "redirect",
            Self::Gone => "gone",
            Self::Timeout => "timeout",
            Self::Connection(_) => "connection",
            Self::ClaimMissing(_) => "claim_missing",
            Self::NoSubscription => "no_subscription",
            Self::NotAnEvent(_) => "not_an_event",
        }
    }

    /// The status of the destination's answer, if it answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) | Self::Redirect { status, .. } => Some(*status),
            Self::Gone => Some(410),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "the destination answered {status}"),
            Self::Redirect { status, location: Some(location) } => {
                write!(f, "the destination answered {status}, a redirect to {location}")
            }
            Self::Redirect { status, location: None } => {
                write!(f, "the destination answered {status}, a redirect without a location")
            }
            Self::Gone => f.write_str("the destination is gone (410)"),
            Self::Timeout => f.write_str("the destination did not answer in time"),
            Self::Connection(why) => write!(f, "no connection to the destination: {why}"),
            Self::ClaimMissing(why) => write!(f, "the event's data is unavailable: {why}"),
            Self::NoSubscription => {
                f.write_str("no active subscription with this name has a webhook or a service")
            }
            Self::NotAnEvent(why) => write!(f, "the message is not an event: {why}"),
        }
    }
}

/// A URL without its user, query and fragment, which may contain secrets. It is read as browsers do
/// (WHATWG URL, section 4.4): a backslash is a slash, no slashes are needed after a scheme, and
/// tabs and line breaks are ignored.
fn without_query(mut url: String) -> String {
    url.retain(|character| !matches!(character, '\t' | '\n' | '\r'));
    if let Some(end) = url.find(['?', '#']) {
        url.truncate(end);
    }
    let url = url.trim();
    let (scheme, rest) = match url.find(':') {
        Some(end) if is_scheme(url.get(..end).unwrap_or_default()) => url.split_at(end + 1),
        _ => ("", url),
    };
    let after_slashes = rest.trim_start_matches(SLASHES);
    let (slashes, rest) = rest.split_at(rest.len() - after_slashes.len());
    // Without a scheme, a URL with fewer than two leading slashes is a path.
    if scheme.is_empty() && slashes.len() < 2 {
        return url.to_owned();
    }
    let (authority, path) = rest.split_at(rest.find(SLASHES).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    [scheme, slashes, host, path].concat()
}

const SLASHES: [char; 2] = ['/', '\\'];

/// Whether a text is a scheme (RFC 3986 section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): a number of seconds, or a date.
fn seconds_until(retry_after: &str, now: u64) -> Option<u64> {
    let retry_after = retry_after.trim();
    match retry_after.parse::<u64>() {
        Ok(seconds) => return Some(seconds),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => return Some(u64::MAX),
        Err(_) => {}
    }
    let date = httpdate::parse_http_date(retry_after).ok()?;
    let date = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(date.as_secs().saturating_sub(now / 1_000))
}
