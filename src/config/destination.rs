//! The destination of a subscription: one of `queue` and `kv`, bound to what is really there.

use serde_json::Value;

use super::error::{BindingKind, Mistake};
use super::table::{Mistakes, Table};
use super::{Binding, Bindings, LEAST_EXPIRATION_TTL};
use crate::names::nearest;
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
    let expiration_ttl =
        table.integer("expiration_ttl", LEAST_EXPIRATION_TTL..=i64::MAX.cast_unsigned(), mistakes);
    table.finish(mistakes);
    Some(Destination::Kv { binding: binding?, expiration_ttl })
}

/// The binding's name, if a binding of this kind goes by it.
fn look_up(
    path: String,
    binding: String,
    kind: BindingKind,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let mistake = match bindings.get(&binding) {
        Some(found) if kind_of(found) == Some(kind) => return Some(binding),
        Some(found) => Mistake::WrongBinding { binding, kind, found: describe(found) },
        None => {
            let candidates = bindings.iter().filter(|(_, found)| kind_of(found) == Some(kind));
            let nearest = nearest(&binding, candidates.map(|(name, _)| &**name)).map(str::to_owned);
            Mistake::NoBinding { binding, kind, nearest }
        }
    };
    mistakes.note(path, mistake);
    None
}

fn kind_of(binding: &Binding) -> Option<BindingKind> {
    match binding {
        Binding::Queue => Some(BindingKind::Queue),
        Binding::Kv => Some(BindingKind::Kv),
        Binding::Json(_) | Binding::Text(_) | Binding::Other(_) => None,
    }
}

fn describe(binding: &Binding) -> String {
    match binding {
        Binding::Json(_) => "a table or a list".to_owned(),
        Binding::Text(_) => "a string".to_owned(),
        Binding::Queue => "a queue".to_owned(),
        Binding::Kv => "a KV namespace".to_owned(),
        Binding::Other(class) => class.clone(),
    }
}
