//! The log line of a replay.

use serde::Serialize;

use super::job::{Replay, ReplayState};
use crate::level::Level;

/// The line of a replay that has ended, or whose step failed.
#[derive(Debug, Serialize)]
pub struct ReplayLine {
    #[serde(skip)]
    level: Level,
    /// `replayed`.
    outcome: &'static str,
    /// Its id.
    replay: String,
    state: &'static str,
    sent: u64,
    not_sent: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

impl ReplayLine {
    /// The line of a replay after a step, before which so many steps in a row had failed. `None` if all goes well.
    #[must_use]
    pub fn new(replay: &Replay, failures: u32) -> Option<Self> {
        let has_failed = replay.failures > failures;
        if !replay.state.has_ended() && !has_failed {
            return None;
        }
        let level = match replay.state {
            ReplayState::Failed => Level::Error,
            _ if has_failed || replay.not_sent > 0 => Level::Warning,
            _ => Level::Info,
        };
        Some(Self {
            level,
            outcome: "replayed",
            replay: replay.id.clone(),
            state: replay.state.as_str(),
            sent: replay.sent,
            not_sent: replay.not_sent,
            reasons: replay.reason.iter().cloned().collect(),
        })
    }

    /// Who must act.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }
}
