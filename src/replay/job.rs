//! A replay, and what its object is asked.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::journal::{EventFilter, EventKey};
use crate::kv_entry::time_in_key;
use crate::ledger::Key;
use crate::search::Position;

/// How many keys a replay may name.
pub const MAX_KEYS: usize = 1_000;

/// How many replays are kept. The oldest that have ended are deleted.
pub const MAX_REPLAYS: usize = 100;

/// How many events that could not be sent are listed for a replay. Others are only counted.
pub const MAX_LISTED_FAILURES: usize = 1_000;

/// A replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// `<started_at>-<8 characters>`.
    pub id: String,
    /// Whether it is at work.
    pub state: ReplayState,
    /// Which events it sends, unless keys are named. All of them came before it started.
    pub filter: EventFilter,
    /// The keys of the events it sends. Empty if the filter says which.
    #[serde(default)]
    pub keys: Vec<EventKey>,
    /// The names of the subscriptions that get them, or `None` for all that want them.
    pub subscriptions: Option<Vec<String>>,
    /// Whether the filters of the subscriptions count.
    pub respect_filters: bool,
    /// How many events it sends in a second, at most.
    pub events_per_second: usize,
    /// Who started it: a person, or the binding of a secret.
    #[serde(default)]
    pub by: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_at: u64,
    /// When it ended, in milliseconds since 1970.
    #[serde(default)]
    pub ended_at: Option<u64>,
    /// How many events there were when it started.
    pub events: u64,
    /// Whether all of them were counted.
    pub is_complete: bool,
    /// How many were sent.
    pub sent: u64,
    /// How many could not be sent.
    pub not_sent: u64,
    /// Why it failed.
    #[serde(default)]
    pub reason: Option<String>,
    /// Where it continues to search.
    #[serde(default)]
    pub position: Option<Position>,
    /// Whether all events have been taken, so that only those in `again` are left.
    #[serde(default)]
    pub has_taken_all: bool,
    /// When its next step is due, in milliseconds since 1970.
    #[serde(default)]
    pub next_at: u64,
    /// How many of the keys it has taken.
    #[serde(default)]
    pub taken: usize,
    /// The events that a destination did not take, to be sent again, and how often that was tried.
    #[serde(default)]
    pub again: Vec<(EventKey, u32)>,
    /// How often in a row a step failed altogether.
    #[serde(default)]
    pub failures: u32,
}

/// Whether a replay is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayState {
    /// It is.
    Running,
    /// An operator paused it.
    Paused,
    /// It has sent everything it could.
    Finished,
    /// An operator cancelled it.
    Cancelled,
    /// It cannot continue.
    Failed,
}

impl ReplayState {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Running | Self::Paused)
    }
}

impl Replay {
    /// The id of a replay that starts now, in milliseconds since 1970.
    #[must_use]
    pub fn new_id(what: &str, now: u64) -> String {
        let digest = Key::of(&["replay", what, &now.to_string()]);
        format!("{}-{}", time_in_key(now), digest.as_str().get(..8).unwrap_or_default())
    }
}

/// An event that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSent {
    /// Its key.
    pub key: String,
    /// Its `id`, cut like others in the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why.
    pub reason: String,
}

/// A replay, and the events that it could not send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayWithFailures {
    /// The replay.
    pub replay: Replay,
    /// The events, at most [`MAX_LISTED_FAILURES`].
    pub not_sent: Vec<NotSent>,
}

/// What an operator orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// To stop for a while.
    Pause,
    /// To go on after a pause.
    Resume,
    /// To stop for good.
    Cancel,
}

/// What the object of the replays is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayRequest<'r> {
    /// To start a replay: nothing.
    Start(Box<Replay>),
    /// To remove what is said of the event with this key: nothing.
    Forget(Cow<'r, str>),
    /// For all replays, the newest first: a list of [`Replay`].
    List,
    /// For a replay: [`ReplayWithFailures`], or nothing.
    Read(Cow<'r, str>),
    /// To pause, resume or cancel a replay: the [`Replay`] before that, or nothing. One that has ended stays as it is.
    Order {
        /// Its id.
        id: Cow<'r, str>,
        /// What is ordered.
        order: Order,
        /// When, in milliseconds since 1970.
        at: u64,
    },
}

impl Order {
    /// The state after that.
    #[must_use]
    pub fn state(self) -> ReplayState {
        match self {
            Self::Pause => ReplayState::Paused,
            Self::Resume => ReplayState::Running,
            Self::Cancel => ReplayState::Cancelled,
        }
    }
}
