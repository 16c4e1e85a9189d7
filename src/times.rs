//! How long things may take, and which times are believed.

use crate::ledger::Moment;
use crate::limits::LEDGER;
use crate::vars::{BindingKind, Bindings, Bounds, Mistakes, Table, look_up_fixed};

/// `time_budget_ms`: from less than a queue or KV needs on a good day to the longest time-out that senders
/// are known to have; by default within the five seconds that many senders wait.
pub const TIME_BUDGET_MS: Bounds = Bounds { least: 100, most: 30_000, default: 4_000 };

/// The least that `dedupe_window_seconds` can be: more than the half minute in which a sender tries.
const LEAST_DEDUPE_WINDOW_SECONDS: u64 = 60;

/// The most that `dedupe_window_seconds` can be: 30 days.
const MOST_DEDUPE_WINDOW_SECONDS: u64 = 30 * 24 * 3_600;

/// `clock_tolerance_seconds`: up to a day; by default five minutes.
pub const CLOCK_TOLERANCE_SECONDS: Bounds = Bounds { least: 0, most: 24 * 3_600, default: 300 };

/// For how long a claim in the ledger outlasts the time budget of the request that made it, in
/// milliseconds. Then the request has died, and another one takes the claim over.
pub const CLAIM_GRACE_MS: u64 = 1_000;

/// How long things may take, and which times are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How long the ledger and the destinations may take, in milliseconds, from when the body is
    /// there: what they do not hold by then is to be sent again.
    pub time_budget_ms: u64,
    /// For how long an event is remembered that was forwarded, in milliseconds; not at all, where it is
    /// `None`.
    pub dedupe_window_ms: Option<u64>,
    /// How far an event's `time` may be ahead of its arrival, in milliseconds, and still be believed.
    pub clock_tolerance_ms: u64,
}

impl Times {
    /// Reads the fields of `WEBHOOK` that are about time.
    pub(crate) fn read(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Self {
        Self {
            time_budget_ms: table.bounded("time_budget_ms", TIME_BUDGET_MS, mistakes),
            dedupe_window_ms: read_dedupe_window(table, bindings, mistakes),
            clock_tolerance_ms: 1_000
                * table.bounded("clock_tolerance_seconds", CLOCK_TOLERANCE_SECONDS, mistakes),
        }
    }

    /// The latest `time` that can be right of an event that comes now (milliseconds since 1970).
    #[must_use]
    pub fn latest(&self, now: u64) -> Moment {
        Moment::from_milliseconds(now.saturating_add(self.clock_tolerance_ms))
    }

    /// After how many milliseconds a claim in the ledger ends that nobody settled.
    #[must_use]
    pub fn claim_ms(&self) -> u64 {
        self.time_budget_ms + CLAIM_GRACE_MS
    }

    /// How many milliseconds the ledger may take for an answer, an eighth of the time budget: after
    /// that, it has failed.
    #[must_use]
    pub fn ledger_ms(&self) -> u64 {
        self.time_budget_ms / 8
    }

    /// How many milliseconds there are until everything must be forwarded, so that there is time left
    /// to tell the ledger.
    #[must_use]
    pub fn forward_ms(&self) -> u64 {
        let is_told = self.dedupe_window_ms.is_some();
        self.time_budget_ms - if is_told { self.ledger_ms() } else { 0 }
    }
}

/// `dedupe_window_seconds`, in milliseconds. It needs the ledger.
fn read_dedupe_window(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<u64> {
    let range = LEAST_DEDUPE_WINDOW_SECONDS..=MOST_DEDUPE_WINDOW_SECONDS;
    let path = table.path_of("dedupe_window_seconds");
    let seconds = table.integer("dedupe_window_seconds", range, mistakes)?;
    look_up_fixed(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
    Some(seconds * 1_000)
}
