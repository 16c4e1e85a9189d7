//! The Worker's vars and bindings, and what can be wrong with them: a table is read field by field, and every
//! mistake is noted.

mod bindings;
mod danger;
mod error;
mod secrets;
mod table;

use std::ops::RangeInclusive;

pub use bindings::{Binding, BindingKind, Bindings};
pub(crate) use bindings::{look_up, look_up_fixed};
pub use danger::{Danger, LEAST_SECRET_BYTES, QUEUE_RETENTION_SECONDS};
pub use error::{ConfigError, Mistake};
pub(crate) use secrets::{NamedSecret, SecretUse, Secrets};
pub use table::Bounds;
pub(crate) use table::{Mistakes, Table};

/// What a var may hold, in bytes of JSON: Cloudflare's limit of 5 KB for an environment variable.
pub const MAX_VAR_BYTES: usize = 5 * 1024;

/// The var that says who may send, and what.
pub(crate) const WEBHOOK: &str = "WEBHOOK";

/// The var that says who operates the Worker.
pub(crate) const ADMIN: &str = "ADMIN";

/// What `expiration_ttl`, `tombstone_ttl` and `claims_expiration_ttl` can be, in seconds: from the least that
/// KV takes to ten years. What is to stay for longer has none.
pub const EXPIRATION_TTL: RangeInclusive<u64> = 60..=10 * 365 * 24 * 3_600;
