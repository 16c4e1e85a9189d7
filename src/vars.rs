//! Reads the Worker's vars and bindings. A table is read field by field, and every mistake is noted.

mod bindings;
mod danger;
mod error;
mod secrets;
mod table;

use std::ops::RangeInclusive;

pub use bindings::{Binding, BindingKind, Bindings};
pub(crate) use bindings::{look_up, require_binding};
pub use danger::{Danger, LEAST_SECRET_BYTES, QUEUE_RETENTION_SECONDS};
pub use error::{ConfigError, Mistake};
pub(crate) use secrets::{NamedSecret, SecretUse, Secrets};
pub use table::Bounds;
pub(crate) use table::{Mistakes, Table};

/// The largest var, in bytes of JSON: Cloudflare's limit of 5 KB for an environment variable.
pub const MAX_VAR_BYTES: usize = 5 * 1024;

/// The var that says who may send events, and how large they may be.
pub const WEBHOOK: &str = "WEBHOOK";

/// The var that says how an operator authenticates.
pub const ADMIN: &str = "ADMIN";

/// The var that says what is kept of events.
pub const JOURNAL: &str = "JOURNAL";

/// The range of `expiration_ttl`, `tombstone_ttl` and `claims_expiration_ttl`, in seconds: from KV's minimum
/// to ten years. To keep an entry for longer, leave the field out.
pub const EXPIRATION_TTL: RangeInclusive<u64> = 60..=10 * 365 * 24 * 3_600;
