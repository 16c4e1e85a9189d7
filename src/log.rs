//! The log: one JSON line per request, for whoever looks for an event at night.
//!
//! It contains no secrets, and no event data except the type and the id of the object, and values that a filter
//! compared.

use std::iter;

use elytra_events::Known as _;
use elytra_events::http::Mode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::about::About;
use crate::auth::{AuthType, Caller};
use crate::fate::{Fate, FateKind};
use crate::level::Level;
use crate::outcome::{Outcome, Rejection};
use crate::report::{Fault, Report};
use crate::text::shorten;
use crate::trace::{Client, EventTrace, Notice, Trace};

/// How many bytes the events of a batch may take in the log: a quarter of the line that Cloudflare
/// keeps.
pub const MAX_LOGGED_EVENT_BYTES: usize = 64 * 1024;

/// The log line of a request.
#[derive(Debug, Serialize)]
pub struct LogLine<'c> {
    /// Who must act.
    #[serde(skip)]
    pub level: Level,
    /// `accepted`, `duplicate`, `ignored`, `under_way` (the sender retries), `refused` (the sender
    /// must act), `failed` (the operator must act), `healthy`, `handshake`, or what an operator
    /// asked for.
    pub outcome: &'static str,
    /// The code in the reply.
    pub code: &'static str,
    /// The HTTP status of the reply.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
    /// The event, unless it was in a batch. For a batch, the reasons why it was refused as a whole.
    #[serde(flatten)]
    event: EventLine<'c>,
    /// The events of a batch, failed ones first, each a printed [`EventLine`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Box<RawValue>>,
    /// How many events of the batch are left out.
    #[serde(skip_serializing_if = "is_zero")]
    events_left_out: usize,
    /// How many dead letters were sent again, and the ids of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    redriven: Option<usize>,
    /// How many dead letters were deleted, and the ids of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dead_letters: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'c str>,
    /// The address of the person, or the name of the service, that asked, if a token says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    /// The client, if its credentials were refused or it called too often.
    #[serde(flatten)]
    turned_away: Option<Client>,
    /// Why the ledger did not answer. An event may be forwarded twice then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ledger_failures: Vec<String>,
    /// How long the request took, as measured by the Worker's clock, which stands still while the
    /// Worker computes.
    pub milliseconds: u64,
}

/// What the log says about an event.
#[derive(Debug, Default, Serialize)]
struct EventLine<'c> {
    /// The result of this event of a batch.
    #[serde(rename = "outcome", skip_serializing_if = "Option::is_none")]
    outcome_in_batch: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(flatten)]
    about: About,
    /// The subscriptions whose destination, or the spool for it, holds the event, if it is wherever it should
    /// be. The same as in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<Vec<&'c str>>,
    /// The same, if it is still missing somewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Vec<&'c str>>,
    /// The subscriptions whose key for the object holds something newer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    superseded: Vec<&'c str>,
    /// The subscriptions whose destination already held an event that is not a duplicate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    held_before: Vec<&'c str>,
    /// The subscriptions for which the spool holds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spooled: Vec<&'c str>,
    /// The subscriptions to which another request is forwarding it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    under_way: Vec<&'c str>,
    /// Why destinations do not hold it, or what is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    /// What is valid but not known to the Worker.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

