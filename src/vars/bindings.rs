//! The Worker's `env` as values, and how a binding is looked up in it.

use std::collections::BTreeMap;
use std::fmt;

use super::error::{BindingKind, Mistake};
use super::table::Mistakes;
use crate::names::nearest;

/// What a name in the Worker's `env` is bound to.
#[derive(Clone, PartialEq, Eq)]
pub enum Binding {
    /// A var that is a table or a list, as JSON text.
    Json(String),
    /// A string, which is a var or a secret: the runtime does not distinguish them.
    Text(String),
    /// A queue to send to.
    Queue,
    /// A KV namespace.
    Kv,
    /// A rate limit.
    RateLimit,
    /// A namespace of Durable Objects.
    DurableObject,
    /// A service: another Worker.
    Service,
    /// Anything else, by the name of its class.
    Other(String),
}

/// The Worker's `env`, by binding name.
pub type Bindings = BTreeMap<String, Binding>;

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(json) => f.debug_tuple("Json").field(json).finish(),
            // It may be a secret.
            Self::Text(_) => f.write_str("Text(..)"),
            Self::Queue => f.write_str("Queue"),
            Self::Kv => f.write_str("Kv"),
            Self::RateLimit => f.write_str("RateLimit"),
            Self::DurableObject => f.write_str("DurableObject"),
            Self::Service => f.write_str("Service"),
            Self::Other(class) => f.debug_tuple("Other").field(class).finish(),
        }
    }
}

/// Returns the binding's name if it is bound to this kind, and notes a mistake if it is not.
pub(crate) fn look_up(
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

/// Whether a binding with a fixed name is bound to this kind. Notes a mistake if it is not.
pub(crate) fn require_binding(
    path: &str,
    binding: &str,
    kind: BindingKind,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> bool {
    look_up(path.to_owned(), binding.to_owned(), kind, bindings, mistakes).is_some()
}

fn kind_of(binding: &Binding) -> Option<BindingKind> {
    match binding {
        Binding::Queue => Some(BindingKind::Queue),
        Binding::Kv => Some(BindingKind::Kv),
        Binding::RateLimit => Some(BindingKind::RateLimit),
        Binding::DurableObject => Some(BindingKind::DurableObject),
        Binding::Service => Some(BindingKind::Service),
        Binding::Json(_) | Binding::Text(_) | Binding::Other(_) => None,
    }
}

fn describe(binding: &Binding) -> String {
    match binding {
        Binding::Json(_) => "a table or a list".to_owned(),
        Binding::Text(_) => "a string".to_owned(),
        Binding::Queue => "a queue".to_owned(),
        Binding::Kv => "a KV namespace".to_owned(),
        Binding::RateLimit => "a rate limit".to_owned(),
        Binding::DurableObject => "a Durable Object namespace".to_owned(),
        Binding::Service => "a service".to_owned(),
        Binding::Other(class) => class.clone(),
    }
}
