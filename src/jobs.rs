//! Jobs: what an operator asks for in one call, and the Worker continues on its own, step by step.
//!
//! What a job does to its items is in [`crate::dead`]. Here is how far it has come, where that is published,
//! and what a step is. The steps follow each other as messages of `DELIVERIES`, so a job survives
//! restarts: see `delivery/job.rs`.

mod job;
mod line;
mod published;
mod step;

pub use job::{Job, JobState, Progress};
pub use line::JobLine;
pub(crate) use published::{Control, control, find, list, order, publish, write};
pub use step::{BLOCKED_SECONDS, MAX_BLOCKED, STEP_LETTERS, STEP_MS};
pub(crate) use step::{Next, send_next, step};
