//! The one place where the clock is read.

use std::time::Duration;

use worker::{Date, Delay};

use crate::receive::Clock;

/// The time since a request came in, as far as the Worker's clock tells: it stands still while the
/// Worker computes.
pub(super) struct RequestClock {
    started: u64,
}

impl RequestClock {
    pub(super) fn start() -> Self {
        Self { started: Date::now().as_millis() }
    }

    /// How many milliseconds have passed.
    pub(super) fn elapsed(&self) -> u64 {
        Date::now().as_millis().saturating_sub(self.started)
    }
}

impl Clock for RequestClock {
    async fn sleep(&self, milliseconds: u64) {
        Delay::from(Duration::from_millis(milliseconds)).await;
    }
}
