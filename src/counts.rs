//! What is counted, for the metrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many sources are told apart.
const MAX_SOURCES: usize = 100;

/// How many numbers there are at most, whatever names are in them.
const MAX_NUMBERS: usize = 5_000;

/// Numbers that only grow, and when each source was last heard of.
///
/// A number has a name and the values of its labels, separated by `|`, such as `events|accepted`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The numbers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, u64>,
    /// When an event of each source was last accepted, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, u64>,
}

impl Counts {
    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.sources.is_empty()
    }

    /// Adds to a number.
    pub fn add(&mut self, name: &str, labels: &[&str], more: u64) {
        let key = [&[name], labels].concat().join("|");
        self.add_to(key, more);
    }

    fn add_to(&mut self, key: String, more: u64) {
        if self.numbers.len() < MAX_NUMBERS || self.numbers.contains_key(&key) {
            let number = self.numbers.entry(key).or_default();
            *number = number.saturating_add(more);
        }
    }

    /// Notes that an event of this source was accepted. Beyond a hundred sources, others are not noted.
    pub fn accepted(&mut self, source: &str, at: u64) {
        if self.sources.len() < MAX_SOURCES || self.sources.contains_key(source) {
            let last = self.sources.entry(source.to_owned()).or_default();
            *last = at.max(*last);
        }
    }

    /// Adds all of these.
    pub fn merge(&mut self, other: Self) {
        for (key, more) in other.numbers {
            self.add_to(key, more);
        }
        for (source, at) in other.sources {
            self.accepted(&source, at);
        }
    }
}
