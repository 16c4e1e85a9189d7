//! Cloudflare's limits, and the names of the Worker's own bindings.

pub use elytra_events::CLAIMS;

/// The binding of the KV namespace for messages that queues did not take.
pub const SPOOL: &str = "SPOOL";

/// The binding of the queue for events on their way to HTTP destinations.
pub const DELIVERIES: &str = "DELIVERIES";

/// The binding of the queue for events that cannot be delivered.
pub const DEAD_LETTERS: &str = "DEAD_LETTERS";

/// The binding of the KV namespace that keeps events that could not be delivered.
pub const DEAD: &str = "DEAD";

/// The binding of the Durable Objects that record which destinations hold which events.
pub const LEDGER: &str = "LEDGER";

/// How many calls to bindings may be in flight at a time: Cloudflare's limit for simultaneous connections.
pub const MAX_CONNECTIONS: usize = 6;

/// The largest event that fits in a queue message, in bytes of its JSON: Cloudflare's limit of 128 KB (128,000
/// bytes) per message, minus the 100 bytes that Cloudflare counts for metadata.
pub const MAX_QUEUE_EVENT_BYTES: usize = 128_000 - QUEUE_METADATA_BYTES;

/// How many bytes Cloudflare counts for a message in addition to its body.
pub(crate) const QUEUE_METADATA_BYTES: usize = 100;

/// How many messages one call to `sendBatch` takes.
pub const MAX_SEND_BATCH_MESSAGES: usize = 100;

/// How many bytes of messages one call to `sendBatch` takes, including the metadata of each message.
pub const MAX_SEND_BATCH_BYTES: usize = 256_000;

/// The longest key in KV, in bytes.
pub const MAX_KV_KEY_BYTES: usize = 512;

/// The largest value in KV, in bytes: 25 MiB.
pub const MAX_KV_VALUE_BYTES: usize = 25 * 1024 * 1024;

/// The most metadata for a key in KV, in bytes of JSON.
pub const MAX_KV_METADATA_BYTES: usize = 1024;

/// The longest key in R2, in bytes.
pub const MAX_R2_KEY_BYTES: usize = 1024;

/// The most metadata for an object in R2, in bytes.
pub const MAX_R2_METADATA_BYTES: usize = 8 * 1024;

/// The largest event that fits in a message of [`DELIVERIES`] or [`DEAD_LETTERS`], in bytes of its JSON.
pub const MAX_DELIVERY_EVENT_BYTES: usize = MAX_QUEUE_EVENT_BYTES - LINE_BYTES;

/// The largest event that an HTTP destination can receive, in bytes of its JSON. As a dead letter, the event and
/// its first line must fit in a KV value.
pub const MAX_WEBHOOK_EVENT_BYTES: usize = MAX_KV_VALUE_BYTES - LINE_BYTES;

/// The space for the first line of such a message, in bytes.
const LINE_BYTES: usize = 2_048;

/// How many bytes of the body of an answer that is no success are kept with a dead letter.
pub const MAX_EXCERPT_BYTES: usize = 1024;

/// How many bytes of a success's body are read so that the connection can be reused. The body is not used.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The most that is read of the keys of a team at Cloudflare Access, in bytes. A key has some 1,500, and a team two of them.
pub const MAX_KEYS_BYTES: usize = 64 * 1024;
