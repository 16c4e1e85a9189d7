//! KV: the entry of an event with its key, its value and its metadata; and one call for each key.

use std::collections::BTreeMap;

use super::{Done, Step};
use crate::plan::{Plan, Progress};
use crate::platform::{KvEntry, Platform};
use crate::subscription::{Destination, KvKey};

/// An entry to be written, and the deliveries that are made by it.
pub(super) struct Put<'p> {
    binding: &'p str,
    entry: KvEntry<'p>,
    deliveries: Vec<usize>,
}

impl Put<'_> {
    /// How many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        self.entry.value.len()
    }
}

/// What writes the events to KV. Of two with one key only the last is written: it is the same event,
/// and KV takes one write a second.
pub(super) fn steps<'p>(plan: &'p Plan<'_, '_>) -> Vec<Step<'p>> {
    let mut puts: BTreeMap<(&str, String), Put<'_>> = BTreeMap::new();
    for (place, delivery) in plan.planned() {
        let subscription = delivery.subscription;
        let Destination::Kv { binding, key: KvKey::Event, expiration_ttl } =
            &subscription.destination
        else {
            continue;
        };
        let Some(event) = plan.events.get(delivery.event) else { continue };
        let entry = KvEntry::new(&subscription.name, event, *expiration_ttl);
        let before = puts.remove(&(&**binding, entry.key.clone()));
        let mut deliveries = before.map_or_else(Vec::new, |put| put.deliveries);
        deliveries.push(place);
        puts.insert((binding, entry.key.clone()), Put { binding, entry, deliveries });
    }
    puts.into_values().map(Step::Put).collect()
}

pub(super) async fn put<'p>(put: &Put<'_>, platform: &impl Platform) -> Done<'p> {
    let written = platform.put(put.binding, &put.entry).await;
    Done::all(&put.deliveries, &written.map_or_else(Progress::Failed, |()| Progress::Held))
}
