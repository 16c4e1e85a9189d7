//! What operators can do, one file each: list what could not be delivered or sent, send it again or
//! delete it, see what continues on its own, reset an object, and have a request explained.

mod answer;
pub mod configuration;
pub mod dead_letters;
pub mod erase;
mod error;
pub mod events;
pub mod explain;
pub mod jobs;
pub mod metrics;
pub mod objects;
pub mod overview;
mod query;
pub mod rates;
pub mod refusals;
pub mod replays;
pub mod session;
pub mod set_aside;
mod shards;
mod state;

pub use crate::operator_claims::{OPERATOR_CLAIM_MS, REMEMBER_SENT_MS};
pub use answer::{
    DeadLetter, DeadLetterPage, DeletedLetters, FilterView, JobPage, JobView, ListedDeadLetter,
    Redriven, Reset, SetAside, SetAsidePage, Settled,
};
pub use configuration::ConfigurationView;
pub use erase::{Erasure, Removed};
pub use error::OperatorError;
pub use events::{Entry, EventPage, EventView, LineView};
pub use overview::Overview;
pub use query::{DEFAULT_LIMIT, MAX_LIMIT, OperatorQuery};
pub use rates::RatesView;
pub use refusals::{RefusalPage, RefusalView};
pub use replays::{ReplayDetails, ReplayPage, ReplayPlan, ReplayView};
pub use session::{SessionView, SignedIn};
