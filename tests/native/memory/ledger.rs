//! The ledger in memory: the real logic, with records in a map.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use elytra_webhooks::ledger::{
    self, ClaimAnswer, ClaimRequest, NewRecord, Records, ResetRequest, SHARDS, SettleRequest,
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
    async fn claim(
        &self,
        shard: usize,
        request: &ClaimRequest<'_>,
    ) -> Result<ClaimAnswer, BindingError> {
        assert!(shard < SHARDS, "{shard}");
        self.call("LEDGER", "claim", request.claims.len(), || {
            // Requests travel as JSON.
            let request = serde_json::to_string(request).unwrap();
            let request: ledger::ClaimRequest<'_> = serde_json::from_str(&request).unwrap();
            let mut shards = self.shards.borrow_mut();
            Ok(shards.entry(shard).or_default().claim(&request, self.time.now()))
        })
        .await
    }

    async fn settle(&self, shard: usize, request: &SettleRequest<'_>) -> Result<(), BindingError> {
        self.call("LEDGER", "settle", request.settlements.len(), || {
            let request = serde_json::to_string(request).unwrap();
            let request: SettleRequest<'_> = serde_json::from_str(&request).unwrap();
            let mut shards = self.shards.borrow_mut();
            shards.entry(shard).or_default().settle(&request, self.time.now());
            Ok(())
        })
        .await
    }

    async fn reset(&self, shard: usize, request: &ResetRequest<'_>) -> Result<bool, BindingError> {
        self.call("LEDGER", "reset", 1, || {
            let request = serde_json::to_string(request).unwrap();
            let request: ResetRequest<'_> = serde_json::from_str(&request).unwrap();
            let mut shards = self.shards.borrow_mut();
            Ok(shards.entry(shard).or_default().reset(&request, self.time.now()))
        })
        .await
    }
}
