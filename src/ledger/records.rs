//! The records of a shard: what it keeps on disk about each key.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CERTAIN_MS, MOST_CLAIM_MS, Moment, Settlement, Verdict};

/// A store of records, by key. Each method takes all records that it concerns at once, so that few statements are
/// enough.
pub trait Records {
    /// The error of the store.
    type Error;

    /// The records with these keys that have not expired at `now` (milliseconds since 1970).
    ///
    /// # Errors
    ///
    /// The records cannot be read.
    fn get(&self, keys: &[&str], now: u64) -> Result<BTreeMap<String, Stored>, Self::Error>;

    /// Writes or replaces records.
    ///
    /// # Errors
    ///
    /// The records cannot be written. None was.
    fn put(&self, records: &[NewRecord<'_>]) -> Result<(), Self::Error>;

    /// Deletes the records with these keys.
    ///
    /// # Errors
    ///
    /// The records cannot be deleted. None was.
    fn delete(&self, keys: &[&str]) -> Result<(), Self::Error>;
}

/// A record that is stored, or none, which has no text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Its text.
    pub text: String,
    /// When it expires, in milliseconds since 1970.
    pub forget_at: u64,
}

/// A record to write: its key, its text, and when it expires, in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewRecord<'r>(pub &'r str, pub String, pub u64);

/// What is known about a key: the standing of each name.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Record<'r>(pub(super) BTreeMap<Cow<'r, str>, Standing>);

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) held: Option<Held>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) claimed: Option<Claimed>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<Moment>,
    /// When a hold with a time was settled, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) settled_at: Option<u64>,
}

impl Held {
    /// A hold that gives way to anything, and that nothing has replaced yet.
    pub(super) const AFTER_RESET: Self = Self { time: Some(Moment::MIN), settled_at: None };

    /// Whether nothing but what the ledger knows can be held. After a while, another ledger may have been used in
    /// between, such as that of another jurisdiction, and whoever holds it can tell.
    fn is_certain(self, now: u64) -> bool {
        let age = self.settled_at.map(|settled_at| now.saturating_sub(settled_at));
        self == Self::AFTER_RESET || age.is_some_and(|age| age <= CERTAIN_MS)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claimed {
    pub(super) number: u64,
    pub(super) until: u64,
}

impl Claimed {
    /// Whether the claim has not expired. If it expires later than any claim may, a clock that was
    /// ahead granted it, and its holder is long gone.
    pub(super) fn is_under_way(self, now: u64) -> bool {
        (1..=MOST_CLAIM_MS).contains(&self.until.saturating_sub(now))
    }
}

impl Verdict {
    /// Whether the claim was granted.
    #[must_use]
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Granted | Self::Uncertain)
    }
}

impl<'r> Record<'r> {
    /// A record that cannot be read counts as empty.
    pub(super) fn read(text: &'r str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn print(&self) -> String {
        // Cannot fail: its keys are strings.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Applies the results of the claims on the key.
    pub(super) fn settle(&mut self, settlement: &'r Settlement<'_>, number: u64, now: u64) {
        for name in &settlement.held {
            let standing = self.0.entry((&**name).into()).or_default();
            let before = standing.held.and_then(|held| held.time);
            let time = before.max(settlement.time);
            standing.held = Some(Held { time, settled_at: time.map(|_| now) });
            standing.end_claim(number);
        }
        for name in &settlement.released {
            let standing = self.0.entry((&**name).into()).or_default();
            match settlement.time {
                None => standing.end_claim(number),
                Some(_) => standing.let_claim_die(number, now),
            }
        }
        self.0.retain(|_, standing| *standing != Standing::default());
    }

    pub(super) fn judge(
        &mut self,
        name: &'r str,
        time: Option<Moment>,
        latest: Option<Moment>,
        claimed: Claimed,
        now: u64,
    ) -> Verdict {
        let standing = self.0.entry(name.into()).or_default();
        if latest.is_some_and(|latest| standing.held.is_some_and(|held| held.time > Some(latest))) {
            standing.held = None;
        }
        if standing.held.is_some_and(|held| !is_for_again(time, held.time)) {
            return Verdict::Held;
        }
        if standing.claimed.is_some_and(|other| other.is_under_way(now)) {
            return Verdict::UnderWay;
        }
        // A holder that died may have written something newer than the ledger knows. After a reset
        // this does not matter: it was never acknowledged, and KV may still show what was reset.
        let is_certain = standing.held.is_some_and(|held| {
            held.is_certain(now) && (standing.claimed.is_none() || held == Held::AFTER_RESET)
        });
        standing.claimed = Some(claimed);
        if is_certain { Verdict::Granted } else { Verdict::Uncertain }
    }
}

/// Whether a name that holds something with the time `held` may claim the key for something with
/// this time.
fn is_for_again(time: Option<Moment>, held: Option<Moment>) -> bool {
    time.zip(held).is_some_and(|(time, held)| time >= held)
}

impl Standing {
    /// Expires the claim with this number, so that others can claim the key. The claim is kept as a
    /// sign that its holder may have written something all the same.
    pub(super) fn let_claim_die(&mut self, number: u64, now: u64) {
        if let Some(claimed) = &mut self.claimed
            && claimed.number == number
        {
            claimed.until = now;
        }
    }

    /// Removes the claim with this number, and no other.
    pub(super) fn end_claim(&mut self, number: u64) {
        self.claimed = self.claimed.filter(|claimed| claimed.number != number);
    }
}