impl<'c> LogLine<'c> {
    /// The line of a request with this result, report and status. The caller sets the duration.
    #[must_use]
    pub fn new(
        result: Result<Outcome<'c>, Rejection<'c>>,
        report: Report,
        trace: Trace<'c>,
        status: u16,
    ) -> Self {
        let (outcome, mut level) = match report.fault {
            // The outcome is the code of the reply.
            Fault::Nobody => (report.code, Level::Info),
            Fault::Caller => ("refused", Level::Warning),
            Fault::Receiver => ("failed", Level::Error),
        };
        if !trace.ledger_failures.is_empty() || is_substituted(&result) {
            level = level.at_least_warning();
        }
        let credential = trace.credential();
        let (fates, redriven, deleted) = match result {
            Ok(Outcome::Served(fates))
            | Err(Rejection::Undelivered(fates) | Rejection::UnderWay(fates)) => {
                (fates.into_vec(), None, None)
            }
            Ok(Outcome::Redriven(redriven)) => (Vec::new(), Some(redriven.redriven), None),
            Ok(Outcome::LettersDeleted(deleted)) => (Vec::new(), None, Some(deleted.deleted)),
            _ => (Vec::new(), None, None),
        };
        let is_batch = trace.mode == Some(Mode::Batch);
        let events = trace.events.len();
        let mut lines = event_lines(trace.events, fates);
        let (mut event, printed) = if is_batch {
            (EventLine::default(), print_within(MAX_LOGGED_EVENT_BYTES, lines))
        } else {
            (EventLine { outcome_in_batch: None, ..lines.pop().unwrap_or_default() }, Vec::new())
        };
        let events_left_out = if is_batch { events - printed.len() } else { 0 };
        event.reasons.extend(report.reasons.into_iter().map(shorten));
        Self {
            level,
            outcome,
            code: report.code,
            status,
            mode: trace.mode.map(Mode::as_str),
            event,
            events: printed,
            events_left_out,
            redriven: redriven.as_ref().map(Vec::len),
            deleted: deleted.as_ref().map(Vec::len),
            dead_letters: redriven.into_iter().chain(deleted).flatten().map(shorten).collect(),
            auth_type: trace.auth_type.map(AuthType::as_str),
            credential,
            operator: trace.caller.as_ref().and_then(Caller::person).map(str::to_owned),
            turned_away: trace.turned_away,
            ledger_failures: trace
                .ledger_failures
                .into_iter()
                .map(|error| shorten(error.0))
                .collect(),
            milliseconds: 0,
        }
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: its keys are strings and its maps structs.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl<'c> EventLine<'c> {
    fn new(event: EventTrace, fate: Option<Fate<'c>>) -> Self {
        let outcome_in_batch = fate.as_ref().map(|fate| fate.kind().code());
        let fate = fate.unwrap_or_default();
        let is_duplicate = fate.kind() == FateKind::Duplicate;
        let failed = fate.failed.iter().chain(&fate.spooled);
        let failed = failed.map(|(name, error)| format!("{name}: {error}"));
        let unwanted =
            fate.why_ignored().iter().map(|(name, mismatch)| format!("{name}: {mismatch}"));
        let reasons = failed.chain(unwanted).map(shorten).collect();
        Self {
            outcome_in_batch,
            id: event.id.map(shorten),
            source: event.source.map(shorten),
            type_: event.type_.map(shorten),
            event_type: event.event_type.map(shorten),
            operation: event.operation.map(shorten),
            about: event.about,
            subscriptions: fate.subscriptions(),
            held: fate.held(),
            superseded: fate.superseded,
            held_before: if is_duplicate { Vec::new() } else { fate.held_before },
            spooled: fate.spooled.iter().map(|(name, _)| *name).collect(),
            under_way: fate.under_way,
            reasons,
            notices: event.notices.iter().map(Notice::code).collect(),
        }
    }
}

/// Whether an event was spooled.
fn is_substituted(result: &Result<Outcome<'_>, Rejection<'_>>) -> bool {
    let Ok(Outcome::Served(fates)) = result else { return false };
    fates.iter().any(|fate| !fate.spooled.is_empty())
}

/// The lines of the events, failed ones first. There are no fates if the request was refused
/// before.
fn event_lines(events: Vec<EventTrace>, fates: Vec<Fate<'_>>) -> Vec<EventLine<'_>> {
    let fates = fates.into_iter().map(Some).chain(iter::repeat(None));
    let mut events: Vec<_> = events.into_iter().zip(fates).collect();
    events.sort_by_key(|(_, fate)| fate.as_ref().map(Fate::kind) != Some(FateKind::Undelivered));
    events.into_iter().map(|(event, fate)| EventLine::new(event, fate)).collect()
}

/// Prints as many lines as fit.
fn print_within(bytes: usize, lines: Vec<EventLine<'_>>) -> Vec<Box<RawValue>> {
    let mut left = bytes;
    let printed = lines.into_iter().map_while(|line| {
        let json = to_raw_value(&line).ok()?;
        left = left.checked_sub(json.get().len())?;
        Some(json)
    });
    printed.collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
