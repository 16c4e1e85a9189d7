//! The bindings of an `env`, called by their names.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::{
    BatchMessageBuilder, Env, QueueContentType, RawMessageBuilder, SendMessage, console_error,
};

use super::{clock, http, ledger};
use crate::config::LEDGER;
use crate::forward::KvEntry;
use crate::ledger::{ClaimAnswer, ClaimRequest, SettleRequest};
use crate::platform::{
    BindingError, Clock, HttpAnswer, HttpClient, HttpFailure, KvPage, Ledger, Namespaces, Queues,
    RateLimiter,
};
use crate::webhook::HttpRequest;

/// What is bound in this `env`.
pub(super) struct BoundEnv<'e> {
    env: &'e Env,
}

impl<'e> BoundEnv<'e> {
    pub(super) fn new(env: &'e Env) -> Self {
        Self { env }
    }
}

impl Queues for BoundEnv<'_> {
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), BindingError> {
        let queue = self.env.queue(queue).map_err(failed)?;
        let sent = match messages {
            [message] => queue.send_raw(text(message)).await,
            messages => {
                let messages = messages.iter().map(|message| text(message));
                queue.send_raw_batch(BatchMessageBuilder::new().messages(messages).build()).await
            }
        };
        sent.map_err(failed)
    }
}

/// What is asked of a key's metadata.
#[derive(Deserialize)]
struct MetadataTime {
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
        Ok(metadata.and_then(|metadata| metadata.time))
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

impl Ledger for BoundEnv<'_> {
    async fn claim(
        &self,
        shard: usize,
        request: &ClaimRequest<'_>,
    ) -> Result<ClaimAnswer, BindingError> {
        let namespace = self.env.durable_object(LEDGER).map_err(failed)?;
        ledger::ask(&namespace, shard, ledger::CLAIM, request).await.map_err(failed)
    }

    async fn settle(&self, shard: usize, request: &SettleRequest<'_>) -> Result<(), BindingError> {
        let namespace = self.env.durable_object(LEDGER).map_err(failed)?;
        ledger::ask(&namespace, shard, ledger::SETTLE, request).await.map_err(failed)
    }
}

impl HttpClient for BoundEnv<'_> {
    async fn call(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        http::call(request).await
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
                console_error!("rate limit {rate_limit:?} cannot be asked: {error}");
                true
            },
            |outcome| outcome.success,
        )
    }
}

impl Clock for BoundEnv<'_> {
    fn now(&self) -> u64 {
        clock::now()
    }

    async fn sleep(&self, milliseconds: u64) {
        clock::sleep(milliseconds).await;
    }
}

/// A message as text: as JSON, V8 would read and print it again, and change its numbers.
fn text(message: &str) -> SendMessage<JsValue> {
    RawMessageBuilder::new(JsValue::from_str(message))
        .build_with_content_type(QueueContentType::Text)
}

fn failed(error: impl Into<worker::Error>) -> BindingError {
    BindingError(error.into().to_string())
}
