//! What the tests of several packages share.
//!
//! [`Rules`] are those of a specification, with a case for each and a list that is written from the
//! cases; [`property`] checks what holds of many values.
#![expect(clippy::missing_panics_doc, reason = "a test's helper fails by panicking")]
#![expect(clippy::panic, clippy::unwrap_used, reason = "as above")]

mod property;
mod rules;

pub use property::property;
pub use rules::{Case, Check, Rules};

/// The text of a valid event with these members besides the four that every event must have.
#[must_use]
pub fn event(members: &str) -> String {
    let separator = if members.is_empty() { "" } else { "," };
    format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"t"{separator}{members}}}"#)
}
