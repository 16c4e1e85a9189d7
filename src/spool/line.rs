//! The log line of the cron trigger.

use serde::Serialize;

use super::Drained;
use crate::level::Level;
use crate::text::shorten;

/// The result of a run.
#[derive(Debug, Serialize)]
pub struct DrainLine {
    /// `drained`, or `failed`.
    outcome: &'static str,
    /// `spool`.
    code: &'static str,
    /// How many messages of the spool the queues took.
    sent: usize,
    /// Why entries are left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

impl DrainLine {
    /// The line for this result.
    #[must_use]
    pub fn new(Drained { sent, failures }: Drained) -> Self {
        let outcome = if failures.is_empty() { "drained" } else { "failed" };
        Self { outcome, code: "spool", sent, reasons: failures.into_iter().map(shorten).collect() }
    }

    /// Who must act. `None` if there was nothing to do, which is not worth a line.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        match (self.sent, &*self.reasons) {
            (0, []) => None,
            (_, []) => Some(Level::Info),
            _ => Some(Level::Error),
        }
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }
}
