//! Which dead letters are meant.

use serde::{Deserialize, Serialize};

use elytra_events::CloudEvent;

use super::entry::{DeadLetterMetadata, MAX_TEXT_BYTES, died_at};
use crate::kv_entry::time_in_key;
use crate::message::Message;

/// How far ahead the clock of another isolate may be, in milliseconds.
const CLOCK_TOLERANCE_MS: u64 = 3_600_000;

/// Which dead letters are meant. All conditions must hold, and nothing excludes a letter if there are none.
///
/// A condition that a later version has stored with a job is an error. Without it, the job would mean more letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterFilter {
    /// The subscription whose destination was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The code of the last [`Cause`](crate::delivery::Cause).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The `id` of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// It died at this time or later, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// It died before this time, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// Whether a letter is meant, as far as its key and metadata tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    Yes,
    No,
    /// The id of its event is too long for metadata: only its value tells.
    InValue,
}

impl LetterFilter {
    /// Whether it excludes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it excludes letters that have the prefix.
    pub(super) fn is_selective(&self) -> bool {
        Self { subscription: None, ..self.clone() } != Self::default()
    }

    /// What the keys of all letters that are meant begin with. Keys sort by subscription and time, so with a
    /// subscription the digits count that the first and the last time have in common.
    pub(super) fn prefix(&self, now: u64) -> String {
        let Some(subscription) = &self.subscription else { return String::new() };
        let Some(since) = self.since else { return format!("{subscription}/") };
        let latest = self.until.unwrap_or_else(|| now.saturating_add(CLOCK_TOLERANCE_MS));
        let (first, last) = (time_in_key(since), time_in_key(latest));
        let common = first.chars().zip(last.chars()).take_while(|(first, last)| first == last);
        let common: String = common.map(|(digit, _)| digit).collect();
        // Times with more digits are longer, not later in the order of keys.
        let common = if first.len() == last.len() { common } else { String::new() };
        format!("{subscription}/{common}")
    }

    /// Whether this key and all after it are too late.
    pub(super) fn is_past(&self, key: &str) -> bool {
        let is_too_late = |until: u64| died_at(key).is_some_and(|died_at| died_at >= until);
        self.subscription.is_some() && self.until.is_some_and(is_too_late)
    }

    /// Whether a letter is meant.
    pub(super) fn is_meant(&self, key: &str, metadata: Option<&DeadLetterMetadata>) -> Meant {
        // What others put there without a time has always been there.
        let died_at = died_at(key).unwrap_or_default();
        let subscription = key.split('/').next();
        let is_cause = |cause: &String| metadata.is_some_and(|known| known.cause == *cause);
        let is_excluded = self.subscription.as_deref().is_some_and(|own| subscription != Some(own))
            || !self.cause.as_ref().is_none_or(is_cause)
            || self.since.is_some_and(|since| died_at < since)
            || self.until.is_some_and(|until| died_at >= until);
        if is_excluded {
            return Meant::No;
        }
        let Some(event) = &self.event else { return Meant::Yes };
        match metadata.and_then(|known| known.event.id.as_ref()) {
            Some(id) if id == event => Meant::Yes,
            None if event.len() > MAX_TEXT_BYTES => Meant::InValue,
            _ => Meant::No,
        }
    }

    /// Whether the event of a letter with this value is meant.
    pub(crate) fn is_meant_in(&self, value: &str) -> bool {
        let Some(wanted) = &self.event else { return true };
        let Ok(Message::Dead(_, event)) = Message::read(value) else { return false };
        CloudEvent::from_json(event).is_ok_and(|event| event.id() == wanted)
    }
}
