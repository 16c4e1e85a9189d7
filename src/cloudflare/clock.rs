//! The one place where the clock is read.

use worker::Date;

/// The time, in milliseconds since 1970, as far as the Worker's clock tells: it stands still while
/// the Worker computes.
pub(super) fn now() -> u64 {
    Date::now().as_millis()
}
