//! The bindings of an `env`, by name.

use std::cell::RefCell;

use js_sys::{Array, Function, JSON, Object, Reflect, Uint8Array};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast as _, JsValue};
use worker::worker_sys::{Queue, R2Bucket};
use worker::{Env, console_error};

use super::executor::{Host, Means, Promises, Timers};
use super::js_string::js_string;
use super::ledger::Question;
use super::{clock, ledger};
use crate::capacity::{Capacity, MAX_HELD_BYTES};
use crate::guesses::Guesses;
use crate::journal::{Due, JournalRequest, NoteRequest, Pending};
use crate::ledger::{
    ClaimAnswer, ClaimRequest, LedgerSettings, ResetRequest, SettleRequest, ShardId,
};
use crate::limits::MAX_KEYS_BYTES;
use crate::platform::{
    Asset, Assets, BindingError, Buckets, Clock, Isolate, Journal, KvEntry, KvPage, Ledger,
    Namespaces, Queues, R2Object, RateLimiter, Tokens,
};
use crate::team_keys::TeamKeys;

/// The bindings of this `env`.
pub(super) struct BoundEnv<'e> {
    pub(super) env: &'e Env,
    pub(super) timers: Timers,
    pub(super) promises: Promises,
    host: Host,
    ledger: Option<LedgerSettings>,
}

impl<'e> BoundEnv<'e> {
    /// `ledger` is what the configuration says of the ledger, if there is one.
    pub(super) fn new(env: &'e Env, means: Means, ledger: Option<LedgerSettings>) -> Self {
        let Means { timers, promises, host, .. } = means;
        Self { env, timers, promises, host, ledger }
    }
}

/// This does not use the queue of the `worker` crate. It checks the class of the binding on every
/// call, which the configuration has already done, and builds the options of each message with
/// `serde`.
impl Queues for BoundEnv<'_> {
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), BindingError> {
        let queue = Reflect::get(self.env, &js_string(queue)).map_err(failed)?;
        let queue: &Queue = queue.unchecked_ref();
        let sent = match messages {
            [message] => queue.send((*message).into(), TEXT.with(JsValue::clone)),
            messages => queue.send_batch(self.batch(messages), JsValue::UNDEFINED),
        };
        self.promises.settled(&sent.map_err(failed)?).await.map(drop).map_err(failed)
    }

    async fn send_later(
        &self,
        queue: &str,
        message: &str,
        delay_seconds: u64,
    ) -> Result<(), BindingError> {
        let binding = Reflect::get(self.env, &js_string(queue)).map_err(failed)?;
        if binding.is_undefined() {
            return Err(BindingError(format!("no queue is bound as {queue:?}")));
        }
        let binding: &Queue = binding.unchecked_ref();
        let delay = JsValue::from(u32::try_from(delay_seconds).unwrap_or(u32::MAX));
        let options = [(CONTENT_TYPE, js_string("text").into()), ("delaySeconds", delay)];
        let sent = binding.send(message.into(), object(&options)).map_err(failed)?;
        self.promises.settled(&sent).await.map(drop).map_err(failed)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    async fn backlog(&self, queue: &str) -> Result<Option<u64>, BindingError> {
        let queue = Reflect::get(self.env, &js_string(queue)).map_err(failed)?;
        let metrics = Reflect::get(&queue, &js_string("metrics")).map_err(failed)?;
        let Ok(metrics) = metrics.dyn_into::<Function>() else { return Ok(None) };
        let promise = Reflect::apply(&metrics, &queue, &Array::new()).map_err(failed)?;
        let told = self.promises.settled(&promise.unchecked_into()).await.map_err(failed)?;
        let told = JSON::stringify(&told).map_err(failed)?;
        let told = told.as_string().unwrap_or_default();
        let told: QueueMetrics =
            serde_json::from_str(&told).map_err(|error| BindingError(error.to_string()))?;
        Ok(told.backlog_count.map(|count| count as u64))
    }
}

/// What `metrics()` of a queue tells.
#[derive(Deserialize)]
struct QueueMetrics {
    #[serde(rename = "backlogCount")]
    backlog_count: Option<f64>,
}

thread_local! {
    /// Marks a message as text. V8 would parse and print JSON, and change its numbers.
    static TEXT: JsValue = object(&[(CONTENT_TYPE, js_string("text").into())]);
}

const CONTENT_TYPE: &str = "contentType";

/// Separates the messages of a batch on their way to JavaScript. JSON cannot contain it unless it is escaped.
const SEPARATOR: &str = "\u{1e}";

impl BoundEnv<'_> {
    /// The messages of a batch as JavaScript objects.
    fn batch(&self, messages: &[&str]) -> Array {
        let bodies = messages.join(SEPARATOR);
        // Without an early exit, this looks at many bytes at a time.
        let separators = bodies.bytes().filter(|byte| SEPARATOR.as_bytes() == [*byte]).count();
        if separators + 1 == messages.len() {
            return self.host.messages(&bodies.into(), &js_string(SEPARATOR));
        }
        let message = |message: &&str| {
            object(&[("body", (*message).into()), (CONTENT_TYPE, js_string("text").into())])
        };
        messages.iter().map(message).collect()
    }
}

fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in entries {
        // Cannot fail: the object is new.
        let _ = Reflect::set(&object, &js_string(name), value);
    }
    object.into()
}

/// What we read from a key's metadata.
#[derive(Deserialize)]
struct MetadataTime {
    effective_time: Option<String>,
    time: Option<String>,
}

impl Namespaces for BoundEnv<'_> {
    async fn put<M: Serialize>(
        &self,
        namespace: &str,
        entry: &KvEntry<'_, M>,
    ) -> Result<(), BindingError> {
        let namespace = self.env.kv(namespace).map_err(failed)?;
        let mut put = namespace
            .put(&entry.key, entry.value)
            .map_err(failed)?
            .metadata(&entry.metadata)
            .map_err(failed)?;
        if let Some(expiration_ttl) = entry.expiration_ttl {
            put = put.expiration_ttl(expiration_ttl);
        }
        put.execute().await.map_err(failed)
    }

    async fn get(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError> {
        self.env.kv(namespace).map_err(failed)?.get(key).text().await.map_err(failed)
    }

    async fn time(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError> {
        let namespace = self.env.kv(namespace).map_err(failed)?;
        let (_, metadata) =
            namespace.get(key).text_with_metadata::<MetadataTime>().await.map_err(failed)?;
        Ok(metadata.and_then(|metadata| metadata.effective_time.or(metadata.time)))
    }

    async fn list(
        &self,
        namespace: &str,
        prefix: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<KvPage, BindingError> {
        let namespace = self.env.kv(namespace).map_err(failed)?;
        let mut list = namespace.list().prefix(prefix.to_owned()).limit(limit as u64);
        if let Some(cursor) = cursor {
            list = list.cursor(cursor.to_owned());
        }
        let page = list.execute().await.map_err(failed)?;
        let cursor = page.cursor.filter(|_| !page.list_complete);
        let keys = page.keys.into_iter().map(|key| (key.name, key.metadata)).collect();
        Ok(KvPage { keys, cursor })
    }

    async fn delete(&self, namespace: &str, key: &str) -> Result<(), BindingError> {
        self.env.kv(namespace).map_err(failed)?.delete(key).await.map_err(failed)
    }
}

/// This does not use the `worker` crate's bucket, which copies the body and every field.
impl Buckets for BoundEnv<'_> {
    async fn put_object(&self, bucket: &str, to_put: &R2Object<'_>) -> Result<(), BindingError> {
        let bucket = Reflect::get(self.env, &js_string(bucket)).map_err(failed)?;
        let bucket: &R2Bucket = bucket.unchecked_ref();
        let metadata = Object::new();
        for (name, value) in &to_put.metadata {
            // This cannot fail, because the object is new. The names come from a sender, so they are not cached.
            let _ = Reflect::set(&metadata, &(*name).into(), &value.into());
        }
        let http_metadata = object(&[(CONTENT_TYPE, to_put.content_type.into())]);
        let options =
            object(&[("httpMetadata", http_metadata), ("customMetadata", metadata.into())]);
        // As bytes, because a string takes two for each character if one is not in Latin-1.
        let body = Uint8Array::from(to_put.body.as_bytes());
        let put = bucket.put(to_put.key.to_owned(), body.into(), options).map_err(failed)?;
        self.promises.settled(&put).await.map(drop).map_err(failed)
    }
}

impl Ledger for BoundEnv<'_> {
    fn shards(&self) -> usize {
        ledger::shards().or(self.ledger.map(|ledger| ledger.shards)).unwrap_or(1)
    }

    async fn claim(
        &self,
        shard: ShardId,
        request: &ClaimRequest<'_>,
    ) -> Result<ClaimAnswer, BindingError> {
        self.ask(shard, Question::Claim(request.claim_ms), request).await
    }

    async fn settle(
        &self,
        shard: ShardId,
        request: &SettleRequest<'_>,
        notes: &str,
    ) -> Result<Option<String>, BindingError> {
        self.ask(shard, Question::Settle(notes), request).await
    }

    async fn reset(
        &self,
        shard: ShardId,
        request: &ResetRequest<'_>,
    ) -> Result<bool, BindingError> {
        self.ask(shard, Question::Reset, request).await
    }
}

thread_local! {
    /// What this isolate has collected after its answers.
    static PENDING: RefCell<Pending> = const { RefCell::new(Pending::new()) };
}

