//! What operators can do, one file each: list what could not be delivered or sent, send it again,
//! reset an object, and have a request explained.

mod answer;
mod claims;
pub mod dead_letters;
mod error;
pub mod explain;
pub mod objects;
mod query;
pub mod set_aside;

pub use answer::{
    DeadLetter, DeadLetterPage, ListedDeadLetter, Redriven, Reset, SetAside, SetAsidePage, Settled,
    Stuck,
};
pub use claims::{OPERATOR_CLAIM_MS, REMEMBER_SENT_MS};
pub use error::OperatorError;
pub use query::{DEFAULT_LIMIT, MAX_LIMIT, OperatorQuery};
