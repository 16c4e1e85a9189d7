//! Starts the receiver on the real runtime and speaks HTTP to it.
//!
//! A [`Receiver`] is one workerd with its own configuration and storage, on a free port of this
//! machine. Miniflare starts it, as it does for `wrangler dev`. It ends with the value. It fails on
//! demand ([`Fault`]), can be killed and started again, and its queues can lead to a [`Sink`] that
//! outlives it. A [`Shop`] is what its webhooks call.
#![expect(clippy::missing_panics_doc, reason = "a test's helper fails by panicking")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "as above"
)]

mod family;
mod fault;
mod host;
mod http;
mod process;
mod raw;
mod receiver;
mod settings;
mod shop;
mod sink;
mod window;

pub use family::Member;
pub use fault::{Calls, Fault, Reason};
pub use http::{Answer, Call};
pub use process::{Process, tools, wait_until};
pub use raw::{Connection, RawAnswer, raw_post};
pub use receiver::Receiver;
pub use settings::Settings;
pub use shop::{Order, Reply, Shop};
pub use sink::Sink;
pub use window::{Asked, KvEntry, R2Object, Shard};

/// A product event, of the kind Elytra's documentation shows, with this id.
#[must_use]
pub fn event(id: &str, event_type: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"elytra-pim","type":"com.elytra.{event_type}","time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"{event_type}","operation":"modify","data":{{"objectId":4711,"objectType":"product"}}}}"#
    )
}
