//! The logic of a shard: it keeps a record for each key, and grants claims.
//!
//! The caller must not let anything else access the records during a call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ClaimAnswer, ClaimRequest, MOST_CLAIM_MS, Moment, ResetRequest, SettleRequest, Verdict,
};

/// A store of records, by key.
pub trait Records {
    /// The error of the store.
    type Error;

    /// A record that has not expired at `now` (milliseconds since 1970).
    ///
    /// # Errors
    ///
    /// The record cannot be read.
    fn get(&self, key: &str, now: u64) -> Result<Option<String>, Self::Error>;

    /// Writes or replaces a record, which expires at `forget_at` (milliseconds since 1970).
    ///
    /// # Errors
    ///
    /// The record cannot be written.
    fn put(&self, key: &str, record: &str, forget_at: u64) -> Result<(), Self::Error>;

    /// Deletes a record.
    ///
    /// # Errors
    ///
    /// The record cannot be deleted.
    fn delete(&self, key: &str) -> Result<(), Self::Error>;
}

/// What is known about a key: the standing of each name.
#[derive(Default, Serialize, Deserialize)]
struct Record<'r>(BTreeMap<Cow<'r, str>, Standing>);

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed: Option<Claimed>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<Moment>,
}

impl Held {
    /// A hold that gives way to anything, and that nothing has replaced yet.
    const AFTER_RESET: Self = Self { time: Some(Moment::MIN) };
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Claimed {
    number: u64,
    until: u64,
}

impl Claimed {
    /// Whether the claim has not expired. If it expires later than any claim may, a clock that was
    /// ahead granted it, and its holder is long gone.
    fn is_under_way(self, now: u64) -> bool {
        (1..=MOST_CLAIM_MS).contains(&self.until.saturating_sub(now))
    }
}

/// Grants claims under this number, which must be unique.
///
/// # Errors
///
/// The records fail. Claims that were already granted expire.
pub fn claim<R: Records>(
    records: &R,
    request: &ClaimRequest<'_>,
    number: u64,
    now: u64,
) -> Result<ClaimAnswer, R::Error> {
    let mut verdicts = Vec::with_capacity(request.claims.len());
    for claim in &request.claims {
        let text = records.get(&claim.key, now)?.unwrap_or_default();
        let mut record = Record::read(&text);
        let claimed = Claimed { number, until: now + request.claim_ms };
        let judge = |name| record.judge(name, claim.time, request.latest, claimed, now);
        let of_claim: Vec<_> = claim.names.iter().map(|name| &**name).map(judge).collect();
        if of_claim.iter().any(|verdict| verdict.is_granted()) {
            records.put(&claim.key, &record.print(), now + request.remember_ms)?;
        }
        verdicts.push(of_claim);
    }
    Ok(ClaimAnswer { number, verdicts })
}

/// Records the results of claims. What is held counts as held, even if the claim has expired.
///
/// # Errors
///
/// The records fail.
pub fn settle<R: Records>(
    records: &R,
    request: &SettleRequest<'_>,
    now: u64,
) -> Result<(), R::Error> {
    for settlement in &request.settlements {
        let text = records.get(&settlement.key, now)?.unwrap_or_default();
        let mut record = Record::read(&text);
        for name in &settlement.held {
            let standing = record.0.entry((&**name).into()).or_default();
            let before = standing.held.and_then(|held| held.time);
            standing.held = Some(Held { time: before.max(settlement.time) });
            standing.end_claim(request.number);
        }
        for name in &settlement.released {
            let standing = record.0.entry((&**name).into()).or_default();
            match settlement.time {
                None => standing.end_claim(request.number),
                Some(_) => standing.let_claim_die(request.number, now),
            }
        }
        record.0.retain(|_, standing| *standing != Standing::default());
        if record.0.is_empty() {
            records.delete(&settlement.key)?;
        } else {
            records.put(&settlement.key, &record.print(), now + request.remember_ms)?;
        }
    }
    Ok(())
}

/// Resets what a name holds of an object. Until something is written, every claim is granted
/// without reading KV. Returns `false`, and resets nothing, while the object is being written.
///
/// # Errors
///
/// The records fail.
pub fn reset<R: Records>(
    records: &R,
    request: &ResetRequest<'_>,
    now: u64,
) -> Result<bool, R::Error> {
    let text = records.get(&request.key, now)?.unwrap_or_default();
    let mut record = Record::read(&text);
    let standing = record.0.entry((&*request.name).into()).or_default();
    if standing.claimed.is_some_and(|other| other.is_under_way(now)) {
        return Ok(false);
    }
    *standing = Standing { held: Some(Held::AFTER_RESET), claimed: None };
    records.put(&request.key, &record.print(), now + request.remember_ms)?;
    Ok(true)
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
    fn read(text: &'r str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    fn print(&self) -> String {
        // Cannot fail: its keys are strings.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn judge(
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
        let is_certain = standing
            .held
            .is_some_and(|held| standing.claimed.is_none() || held == Held::AFTER_RESET);
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
    fn let_claim_die(&mut self, number: u64, now: u64) {
        if let Some(claimed) = &mut self.claimed
            && claimed.number == number
        {
            claimed.until = now;
        }
    }

    /// Removes the claim with this number, and no other.
    fn end_claim(&mut self, number: u64) {
        self.claimed = self.claimed.filter(|claimed| claimed.number != number);
    }
}
