//! What an isolate collects after its answers, until it writes all of it in one call.

use std::collections::BTreeMap;
use std::mem;

use super::note::{Note, print_notes};
use super::refusal::Refusal;
use super::request::NoteRequest;
use crate::counts::Counts;
use crate::ledger::ShardId;

/// For how long an isolate collects, in milliseconds.
pub const FLUSH_MS: u64 = 1_000;

/// How many bytes it collects. With more, it writes at once.
pub const MAX_PENDING_BYTES: usize = 256 * 1024;

/// How many bytes it holds together with those that shards are still taking: 8 MiB.
const MAX_COLLECTED_BYTES: usize = 8 * 1024 * 1024;

/// After how many milliseconds what was taken has been written, or never will be.
const WRITE_MS: u64 = 15_000;

/// The events that were only counted.
pub const NOT_RECORDED: &str = "events_not_recorded";

/// How many refusals it collects. Others are only counted: whoever has no credentials cannot make it write more.
pub const MAX_PENDING_REFUSALS: usize = 50;

/// How often in a row shards may fail to take what was collected.
const MAX_FAILURES: u32 = 3;

/// How many bytes are collected again: less than makes an isolate write at once, or a ledger that is down would get
/// calls without end.
const MAX_AGAIN_BYTES: usize = MAX_PENDING_BYTES / 2;

/// The refusals that were only counted.
pub const NOT_KEPT: &str = "refusals_not_kept";

/// What was collected.
#[derive(Debug, Default)]
pub struct Pending {
    notes: Vec<Note>,
    bytes: usize,
    refusals: Vec<String>,
    counts: Counts,
    /// When somebody will write all of it, in milliseconds since 1970.
    due_at: u64,
    /// How often in a row shards did not take what was collected.
    failures: u32,
    /// What was taken and is being written: when that has ended for sure, in milliseconds since 1970, and how many bytes.
    being_written: Vec<(u64, usize)>,
}

/// When what was collected is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Now.
    AtOnce,
    /// After [`FLUSH_MS`].
    Later,
}

impl Pending {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            notes: Vec::new(),
            bytes: 0,
            refusals: Vec::new(),
            counts: Counts::new(),
            due_at: 0,
            failures: 0,
            being_written: Vec::new(),
        }
    }

    /// Whether nothing was collected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.refusals.is_empty() && self.counts.is_empty()
    }

    /// When somebody must write it, unless somebody has been asked to at `now` (milliseconds since 1970) or shortly
    /// before. Whoever was asked long ago has died.
    pub fn due(&mut self, now: u64) -> Option<Due> {
        self.being_written.retain(|(ends_at, _)| (now..=now + WRITE_MS).contains(ends_at));
        if self.bytes >= MAX_PENDING_BYTES {
            // Whoever was asked finds nothing, or what comes after this.
            return Some(Due::AtOnce);
        }
        let is_asked = self.due_at > now && self.due_at <= now + 2 * FLUSH_MS;
        if self.is_empty() || is_asked {
            return None;
        }
        self.due_at = now + 2 * FLUSH_MS;
        Some(Due::Later)
    }

    /// Collects what is to be written about an event. If shards are too slow to take it, it is only counted.
    pub fn note(&mut self, note: Note) {
        let bytes = note.bytes();
        let being_written: usize = self.being_written.iter().map(|(_, bytes)| bytes).sum();
        if self.bytes + bytes + being_written > MAX_COLLECTED_BYTES {
            self.counts.add(NOT_RECORDED, &[], 1);
            return;
        }
        self.bytes += bytes;
        self.notes.push(note);
    }

    /// Collects a refusal, or only counts it.
    pub fn refuse(&mut self, refusal: &Refusal<'_>) {
        self.counts.add("refusals", &[&refusal.code], 1);
        if self.refusals.len() < MAX_PENDING_REFUSALS {
            // Cannot fail: it is a struct.
            self.refusals.push(serde_json::to_string(refusal).unwrap_or_default());
        } else {
            self.counts.add(NOT_KEPT, &[], 1);
        }
    }

    /// Adds one to a number: see [`Counts`].
    pub fn add(&mut self, name: &str, labels: &[&str]) {
        self.counts.add(name, labels, 1);
    }

    /// Notes that a request came with this credential: see [`Counts`].
    pub fn used(&mut self, credential: &str, at: u64) {
        self.counts.used(credential, at);
    }

    /// Collects what was counted.
    pub fn count(&mut self, counts: Counts) {
        self.counts.merge(counts);
    }

    /// Takes everything. Whoever was asked to write it later does not come again.
    #[must_use]
    pub fn take(&mut self, due: Due, now: u64) -> Self {
        let due_at = if due == Due::Later { 0 } else { self.due_at };
        let mut being_written = mem::take(&mut self.being_written);
        being_written.push((now + WRITE_MS, self.bytes));
        mem::replace(self, Self { due_at, being_written, ..Self::new() })
    }

    /// Notes that so many bytes which were taken have been written, or not.
    pub fn written(&mut self, bytes: usize) {
        if let Some(place) = self.being_written.iter().position(|(_, other)| *other == bytes) {
            self.being_written.swap_remove(place);
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What these shards did not take, to be collected again. `None` if there is nothing, or it was tried often enough.
    /// What was counted, and refusals, could be written twice, so they are lost.
    #[must_use]
    pub fn again(self, failed: &[ShardId]) -> Option<Self> {
        let failures = self.failures + 1;
        let is_failed = |note: &Note| failed.iter().any(|shard| note.key.shard(shard.of) == *shard);
        let notes: Vec<_> = self.notes.into_iter().filter(is_failed).collect();
        let bytes = notes.iter().map(Note::bytes).sum();
        let is_worth_it = !notes.is_empty() && failures <= MAX_FAILURES && bytes <= MAX_AGAIN_BYTES;
        is_worth_it.then_some(Self { notes, bytes, failures, ..Self::new() })
    }

    /// Collects once more what was not taken. To write what is there already changes nothing.
    pub fn put_back(&mut self, again: Self) {
        self.failures = self.failures.max(again.failures);
        self.bytes += again.bytes;
        self.notes.extend(again.notes);
    }

    /// What each shard is told, if there are this many. The first one keeps the refusals and what was counted.
    #[must_use]
    pub fn requests(&self, shards: usize) -> BTreeMap<ShardId, (NoteRequest<'_>, String)> {
        let mut of_shard: BTreeMap<ShardId, Vec<&Note>> = BTreeMap::new();
        for note in &self.notes {
            of_shard.entry(note.key.shard(shards)).or_default().push(note);
        }
        let first = ShardId { number: 0, of: shards };
        if !self.refusals.is_empty() || !self.counts.is_empty() {
            of_shard.entry(first).or_default();
        }
        let request = |(shard, notes): (ShardId, Vec<&Note>)| {
            let mut request = NoteRequest::default();
            if shard == first {
                request.counts = self.counts.clone();
                request.refusals =
                    self.refusals.iter().map(|refusal| (&**refusal).into()).collect();
            }
            (shard, (request, print_notes(notes.iter().copied())))
        };
        of_shard.into_iter().map(request).collect()
    }

    /// How many events and refusals there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.notes.len() + self.refusals.len()
    }
}
