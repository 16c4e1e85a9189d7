//! The journal: what came, and what became of it.
//!
//! It is kept in the shards of the ledger, next to the records. Each event has one row, which begins when the event
//! first comes and is added to whenever something happens to it: it comes again, a destination is called, a dead
//! letter is sent again. What is written is a [`Note`], which is printed where the event is known. The database
//! stores it as it is, so a shard reads nothing of it.
//!
//! The journal fails open: it never costs an event.

mod filter;
mod key;
mod line;
mod note;
mod pending;
mod refusal;
mod request;
mod stored;

pub use filter::{EventFilter, LAST_RANK, Order};
pub use key::{EventKey, object_column, object_parts};
pub use line::{Attempt, Line, Received, State, SubscriptionState, What};
pub(crate) use note::object_of;
pub use note::{FIELD, Facts, NewNote, Note, PART, SEPARATOR, print_notes};
pub use pending::{
    Due, FLUSH_MS, MAX_PENDING_BYTES, MAX_PENDING_REFUSALS, NOT_KEPT, NOT_RECORDED, Pending,
};
pub use refusal::{Refusal, StoredRefusal};
pub use request::{
    Erased, Found, JournalRequest, NoteRequest, Rate, RefusalFilter, RefusalsFound, SearchRequest,
};
pub use stored::{StoredEvent, Summary};

/// How many refusals are kept.
pub const MAX_REFUSALS: usize = 10_000;

/// How many bytes of history an event has. After that, only the latest line is kept.
pub const MAX_HISTORY_BYTES: usize = 64 * 1024;

/// How many events a shard looks at in one call, so that it soon answers others.
pub const SEARCH_ROWS: usize = 10_000;

/// How many rows of the journal are deleted or emptied at a time.
pub const FORGET_STEP: usize = 1_000;

/// How many bytes the database of a shard may have. Beyond that, the oldest events are deleted early. Cloudflare allows
/// 10 GB: <https://developers.cloudflare.com/durable-objects/platform/limits/>.
pub const MAX_DATABASE_BYTES: u64 = 8_000_000_000;
