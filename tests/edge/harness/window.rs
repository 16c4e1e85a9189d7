//! The client of `worker/entry.mjs`, a window into a receiver: faults, latency, calls, messages, KV, R2, the
//! ledger, the clock and the consumer.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fault::{Calls, Fault};
use crate::latency::Latency;
use crate::process::wait_until;
use crate::raw::Connection;
use crate::receiver::Receiver;

/// The path that runs the cron trigger.
const CRON: &str = "/test/cron";

/// An entry in KV.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KvEntry {
    /// The value.
    pub value: String,
    /// The metadata, or null if there is none.
    #[serde(default)]
    pub metadata: Value,
    /// When the key expires, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

/// The contents of a shard of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    /// The number of records.
    pub records: usize,
    /// When the first of them expires, in milliseconds since 1970.
    pub oldest: Option<u64>,
    /// Whether an alarm is set to delete expired records.
    pub has_alarm: bool,
}

/// How the receiver's consumer settled a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The message is done.
    Ack,
    /// Redeliver it after this many seconds.
    Retry(u64),
}

impl Receiver {
    /// Replaces the faults of the bindings, until the receiver is killed.
    #[track_caller]
    pub fn fail(&self, faults: &[Fault]) {
        let body = serde_json::to_vec(faults).unwrap();
        self.look("/test/faults", Some(body));
    }

    /// Sets the latency of all bindings, or none, until the receiver is killed.
    #[track_caller]
    pub fn delay(&self, latency: Option<Latency>) {
        let body = serde_json::to_vec(&latency).unwrap();
        self.look("/test/latency", Some(body));
    }

    /// The calls of a binding so far.
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

    /// Makes the receiver panic in the next request.
    #[track_caller]
    pub fn panic_next(&self) {
        self.look("/test/panic", Some(Vec::new()));
    }

    /// The memory of the receiver's WebAssembly, in bytes. It never shrinks.
    #[track_caller]
    #[must_use]
    pub fn wasm_bytes(&self) -> u64 {
        self.read("/test/memory")
    }

    /// How many bytes the receiver has allocated for chunks of bodies that have not arrived yet.
    #[track_caller]
    #[must_use]
    pub fn buffer_bytes(&self) -> u64 {
        self.read("/test/memory/buffers")
    }

    /// Runs the cron trigger, and waits until it is done.
    #[track_caller]
    pub fn run_cron(&self) {
        self.look(CRON, None);
    }

