//! The logic of a shard: it grants claims and settles them.
//!
//! The claims on events are in its memory. There is one object for each shard, so every caller meets them. They
//! end when they are settled, or expire. A shard that is restarted has forgotten them: then two requests can
//! forward one event, but none is lost.
//!
//! The claims on objects are on disk with the records. One state of an object replaces another, so the
//! next claim must know that a holder that died may have written something newer.
//!
//! The caller must not let anything else access the records during a call.

use std::collections::{BTreeMap, HashMap};

use super::records::{Claimed, Held, NewRecord, Record, Records, Standing, Stored};
use super::{Claim, ClaimAnswer, ClaimRequest, ResetRequest, SettleRequest, Settlement, Verdict};

/// How many claims there can be in memory at once: one for each name and key. Those beyond that are granted and not
/// remembered, so that a shard always fits in memory.
pub const MAX_CLAIMS: usize = 20_000;

/// After how many milliseconds a shard whose memory is full looks again for claims that have expired.
const SWEEP_EVERY_MS: u64 = 1_000;

/// What a shard remembers between calls.
#[derive(Debug, Default)]
pub struct Shard {
    /// The number of the latest claims.
    number: u64,
    /// The events that are claimed, by key.
    events: HashMap<String, Event>,
    /// How many claims they have.
    claims: usize,
    /// Before this, in milliseconds since 1970, no claim in a full memory is looked for.
    sweep_at: u64,
}

/// An event that is claimed.
#[derive(Debug, Default)]
struct Event {
    /// Its record, as it was read or written last. Only this shard writes it.
    record: Stored,
    /// The names, and what they claimed.
    claims: Vec<(String, Claimed)>,
}

impl Shard {
    /// Grants claims.
    ///
    /// # Errors
    ///
    /// The records fail. Claims that were already granted expire.
    pub fn claim<R: Records>(
        &mut self,
        records: &R,
        request: &ClaimRequest<'_>,
        now: u64,
    ) -> Result<ClaimAnswer, R::Error> {
        let claimed = Claimed { number: self.next_number(now), until: now + request.claim_ms };
        let keys: Vec<_> = request.claims.iter().map(|claim| &*claim.key).collect();
        let mut found = records.get(&keys, now)?;
        let mut changed = Vec::new();
        let mut verdicts = Vec::with_capacity(request.claims.len());
        for claim in &request.claims {
            let stored = found.remove(&*claim.key).unwrap_or_default();
            let mut record = Record::read(&stored.text);
            let of_claim: Vec<_> = if claim.time.is_none() {
                self.claim_event(claim, &stored, &record, claimed, now)
            } else {
                let judge = |name| record.judge(name, claim.time, request.latest, claimed, now);
                claim.names.iter().map(|name| &**name).map(judge).collect()
            };
            let is_changed = claim.time.is_some() && of_claim.iter().any(|one| one.is_granted());
            let stored = if is_changed {
                let forget_at = now + request.remember_ms;
                let text = record.print();
                changed.push(NewRecord(&claim.key, text.clone(), forget_at));
                Stored { text, forget_at }
            } else {
                stored
            };
            // The same key may come again.
            found.insert((*claim.key).to_owned(), stored);
            verdicts.push(of_claim);
        }
        if !changed.is_empty() {
            records.put(&changed)?;
        }
        Ok(ClaimAnswer { number: claimed.number, verdicts })
    }

    /// Claims an event in memory.
    fn claim_event(
        &mut self,
        claim: &Claim<'_>,
        stored: &Stored,
        record: &Record<'_>,
        claimed: Claimed,
        now: u64,
    ) -> Vec<Verdict> {
        let verdict = |name: &str| {
            let standing = record.0.get(name).copied().unwrap_or_default();
            if standing.held.is_some() {
                return Verdict::Held;
            }
            let others = self.events.get(&*claim.key).into_iter().flat_map(|event| &event.claims);
            let mut others = others.filter(|(other, _)| other == name).map(|(_, claimed)| *claimed);
            // A version before this one kept the claims of events on disk.
            let is_under_way = standing.claimed.is_some_and(|claimed| claimed.is_under_way(now))
                || others.any(|claimed| claimed.is_under_way(now));
            if is_under_way { Verdict::UnderWay } else { Verdict::Uncertain }
        };
        let verdicts: Vec<_> = claim.names.iter().map(|name| verdict(name)).collect();
        let granted = claim.names.iter().zip(&verdicts).filter(|(_, one)| one.is_granted());
        let granted: Vec<_> = granted.map(|(name, _)| &**name).collect();
        if !granted.is_empty() && self.has_room(granted.len(), now) {
            let event = self.events.entry((*claim.key).to_owned()).or_default();
            let before = event.claims.len();
            event.record.clone_from(stored);
            event.claims.retain(|(name, _)| !granted.contains(&&**name));
            event.claims.extend(granted.into_iter().map(|name| (name.to_owned(), claimed)));
            self.claims = self.claims + event.claims.len() - before;
        }
        verdicts
    }

