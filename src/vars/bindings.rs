//! The Worker's `env` as values, and how a binding is looked up in it.

use std::collections::BTreeMap;
use std::fmt;

use super::error::Mistake;
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
    /// An R2 bucket.
    R2,
    /// A rate limit.
    RateLimit,
    /// A namespace of Durable Objects.
    DurableObject,
    /// A service: another Worker.
    Service,
    /// Anything else, by the name of its class.
    Other(String),
}

/// A kind of binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BindingKind {
    Queue,
    Kv,
    R2,
    RateLimit,
    DurableObject,
    Service,
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
            Self::R2 => f.write_str("R2"),
            Self::RateLimit => f.write_str("RateLimit"),
            Self::DurableObject => f.write_str("DurableObject"),
            Self::Service => f.write_str("Service"),
            Self::Other(class) => f.debug_tuple("Other").field(class).finish(),
        }
    }
}

impl BindingKind {
    /// Its name as in "expected a queue".
    pub(super) fn with_article(self) -> &'static str {
        match self {
            Self::Queue => "a queue",
            Self::Kv => "a KV namespace",
            Self::R2 => "an R2 bucket",
            Self::RateLimit => "a rate limit",
            Self::DurableObject => "a Durable Object namespace",
            Self::Service => "a service",
        }
    }
}

/// Its name as in "no queue is bound".
impl fmt::Display for BindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.with_article();
        f.write_str(name.split_once(' ').map_or(name, |(_, name)| name))
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
        Some(found) if kind_of(found) == Ok(kind) => return Some(binding),
        Some(found) => Mistake::WrongBinding { binding, kind, found: describe(found) },
        None => {
            let candidates = bindings.iter().filter(|(_, found)| kind_of(found) == Ok(kind));
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

/// The kind of a binding, or a description of a binding without a kind.
fn kind_of(binding: &Binding) -> Result<BindingKind, &str> {
    match binding {
        Binding::Queue => Ok(BindingKind::Queue),
        Binding::Kv => Ok(BindingKind::Kv),
        Binding::R2 => Ok(BindingKind::R2),
        Binding::RateLimit => Ok(BindingKind::RateLimit),
        Binding::DurableObject => Ok(BindingKind::DurableObject),
        Binding::Service => Ok(BindingKind::Service),
        Binding::Json(_) => Err("a table or a list"),
        Binding::Text(_) => Err("a string"),
        Binding::Other(class) => Err(class),
    }
}

fn describe(binding: &Binding) -> String {
    let kind = kind_of(binding).map(BindingKind::with_article);
    kind.unwrap_or_else(|other| other).to_owned()
}
