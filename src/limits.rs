//! What Cloudflare allows, and the names of the bindings in which the Worker keeps its own.

pub use elytra_events::CLAIMS;

/// The binding of the KV namespace for what queues do not take.
pub const SPOOL: &str = "SPOOL";

/// The binding of the queue for events on their way to webhooks.
pub const DELIVERIES: &str = "DELIVERIES";

/// The binding of the queue for events that cannot be delivered.
pub const DEAD_LETTERS: &str = "DEAD_LETTERS";

/// The binding of the KV namespace in which they are kept.
pub const DEAD: &str = "DEAD";

/// The binding of the Durable Objects that know who holds which event.
pub const LEDGER: &str = "LEDGER";

/// How many calls to bindings are under way at a time: Cloudflare's limit of simultaneous connections.
pub const MAX_CONNECTIONS: usize = 6;

/// The largest event a queue takes, in bytes of its JSON: Cloudflare's limit of 128 KB for a
/// message, counted in thousands, less the 100 bytes it counts for its own metadata.
pub const MAX_QUEUE_EVENT_BYTES: usize = 128_000 - QUEUE_METADATA_BYTES;

/// What Cloudflare counts for a message beside its body, in bytes.
pub(crate) const QUEUE_METADATA_BYTES: usize = 100;

/// How many messages `sendBatch` takes.
pub const MAX_SEND_BATCH_MESSAGES: usize = 100;

/// How many bytes of messages `sendBatch` takes, counted as for a single one.
pub const MAX_SEND_BATCH_BYTES: usize = 256_000;

/// The longest key KV takes, in bytes.
pub const MAX_KV_KEY_BYTES: usize = 512;

/// The largest value KV takes, in bytes: 25 MiB.
pub const MAX_KV_VALUE_BYTES: usize = 25 * 1024 * 1024;

/// The most metadata KV takes for a key, in bytes of JSON.
pub const MAX_KV_METADATA_BYTES: usize = 1024;

/// The longest key R2 takes, in bytes.
pub const MAX_R2_KEY_BYTES: usize = 1024;

/// The most metadata R2 takes for an object, in bytes.
pub const MAX_R2_METADATA_BYTES: usize = 8 * 1024;

/// The largest event that a message of [`DELIVERIES`] or [`DEAD_LETTERS`] has room for, in bytes of its JSON.
pub const MAX_DELIVERY_EVENT_BYTES: usize = MAX_QUEUE_EVENT_BYTES - LINE_BYTES;

/// The largest event that a webhook can get, in bytes of its JSON: dead, it must fit in a value of KV with
/// its first line.
pub const MAX_WEBHOOK_EVENT_BYTES: usize = MAX_KV_VALUE_BYTES - LINE_BYTES;

/// How much room the first line of such a message has, in bytes.
const LINE_BYTES: usize = 2_048;

/// How much of an answer's body is read, in bytes, so that the connection can be used again. Nothing
/// is made of it.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
