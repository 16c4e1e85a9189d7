//! A KV namespace with one key per event.

use std::collections::BTreeMap;

use super::check_reserved;
use crate::dispatch::{Dispatch, Progress};
use crate::platform::{KvEntry, Platform};
use crate::vars::{BindingKind, Bindings, EXPIRATION_TTL, Mistake, Mistakes, Table, look_up};
use elytra_events::names;

/// An example value for the field.
pub(super) const EXAMPLE: &str = "{ binding = \"<binding>\" }";

names! {
    /// What gets its own key in KV.
    pub enum KeyOf {
        Event = "event",
        Object = "object",
    }
}

/// A KV namespace with one key per event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvDestination {
    /// The binding's name.
    pub binding: String,
    /// After how many seconds a key expires. `None` means never.
    pub expiration_ttl: Option<u64>,
}

/// The fields of `kv` that do not depend on `key`: the binding, if it is valid, and after how many seconds a
/// key expires.
pub(super) type Namespace = (Option<String>, Option<u64>);

/// Reads `binding` and `expiration_ttl`.
pub(super) fn read_namespace(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Namespace {
    let path = table.path_of("binding");
    let binding = table
        .required_string("binding", mistakes)
        .inspect(|binding| check_reserved(&path, binding, mistakes));
    let binding =
        binding.and_then(|binding| look_up(path, binding, BindingKind::Kv, bindings, mistakes));
    (binding, table.integer("expiration_ttl", EXPIRATION_TTL, mistakes))
}

impl KvDestination {
    /// Reads the remaining fields of `kv`.
    pub(super) fn read(
        (binding, expiration_ttl): Namespace,
        table: &mut Table,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let path = table.path_of("tombstone_ttl");
        let has_tombstones = table.has("tombstone_ttl");
        table.integer("tombstone_ttl", EXPIRATION_TTL, mistakes);
        if has_tombstones {
            mistakes.note(path, Mistake::OnlyWithObjectKeys);
        }
        Some(Self { binding: binding?, expiration_ttl })
    }

    /// Its [`holder`](super::Destination::holder).
    pub(super) fn holder(&self, subscription: &str) -> String {
        format!("kv/{}/{subscription}", self.binding)
    }

    /// The write for an event.
    pub(super) fn put<'p>(&'p self, dispatch: &'p Dispatch<'p, 'p>) -> KvPut<'p> {
        let entry = KvEntry::new(dispatch.subscription, dispatch.event, self.expiration_ttl);
        KvPut { binding: &self.binding, entry, dispatches: vec![dispatch] }
    }
}

/// An entry to write, with the dispatches that it completes.
pub(crate) struct KvPut<'p> {
    binding: &'p str,
    entry: KvEntry<'p>,
    dispatches: Vec<&'p Dispatch<'p, 'p>>,
}

/// The writes, at most one per key. Entries with the same key are the same event, so only the last one is
/// written: KV accepts one write per key and second.
pub(super) fn steps(puts: Vec<KvPut<'_>>) -> Vec<KvPut<'_>> {
    let mut last: BTreeMap<(&str, String), KvPut<'_>> = BTreeMap::new();
    for mut put in puts {
        let key = (put.binding, put.entry.key.clone());
        if let Some(before) = last.remove(&key) {
            put.dispatches.extend(before.dispatches);
        }
        last.insert(key, put);
    }
    last.into_values().collect()
}

impl KvPut<'_> {
    /// Writes the entry.
    pub(super) async fn take(&self, platform: &impl Platform) {
        let written = platform.put(self.binding, &self.entry).await;
        let progress = written.map_or_else(Progress::Failed, |()| Progress::Held);
        self.dispatches.iter().for_each(|dispatch| dispatch.note(progress.clone()));
    }

    /// The size of the value, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.entry.value.len()
    }
}
