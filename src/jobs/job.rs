//! A job, and how far it has come.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::dead::{Acted, Action, LetterFilter, Position};
use crate::kv_entry::time_in_key;
use crate::ledger::Key;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// `<started_at>/<digest>`.
    #[serde(rename = "job")]
    pub id: String,
    /// What it does.
    pub action: Action,
    /// To which dead letters. They died before it started, so that it does not meet again what dies again.
    pub filter: LetterFilter,
    /// Who started it: a person, or the binding of a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_at: u64,
    /// Whether it is at work.
    pub state: JobState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it has done.
    pub progress: Progress,
    /// Where it continues.
    pub position: Position,
    /// How often it was started. The messages of an earlier run mean nothing any more.
    pub run: u32,
    /// How many messages this run had before this one.
    #[serde(default)]
    pub step: u32,
    /// When its progress was last published, in milliseconds since 1970.
    pub published_at: u64,
    /// How often in a row it has waited for the letter at its position, which is under way elsewhere.
    #[serde(default)]
    pub blocked: u32,
    /// How often in a row its message has been replaced without any progress.
    #[serde(default)]
    pub waits: u32,
    /// The name of the queue that delivers its messages, once one was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// Whether a job is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is.
    Running,
    /// It has done everything.
    Finished,
    /// An operator stopped it.
    Stopped,
    /// It cannot continue.
    Failed,
}

impl JobState {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// What a job has done, in numbers of dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Those that were looked at, meant or not.
    pub looked_at: usize,
    /// Those that were sent again, or deleted.
    pub done: usize,
    /// Those that had been sent or deleted before, and only had to be deleted.
    pub already_sent: usize,
    /// Those that were left to another request, which was sending or deleting them all the time.
    pub under_way: usize,
    /// Those that can never be sent again.
    pub stuck: usize,
}

impl Job {
    /// A job that somebody starts now (in milliseconds since 1970).
    #[must_use]
    pub fn new(action: Action, filter: LetterFilter, by: Option<String>, now: u64) -> Self {
        /// Tells apart the jobs that start in the same millisecond.
        static STARTED: AtomicU64 = AtomicU64::new(0);

        let number = STARTED.fetch_add(1, Ordering::Relaxed).to_string();
        // Cannot fail: it is a struct.
        let meant = serde_json::to_string(&filter).unwrap_or_default();
        let digest = Key::of(&["job", action.as_str(), &meant, &number]);
        Self {
            id: format!("{}/{}", time_in_key(now), digest.as_str()),
            action,
            filter,
            by,
            started_at: now,
            state: JobState::Running,
            reason: None,
            progress: Progress::default(),
            position: Position::default(),
            run: 0,
            step: 0,
            published_at: 0,
            blocked: 0,
            waits: 0,
            queue: None,
        }
    }

    /// Reads [`Self::print`].
    ///
    /// # Errors
    ///
    /// It is not a job.
    pub(crate) fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The job as the first line of its message, and as its value in `DEAD`.
    #[must_use]
    pub fn print(&self) -> String {
        // Cannot fail: its maps are structs.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The letters that are meant and died before the job started.
    pub(super) fn meant(&self) -> LetterFilter {
        let until = self.filter.until.unwrap_or(u64::MAX).min(self.started_at);
        LetterFilter { until: Some(until), ..self.filter.clone() }
    }

    /// The name of its message, which a queue may deliver more than once.
    pub(crate) fn message_id(&self) -> String {
        format!("{}/{}/{}", self.id, self.run, self.step)
    }

    /// The message after this one. It has one name, however often it is sent.
    #[must_use]
    pub(crate) fn next_message(&self) -> String {
        Self { step: self.step.saturating_add(1), ..self.clone() }.print() + "\n"
    }

    /// It cannot continue, for this reason.
    pub(crate) fn fail(&mut self, reason: impl Into<String>) {
        self.state = JobState::Failed;
        self.reason = Some(reason.into());
    }

    /// It starts once more, as this run.
    pub(crate) fn resume(&mut self, run: u32) {
        self.state = JobState::Running;
        self.reason = None;
        self.run = run;
        self.step = 0;
        self.blocked = 0;
        self.waits = 0;
        // The queue may have another name since.
        self.queue = None;
    }
}

impl Progress {
    /// Counts what came of letters.
    pub(super) fn add(&mut self, acted: &Acted) {
        self.done += acted.done.len();
        self.already_sent += acted.already_sent.len();
        self.stuck += acted.stuck.len();
    }
}
