//! What a shard is asked about the journal, and what it answers.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::filter::{EventFilter, Order};
use super::refusal::StoredRefusal;
use super::stored::StoredEvent;
use crate::counts::{Counts, RATED};

/// What a shard is told besides the notes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteRequest<'r> {
    /// What was counted.
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
    /// Refusals, printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Cow<'r, str>>,
}

/// What a shard is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalRequest<'r> {
    /// For events: [`Found`].
    Search(SearchRequest<'r>),
    /// How many events there are: [`Found`] without events, and with their number.
    Count(SearchRequest<'r>),
    /// For the event with this key and its text: [`StoredEvent`], or nothing.
    Read(Cow<'r, str>),
    /// For refusals: [`RefusalsFound`].
    Refusals(RefusalFilter<'r>),
    /// What was counted: [`Counts`].
    Counts,
    /// How much came since this time, in milliseconds since 1970, in steps of so many minutes: [`Rate`]s.
    Rates {
        /// Since when.
        since: u64,
        /// The step, in minutes.
        step: u64,
    },
    /// To remove the events with these keys: their number.
    Erase(Vec<Cow<'r, str>>),
    /// To remove the refusals of the event with this `source` and `id`: their number.
    EraseRefusals {
        /// `source`, cut like others in the journal.
        source: Cow<'r, str>,
        /// `id`.
        id: Cow<'r, str>,
    },
}

/// When a step began, in minutes since 1970, and how much came of each of [`RATED`].
pub type Rate = (u64, [u64; RATED.len()]);

/// Which events a shard is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRequest<'r> {
    /// What they have.
    pub filter: Cow<'r, EventFilter>,
    /// In which order.
    pub order: Order,
    /// The first rank that counts: see [`Order::rank`].
    pub from: u64,
    /// The most events to return.
    pub limit: usize,
}

/// What a shard found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The events, in order.
    #[serde(default)]
    pub events: Vec<StoredEvent>,
    /// How many there are, if only that was asked for.
    #[serde(default)]
    pub number: u64,
    /// The rank from which to ask again. `None` if there is nothing more.
    #[serde(default)]
    pub next: Option<u64>,
}

/// Which refusals the first shard is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalFilter<'r> {
    /// The code in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'r, str>>,
    /// The name of the secret that the caller presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Cow<'r, str>>,
    /// `id` of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'r, str>>,
    /// The caller's IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Cow<'r, str>>,
    /// It came at this time or later, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// It came before this time, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Only those with smaller numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The most refusals to return.
    pub limit: usize,
}

/// The refusals that were found, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalsFound {
    /// The refusals.
    #[serde(default)]
    pub refusals: Vec<StoredRefusal>,
    /// How many more were only counted.
    #[serde(default)]
    pub counted: u64,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many rows.
    pub number: usize,
}
