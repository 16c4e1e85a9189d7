//! The JSON bodies of replies.

use elytra_events::InvalidEvent;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::config::ConfigError;
use crate::fate::{Fate, FateKind};
use crate::message::DeadMessage;
use crate::operator::explain::Reason;
use crate::operator::{DeadLetter, JobView, ReplayView};
use crate::subscription::Mismatch;
use crate::trace::{EventTrace, Notice};
use crate::when::to_rfc3339;

/// The result of an event: the whole body for a single event, an element for a batch.
#[derive(Serialize)]
pub(super) struct EventBody<'r> {
    code: &'static str,
    id: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    /// The subscriptions whose destination holds an accepted event or a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<Vec<&'r str>>,
    /// The subscriptions for which the spool holds it, until their queue does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spooled: Vec<&'r str>,
    /// The subscriptions whose key for the object holds something newer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    superseded: Vec<&'r str>,
    /// The subscriptions whose destination already held an accepted event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    held_before: Vec<&'r str>,
    #[serde(flatten)]
    undelivered: Option<UndeliveredBody<'r>>,
    /// Why no subscription wants an ignored event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonBody<'r>>,
    /// What is valid but not known to the Worker.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Reason>,
}

/// Which destinations hold an event, and which do not.
#[derive(Serialize)]
pub(super) struct UndeliveredBody<'r> {
    failed: Vec<&'r str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    under_way: &'r [&'r str],
    held: Vec<&'r str>,
}

/// Why a subscription does not want an event.
#[derive(Serialize)]
struct ReasonBody<'r> {
    subscription: &'r str,
    code: &'static str,
    message: String,
}

/// The body of a success without a single event.
#[derive(Serialize)]
pub(super) struct SuccessBody<'r> {
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) events: Option<Vec<EventBody<'r>>>,
}

/// What an operator is told about a valid configuration.
#[derive(Serialize)]
pub(super) struct HealthyBody<'r> {
    pub(super) code: &'static str,
    /// What is dangerous unless it is intended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<FaultBody<'r>>,
}

/// A configuration error, or a warning.
#[derive(Serialize)]
pub(super) struct FaultBody<'r> {
    path: &'r str,
    message: String,
}

/// Configuration errors or warnings.
pub(super) fn faults(errors: &[ConfigError]) -> Vec<FaultBody<'_>> {
    let faults = errors.iter();
    faults
        .map(|ConfigError { path, mistake }| FaultBody { path, message: mistake.to_string() })
        .collect()
}

/// Something with its code.
#[derive(Serialize)]
pub(super) struct WithCode<'r, T> {
    code: &'static str,
    #[serde(flatten)]
    value: &'r T,
}

/// Adds a code to something.
pub(super) fn with_code<'r, T>(code: &'static str, value: &'r T) -> WithCode<'r, T> {
    WithCode { code, value }
}

/// A job.
#[derive(Serialize)]
pub(super) struct JobBody<'r> {
    pub(super) code: &'static str,
    pub(super) job: &'r JobView,
}

/// A replay.
#[derive(Serialize)]
pub(super) struct ReplayBody<'r> {
    pub(super) code: &'static str,
    pub(super) replay: &'r ReplayView,
}

/// A complete dead letter.
#[derive(Serialize)]
pub(super) struct DeadLetterBody<'r> {
    code: &'static str,
    id: &'r str,
    #[serde(flatten)]
    why: &'r DeadMessage<'static>,
    accepted_time: String,
    died_time: String,
    /// The event, byte for byte, or a string if it is not JSON.
    event: Box<RawValue>,
}

impl<'r> DeadLetterBody<'r> {
    pub(super) fn new(code: &'static str, letter: &'r DeadLetter) -> Self {
        let DeadLetter { id, why, event } = letter;
        let event = RawValue::from_string(event.clone());
        let event = event.or_else(|_| to_raw_value("the message was not JSON")).unwrap_or_default();
        let (accepted_time, died_time) = (to_rfc3339(why.accepted_at), to_rfc3339(why.died_at));
        Self { code, id, why, accepted_time, died_time, event }
    }
}

/// The body of an error: problem details (RFC 9457).
#[derive(Serialize)]
pub(super) struct ProblemBody<'r> {
    #[serde(rename = "type")]
    pub(super) type_: String,
    pub(super) title: &'static str,
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) detail: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) violations: Vec<ViolationBody<'r>>,
    /// How many violations are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) violations_left_out: usize,
    /// What is wrong with the configuration, for an operator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) mistakes: Vec<FaultBody<'r>>,
    #[serde(flatten)]
    pub(super) undelivered: Option<UndeliveredBody<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) events: Option<Vec<EventBody<'r>>>,
}

/// A violation of an event.
#[derive(Serialize)]
pub(super) struct ViolationBody<'r> {
    /// The index of the event in the batch, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<&'r str>,
    code: &'static str,
    message: String,
}

impl<'r> EventBody<'r> {
    pub(super) fn new(event: &'r EventTrace, fate: &'r Fate<'_>) -> Self {
        let kind = fate.kind();
        let is_accepted = kind == FateKind::Accepted;
        let is_served = is_accepted || kind == FateKind::Duplicate;
        Self {
            code: kind.code(),
            id: event.id.as_deref(),
            detail: kind.detail(),
            subscriptions: fate.subscriptions(),
            spooled: if is_served { names(&fate.spooled) } else { Vec::new() },
            superseded: if is_served { fate.superseded.clone() } else { Vec::new() },
            held_before: if is_accepted { fate.held_before.clone() } else { Vec::new() },
            undelivered: UndeliveredBody::new(fate),
            reasons: reasons(fate.why_ignored()),
            notices: event.notices.iter().map(notice).collect(),
        }
    }
}

impl<'r> UndeliveredBody<'r> {
    /// `None` if the event is wherever it should be.
    pub(super) fn new(fate: &'r Fate<'_>) -> Option<Self> {
        let held = fate.held()?;
        Some(Self { failed: names(&fate.failed), under_way: &fate.under_way, held })
    }
}

fn names<'r, T>(named: &[(&'r str, T)]) -> Vec<&'r str> {
    named.iter().map(|(name, _)| *name).collect()
}

fn reasons<'r>(unwanted: &'r [(&'r str, Mismatch)]) -> Vec<ReasonBody<'r>> {
    let reason = |(subscription, mismatch): &'r (&'r str, Mismatch)| ReasonBody {
        subscription,
        code: mismatch.code(),
        message: mismatch.to_string(),
    };
    unwanted.iter().map(reason).collect()
}

fn notice(notice: &Notice) -> Reason {
    Reason { code: notice.code(), message: notice.to_string() }
}

/// The violations of all events, as far as they were kept.
pub(super) fn violations(invalid: &[InvalidEvent]) -> Vec<ViolationBody<'_>> {
    invalid.iter().flat_map(violations_of).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn violations_of(event: &InvalidEvent) -> impl Iterator<Item = ViolationBody<'_>> {
    event.violations.iter().map(|violation| ViolationBody {
        index: event.index,
        attribute: violation.attribute.as_deref(),
        code: violation.code(),
        message: violation.problem.to_string(),
    })
}
