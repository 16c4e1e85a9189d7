//! The destinations that the Worker calls, with the settings of Elytra's own `WebhookConfig`.
//!
//! An event for one of them goes to the queue bound as `DELIVERIES`. The Worker consumes that queue,
//! calls the destination, and retries by its policy. What cannot be delivered goes to the queue
//! bound as `DEAD_LETTERS`, and from there to the KV namespace bound as `DEAD`.

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
