//! Numbers for Prometheus, in its text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::Write as _;

use super::error::OperatorError;
use super::state;
use crate::config::Config;
use crate::journal::{NOT_KEPT, NOT_RECORDED};
use crate::platform::Platform;

/// What the names of all metrics begin with.
const PREFIX: &str = "elytra_webhooks";

/// The counters: their names, those of their labels, and what they mean.
const COUNTERS: [(&str, &str, &[&str], &str); 7] = [
    ("events", "events_total", &["code"], "Events that came, by the code of the answer."),
    (
        "fates",
        "subscription_events_total",
        &["subscription", "fate"],
        "What became of the events that a subscription wants.",
    ),
    (NOT_RECORDED, "events_not_recorded_total", &[], "Events that the journal had no room for."),
    ("refusals", "refusals_total", &["code"], "Requests that were refused."),
    (NOT_KEPT, "refusals_not_kept_total", &[], "Refused requests that were only counted."),
    ("attempts", "attempts_total", &["subscription", "result"], "Calls to HTTP destinations."),
    ("replayed", "replayed_events_total", &["code"], "Events that replays sent again."),
];

/// All metrics.
///
/// # Errors
///
/// The journal failed, or `SPOOL` or `DEAD`.
pub async fn print(config: &Config, platform: &impl Platform) -> Result<String, OperatorError> {
    let counts = state::counts(platform).await.map_err(OperatorError::JournalFailed)?;
    let mut text = String::new();
    for (key, name, labels, help) in COUNTERS {
        head(&mut text, name, "counter", help);
        for (number, value) in &counts.numbers {
            let mut parts = number.split('|');
            if parts.next() == Some(key) {
                line(&mut text, name, labels.iter().copied().zip(parts), *value);
            }
        }
    }
    let now = platform.now();
    let name = "seconds_since_last_accepted";
    head(&mut text, name, "gauge", "Seconds since an event of this source was last accepted.");
    for (source, at) in &counts.sources {
        line(&mut text, name, [("source", &**source)].into_iter(), now.saturating_sub(*at) / 1_000);
    }
    let name = "seconds_since_last_received";
    head(
        &mut text,
        name,
        "gauge",
        "Seconds since an event of this source last came, whatever became of it.",
    );
    for (source, at) in &counts.heard {
        line(&mut text, name, [("source", &**source)].into_iter(), now.saturating_sub(*at) / 1_000);
    }
    if config.stores.has_dead_letters {
        let letters =
            state::dead_letters(platform).await.map_err(OperatorError::DeadLettersFailed)?;
        let name = "dead_letters";
        head(&mut text, name, "gauge", "Dead letters, of which at most 10,000 are counted.");
        for (subscription, number) in &letters {
            line(&mut text, name, [("subscription", &**subscription)].into_iter(), *number);
        }
    }
    if config.stores.has_spool {
        let (number, oldest) = state::spool(platform).await.map_err(OperatorError::SpoolFailed)?;
        let name = "spool_messages";
        head(&mut text, name, "gauge", "Spooled messages, of which at most 10,000 are counted.");
        line(&mut text, name, [].into_iter(), number);
        let name = "spool_oldest_seconds";
        head(&mut text, name, "gauge", "The age of the oldest spooled message.");
        let age = oldest.map_or(0, |oldest| now.saturating_sub(oldest) / 1_000);
        line(&mut text, name, [].into_iter(), age);
    }
    let told = state::backlogs(config, platform).await;
    if !told.is_empty() {
        let name = "queue_backlog_messages";
        head(&mut text, name, "gauge", "Messages in a queue, as its binding tells.");
        for (queue, messages) in told {
            line(&mut text, name, [("queue", queue)].into_iter(), messages);
        }
    }
    Ok(text)
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {PREFIX}_{name} {help}\n# TYPE {PREFIX}_{name} {kind}");
}

fn line<'l>(
    text: &mut String,
    name: &str,
    labels: impl Iterator<Item = (&'l str, &'l str)>,
    value: u64,
) {
    let labels: Vec<_> =
        labels.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    let labels =
        if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{PREFIX}_{name}{labels} {value}");
}

/// A label's value, with what ends it or its line escaped.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
