//! What a shard does: it keeps a record for each key, and grants claims by it.
//!
//! The caller lets nothing happen between the beginning and the end of a call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ClaimAnswer, ClaimRequest, MOST_CLAIM_MS, Moment, ResetRequest, SettleRequest, Verdict,
};

/// Where the records are kept, texts by their keys.
pub trait Records {
    /// Why the records cannot be kept.
    type Error;

    /// A record that is not to be forgotten yet, at `now` (milliseconds since 1970).
    ///
    /// # Errors
    ///
    /// The records cannot be read.
    fn get(&self, key: &str, now: u64) -> Result<Option<String>, Self::Error>;

    /// Keeps a record instead of the one there was, until `forget_at` (milliseconds since 1970).
    ///
    /// # Errors
    ///
    /// The record cannot be written.
    fn put(&self, key: &str, record: &str, forget_at: u64) -> Result<(), Self::Error>;

    /// Forgets a record.
    ///
    /// # Errors
    ///
    /// It cannot be deleted.
    fn delete(&self, key: &str) -> Result<(), Self::Error>;
}

/// What is known of a key: each name with its standing.
#[derive(Default, Serialize, Deserialize)]
struct Record<'r>(#[serde(borrow)] BTreeMap<&'r str, Standing>);

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
    /// Nothing that counts: anything is newer, and none of it has been settled since.
    const AFTER_RESET: Self = Self { time: Some(Moment::MIN) };
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Claimed {
    number: u64,
    until: u64,
}

impl Claimed {
    /// Whether it has not ended. One that ends further ahead than any claim may last was granted by a clock
    /// that was ahead, and its holder has ended long before.
    fn is_under_way(self, now: u64) -> bool {
        (1..=MOST_CLAIM_MS).contains(&self.until.saturating_sub(now))
    }
}

/// Grants claims under this number, which no other request has.
///
/// # Errors
///
/// The records fail; claims that were granted before end by themselves.
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

/// Notes what came of claims. What is held is held, even if the claim had ended before.
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
            let standing = record.0.entry(name).or_default();
            let before = standing.held.and_then(|held| held.time);
            standing.held = Some(Held { time: before.max(settlement.time) });
            standing.end_claim(request.number);
        }
        for name in &settlement.released {
            let standing = record.0.entry(name).or_default();
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

/// Forgets what a name holds of an object: until something is written, whatever comes is granted, without a
/// look at what may be there. Tells whether it did: while somebody is writing, it does not.
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
    let standing = record.0.entry(&request.name).or_default();
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
    /// A record that cannot be read is as good as none.
    fn read(text: &'r str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    fn print(&self) -> String {
        // It cannot fail to print: its keys are strings.
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
        let standing = self.0.entry(name).or_default();
        if latest.is_some_and(|latest| standing.held.is_some_and(|held| held.time > Some(latest))) {
            standing.held = None;
        }
        if standing.held.is_some_and(|held| !is_for_again(time, held.time)) {
            return Verdict::Held;
        }
        if standing.claimed.is_some_and(|other| other.is_under_way(now)) {
            return Verdict::UnderWay;
        }
        // Whoever claimed it and died may have left something newer than what is known. After a reset
        // that does not count: it was never acknowledged, and KV may still show what was reset.
        let is_certain = standing
            .held
            .is_some_and(|held| standing.claimed.is_none() || held == Held::AFTER_RESET);
        standing.claimed = Some(claimed);
        if is_certain { Verdict::Granted } else { Verdict::Uncertain }
    }
}

/// Whether a name that holds something of this time may claim the key again for something of that.
fn is_for_again(time: Option<Moment>, held: Option<Moment>) -> bool {
    time.zip(held).is_some_and(|(time, held)| time >= held)
}

impl Standing {
    /// Lets others have the claim of this number, and leaves it there for them to see that what it
    /// was for may have been written all the same.
    fn let_claim_die(&mut self, number: u64, now: u64) {
        if let Some(claimed) = &mut self.claimed
            && claimed.number == number
        {
            claimed.until = now;
        }
    }

    /// Ends the claim of this number; another stays.
    fn end_claim(&mut self, number: u64) {
        self.claimed = self.claimed.filter(|claimed| claimed.number != number);
    }
}
