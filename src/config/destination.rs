//! The destination of a subscription: one of `queue` and `kv`, bound to what is really there.

use serde_json::Value;

use super::LEAST_EXPIRATION_TTL;
use super::bindings::{Bindings, look_up};
use super::error::{BindingKind, Mistake};
use super::table::{Mistakes, Table};
use crate::subscription::Destination;

pub(super) fn read(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Destination> {
    let subscription = table.path().to_owned();
    let queue = table.has("queue");
    let kv = table.has("kv");
    if queue && kv {
        mistakes.note(subscription.clone(), Mistake::SeveralDestinations);
    } else if !queue && !kv {
        mistakes.note(subscription.clone(), Mistake::NoDestination);
    }

    let queue_path = table.path_of("queue");
    let queue = table.string("queue", mistakes).and_then(|binding| {
        look_up(queue_path, binding, BindingKind::Queue, bindings, mistakes)
            .map(|binding| Destination::Queue { binding })
    });
    let kv_path = table.path_of("kv");
    let kv = table.take("kv").and_then(|value| read_kv(kv_path, value, bindings, mistakes));
    queue.or(kv)
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
        .and_then(|binding| look_up(path, binding, BindingKind::Kv, bindings, mistakes));
    let expiration_ttl = table.integer("expiration_ttl", LEAST_EXPIRATION_TTL..=u64::MAX, mistakes);
    table.finish(mistakes);
    Some(Destination::Kv { binding: binding?, expiration_ttl })
}
