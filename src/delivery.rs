//! Delivery to HTTP destinations, which are described as Elytra's own `WebhookConfig` describes
//! them.
//!
//! An event for an HTTP destination goes to the queue bound as `DELIVERIES`. The Worker consumes
//! that queue, calls the destination, and retries according to the retry policy. An event that
//! cannot be delivered goes to the queue bound as `DEAD_LETTERS`, and from there to the KV
//! namespace bound as `DEAD`.

mod answer;
mod consume;
mod job;
mod line;
mod outage;
mod request;

pub use answer::{CallResult, Cause};
pub use consume::{
    Disposition, MAX_REDELIVERY_SECONDS, REDELIVERY_SECONDS, ROOM_POLL_MS, ROOM_TIMEOUT_MS,
    Received, consume,
};
pub use line::{ConsumedLine, DeliveryLine};
pub use outage::{MAX_WAIT_SECONDS, RETURN_SECONDS, WAIT_SECONDS, wait};
pub use request::{binary_body, binary_headers};
