//! The namespace `DEAD`: how a dead letter is stored there, which ones somebody means, how they are found,
//! and what is done to them.

mod act;
mod entry;
mod filter;
mod scan;

pub(crate) use act::{Acted, act};
pub use act::{Action, Stuck};
pub(crate) use entry::key;
pub use entry::{DeadLetterMetadata, EventIdentity};
pub use filter::LetterFilter;
pub use scan::Position;
pub(crate) use scan::{Found, Scan, scan};

/// What the keys begin with that are not dead letters: no subscription's name has it.
const NOT_A_LETTER: char = '.';

/// Whether a key of `DEAD` is a dead letter's, and not one of ours for something else.
pub(crate) fn is_letter(key: &str) -> bool {
    !key.starts_with(NOT_A_LETTER)
}