    /// Whether so many more claims can be remembered.
    fn has_room(&mut self, more: usize, now: u64) -> bool {
        if self.claims + more <= MAX_CLAIMS {
            return true;
        }
        if now < self.sweep_at {
            return false;
        }
        self.sweep_at = now + SWEEP_EVERY_MS;
        let is_claimed =
            |event: &Event| event.claims.iter().any(|(_, claimed)| claimed.is_under_way(now));
        self.events.retain(|_, event| is_claimed(event));
        self.claims = self.events.values().map(|event| event.claims.len()).sum();
        self.claims + more <= MAX_CLAIMS
    }

    /// Records the results of claims. What is held counts as held, even if the claim has expired.
    ///
    /// # Errors
    ///
    /// The records fail.
    pub fn settle<R: Records>(
        &mut self,
        records: &R,
        request: &SettleRequest<'_>,
        now: u64,
    ) -> Result<(), R::Error> {
        let mut found = BTreeMap::new();
        let mut unknown = Vec::new();
        // An event that is only released, and whose claims were in memory, needs no record.
        let mut needs_record = |one: &&Settlement<'_>| {
            let has_ended = self.end_claims(one, request.number, now, &mut found);
            one.time.is_some() || !one.held.is_empty() || !has_ended
        };
        let settlements: Vec<_> =
            request.settlements.iter().filter(|one| needs_record(one)).collect();
        for settlement in &settlements {
            if !found.contains_key(&*settlement.key) {
                unknown.push(&*settlement.key);
            }
        }
        if !unknown.is_empty() {
            found.extend(records.get(&unknown, now)?);
        }
        let mut written = BTreeMap::new();
        for settlement in settlements {
            let stored = found.remove(&*settlement.key).unwrap_or_default();
            let mut record = Record::read(&stored.text);
            record.settle(settlement, request.number, now);
            let (is_empty, text) = (record.0.is_empty(), record.print());
            // To write what is there already would only make it last longer.
            let stored = if settlement.time.is_some()
                || !settlement.held.is_empty()
                || text != stored.text
            {
                written.insert(&*settlement.key, (is_empty, text.clone()));
                Stored { text, forget_at: now + request.remember_ms }
            } else {
                stored
            };
            if let Some(event) = self.events.get_mut(&*settlement.key) {
                event.record.clone_from(&stored);
            }
            // The same key may come again.
            found.insert((*settlement.key).to_owned(), stored);
        }
        let (mut changed, mut emptied) = (Vec::new(), Vec::new());
        for (key, (is_empty, text)) in written {
            if is_empty {
                emptied.push(key);
            } else {
                changed.push(NewRecord(key, text, now + request.remember_ms));
            }
        }
        if !emptied.is_empty() {
            records.delete(&emptied)?;
        }
        if !changed.is_empty() {
            records.put(&changed)?;
        }
        Ok(())
    }

    /// Ends the claims in memory that have this number, and notes the record that is known. Returns whether all
    /// that are settled were there.
    fn end_claims(
        &mut self,
        settlement: &Settlement<'_>,
        number: u64,
        now: u64,
        known: &mut BTreeMap<String, Stored>,
    ) -> bool {
        let Some(event) = self.events.get_mut(&*settlement.key) else { return false };
        let is_live = event.record.forget_at > now;
        let record = || if is_live { event.record.clone() } else { Stored::default() };
        known.entry((*settlement.key).to_owned()).or_insert_with(record);
        let before = event.claims.len();
        event.claims.retain(|(name, claimed)| {
            let mut settled = settlement.held.iter().chain(&settlement.released);
            claimed.number != number || !settled.any(|other| **other == **name)
        });
        let ended = before - event.claims.len();
        self.claims = self.claims.saturating_sub(ended);
        if event.claims.is_empty() {
            self.events.remove(&*settlement.key);
        }
        ended == settlement.held.len() + settlement.released.len()
    }

    /// Resets what a name holds of an object. Until something is written, every claim is granted
    /// without reading KV. Returns `false`, and resets nothing, while the object is being written.
    ///
    /// # Errors
    ///
    /// The records fail.
    pub fn reset<R: Records>(
        &mut self,
        records: &R,
        request: &ResetRequest<'_>,
        now: u64,
    ) -> Result<bool, R::Error> {
        let found = records.get(&[&*request.key], now)?;
        let text = found.get(&*request.key).map_or("", |stored| &*stored.text);
        let mut record = Record::read(text);
        let standing = record.0.entry((&*request.name).into()).or_default();
        if standing.claimed.is_some_and(|other| other.is_under_way(now)) {
            return Ok(false);
        }
        *standing = Standing { held: Some(Held::AFTER_RESET), claimed: None };
        let record = NewRecord(&request.key, record.print(), now + request.remember_ms);
        records.put(&[record])?;
        Ok(true)
    }

    /// A unique number for claims. A restarted shard starts with the time, which is past the numbers that it has
    /// used, because it does not answer a thousand requests in a millisecond.
    fn next_number(&mut self, now: u64) -> u64 {
        self.number = now.max(self.number + 1);
        self.number
    }
}
