//! The cases, their judgements, and how a report reads.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cases;
mod judge;
mod report;
mod support;
