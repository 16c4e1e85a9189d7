//! The bindings in which the Worker keeps its own data.

use crate::ledger::LedgerSettings;
use crate::limits::{CLAIMS, DEAD, DELIVERIES, LEDGER, SPOOL};
use crate::vars::{
    Binding, BindingKind, Bindings, Bounds, EXPIRATION_TTL, Mistakes, Table, require_binding,
};

/// The default of `claims_expiration_ttl`, in seconds: a week, which is longer than the four days for which a
/// queue keeps a message.
pub const DEFAULT_CLAIMS_EXPIRATION_TTL: u64 = 7 * 24 * 3_600;

/// `ledger_shards`: up to 32. Each answers some hundred events a second, and a batch asks all of them. The
/// default is 1.
pub const LEDGER_SHARDS: Bounds = Bounds { least: 1, most: 32, default: 1 };

/// The bindings that the Worker uses itself, as opposed to those of destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stores {
    /// For how many seconds an event that is too large for a queue is stored in [`CLAIMS`]. `None` if nothing
    /// is bound as `CLAIMS`; such an event is then rejected.
    pub claims_expiration_ttl: Option<u64>,
    /// The ledger. `None` if no Durable Objects are bound as [`LEDGER`].
    pub ledger: Option<LedgerSettings>,
    /// Whether a KV namespace is bound as [`SPOOL`].
    pub has_spool: bool,
    /// Whether both bindings that dead letters need exist: [`DELIVERIES`] and [`DEAD`].
    pub has_dead_letters: bool,
    /// The bindings of all queues, sorted by name.
    pub queues: Vec<String>,
}

impl Stores {
    /// Reads the fields of `WEBHOOK` for these bindings, and looks the bindings up.
    pub(super) fn read(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Self {
        let queues = bindings.iter().filter(|(_, binding)| **binding == Binding::Queue);
        Self {
            claims_expiration_ttl: read_claims(table, bindings, mistakes),
            ledger: read_ledger(table, bindings, mistakes),
            has_spool: bindings.contains_key(SPOOL)
                && require_binding(SPOOL, SPOOL, BindingKind::Kv, bindings, mistakes),
            has_dead_letters: bindings.contains_key(DELIVERIES) && bindings.contains_key(DEAD),
            queues: queues.map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// Reads `ledger_shards` and `jurisdiction`, which require `LEDGER`.
fn read_ledger(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<LedgerSettings> {
    let of_ledger = ["ledger_shards", "jurisdiction"].into_iter().find(|field| table.has(field));
    let path = of_ledger.map(|field| table.path_of(field));
    let shards = table.bounded("ledger_shards", LEDGER_SHARDS, mistakes);
    let jurisdiction = table.name("jurisdiction", mistakes);
    if let Some(path) = path {
        require_binding(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
    }
    let settings = LedgerSettings { shards: usize::try_from(shards).ok()?, jurisdiction };
    (bindings.get(LEDGER) == Some(&Binding::DurableObject)).then_some(settings)
}

/// Reads `claims_expiration_ttl`. It requires `CLAIMS`, and `CLAIMS` without it gets the default.
fn read_claims(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Option<u64> {
    let path = table.path_of("claims_expiration_ttl");
    let is_set = table.has("claims_expiration_ttl");
    let ttl = table.integer("claims_expiration_ttl", EXPIRATION_TTL, mistakes);
    if !is_set && !bindings.contains_key(CLAIMS) {
        return None;
    }
    let path = if is_set { &path } else { CLAIMS };
    require_binding(path, CLAIMS, BindingKind::Kv, bindings, mistakes);
    Some(ttl.unwrap_or(DEFAULT_CLAIMS_EXPIRATION_TTL))
}
