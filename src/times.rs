//! The time limits, and which event times are trusted.

use std::ops::RangeInclusive;

use crate::ledger::Moment;
use crate::limits::LEDGER;
use crate::vars::{BindingKind, Bindings, Bounds, Mistakes, Table, require_binding};

/// `time_budget_ms`: from less than a queue or KV needs on a good day to the longest time-out that senders are
/// known to use. The default is within the five seconds that many senders wait.
pub const TIME_BUDGET_MS: Bounds = Bounds { least: 100, most: 30_000, default: 4_000 };

/// `dedupe_window_seconds`: from a minute, which is longer than the 30 seconds for which a sender retries, to 30
/// days.
pub const DEDUPE_WINDOW_SECONDS: RangeInclusive<u64> = 60..=30 * 24 * 3_600;

/// `clock_tolerance_seconds`: up to a day. The default is five minutes.
pub const CLOCK_TOLERANCE_SECONDS: Bounds = Bounds { least: 0, most: 24 * 3_600, default: 300 };

/// How long a claim in the ledger outlasts the time budget of its request, in milliseconds. After that, the
/// request must have died, and another one can claim the event.
pub const CLAIM_GRACE_MS: u64 = 1_000;

/// The time limits, and which event times are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How long the ledger and the destinations may take after the body has arrived, in milliseconds. If they do
    /// not hold an event by then, the sender must retry it.
    pub time_budget_ms: u64,
    /// For how long a forwarded event is remembered, in milliseconds. `None` switches deduplication off.
    pub dedupe_window_ms: Option<u64>,
    /// How far an event's `time` may be ahead of its arrival and still be trusted, in milliseconds.
    pub clock_tolerance_ms: u64,
}

impl Times {
    /// Reads the fields of `WEBHOOK` for times.
    pub(crate) fn read(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Self {
        Self {
            time_budget_ms: table.bounded("time_budget_ms", TIME_BUDGET_MS, mistakes),
            dedupe_window_ms: read_dedupe_window(table, bindings, mistakes),
            clock_tolerance_ms: 1_000
                * table.bounded("clock_tolerance_seconds", CLOCK_TOLERANCE_SECONDS, mistakes),
        }
    }

    /// The latest `time` that is trusted in an event that arrives at `now`, in milliseconds since 1970.
    #[must_use]
    pub fn latest(&self, now: u64) -> Moment {
        Moment::from_milliseconds(now.saturating_add(self.clock_tolerance_ms))
    }

    /// After how many milliseconds a claim that was not settled expires.
    #[must_use]
    pub fn claim_ms(&self) -> u64 {
        self.time_budget_ms + CLAIM_GRACE_MS
    }

    /// How many milliseconds the ledger may take to answer: an eighth of the time budget. After that, the call has
    /// failed.
    #[must_use]
    pub fn ledger_ms(&self) -> u64 {
        self.time_budget_ms / 8
    }

    /// How many milliseconds forwarding may take. If events are deduplicated, this leaves time to settle their
    /// claims.
    #[must_use]
    pub fn forward_ms(&self) -> u64 {
        let settles = self.dedupe_window_ms.is_some();
        self.time_budget_ms - if settles { self.ledger_ms() } else { 0 }
    }
}

/// Reads `dedupe_window_seconds`, which requires the ledger. Returns milliseconds.
fn read_dedupe_window(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<u64> {
    let path = table.path_of("dedupe_window_seconds");
    let seconds = table.integer("dedupe_window_seconds", DEDUPE_WINDOW_SECONDS, mistakes)?;
    require_binding(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
    Some(seconds * 1_000)
}
