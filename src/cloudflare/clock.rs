//! The only place that reads the clock.

use worker::Date;

/// The time in milliseconds since 1970. The Worker's clock stands still while the Worker computes.
pub(super) fn now() -> u64 {
    Date::now().as_millis()
}
