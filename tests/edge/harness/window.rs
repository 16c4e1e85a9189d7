//! The window of `worker/entry.mjs` into a receiver: faults, calls, messages, KV, R2, the ledger, the clock,
//! the consumer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fault::{Calls, Fault};
use crate::process::wait_until;
use crate::raw::Connection;
use crate::receiver::Receiver;

/// The path that rings for the cron trigger.
const CRON: &str = "/test/cron";

/// What lies in KV under one key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct KvEntry {
    /// The value.
    pub value: String,
    /// The metadata; null where there are none.
    #[serde(default)]
    pub metadata: Value,
    /// When the key goes, in seconds since 1970.
    pub expiration: Option<u64>,
}

/// An object in R2.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct R2Object {
    /// The body, as text.
    pub body: String,
    /// The media type of the body.
    pub content_type: String,
    /// The custom metadata.
    pub metadata: BTreeMap<String, String>,
}

/// What a shard of the ledger keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    /// How many records there are.
    pub records: usize,
    /// When the time of the first of them is over, in milliseconds since 1970.
    pub oldest: Option<u64>,
    /// Whether it will look for records whose time is over.
    pub has_alarm: bool,
}

/// What the receiver's consumer asked for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// It is done with.
    Ack,
    /// It is to come again, after so many seconds.
    Retry(u64),
}

impl Receiver {
    /// From now on, until it is killed, the bindings have these faults and no others.
    #[track_caller]
    pub fn fail(&self, faults: &[Fault]) {
        let body = serde_json::to_vec(faults).unwrap();
        self.look("/test/faults", Some(body));
    }

    /// What a binding was called for so far.
    #[track_caller]
    #[must_use]
    pub fn calls(&self, binding: &str) -> Calls {
        let calls: BTreeMap<String, Calls> = self.read("/test/calls");
        calls.get(binding).copied().unwrap_or_default()
    }

    /// Waits until this many calls of a binding hang.
    #[track_caller]
    pub fn wait_until_hanging(&self, binding: &str, calls: usize) {
        wait_until(&format!("{calls} calls of {binding} hang"), || {
            (self.calls(binding).hanging >= calls).then_some(())
        });
    }

    /// Lets the receiver panic in the next request.
    #[track_caller]
    pub fn panic_next(&self) {
        self.look("/test/panic", Some(Vec::new()));
    }

    /// How much memory the receiver's WebAssembly has taken, in bytes; it never gives any back.
    #[track_caller]
    #[must_use]
    pub fn wasm_bytes(&self) -> u64 {
        self.read("/test/memory")
    }

    /// How many bytes the receiver has set aside for pieces of bodies that have not come yet.
    #[track_caller]
    #[must_use]
    pub fn buffer_bytes(&self) -> u64 {
        self.read("/test/memory/buffers")
    }

    /// Lets the cron trigger go off, and waits until what it started is done.
    #[track_caller]
    pub fn run_cron(&self) {
        self.look(CRON, None);
    }

