//! Queues, KV and R2 in memory, within Cloudflare's limits.

use elytra_webhooks::limits::{
    MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES, MAX_QUEUE_EVENT_BYTES, MAX_R2_KEY_BYTES,
    MAX_R2_METADATA_BYTES, MAX_SEND_BATCH_BYTES, MAX_SEND_BATCH_MESSAGES,
};
use elytra_webhooks::platform::{
    BindingError, Buckets, KvEntry, KvPage, Namespaces, Queues, R2Object,
};
use serde::Serialize;
use serde_json::Value;

use super::{Memory, SAYS};

/// An entry of a destination: its binding, the key in KV or R2, and the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) binding: String,
    pub(crate) key: Option<String>,
    pub(crate) value: String,
}

/// An object in R2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredObject {
    pub(crate) body: String,
    pub(crate) content_type: &'static str,
    pub(crate) metadata: Vec<(String, String)>,
}

/// An entry in KV.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) value: String,
    /// JSON.
    pub(crate) metadata: String,
    pub(crate) expiration_ttl: Option<u64>,
    written_at: u64,
}

impl Memory {
    /// Stores an entry that is long past KV's limit of one write per second.
    pub(crate) fn store(&self, namespace: &str, key: &str, value: &str) {
        self.store_with(namespace, key, value, "{}");
    }

    /// Stores such an entry with metadata.
    pub(crate) fn store_with(&self, namespace: &str, key: &str, value: &str, metadata: &str) {
        let stored = Stored {
            value: value.to_owned(),
            metadata: metadata.to_owned(),
            expiration_ttl: None,
            written_at: 0,
        };
        self.namespaces.borrow_mut().insert((namespace.to_owned(), key.to_owned()), stored);
    }

    /// Writes a key, unless it was written less than a second ago.
    fn write(&self, namespace: &str, key: &str, stored: Stored) -> Result<(), BindingError> {
        let place = (namespace.to_owned(), key.to_owned());
        let mut namespaces = self.namespaces.borrow_mut();
        let before = namespaces.get(&place);
        if before.is_some_and(|before| stored.written_at < before.written_at + 1_000) {
            return Err(BindingError("429 Too Many Requests".to_owned()));
        }
        namespaces.insert(place, stored);
        Ok(())
    }
}

impl Queues for Memory {
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), BindingError> {
        let bytes: usize = messages.iter().map(|message| message.len() + 100).sum();
        assert!((1..=MAX_SEND_BATCH_MESSAGES).contains(&messages.len()), "{}", messages.len());
        assert!(bytes <= MAX_SEND_BATCH_BYTES, "{bytes} bytes in one call");
        let largest = messages.iter().map(|message| message.len()).max().unwrap_or_default();
        assert!(largest <= MAX_QUEUE_EVENT_BYTES, "{largest} bytes in one message");
        self.call(queue, "send", messages.len(), || {
            let never = self.never_taken.get();
            if !never.is_empty() && messages.iter().any(|message| message.contains(never)) {
                return Err(BindingError(SAYS.to_owned()));
            }
            let messages = messages.iter().map(|message| (*message).to_owned());
            self.queues.borrow_mut().entry(queue.to_owned()).or_default().extend(messages);
            Ok(())
        })
        .await
    }

    async fn send_later(
        &self,
        queue: &str,
        message: &str,
        delay_seconds: u64,
    ) -> Result<(), BindingError> {
        assert!(delay_seconds <= 86_400, "a queue delays a message for a day at most");
        self.call(queue, "send_later", 1, || {
            self.later.borrow_mut().push((queue.to_owned(), message.to_owned(), delay_seconds));
            Ok(())
        })
        .await
    }

    async fn backlog(&self, queue: &str) -> Result<Option<u64>, BindingError> {
        Ok(Some(self.queue(queue).len() as u64))
    }
}

/// A message with a delay: the queue, the text, and the delay in seconds.
pub(crate) type Later = (String, String, u64);

