//! Replays: events of the journal are sent again, step by step.
//!
//! A replay is kept in a Durable Object of its own, whose alarm makes a step a second, so it goes on without whoever
//! started it, and after a restart. A step that died is made again: every event is sent at least once, and counted once.
//! The oldest events are sent first.

mod job;
mod line;
mod step;

pub use job::{
    MAX_KEYS, MAX_LISTED_FAILURES, MAX_REPLAYS, NotSent, Order, Replay, ReplayRequest, ReplayState,
    ReplayWithFailures,
};
pub use line::ReplayLine;
pub use step::{Stepped, step};
