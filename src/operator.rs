//! What operators ask for, each question in a file of its own: they look at what could not be delivered or
//! sent, have it sent again, let an object be written anew, and have a request explained.

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
pub use query::{DEFAULT_LIMIT, MOST_LIMIT, OperatorQuery};
