//! The destination of a subscription: one of `queue`, `kv` and `webhook`, bound to what is really
//! there.

use elytra_events::names;
use serde_json::Value;

use super::bindings::{Bindings, look_up, look_up_fixed};
use super::error::{BindingKind, Mistake};
use super::table::{Mistakes, Table, known_name};
use super::{
    DEFAULT_TOMBSTONE_TTL, LEAST_EXPIRATION_TTL, MOST_EXPIRATION_TTL, webhook_destination,
};
use crate::limits::{CLAIMS, DEAD, DEAD_LETTERS, DELIVERIES, LEDGER, SPOOL};
use crate::subscription::{Destination, KvKey};

names! {
    /// What has a key of its own in KV.
    enum KeyOf {
        Event = "event",
        Object = "object",
    }
}

pub(super) fn read(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Destination> {
    let subscription = table.path().to_owned();
    match ["queue", "kv", "webhook"].iter().filter(|field| table.has(field)).count() {
        0 => mistakes.note(subscription, Mistake::NoDestination),
        1 => {}
        _ => mistakes.note(subscription, Mistake::SeveralDestinations),
    }

    let queue_path = table.path_of("queue");
    let queue = table.string("queue", mistakes).and_then(|binding| {
        check_reserved(&queue_path, &binding, mistakes);
        look_up(queue_path, binding, BindingKind::Queue, bindings, mistakes)
            .map(|binding| Destination::Queue { binding })
    });
    let kv_path = table.path_of("kv");
    let kv = table.take("kv").and_then(|value| read_kv(kv_path, value, bindings, mistakes));
    let webhook_path = table.path_of("webhook");
    let webhook = table.take("webhook").and_then(|value| {
        webhook_destination::read(webhook_path, value, bindings, mistakes).map(Destination::Webhook)
    });
    queue.or(kv).or(webhook)
}

/// The bindings that the Worker keeps its own things in are no destinations.
fn check_reserved(path: &str, binding: &str, mistakes: &mut Mistakes) {
    if [CLAIMS, SPOOL, DELIVERIES, DEAD_LETTERS, DEAD].contains(&binding) {
        mistakes.note(path, Mistake::ReservedBinding(binding.to_owned()));
    }
}

fn read_kv(
    path: String,
    value: Value,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Destination> {
    let mut table = Table::new(path, value, mistakes)?;
    let path = table.path_of("binding");
    let binding = table
        .required_string("binding", mistakes)
        .inspect(|binding| check_reserved(&path, binding, mistakes));
    let binding =
        binding.and_then(|binding| look_up(path, binding, BindingKind::Kv, bindings, mistakes));
    let expiration_ttl =
        table.integer("expiration_ttl", LEAST_EXPIRATION_TTL..=MOST_EXPIRATION_TTL, mistakes);
    let key = read_key(&mut table, bindings, mistakes);
    table.finish(mistakes);
    Some(Destination::Kv { binding: binding?, key, expiration_ttl })
}

/// `key` and `tombstone_ttl`. Which of two states is newer, only the ledger knows.
fn read_key(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> KvKey {
    let path = table.path_of("key");
    let has_key = table.has("key");
    let key = table.string("key", mistakes);
    let key = key.and_then(|key| known_name(path.clone(), &key, mistakes));
    let tombstones = table.path_of("tombstone_ttl");
    let has_tombstone_ttl = table.has("tombstone_ttl");
    let range = LEAST_EXPIRATION_TTL..=MOST_EXPIRATION_TTL;
    let tombstone_ttl =
        table.integer("tombstone_ttl", range, mistakes).unwrap_or(DEFAULT_TOMBSTONE_TTL);
    match key {
        Some(KeyOf::Object) => {
            look_up_fixed(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
            KvKey::Object { tombstone_ttl }
        }
        None if has_key => KvKey::Event,
        Some(KeyOf::Event) | None => {
            if has_tombstone_ttl {
                mistakes.note(tombstones, Mistake::OnlyWithObjectKeys);
            }
            KvKey::Event
        }
    }
}
