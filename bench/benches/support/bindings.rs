//! Bindings that answer at once and keep nothing, so that only our own work is measured.

use elytra_webhooks::capacity::{Capacity, MAX_HELD_BYTES};
use elytra_webhooks::guesses::Guesses;
use elytra_webhooks::journal::{JournalRequest, NoteRequest, Pending};
use elytra_webhooks::ledger::{ClaimAnswer, ClaimRequest, ResetRequest, SettleRequest, ShardId};
use elytra_webhooks::platform::{
    Asset, Assets, BindingError, Buckets, Clock, HttpAnswer, HttpClient, HttpFailure, HttpRequest,
    Isolate, Journal, KvEntry, KvPage, Ledger, Namespaces, Queues, R2Object, RateLimiter, Tokens,
};
use elytra_webhooks::team_keys::TeamKeys;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The platform, of which the queue and the clock are used.
pub(crate) struct Immediate;

impl Queues for Immediate {
    async fn send(&self, _: &str, _: &[&str]) -> Result<(), BindingError> {
        Ok(())
    }

    async fn send_later(&self, _: &str, _: &str, _: u64) -> Result<(), BindingError> {
        unbound()
    }

    async fn backlog(&self, _: &str) -> Result<Option<u64>, BindingError> {
        unbound()
    }
}

impl Namespaces for Immediate {
    async fn put<M: Serialize>(&self, _: &str, _: &KvEntry<'_, M>) -> Result<(), BindingError> {
        unbound()
    }

    async fn get(&self, _: &str, _: &str) -> Result<Option<String>, BindingError> {
        unbound()
    }

    async fn time(&self, _: &str, _: &str) -> Result<Option<String>, BindingError> {
        unbound()
    }

    async fn list(
        &self,
        _: &str,
        _: &str,
        _: usize,
        _: Option<&str>,
    ) -> Result<KvPage, BindingError> {
        unbound()
    }

    async fn delete(&self, _: &str, _: &str) -> Result<(), BindingError> {
        unbound()
    }
}

impl Buckets for Immediate {
    async fn put_object(&self, _: &str, _: &R2Object<'_>) -> Result<(), BindingError> {
        unbound()
    }
}

impl Journal for Immediate {
    async fn note(&self, _: ShardId, _: &NoteRequest<'_>, _: &str) -> Result<(), BindingError> {
        Ok(())
    }

    async fn journal<A: DeserializeOwned>(
        &self,
        _: ShardId,
        _: &JournalRequest<'_>,
    ) -> Result<A, BindingError> {
        unbound()
    }

    async fn replays<A: DeserializeOwned>(&self, _: &impl Serialize) -> Result<A, BindingError> {
        unbound()
    }

    fn collect(&self, collect: impl FnOnce(&mut Pending)) {
        let mut pending = Pending::new();
        collect(&mut pending);
    }
}

impl Ledger for Immediate {
    fn shards(&self) -> usize {
        1
    }

    async fn claim(&self, _: ShardId, _: &ClaimRequest<'_>) -> Result<ClaimAnswer, BindingError> {
        unbound()
    }

    async fn settle(
        &self,
        _: ShardId,
        _: &SettleRequest<'_>,
        _: &str,
    ) -> Result<Option<String>, BindingError> {
        unbound()
    }

    async fn reset(&self, _: ShardId, _: &ResetRequest<'_>) -> Result<bool, BindingError> {
        unbound()
    }
}

impl HttpClient for Immediate {
    async fn call(&self, _: &HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        Err(HttpFailure::Timeout)
    }
}

impl Assets for Immediate {
    async fn asset(&self, _: &str, _: Option<&str>) -> Result<Option<Asset>, BindingError> {
        unbound()
    }
}

impl Tokens for Immediate {
    async fn keys(&self, _: &str) -> Result<String, BindingError> {
        unbound()
    }

    async fn has_signed(&self, _: &str, _: &str, _: &[u8]) -> Result<bool, BindingError> {
        unbound()
    }
}

impl Isolate for Immediate {
    fn capacity(&self) -> &Capacity {
        static CAPACITY: Capacity = Capacity::new(MAX_HELD_BYTES);
        &CAPACITY
    }

    fn guesses<T>(&self, then: impl FnOnce(&mut Guesses) -> T) -> T {
        then(&mut Guesses::new())
    }

    fn team_keys<T>(&self, then: impl FnOnce(&mut TeamKeys) -> T) -> T {
        then(&mut TeamKeys::new())
    }
}

impl RateLimiter for Immediate {
    async fn allows(&self, _: &str, _: &str) -> bool {
        true
    }
}

impl Clock for Immediate {
    fn now(&self) -> u64 {
        1_767_225_600_000
    }

    async fn sleep(&self, _: u64) {
        std::future::pending::<()>().await;
    }
}

/// What is not configured is not called.
fn unbound<T>() -> Result<T, BindingError> {
    Err(BindingError("not bound".to_owned()))
}
