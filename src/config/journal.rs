//! The var `JOURNAL`: what is kept of events, and for how long.

use crate::limits::LEDGER;
use crate::vars::{BindingKind, Bindings, Bounds, Mistake, Mistakes, Table, require_binding};

/// `retention_days` and `body_retention_days`: up to 90. The default is a week, for which Cloudflare keeps the
/// Worker's log too.
pub const RETENTION_DAYS: Bounds = Bounds { least: 1, most: 90, default: 7 };

const DAY_MS: u64 = 24 * 3_600_000;

/// What the journal keeps, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalSettings {
    /// For how long an event and what became of it is kept, in milliseconds.
    pub retention_ms: u64,
    /// For how long its text is kept, in milliseconds, at most as long as the event. `None` if no text is kept.
    pub body_retention_ms: Option<u64>,
}

impl JournalSettings {
    /// What is left of a journal that was switched off is kept for a week.
    pub const SWITCHED_OFF: Self = Self {
        retention_ms: RETENTION_DAYS.default * DAY_MS,
        body_retention_ms: Some(RETENTION_DAYS.default * DAY_MS),
    };
}

/// Reads `JOURNAL`, which requires `LEDGER`.
pub(super) fn read(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> JournalSettings {
    let Bounds { least, most, default } = RETENTION_DAYS;
    require_binding(table.path(), LEDGER, BindingKind::DurableObject, bindings, mistakes);
    let has_default = !table.has("retention_days");
    let days = table.integer("retention_days", least..=most, mistakes);
    // A number that is out of range says nothing about how long the text may be kept.
    let limit = days.or(has_default.then_some(default));
    let days = days.unwrap_or(default);
    let bodies = table.boolean("bodies", mistakes).unwrap_or(true);
    let path = table.path_of("body_retention_days");
    // Whatever its value, it has to be removed.
    if !bodies && table.take("body_retention_days").is_some() {
        mistakes.note(&*path, Mistake::WithoutBodies);
    }
    let body_days = table.integer("body_retention_days", least..=most, mistakes);
    if let (Some(body_days), Some(days)) = (body_days, limit)
        && body_days > days
    {
        mistakes.note(path, Mistake::LongerThanTheEvent { days });
    }
    table.finish(mistakes);
    let body_retention_ms = bodies.then(|| body_days.unwrap_or(days) * DAY_MS);
    JournalSettings { retention_ms: days * DAY_MS, body_retention_ms }
}
