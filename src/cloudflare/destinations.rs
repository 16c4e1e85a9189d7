//! Queues and KV namespaces, by the names of their bindings.

use wasm_bindgen::JsValue;
use worker::{Env, QueueContentType, RawMessageBuilder};

use crate::forward::{DestinationError, Destinations, KvEntry};

/// The destinations that are bound in this `env`.
pub(super) struct BoundDestinations<'e> {
    env: &'e Env,
}

impl<'e> BoundDestinations<'e> {
    pub(super) fn new(env: &'e Env) -> Self {
        Self { env }
    }
}

impl Destinations for BoundDestinations<'_> {
    /// Sent as text: as JSON, V8 would read and print it again, and change its numbers.
    async fn send(&self, queue: &str, message: &str) -> Result<(), DestinationError> {
        let message = RawMessageBuilder::new(JsValue::from_str(message))
            .build_with_content_type(QueueContentType::Text);
        let queue = self.env.queue(queue).map_err(failed)?;
        queue.send_raw(message).await.map_err(failed)
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

fn failed(error: impl Into<worker::Error>) -> DestinationError {
    DestinationError(error.into().to_string())
}
