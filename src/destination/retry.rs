//! When a failed call to a destination is retried. The fields and their bounds are those of Elytra's
//! `RetryConfig`.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::names::nearest;
use crate::vars::{Mistake, Mistakes, Table};

/// The longest delay, in milliseconds: a queue delays a message for at most a day.
const MOST_DELAY: u64 = 24 * 3_600_000;

/// Jitter lengthens a delay by at most a sixteenth.
const JITTER_PART: u64 = 16;

/// How often a failed call is retried, and after which delays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// How many times a delivery is retried.
    pub max_retries: u32,
    /// The delay before the first retry, in milliseconds.
    pub initial_delay: u64,
    /// The factor between one delay and the next; 1 or more.
    pub backoff_multiplier: f64,
    /// The longest delay, in milliseconds.
    pub max_delay: u64,
}

impl Default for RetryPolicy {
    /// The policy of a destination without `retry`: about a day. The delays double up to an hour, which is
    /// soon enough for a destination that was down for long and seldom enough to cost little: 1, 2, 4, ...
    /// 2,048 seconds, and then 23 hours.
    fn default() -> Self {
        Self { max_retries: 35, max_delay: 3_600_000, ..Self::ELYTRA }
    }
}

impl RetryPolicy {
    /// The defaults of Elytra's `RetryConfig`: half a minute. They are `retry = "elytra"`, and the defaults of
    /// the fields of a table.
    pub const ELYTRA: Self =
        Self { max_retries: 5, initial_delay: 1_000, backoff_multiplier: 2.0, max_delay: 300_000 };

    /// The name of the policy [`ELYTRA`](Self::ELYTRA).
    pub const ELYTRA_NAME: &str = "elytra";

    /// The range of `max_retries`: a queue redelivers a message at most 100 times.
    pub const MAX_RETRIES: RangeInclusive<u64> = 0..=99;

    /// The range of `initial_delay`, in milliseconds.
    pub const INITIAL_DELAY: RangeInclusive<u64> = 100..=MOST_DELAY;

    /// The range of `backoff_multiplier`. With the largest, the second retry already has the longest delay.
    pub const BACKOFF_MULTIPLIER: RangeInclusive<u32> = 1..=1_000;

    /// The range of `max_delay`, in milliseconds.
    pub const MAX_DELAY: RangeInclusive<u64> = 1_000..=MOST_DELAY;

    /// Reads `retry`: a table or the name of a policy. If it is absent, the default applies.
    pub(super) fn read(table: &mut Table, mistakes: &mut Mistakes) -> Option<Self> {
        let path = table.path_of("retry");
        match table.take("retry") {
            None => Some(Self::default()),
            Some(Value::String(name)) if name == Self::ELYTRA_NAME => Some(Self::ELYTRA),
            Some(Value::String(name)) => {
                let nearest = nearest(&name, [Self::ELYTRA_NAME]).map(str::to_owned);
                mistakes.note(path, Mistake::UnknownRetryPolicy { name, nearest });
                None
            }
            Some(table @ Value::Object(_)) => Self::read_table(path, table, mistakes),
            Some(_) => {
                mistakes.note(path, Mistake::WrongType { expected: "a table or \"elytra\"" });
                None
            }
        }
    }

    /// Reads a table, in which every field has the default of Elytra's `RetryConfig`.
    fn read_table(path: String, table: Value, mistakes: &mut Mistakes) -> Option<Self> {
        let mut table = Table::new(path, table, mistakes)?;
        let default = Self::ELYTRA;
        let max_retries = table.integer("max_retries", Self::MAX_RETRIES, mistakes);
        let max_retries = max_retries.and_then(|retries| u32::try_from(retries).ok());
        let initial_delay = table.integer("initial_delay", Self::INITIAL_DELAY, mistakes);
        let backoff_multiplier =
            table.number("backoff_multiplier", Self::BACKOFF_MULTIPLIER, mistakes);
        let max_delay = table.integer("max_delay", Self::MAX_DELAY, mistakes);
        table.finish(mistakes);
        Some(Self {
            max_retries: max_retries.unwrap_or(default.max_retries),
            initial_delay: initial_delay.unwrap_or(default.initial_delay),
            backoff_multiplier: backoff_multiplier.unwrap_or(default.backoff_multiplier),
            max_delay: max_delay.unwrap_or(default.max_delay),
        })
    }

    /// The delay before a retry, in whole seconds. The first retry is number 0. The delay is never shorter
    /// than the policy says, and up to a sixteenth longer, so that events that failed together are not all
    /// retried together. `spread` chooses the jitter, from none (0) to almost the full sixteenth (255).
    ///
    /// A destination that asks for a longer delay (`Retry-After`, in seconds) gets it, up to `max_delay`.
    #[must_use]
    pub fn delay_seconds(&self, retry: u32, retry_after: Option<u64>, spread: u8) -> u64 {
        let seconds = self.delay_ms(retry).div_ceil(1_000);
        let jitter = seconds * u64::from(spread) / (u64::from(u8::MAX) + 1) / JITTER_PART;
        let asked_for = retry_after.unwrap_or_default().min(self.max_delay.div_ceil(1_000));
        (seconds + jitter).max(asked_for).min(MOST_DELAY / 1_000)
    }

    /// `min(initial_delay * backoff_multiplier ^ retry, max_delay)`, rounded up.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a day in milliseconds is far below 2^53, and a delay is never negative"
    )]
    fn delay_ms(&self, retry: u32) -> u64 {
        let exponent = i32::try_from(retry).unwrap_or(i32::MAX);
        let delay = self.initial_delay as f64 * self.backoff_multiplier.powi(exponent);
        delay.min(self.max_delay as f64).ceil() as u64
    }
}
