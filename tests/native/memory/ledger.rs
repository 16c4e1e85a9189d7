//! The ledger in memory: the real logic, with records in a map.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;

use elytra_webhooks::ledger::{
    self, ClaimAnswer, ClaimRequest, NewRecord, Records, ResetRequest, SettleRequest, ShardId,
    Stored,
};
use elytra_webhooks::platform::{BindingError, Ledger};

use super::Memory;

/// A shard: its memory, and its records with their expiration.
#[derive(Default)]
pub(crate) struct Shard {
    memory: RefCell<ledger::Shard>,
    pub(crate) records: Table,
}

/// How many shards the ledger has.
pub(crate) struct NumberOfShards {
    /// As far as the isolate knows.
    pub(crate) known: Cell<usize>,
    pub(crate) real: Cell<usize>,
}

impl Default for NumberOfShards {
    fn default() -> Self {
        Self { known: Cell::new(8), real: Cell::new(8) }
    }
}

/// Texts by key, with their expiration.
#[derive(Default)]
pub(crate) struct Table(pub(crate) RefCell<BTreeMap<String, (String, u64)>>);

impl Records for Table {
    type Error = Infallible;

    fn get(&self, keys: &[&str], now: u64) -> Result<BTreeMap<String, Stored>, Infallible> {
        let records = self.0.borrow();
        let found = keys.iter().filter_map(|key| records.get_key_value(*key));
        let live = found.filter(|(_, (_, forget_at))| *forget_at > now);
        let stored = live.map(|(key, (text, forget_at))| {
            (key.clone(), Stored { text: text.clone(), forget_at: *forget_at })
        });
        Ok(stored.collect())
    }

    fn put(&self, records: &[NewRecord<'_>]) -> Result<(), Infallible> {
        let records = records.iter().map(|NewRecord(key, record, forget_at)| {
            ((*key).to_owned(), (record.clone(), *forget_at))
        });
        self.0.borrow_mut().extend(records);
        Ok(())
    }

    fn delete(&self, keys: &[&str]) -> Result<(), Infallible> {
        self.0.borrow_mut().retain(|key, _| !keys.contains(&&**key));
        Ok(())
    }
}

impl Shard {
    pub(crate) fn claim(&self, request: &ClaimRequest<'_>, now: u64) -> ClaimAnswer {
        let Ok(answer) = self.memory.borrow_mut().claim(&self.records, request, now);
        answer
    }

    pub(crate) fn settle(&self, request: &SettleRequest<'_>, now: u64) {
        let Ok(()) = self.memory.borrow_mut().settle(&self.records, request, now);
    }

    pub(crate) fn reset(&self, request: &ResetRequest<'_>, now: u64) -> bool {
        let Ok(is_reset) = self.memory.borrow_mut().reset(&self.records, request, now);
        is_reset
    }
}

impl Ledger for Memory {
    fn shards(&self) -> usize {
        self.number_of_shards.known.get()
    }

    async fn claim(
        &self,
        shard: ShardId,
        request: &ClaimRequest<'_>,
    ) -> Result<ClaimAnswer, BindingError> {
        assert!(shard.number < shard.of, "{shard:?}");
        self.call("LEDGER", "claim", request.claims.len(), || {
            self.compare(shard)?;
            // Requests travel as JSON.
            let request = serde_json::to_string(request).unwrap();
            let request: ledger::ClaimRequest<'_> = serde_json::from_str(&request).unwrap();
            let mut shards = self.shards.borrow_mut();
            Ok(shards.entry(shard.number).or_default().claim(&request, self.time.now()))
        })
        .await
    }

    async fn settle(
        &self,
        shard: ShardId,
        request: &SettleRequest<'_>,
        notes: &str,
    ) -> Result<Option<String>, BindingError> {
        self.call("LEDGER", "settle", request.settlements.len(), || {
            self.compare(shard)?;
            let request = serde_json::to_string(request).unwrap();
            let request: SettleRequest<'_> = serde_json::from_str(&request).unwrap();
            let mut shards = self.shards.borrow_mut();
            shards.entry(shard.number).or_default().settle(&request, self.time.now());
            let mut journals = self.journals.borrow_mut();
            let journal = journals.entry(shard.number).or_default();
            journal.counts.merge(request.counts);
            journal.write(notes, self.time.now());
            Ok(None)
        })
        .await
    }

    async fn reset(
        &self,
        shard: ShardId,
        request: &ResetRequest<'_>,
    ) -> Result<bool, BindingError> {
        self.call("LEDGER", "reset", 1, || {
            self.compare(shard)?;
            let request = serde_json::to_string(request).unwrap();
            let request: ResetRequest<'_> = serde_json::from_str(&request).unwrap();
            let mut shards = self.shards.borrow_mut();
            Ok(shards.entry(shard.number).or_default().reset(&request, self.time.now()))
        })
        .await
    }
}

impl Memory {
    /// Refuses who believes that there are more or fewer shards than there are.
    pub(super) fn compare(&self, shard: ShardId) -> Result<(), BindingError> {
        let NumberOfShards { known, real } = &self.number_of_shards;
        if shard.of == real.get() {
            return Ok(());
        }
        known.set(real.get());
        Err(BindingError(format!("the ledger has other shards than {shard:?}")))
    }
}
