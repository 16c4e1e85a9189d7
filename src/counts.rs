//! What is counted, for the metrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::shortened;

/// How many sources are told apart.
const MAX_SOURCES: usize = 100;

/// How many credentials are told apart.
const MAX_CREDENTIALS: usize = 100;

/// For how many milliseconds what came in a minute is kept: a day more than the week that the console shows.
pub const MINUTES_MS: u64 = 8 * 24 * 3_600_000;

/// A minute, in milliseconds.
pub const MINUTE_MS: u64 = 60_000;

/// What is counted for each minute: how many events came, by the code of the answer, and how many requests were refused.
pub const RATED: [&str; 6] =
    ["accepted", "duplicate", "ignored", "under_way", "undelivered", "refused"];

/// How many numbers there are at most, whatever names are in them.
const MAX_NUMBERS: usize = 5_000;

/// Numbers that only grow, and when each source was last heard of and each credential last used.
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
    /// When an event of each source last came, whatever became of it, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub heard: BTreeMap<String, u64>,
    /// When a request for `/webhook` last came with each credential, whatever became of it, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, u64>,
}

impl Counts {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            numbers: BTreeMap::new(),
            sources: BTreeMap::new(),
            heard: BTreeMap::new(),
            credentials: BTreeMap::new(),
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.numbers, &self.sources, &self.heard, &self.credentials]
            .iter()
            .all(|counted| counted.is_empty())
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
        note(&mut self.sources, MAX_SOURCES, source, at);
    }

    /// Notes that an event of this source came. Beyond a hundred sources, others are not noted.
    pub fn heard(&mut self, source: &str, at: u64) {
        note(&mut self.heard, MAX_SOURCES, source, at);
    }

    /// Notes that a request for `/webhook` came with this credential. Beyond a hundred of them, others are not noted.
    pub fn used(&mut self, credential: &str, at: u64) {
        note(&mut self.credentials, MAX_CREDENTIALS, credential, at);
    }

    /// How much was counted of each of [`RATED`].
    #[must_use]
    pub fn rated(&self) -> [u64; RATED.len()] {
        RATED.map(|code| {
            let of = |(number, count): (&String, &u64)| {
                let is_meant = match number.split_once('|') {
                    Some(("events", found)) => found == code,
                    Some(("refusals", _)) => code == "refused",
                    _ => false,
                };
                is_meant.then_some(*count)
            };
            self.numbers.iter().filter_map(of).fold(0, u64::saturating_add)
        })
    }

    /// Adds all of these.
    pub fn merge(&mut self, other: Self) {
        for (key, more) in other.numbers {
            self.add_to(key, more);
        }
        for (source, at) in other.sources {
            self.accepted(&source, at);
        }
        for (source, at) in other.heard {
            self.heard(&source, at);
        }
        for (credential, at) in other.credentials {
            self.used(&credential, at);
        }
    }
}

/// Notes the latest time of a name, which is cut like others in the log, as long as there is room for names.
fn note(times: &mut BTreeMap<String, u64>, most: usize, name: &str, at: u64) {
    let name = &*shortened(name);
    if let Some(last) = times.get_mut(name) {
        *last = at.max(*last);
    } else if times.len() < most {
        times.insert(name.to_owned(), at);
    }
}
