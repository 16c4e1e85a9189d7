//! What the benchmarks share: events, and each step of the line with all that it needs.

mod bindings;
pub(crate) mod event;
pub(crate) mod head;
pub(crate) mod line;
pub(crate) mod step;
