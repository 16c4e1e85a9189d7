//! What a version has stored, as files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use edge::{KvEntry, Receiver};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The namespaces that are kept.
const NAMESPACES: [&str; 5] = ["CLAIMS", "DEAD", "EVENTS_KV", "MIRROR", "SPOOL"];

/// How many times a character must be repeated to be written once, with a number.
const LONG_RUN: usize = 1_000;

/// The character that is repeated in large events.
const REPEATED: char = 'x';

/// The shortest time to live that KV takes, in seconds.
const MIN_TTL: u64 = 60;

/// Everything that a receiver has stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// When it was recorded, in milliseconds since 1970.
    pub(super) recorded_at: u64,
    /// The keys of each namespace.
    pub(super) kv: BTreeMap<String, BTreeMap<String, KvEntry>>,
    /// The objects of the ledger.
    pub(super) ledger: BTreeMap<String, Value>,
    /// The messages of each queue that are not consumed.
    pub(super) queues: BTreeMap<String, Vec<Message>>,
}

/// A message in a queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    /// Its text.
    pub(super) body: String,
    /// How often the queue has delivered it.
    pub(super) attempts: u32,
}

impl Stored {
    /// What a receiver has stored now, beside the messages that the test has for it.
    pub(super) fn of(
        receiver: &Receiver,
        now: u64,
        queues: BTreeMap<String, Vec<Message>>,
    ) -> Self {
        let kv = NAMESPACES.map(|name| (name.to_owned(), receiver.kv_of(name)));
        Self { recorded_at: now, kv: kv.into(), ledger: receiver.objects(), queues }
    }

    /// Puts it into the storage of a receiver, whose clock is set to the time of the recording.
    #[track_caller]
    pub(super) fn restore(&self, receiver: &Receiver) {
        receiver.set_clock(self.recorded_at);
        for (binding, entries) in &self.kv {
            let entries = entries.iter().map(|(key, entry)| (key.clone(), self.fresh(entry)));
            receiver.restore_kv(binding, &entries.collect());
        }
        let objects = self.ledger.iter().map(|(name, object)| {
            let due_in_ms = object["alarm"].as_u64().map(|at| at.saturating_sub(self.recorded_at));
            let (schema, rows) = (&object["schema"], &object["rows"]);
            (name.clone(), json!({ "schema": schema, "rows": rows, "due_in_ms": due_in_ms }))
        });
        receiver.restore_objects(&objects.collect());
    }

    /// An entry that lives as long as it had to live at the recording. The clock of KV cannot be set.
    fn fresh(&self, entry: &KvEntry) -> Value {
        let ttl = |at: u64| at.saturating_sub(self.recorded_at / 1_000).max(MIN_TTL);
        json!({
            "value": entry.value,
            "metadata": entry.metadata,
            "expiration_ttl": entry.expiration.map(ttl),
        })
    }

    /// Reads what is kept of a version.
    #[track_caller]
    pub(super) fn read(version: &str) -> Self {
        let folder = folder(version);
        let recorded_at = fs::read_to_string(folder.join("recorded_at")).unwrap();
        Self {
            recorded_at: recorded_at.trim().parse().unwrap(),
            kv: read_folder(&folder.join("kv")),
            ledger: read_folder(&folder.join("ledger")),
            queues: read_folder(&folder.join("queues")),
        }
    }

    /// Keeps it as what a version has stored.
    #[track_caller]
    pub(super) fn write(&self, version: &str) {
        let folder = folder(version);
        assert!(!folder.exists(), "{} is there, and must never change", folder.display());
        write_folder(&folder.join("kv"), &self.kv);
        write_folder(&folder.join("ledger"), &self.ledger);
        write_folder(&folder.join("queues"), &self.queues);
        fs::write(folder.join("recorded_at"), format!("{}\n", self.recorded_at)).unwrap();
    }

    /// The rows of a table in all objects.
    pub(super) fn rows(&self, table: &str) -> Vec<&Value> {
        let tables = self.ledger.values().filter_map(|object| object["rows"][table].as_array());
        tables.flatten().collect()
    }
}

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("upgrading").join(version)
}

#[track_caller]
fn read_folder<T: for<'t> Deserialize<'t>>(folder: &Path) -> BTreeMap<String, T> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let value = unfold(&fs::read_to_string(&path).unwrap());
        (name, serde_json::from_str(&value).unwrap())
    };
    files.map(read).collect()
}

#[track_caller]
fn write_folder<T: Serialize>(folder: &Path, files: &BTreeMap<String, T>) {
    fs::create_dir_all(folder).unwrap();
    for (name, value) in files {
        let text = fold(&serde_json::to_string_pretty(value).unwrap());
        fs::write(folder.join(name).with_extension("json"), text + "\n").unwrap();
    }
}

/// Writes `⟨1000⟩` for a thousand repeated characters.
fn fold(text: &str) -> String {
    let mut folded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(&REPEATED.to_string().repeat(LONG_RUN)) {
        let (before, run) = rest.split_at(start);
        let after = run.trim_start_matches(REPEATED);
        let _ = write!(folded, "{before}⟨{}⟩", run.len() - after.len());
        rest = after;
    }
    folded + rest
}

/// Reverses [`fold`].
fn unfold(text: &str) -> String {
    let mut parts = text.split('⟨');
    let mut unfolded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (count, rest) = part.split_once('⟩').unwrap();
        unfolded.push_str(&REPEATED.to_string().repeat(count.parse().unwrap()));
        unfolded.push_str(rest);
    }
    unfolded
}

#[test]
fn long_runs_are_folded() {
    let text = format!("xx a{}b x", "x".repeat(200_000));
    assert_eq!(fold(&text), "xx a⟨200000⟩b x");
    assert_eq!(unfold(&fold(&text)), text);
}