    /// Runs the cron trigger without waiting.
    #[track_caller]
    #[must_use]
    pub fn start_cron(&self) -> Connection {
        self.raw(format!("GET {CRON} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    /// Puts the clock of the receiver and its ledger forward, until it is killed. Timers are not
    /// affected.
    #[track_caller]
    pub fn advance(&self, seconds: u64) {
        self.look("/test/clock", Some(seconds.to_string().into_bytes()));
    }

    /// Sets the clock of the receiver and its ledger to a time in milliseconds since 1970, until it is killed. Timers
    /// are not affected.
    #[track_caller]
    pub fn set_clock(&self, time: u64) {
        self.look("/test/clock/set", Some(time.to_string().into_bytes()));
    }

    /// What each object of the ledger has stored, by name: its `schema`, the `rows` of each table, and its `alarm`,
    /// in milliseconds since 1970.
    #[track_caller]
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Value> {
        self.read("/test/ledger/dump")
    }

    /// Replaces what objects of the ledger have stored, and ends them. Instead of an `alarm`, there is `due_in_ms`.
    #[track_caller]
    pub fn restore_objects(&self, objects: &BTreeMap<String, Value>) {
        let objects = serde_json::to_vec(objects).unwrap();
        self.look("/test/ledger/restore", Some(objects));
    }

    /// Writes keys to a KV namespace, past the receiver: the `value`, `metadata` and `expiration_ttl` of each.
    #[track_caller]
    pub fn restore_kv(&self, binding: &str, entries: &BTreeMap<String, Value>) {
        let entries = serde_json::to_vec(entries).unwrap();
        self.look(&format!("/test/kv/restore?binding={binding}"), Some(entries));
    }

    /// The contents of the ledger's shards.
    #[track_caller]
    #[must_use]
    pub fn shards(&self) -> Vec<Shard> {
        self.read("/test/ledger")
    }

    /// How many rows the ledger's shards have written since the last time that this was asked.
    #[track_caller]
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        self.read("/test/ledger/rows-written")
    }

    /// Adds this many records to the first shard of the ledger. They expire one millisecond after
    /// another, starting with this one (in milliseconds since 1970).
    #[track_caller]
    pub fn fill_ledger(&self, records: usize, forget_at: u64) {
        let records = json!({ "records": records, "forget_at": forget_at });
        self.look("/test/ledger/fill", Some(records.to_string().into_bytes()));
    }

    /// Adds this many events to the journal of the first shard of the ledger, older than all others.
    #[track_caller]
    pub fn fill_journal(&self, events: usize) {
        self.look("/test/journal/fill", Some(events.to_string().into_bytes()));
    }

    /// Whether the journal of the first shard of the ledger has the events with these keys.
    #[track_caller]
    #[must_use]
    pub fn journal_has(&self, keys: &[String]) -> Vec<bool> {
        let body = serde_json::to_vec(keys).unwrap();
        serde_json::from_str(&self.look("/test/journal/has", Some(body))).unwrap()
    }

    /// How many events the journal of the first shard of the ledger has.
    #[track_caller]
    #[must_use]
    pub fn journal_rows(&self) -> usize {
        self.read("/test/journal/rows")
    }

    /// Restarts the ledger's shards: they keep their records, and forget the claims on events.
    #[track_caller]
    pub fn restart_shards(&self) {
        self.look("/test/ledger/restart", None);
    }

    /// Whether the runtime has jurisdictions, as Cloudflare has. It does not by itself.
    #[track_caller]
    pub fn has_jurisdictions(&self, has: bool) {
        self.look("/test/ledger/jurisdictions", Some(has.to_string().into_bytes()));
    }

    /// How many shards the ledger has, as far as each of them has noted.
    #[track_caller]
    #[must_use]
    pub fn numbers_of_shards(&self) -> Vec<Option<usize>> {
        self.read("/test/ledger/numbers")
    }

    /// Turns the ledger into that of a version that did not note how many shards it has.
    #[track_caller]
    pub fn forget_number_of_shards(&self) {
        self.look("/test/ledger/forget-number", None);
    }

    /// Runs the alarms of the ledger's shards that are set.
    #[track_caller]
    pub fn ring_alarms(&self) {
        self.look("/test/alarms", None);
    }

    /// Runs the alarms of the ledger's shards that are set, while records cannot be read.
    #[track_caller]
    pub fn ring_alarms_in_vain(&self) {
        self.look("/test/alarms/in-vain", None);
    }

    /// Deletes the alarms of the ledger's shards, as the platform does after too many failures.
    #[track_caller]
    pub fn lose_alarms(&self) {
        self.look("/test/alarms/lose", None);
    }

    /// The messages that the queue's consumer got, once there are this many.
    #[track_caller]
    #[must_use]
    pub fn received(&self, count: usize) -> Vec<String> {
        wait_until(&format!("the consumer has {count} messages"), || {
            let received = self.received_so_far();
            (received.len() >= count).then_some(received)
        })
    }

    /// The messages that the queue's consumer got so far.
    #[track_caller]
    #[must_use]
    pub fn received_so_far(&self) -> Vec<String> {
        self.read("/test/received")
    }

    /// The contents of the KV namespace `EVENTS_KV`.
    #[track_caller]
    #[must_use]
    pub fn kv(&self) -> BTreeMap<String, KvEntry> {
        self.kv_of("EVENTS_KV")
    }

    /// The contents of the KV namespace with this binding.
    #[track_caller]
    #[must_use]
    pub fn kv_of(&self, binding: &str) -> BTreeMap<String, KvEntry> {
        self.read(&format!("/test/kv?binding={binding}"))
    }

    /// The values of these keys in a KV namespace, in the same order.
    #[track_caller]
    #[must_use]
    pub fn kv_values(&self, binding: &str, keys: &[&str]) -> Vec<Option<String>> {
        let keys = serde_json::to_vec(keys).unwrap();
        let answer = self.look(&format!("/test/kv/values?binding={binding}"), Some(keys));
        serde_json::from_str(&answer).unwrap()
    }

    /// All objects in the R2 bucket of this binding, by key.
    #[track_caller]
    #[must_use]
    pub fn r2_of(&self, binding: &str) -> BTreeMap<String, R2Object> {
        self.read(&format!("/test/r2?binding={binding}"))
    }

    /// The bodies of the objects with these keys, in the same order.
    #[track_caller]
    #[must_use]
    pub fn r2_bodies(&self, binding: &str, keys: &[&str]) -> Vec<Option<String>> {
        let keys = serde_json::to_vec(keys).unwrap();
        let answer = self.look(&format!("/test/r2/bodies?binding={binding}"), Some(keys));
        serde_json::from_str(&answer).unwrap()
    }

    /// Writes a value to a KV namespace, past the receiver.
    #[track_caller]
    pub fn put_kv(&self, binding: &str, key: &str, value: &str) {
        let entry = serde_json::to_vec(&[key, value]).unwrap();
        self.look(&format!("/test/kv/put?binding={binding}"), Some(entry));
    }

    /// Writes these keys to a KV namespace, past the receiver: each key, its value and its metadata.
    #[track_caller]
    pub fn fill_kv(&self, binding: &str, entries: &[(String, String, Value)]) {
        let entries = serde_json::to_vec(entries).unwrap();
        self.look(&format!("/test/kv/fill?binding={binding}"), Some(entries));
    }

    /// Deletes a key from a KV namespace.
    #[track_caller]
    pub fn delete_kv(&self, binding: &str, key: &str) {
        let key = serde_json::to_vec(key).unwrap();
        self.look(&format!("/test/kv/delete?binding={binding}"), Some(key));
    }

    /// Hands a batch to the receiver's consumer: the text of each message, and its number of
    /// deliveries, including this one. Returns how each was settled.
    #[track_caller]
    #[must_use]
    pub fn consume(&self, batch: &[(&str, u32)]) -> Vec<Asked> {
        let batch: Vec<_> =
            batch.iter().map(|(body, attempts)| (Value::from(*body), *attempts)).collect();
        self.consume_any(&batch)
    }

    /// Like [`Self::consume`], but messages need not be text.
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
