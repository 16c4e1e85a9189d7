//! What the tests of several packages share.
//!
//! [`Rules`] are those of a specification, with a case for each and a list that is written from the
//! cases; [`Head`] and [`event()`] make requests; [`property()`] checks what holds of many values.
#![expect(clippy::missing_panics_doc, reason = "a test's helper fails by panicking")]
#![expect(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "as above")]

mod event;
mod property;
mod rules;

pub use event::{Head, check_faults, decode_one, event, faults, text};
pub use property::property;
pub use rules::{Case, Check, Rules};
