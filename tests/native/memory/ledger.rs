//! The ledger in memory: the real logic, with records in a map.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;

use elytra_webhooks::ledger::{
    self, ClaimAnswer, ClaimRequest, Records, ResetRequest, SHARDS, SettleRequest, claim, reset,
    settle,
};
use elytra_webhooks::platform::{BindingError, Ledger};

use super::Memory;

/// A shard: texts by key, with their expiration.
#[derive(Default)]
pub(crate) struct Shard {
    pub(crate) records: RefCell<BTreeMap<String, (String, u64)>>,
    number: Cell<u64>,
}

impl Records for Shard {
    type Error = Infallible;

    fn get(&self, key: &str, now: u64) -> Result<Option<String>, Infallible> {
        let records = self.records.borrow();
        let record = records.get(key).filter(|(_, forget_at)| *forget_at > now);
        Ok(record.map(|(record, _)| record.clone()))
    }

    fn put(&self, key: &str, record: &str, forget_at: u64) -> Result<(), Infallible> {
        self.records.borrow_mut().insert(key.to_owned(), (record.to_owned(), forget_at));
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), Infallible> {
        self.records.borrow_mut().remove(key);
        Ok(())
    }
}

impl Shard {
    pub(crate) fn claim(&self, request: &ClaimRequest<'_>, now: u64) -> ClaimAnswer {
        self.number.set(self.number.get() + 1);
        let Ok(answer) = claim(self, request, self.number.get(), now);
        answer
    }

    pub(crate) fn settle(&self, request: &SettleRequest<'_>, now: u64) {
        let Ok(()) = settle(self, request, now);
    }
}

impl Shard {
    pub(crate) fn reset(&self, request: &ResetRequest<'_>, now: u64) -> bool {
        let Ok(is_reset) = reset(self, request, now);
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
