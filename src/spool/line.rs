//! The log line of the cron trigger.

use serde::Serialize;

use super::Drained;
use crate::level::Level;
use crate::text::shorten;

/// What became of the spool.
#[derive(Debug, Serialize)]
pub struct DrainLine {
    /// `drained`, or `failed`.
    outcome: &'static str,
    /// `spool`.
    code: &'static str,
    /// How many messages the queues took from the spool.
    sent: usize,
    /// Why there is something left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

impl DrainLine {
    /// The line of a spool that was drained so.
    #[must_use]
    pub fn new(Drained { sent, failures }: Drained) -> Self {
        let outcome = if failures.is_empty() { "drained" } else { "failed" };
        Self { outcome, code: "spool", sent, reasons: failures.into_iter().map(shorten).collect() }
    }

    /// Who must act; `None` where nothing was to be done, which is not worth a line.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        match (self.sent, &*self.reasons) {
            (0, []) => None,
            (_, []) => Some(Level::Info),
            _ => Some(Level::Error),
        }
    }

    /// The line itself.
    #[must_use]
    pub fn to_json(&self) -> String {
        // It cannot fail to print: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }
}
