//! The profiles: what kind of day a run is.

use std::time::Duration;

use clap::ValueEnum;
use fastrand::Rng;

/// How long a client pauses on a quiet day, on average.
const MEAN_PAUSE: Duration = Duration::from_millis(100);

/// Which requests are sent, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// Every kind of request, some of them twice, as fast as they are answered
    Soak,
    /// A quiet day in a few minutes: single events of typical size, with pauses at random
    Quiet,
    /// A bulk edit: batches of 100 events of typical size, as fast as they are answered
    Bulk,
}

/// How long a client waits before an event on a quiet day. Events come independently of each other,
/// so that pauses are distributed exponentially.
pub(crate) fn pause(rng: &mut Rng) -> Duration {
    MEAN_PAUSE.mul_f64(-(1.0 - rng.f64()).ln())
}
