//! The bindings in which the Worker keeps its own.

use crate::limits::{CLAIMS, DEAD, DELIVERIES, LEDGER, SPOOL};
use crate::vars::{Binding, BindingKind, Bindings, EXPIRATION_TTL, Mistakes, Table, look_up_fixed};

/// `claims_expiration_ttl` where it is not set, in seconds: a week, longer than the four days for
/// which a queue keeps a message.
pub const DEFAULT_CLAIMS_EXPIRATION_TTL: u64 = 7 * 24 * 3_600;

/// What the Worker keeps, and where: its own bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stores {
    /// For how many seconds an event is stored that is too large for a queue; it is refused, where it
    /// is `None`: nothing is bound as [`CLAIMS`].
    pub claims_expiration_ttl: Option<u64>,
    /// Whether Durable Objects are bound as [`LEDGER`].
    pub has_ledger: bool,
    /// Whether a namespace is bound as [`SPOOL`].
    pub has_spool: bool,
    /// Whether there is what dead letters need: [`DELIVERIES`] and [`DEAD`].
    pub has_dead_letters: bool,
    /// The bindings of all queues, in the order of their names.
    pub queues: Vec<String>,
}

impl Stores {
    /// Reads the fields of `WEBHOOK` that are about them, and looks for their bindings.
    pub(super) fn read(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Self {
        let queues = bindings.iter().filter(|(_, binding)| **binding == Binding::Queue);
        Self {
            claims_expiration_ttl: read_claims(table, bindings, mistakes),
            has_ledger: bindings.get(LEDGER) == Some(&Binding::DurableObject),
            has_spool: bindings.contains_key(SPOOL)
                && look_up_fixed(SPOOL, SPOOL, BindingKind::Kv, bindings, mistakes),
            has_dead_letters: bindings.contains_key(DELIVERIES) && bindings.contains_key(DEAD),
            queues: queues.map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// `claims_expiration_ttl`, where there is a namespace that it is for.
fn read_claims(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Option<u64> {
    let path = table.path_of("claims_expiration_ttl");
    let is_set = table.has("claims_expiration_ttl");
    let ttl = table.integer("claims_expiration_ttl", EXPIRATION_TTL, mistakes);
    if !is_set && !bindings.contains_key(CLAIMS) {
        return None;
    }
    let path = if is_set { &path } else { CLAIMS };
    look_up_fixed(path, CLAIMS, BindingKind::Kv, bindings, mistakes);
    Some(ttl.unwrap_or(DEFAULT_CLAIMS_EXPIRATION_TTL))
}
