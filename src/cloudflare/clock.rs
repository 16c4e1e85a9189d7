//! The one place where the clock is read.

use std::time::Duration;

use worker::{Date, Delay};

/// The time, in milliseconds since 1970, as far as the Worker's clock tells: it stands still while
/// the Worker computes.
pub(super) fn now() -> u64 {
    Date::now().as_millis()
}

/// Waits for this many milliseconds.
pub(super) async fn sleep(milliseconds: u64) {
    Delay::from(Duration::from_millis(milliseconds)).await;
}