impl Namespaces for Memory {
    async fn put<M: Serialize>(
        &self,
        namespace: &str,
        entry: &KvEntry<'_, M>,
    ) -> Result<(), BindingError> {
        assert!((1..=MAX_KV_KEY_BYTES).contains(&entry.key.len()), "{}", entry.key);
        let metadata = serde_json::to_string(&entry.metadata).unwrap();
        assert!(metadata.len() <= MAX_KV_METADATA_BYTES, "{} bytes: {metadata}", metadata.len());
        self.call(namespace, "put", 1, || {
            let stored = Stored {
                value: entry.value.to_owned(),
                metadata,
                expiration_ttl: entry.expiration_ttl,
                written_at: self.time.now(),
            };
            self.write(namespace, &entry.key, stored)
        })
        .await
    }

    async fn get(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError> {
        self.call(namespace, "get", 1, || {
            let place = (namespace.to_owned(), key.to_owned());
            if self.gets_lag.get() > 0 {
                self.gets_lag.set(self.gets_lag.get() - 1);
                return Ok(None);
            }
            Ok(self.namespaces.borrow().get(&place).map(|stored| stored.value.clone()))
        })
        .await
    }

    async fn time(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError> {
        self.call(namespace, "time", 1, || {
            let place = (namespace.to_owned(), key.to_owned());
            let namespaces = self.namespaces.borrow();
            let Some(stored) = namespaces.get(&place) else { return Ok(None) };
            let metadata: Value = stored.metadata.parse().unwrap();
            let time = metadata["effective_time"].as_str().or(metadata["time"].as_str());
            Ok(time.map(str::to_owned))
        })
        .await
    }

    async fn list(
        &self,
        namespace: &str,
        prefix: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<KvPage, BindingError> {
        assert!((1..=1_000).contains(&limit), "KV lists no more: {limit}");
        self.call(namespace, "list", 1, || {
            let mut listed = self.namespaces.borrow().clone();
            if self.lists_lag.get() {
                listed.extend(self.deleted.borrow().clone());
            }
            let keys = listed.into_iter().filter(|((name, _), _)| name == namespace);
            let keys = keys.map(|((_, key), stored)| (key, stored.metadata.parse().ok()));
            let keys = keys.filter(|(key, _)| key.starts_with(prefix));
            let behind = cursor.map(|cursor| cursor.strip_prefix("behind ").unwrap());
            let keys = keys.filter(|(key, _)| behind.is_none_or(|behind| &**key > behind));
            let mut keys: Vec<(String, Option<Value>)> = keys.collect();
            let is_end = keys.len() <= limit;
            keys.truncate(limit);
            let last = keys.last().filter(|_| !is_end).map(|(key, _)| format!("behind {key}"));
            Ok(KvPage { keys, cursor: last })
        })
        .await
    }

    async fn delete(&self, namespace: &str, key: &str) -> Result<(), BindingError> {
        self.call(namespace, "delete", 1, || {
            let place = (namespace.to_owned(), key.to_owned());
            if let Some(stored) = self.namespaces.borrow_mut().remove(&place) {
                self.deleted.borrow_mut().insert(place, stored);
            }
            Ok(())
        })
        .await
    }
}

impl Buckets for Memory {
    async fn put_object(&self, bucket: &str, object: &R2Object<'_>) -> Result<(), BindingError> {
        assert!((1..=MAX_R2_KEY_BYTES).contains(&object.key.len()), "{}", object.key);
        let fields = object.metadata.iter();
        let metadata_bytes: usize = fields.map(|(name, value)| name.len() + value.len()).sum();
        assert!(metadata_bytes <= MAX_R2_METADATA_BYTES, "{metadata_bytes} bytes of metadata");
        self.call(bucket, "put_object", 1, || {
            let metadata =
                object.metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            let stored = StoredObject {
                body: object.body.to_owned(),
                content_type: object.content_type,
                metadata: metadata.collect(),
            };
            let place = (bucket.to_owned(), object.key.to_owned());
            self.buckets.borrow_mut().insert(place, stored);
            Ok(())
        })
        .await
    }
}
