//! One event: what it is, and what happened to it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::event::{EventView, Line, Summary, What, states};
use crate::table::WIDTH;
use crate::text::{self, clean, count, with_commas, wrapped};

/// How wide the names of the facts are.
const NAMES: usize = 10;

/// The event, and its history as readable lines.
#[must_use]
pub fn print_event(view: &EventView) -> String {
    let EventView { summary, history, history_left_out } = view;
    let mut out = facts(summary);
    let label = |line: &Line| text::width(name(&line.what));
    let labels = history.iter().map(label).max().unwrap_or_default();
    let mut day = String::new();
    let left_out = (*history_left_out > 0).then_some(history.len().saturating_sub(1));
    for (index, line) in history.iter().enumerate() {
        let today = text::day(line.at);
        if today != day {
            let _ = write!(out, "\n{today}\n");
            day = today;
        }
        if left_out == Some(index) {
            let _ = writeln!(out, "({} left out)", count(*history_left_out, "line"));
        }
        let label = clean(name(&line.what));
        let first = format!("{}  {label:labels$}  ", text::time_of_day(line.at));
        out.push_str(&wrapped(&first, &clean(&what(&line.what)), WIDTH));
    }
    out
}

fn facts(event: &Summary) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        if value.is_empty() {
            return;
        }
        out.push_str(&wrapped(&format!("{name:NAMES$}"), &clean(value), WIDTH));
    };
    fact("id", &event.id);
    fact("source", &event.source);
    fact("key", &event.key);
    fact("type", &event.type_);
    fact("about", &event.about());
    if let Some(subject) = &event.subject {
        fact("subject", subject);
    }
    if let Some(time) = &event.time {
        fact("time", time);
    }
    let mode = event.mode.as_deref().map_or_else(String::new, |mode| format!(", {mode}"));
    let is_kept = if event.has_text { "kept: --json prints it" } else { "not kept" };
    let bytes = event.bytes.map_or_else(String::new, |bytes| count(bytes, "byte"));
    fact("text", format!("{bytes}{mode}, {is_kept}").trim_start_matches(", "));
    let again = match (event.received, event.last_received_at) {
        (2.., Some(last)) => {
            format!(
                ", {} times, the last time at {}",
                with_commas(event.received),
                text::time(last)
            )
        }
        _ => String::new(),
    };
    fact("arrived", &format!("{}{again}", text::time(event.arrived_at)));
    let answered = event.code.as_deref().unwrap_or("unknown");
    fact("answered", answered);
    let mut name = "now";
    for state in &event.subscriptions {
        fact(name, &states(std::slice::from_ref(state)));
        name = "";
    }
    out
}

/// What happened, in a word.
fn name(what: &What) -> &str {
    match what {
        What::Received { .. } => "received",
        What::Attempted { .. } => "attempted",
        What::Stored { .. } => "stored",
        What::Redriven { .. } => "redriven",
        What::Deleted { .. } => "deleted",
        What::Drained { .. } => "drained",
        What::Replayed { .. } => "replayed",
        What::Unknown { name, .. } => name,
    }
}

/// What happened, in a sentence.
fn what(what: &What) -> String {
    match what {
        What::Received { .. } => received(what),
        What::Attempted { .. } => attempted(what),
        What::Stored { subscription, dead_letter } => {
            format!("{subscription}: dead letter {dead_letter}")
        }
        What::Redriven { subscription, dead_letter, by } => {
            let by = by.as_deref().unwrap_or("an operator");
            format!("{subscription}: {by} sent dead letter {dead_letter} again")
        }
        What::Deleted { subscription, dead_letter, by } => {
            let by = by.as_deref().unwrap_or("an operator");
            format!("{subscription}: {by} deleted dead letter {dead_letter}")
        }
        What::Drained { queue } => format!("the queue {queue} took it from the spool"),
        What::Replayed { replay, subscriptions } => {
            format!("by replay {replay}{}", after_colon(&states(subscriptions)))
        }
        What::Unknown { fields, .. } => Value::Object(fields.clone()).to_string(),
    }
}

fn received(what: &What) -> String {
    let What::Received { code, mode, credential, ray, client_address, user_agent, subscriptions } =
        what
    else {
        return String::new();
    };
    let is_batch = mode.as_deref() == Some("batch");
    let mut out = match status(code) {
        // A batch has one answer, which depends on its other events.
        Some(status) if !is_batch => format!("{status} {code}"),
        _ => code.clone(),
    };
    if is_batch {
        out.push_str(" in a batch");
    }
    if let Some(credential) = credential {
        let _ = write!(out, " by {credential}");
    }
    if let Some(address) = client_address {
        let _ = write!(out, " from {address}");
    }
    if let Some(agent) = user_agent {
        let _ = write!(out, " ({agent})");
    }
    out.push_str(&after_colon(&states(subscriptions)));
    if let Some(ray) = ray {
        let _ = write!(out, "; ray {ray}");
    }
    out
}

/// The status of an answer with this code to a single event.
fn status(code: &str) -> Option<u16> {
    Some(match code {
        "accepted" => 202,
        "duplicate" | "ignored" => 200,
        "undelivered" | "under_way" => 503,
        _ => return None,
    })
}

fn attempted(what: &What) -> String {
    let What::Attempted {
        subscription,
        attempt,
        result,
        cause,
        status,
        reason,
        milliseconds,
        delay_seconds,
        redrive,
        replay,
    } = what
    else {
        return String::new();
    };
    let mut out = format!("{subscription}: attempt {attempt}, {result}");
    if let Some(seconds) = delay_seconds {
        let _ = write!(out, " in {}", text::about(*seconds));
    }
    if let Some(status) = status {
        let _ = write!(out, ", status {status}");
    }
    if let Some(milliseconds) = milliseconds {
        let _ = write!(out, " after {} ms", with_commas(*milliseconds));
    }
    if *redrive {
        out.push_str(", redriven");
    }
    if let Some(replay) = replay {
        let _ = write!(out, ", by replay {replay}");
    }
    out.push_str(&after_colon(reason.as_deref().or(cause.as_deref()).unwrap_or_default()));
    out
}

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
