//! The Worker's `env` as values, and the search for a binding in it.

use std::collections::BTreeMap;
use std::fmt;

use super::error::Mistake;
use super::table::Mistakes;
use crate::names::nearest;

/// What stands behind a name in the Worker's `env`.
#[derive(Clone, PartialEq, Eq)]
pub enum Binding {
    /// A var that is a table or a list, as JSON text.
    Json(String),
    /// A var or a secret that is a string; the two cannot be told apart.
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
    /// Anything else, by the name of its class.
    Other(String),
}

/// The kind of binding that something needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BindingKind {
    Queue,
    Kv,
    R2,
    RateLimit,
    DurableObject,
}

/// The Worker's `env`, by the names of the bindings.
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

/// The binding's name, if a binding of this kind goes by it.
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

/// Whether a binding of this kind goes by a name that is always the same.
pub(crate) fn look_up_fixed(
    path: &str,
    binding: &str,
    kind: BindingKind,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> bool {
    look_up(path.to_owned(), binding.to_owned(), kind, bindings, mistakes).is_some()
}

/// The kind of a binding, or what a binding of no kind is.
fn kind_of(binding: &Binding) -> Result<BindingKind, &str> {
    match binding {
        Binding::Queue => Ok(BindingKind::Queue),
        Binding::Kv => Ok(BindingKind::Kv),
        Binding::R2 => Ok(BindingKind::R2),
        Binding::RateLimit => Ok(BindingKind::RateLimit),
        Binding::DurableObject => Ok(BindingKind::DurableObject),
        Binding::Json(_) => Err("a table or a list"),
        Binding::Text(_) => Err("a string"),
        Binding::Other(class) => Err(class),
    }
}

fn describe(binding: &Binding) -> String {
    let kind = kind_of(binding).map(BindingKind::with_article);
    kind.unwrap_or_else(|other| other).to_owned()
}
