//! Delivery to HTTP destinations, which are described as Elytra's own `WebhookConfig` describes
//! them.
//!
//! An event for an HTTP destination goes to the queue bound as `DELIVERIES`. The Worker consumes
//! that queue, calls the destination, and retries according to the retry policy. An event that
//! cannot be delivered goes to the queue bound as `DEAD_LETTERS`, and from there to the KV
//! namespace bound as `DEAD`.

mod answer;
mod consume;
mod dead;
mod line;
mod outage;
mod request;

pub use answer::{CallResult, Cause};
pub use consume::{
    Disposition, MOST_MOVE_AGAIN_SECONDS, MOVE_AGAIN_SECONDS, ROOM_AGAIN_MS, ROOM_MS, Received,
    consume,
};
pub use dead::{DeadLetterMetadata, EventIdentity};
pub use line::DeliveryLine;
pub use outage::{HAND_BACK_SECONDS, MOST_WAIT_SECONDS, WAIT_SECONDS, wait};