impl Journal for BoundEnv<'_> {
    async fn note(
        &self,
        shard: ShardId,
        request: &NoteRequest<'_>,
        notes: &str,
    ) -> Result<(), BindingError> {
        self.ask(shard, Question::Note(notes), request).await
    }

    async fn journal<A: DeserializeOwned>(
        &self,
        shard: ShardId,
        request: &JournalRequest<'_>,
    ) -> Result<A, BindingError> {
        self.ask(shard, Question::Journal, request).await
    }

    async fn replays<A: DeserializeOwned>(
        &self,
        request: &impl Serialize,
    ) -> Result<A, BindingError> {
        let jurisdiction = self.ledger.and_then(|ledger| ledger.jurisdiction);
        let asked = ledger::ask_replays(self.env, jurisdiction, request).map_err(failed)?;
        let answer = self.promises.settled(&asked).await.map_err(failed)?;
        let answer = answer.as_string().unwrap_or_default();
        serde_json::from_str(&answer).map_err(|error| BindingError(error.to_string()))
    }

    fn collect(&self, collect: impl FnOnce(&mut Pending)) {
        let now = clock::now();
        let due = PENDING.with_borrow_mut(|pending| {
            collect(pending);
            pending.due(now)
        });
        if let Some(due) = due {
            self.host.flush(due == Due::AtOnce);
        }
    }
}

/// Takes what was collected.
pub(super) fn take_pending(due: Due) -> Pending {
    PENDING.with_borrow_mut(|pending| pending.take(due, clock::now()))
}

impl BoundEnv<'_> {
    async fn ask<A: DeserializeOwned>(
        &self,
        shard: ShardId,
        question: Question<'_>,
        request: &impl Serialize,
    ) -> Result<A, BindingError> {
        let jurisdiction = self.ledger.and_then(|ledger| ledger.jurisdiction);
        let asked = ledger::ask(self.env, shard, jurisdiction, question, request);
        let asked = asked.map_err(failed)?;
        let answer = self.promises.settled(&asked).await.map_err(failed)?;
        ledger::read_answer(shard, &answer).map_err(failed)
    }
}

impl RateLimiter for BoundEnv<'_> {
    async fn allows(&self, rate_limit: &str, key: &str) -> bool {
        let outcome = match self.env.rate_limiter(rate_limit) {
            Ok(rate_limiter) => rate_limiter.limit(key.to_owned()).await,
            Err(error) => Err(error),
        };
        outcome.map_or_else(
            |error| {
                console_error!("rate limit {rate_limit:?} failed: {error}");
                true
            },
            |outcome| outcome.success,
        )
    }
}

impl Assets for BoundEnv<'_> {
    async fn asset(&self, path: &str, etag: Option<&str>) -> Result<Option<Asset>, BindingError> {
        let asked = self.host.asset(self.env.as_ref(), path, etag);
        let found = self.promises.settled(&asked).await.map_err(failed)?;
        let Ok(found) = found.dyn_into::<Array>() else { return Ok(None) };
        Ok(Some(Asset {
            content_type: found.get(0).as_string().unwrap_or_default(),
            etag: found.get(1).as_string(),
            text: found.get(2).as_string(),
        }))
    }
}

impl Tokens for BoundEnv<'_> {
    async fn keys(&self, url: &str) -> Result<String, BindingError> {
        let most = u32::try_from(MAX_KEYS_BYTES).unwrap_or_default();
        let text = self.promises.settled(&self.host.text(url, most)).await.map_err(failed)?;
        Ok(text.as_string().unwrap_or_default())
    }

    async fn has_signed(
        &self,
        key: &str,
        text: &str,
        signature: &[u8],
    ) -> Result<bool, BindingError> {
        let asked = self.host.has_signed(key, text, signature);
        let answer = self.promises.settled(&asked).await.map_err(failed)?;
        Ok(answer.is_truthy())
    }
}

thread_local! {
    /// What was seen of wrong credentials.
    static GUESSES: RefCell<Guesses> = const { RefCell::new(Guesses::new()) };

    /// What is known of the team's keys.
    static TEAM_KEYS: RefCell<TeamKeys> = const { RefCell::new(TeamKeys::new()) };
}

impl Isolate for BoundEnv<'_> {
    fn capacity(&self) -> &Capacity {
        static CAPACITY: Capacity = Capacity::new(MAX_HELD_BYTES);
        &CAPACITY
    }

    fn guesses<T>(&self, then: impl FnOnce(&mut Guesses) -> T) -> T {
        GUESSES.with_borrow_mut(then)
    }

    fn team_keys<T>(&self, then: impl FnOnce(&mut TeamKeys) -> T) -> T {
        TEAM_KEYS.with_borrow_mut(then)
    }
}

impl Clock for BoundEnv<'_> {
    fn now(&self) -> u64 {
        clock::now()
    }

    async fn sleep(&self, milliseconds: u64) {
        self.timers.sleep(milliseconds).await;
    }
}

fn failed(error: impl Into<worker::Error>) -> BindingError {
    BindingError(error.into().to_string())
}
