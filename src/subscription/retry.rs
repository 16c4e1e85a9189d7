//! When a webhook is called again: Elytra's `RetryConfig`.

/// The least `initial_delay`, in milliseconds.
pub(crate) const LEAST_INITIAL_DELAY: u64 = 100;

/// The least `max_delay`, in milliseconds.
pub(crate) const LEAST_MAX_DELAY: u64 = 1_000;

/// The longest delay, in milliseconds: a queue delays a message for a day at most.
pub(crate) const MOST_DELAY: u64 = 24 * 3_600_000;

/// The most retries: a queue hands a message out again 100 times at most.
pub(crate) const MOST_RETRIES: u64 = 99;

/// By how much jitter lengthens a delay at most: a sixteenth.
const JITTER_PART: u64 = 16;

/// How often a webhook is called again, and after how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// How often an event that could not be delivered is tried again.
    pub max_retries: u32,
    /// The delay before the first retry, in milliseconds.
    pub initial_delay: u64,
    /// By how much each delay is longer than the one before; 1 or more.
    pub backoff_multiplier: f64,
    /// The longest delay, in milliseconds.
    pub max_delay: u64,
}

impl Default for RetryPolicy {
    /// The defaults of Elytra's `RetryConfig`.
    fn default() -> Self {
        Self { max_retries: 5, initial_delay: 1_000, backoff_multiplier: 2.0, max_delay: 300_000 }
    }
}

impl RetryPolicy {
    /// The delay before the retry of this number, counted from 0, in whole seconds: never less than
    /// the policy says, and by up to a sixteenth more, so that events which failed together do not all
    /// come back together. `spread` says by how much of that.
    ///
    /// A destination that asked for a longer delay (`Retry-After`, in seconds) gets it, up to
    /// `max_delay`.
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
