//! The bindings of an `env`, called by their names: queues, KV namespaces, rate limits.

use wasm_bindgen::JsValue;
use worker::{
    BatchMessageBuilder, Env, QueueContentType, RawMessageBuilder, SendMessage, console_error,
};

use crate::forward::{DestinationError, Destinations, KvEntry};
use crate::receive::RateLimiter;

/// What is bound in this `env`.
pub(super) struct BoundEnv<'e> {
    env: &'e Env,
}

impl<'e> BoundEnv<'e> {
    pub(super) fn new(env: &'e Env) -> Self {
        Self { env }
    }
}

impl Destinations for BoundEnv<'_> {
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), DestinationError> {
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

    async fn put(&self, namespace: &str, entry: &KvEntry<'_>) -> Result<(), DestinationError> {
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

/// A message as text: as JSON, V8 would read and print it again, and change its numbers.
fn text(message: &str) -> SendMessage<JsValue> {
    RawMessageBuilder::new(JsValue::from_str(message))
        .build_with_content_type(QueueContentType::Text)
}

fn failed(error: impl Into<worker::Error>) -> DestinationError {
    DestinationError(error.into().to_string())
}