    /// Lets the cron trigger go off, and does not wait.
    #[track_caller]
    #[must_use]
    pub fn start_cron(&self) -> Connection {
        self.raw(format!("GET {CRON} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    /// Puts the clock of the receiver and its ledger forward, until it is killed. Timers go on as ever.
    #[track_caller]
    pub fn advance(&self, seconds: u64) {
        self.look("/test/clock", Some(seconds.to_string().into_bytes()));
    }

    /// What the shards of the ledger keep.
    #[track_caller]
    #[must_use]
    pub fn shards(&self) -> Vec<Shard> {
        self.read("/test/ledger")
    }

    /// Adds this many records to the first shard of the ledger. Their times are over at the
    /// milliseconds behind this one, since 1970.
    #[track_caller]
    pub fn fill_ledger(&self, records: usize, forget_at: u64) {
        let records = json!({ "records": records, "forget_at": forget_at });
        self.look("/test/ledger/fill", Some(records.to_string().into_bytes()));
    }

    /// Lets the alarms of the ledger's shards go off, where they are set.
    #[track_caller]
    pub fn ring_alarms(&self) {
        self.look("/test/alarms", None);
    }

    /// Lets the alarms of the ledger's shards go off, where they are set, while no records can be read.
    #[track_caller]
    pub fn ring_alarms_in_vain(&self) {
        self.look("/test/alarms/in-vain", None);
    }

    /// Loses the alarms of the ledger's shards, as the platform does that has tried them too often.
    #[track_caller]
    pub fn lose_alarms(&self) {
        self.look("/test/alarms/lose", None);
    }

    /// The messages the queue's consumer got, once there are this many.
    #[track_caller]
    #[must_use]
    pub fn received(&self, count: usize) -> Vec<String> {
        wait_until(&format!("the consumer has {count} messages"), || {
            let received = self.received_so_far();
            (received.len() >= count).then_some(received)
        })
    }

    /// The messages the queue's consumer got so far.
    #[track_caller]
    #[must_use]
    pub fn received_so_far(&self) -> Vec<String> {
        self.read("/test/received")
    }

    /// All that lies in the KV namespace `EVENTS_KV`.
    #[track_caller]
    #[must_use]
    pub fn kv(&self) -> BTreeMap<String, KvEntry> {
        self.kv_of("EVENTS_KV")
    }

    /// All that lies in the KV namespace of this binding.
    #[track_caller]
    #[must_use]
    pub fn kv_of(&self, binding: &str) -> BTreeMap<String, KvEntry> {
        self.read(&format!("/test/kv?binding={binding}"))
    }

    /// The values of these keys of a KV namespace, in their order.
    #[track_caller]
    #[must_use]
    pub fn kv_values(&self, binding: &str, keys: &[&str]) -> Vec<Option<String>> {
        let keys = serde_json::to_vec(keys).unwrap();
        let answer = self.look(&format!("/test/kv/values?binding={binding}"), Some(keys));
        serde_json::from_str(&answer).unwrap()
    }

    /// All objects in the R2 bucket of this binding, by their keys.
    #[track_caller]
    #[must_use]
    pub fn r2_of(&self, binding: &str) -> BTreeMap<String, R2Object> {
        self.read(&format!("/test/r2?binding={binding}"))
    }

    /// The bodies of the objects with these keys, in their order.
    #[track_caller]
    #[must_use]
    pub fn r2_bodies(&self, binding: &str, keys: &[&str]) -> Vec<Option<String>> {
        let keys = serde_json::to_vec(keys).unwrap();
        let answer = self.look(&format!("/test/r2/bodies?binding={binding}"), Some(keys));
        serde_json::from_str(&answer).unwrap()
    }

    /// Writes a value into a KV namespace, past the receiver.
    #[track_caller]
    pub fn put_kv(&self, binding: &str, key: &str, value: &str) {
        let entry = serde_json::to_vec(&[key, value]).unwrap();
        self.look(&format!("/test/kv/put?binding={binding}"), Some(entry));
    }

    /// Deletes a key of a KV namespace.
    #[track_caller]
    pub fn delete_kv(&self, binding: &str, key: &str) {
        let key = serde_json::to_vec(key).unwrap();
        self.look(&format!("/test/kv/delete?binding={binding}"), Some(key));
    }

    /// Hands the receiver's consumer a batch: the text of each message, and how often it has been
    /// handed out, this time included. Returns what was asked for each.
    #[track_caller]
    #[must_use]
    pub fn consume(&self, batch: &[(&str, u32)]) -> Vec<Asked> {
        let batch: Vec<_> =
            batch.iter().map(|(body, attempts)| (Value::from(*body), *attempts)).collect();
        self.consume_any(&batch)
    }

    /// The same, with messages that need not be text.
    #[track_caller]
    #[must_use]
    pub fn consume_any(&self, batch: &[(Value, u32)]) -> Vec<Asked> {
        let batch =
            batch.iter().map(|(body, attempts)| json!({ "body": body, "attempts": attempts }));
        let batch = Value::Array(batch.collect()).to_string().into_bytes();
        let asked: Vec<Vec<Asked>> =
            serde_json::from_str(&self.look("/test/queue", Some(batch))).unwrap();
        let once = |asked: Vec<Asked>| match *asked {
            [once] => once,
            _ => panic!("each message is settled once, not {asked:?}"),
        };
        asked.into_iter().map(once).collect()
    }

    /// Whether a batch whose messages cannot be read counts as acknowledged.
    #[track_caller]
    #[must_use]
    pub fn acknowledges_unreadable(&self) -> bool {
        self.read("/test/queue/unreadable")
    }

    #[track_caller]
    fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        serde_json::from_str(&self.look(path, None)).unwrap()
    }

    #[track_caller]
    fn look(&self, path: &str, body: Option<Vec<u8>>) -> String {
        let call = match body {
            Some(body) => self.post(body),
            None => self.post("").method("GET"),
        };
        let answer = call.path(path).send();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }
}
