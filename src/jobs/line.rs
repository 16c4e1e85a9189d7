//! The log line of a step.

use serde::Serialize;

use super::Job;
use super::job::JobState;
use crate::dead::{Acted, Action};
use crate::level::Level;
use crate::platform::BindingError;
use crate::text::shorten;

/// How many of the letters that are stuck a line names.
const MAX_NAMED: usize = 10;

/// The result of a step.
#[derive(Debug, Serialize)]
pub struct JobLine {
    /// Who must act.
    #[serde(skip)]
    pub level: Level,
    /// `step`.
    outcome: &'static str,
    /// Its id.
    job: String,
    action: &'static str,
    /// `running`, `finished`, `stopped`, `failed`, or `superseded`: a message of an earlier run.
    state: &'static str,
    /// How many dead letters it has sent again so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    redriven: Option<usize>,
    /// How many dead letters it has deleted so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<usize>,
    already_sent: usize,
    under_way: usize,
    stuck: usize,
    looked_at: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    /// The delay before the next step, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<u64>,
    /// How long the step took, as measured by the Worker's clock.
    pub milliseconds: u64,
}

impl JobLine {
    /// The line of a job after a step with this result.
    pub(crate) fn new(job: &Job, acted: &Acted) -> Self {
        let stuck = acted.stuck.iter().take(MAX_NAMED);
        let stuck = stuck.map(|stuck| shorten(format!("{}: {}", stuck.id, stuck.reason)));
        let reasons: Vec<_> = job.reason.iter().map(shorten).chain(stuck).collect();
        let level = match job.state {
            JobState::Failed => Level::Error,
            _ if !reasons.is_empty() => Level::Warning,
            _ => Level::Info,
        };
        let done = Some(job.progress.done);
        Self {
            level,
            outcome: "step",
            job: shorten(&job.id),
            action: job.action.as_str(),
            state: job.state.as_str(),
            redriven: done.filter(|_| job.action == Action::Redrive),
            deleted: done.filter(|_| job.action == Action::Delete),
            already_sent: job.progress.already_sent,
            under_way: job.progress.under_way,
            stuck: job.progress.stuck,
            looked_at: job.progress.looked_at,
            reasons,
            delay_seconds: None,
            milliseconds: 0,
        }
    }

    /// The message belongs to an earlier run.
    pub(crate) fn superseded(self) -> Self {
        Self { state: "superseded", ..self }
    }

    /// The next step comes after a delay.
    pub(crate) fn after(self, delay_seconds: u64) -> Self {
        Self { delay_seconds: Some(delay_seconds), ..self }
    }

    /// A binding failed, and the job waits.
    pub(crate) fn waiting(mut self, error: &BindingError, delay_seconds: u64) -> Self {
        self.reasons.push(shorten(error.to_string()));
        Self { level: Level::Error, ..self }.after(delay_seconds)
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }
}
