//! Starts the receiver on the real runtime and calls it over HTTP.
//!
//! A [`Receiver`] is one workerd with its own configuration and storage, on a free local port.
//! Miniflare starts it, as it does for `wrangler dev`. It ends when the value is dropped. It fails
//! on demand ([`Fault`]), its bindings can be slow ([`Latency`]), it can be killed and restarted, and its queues can lead to a [`Sink`] that
//! outlives it. A [`Shop`] is an HTTP destination.
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
mod latency;
mod peer;
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
pub use latency::{Latency, ParseLatencyError};
pub use peer::Peer;
pub use process::{Process, tools, wait_until};
pub use raw::{Connection, RawAnswer, raw_post};
pub use receiver::{Receiver, Settled};
pub use settings::{BUILD, Settings};
pub use shop::{Order, Reply, Shop};
pub use sink::Sink;
pub use window::{Asked, KvEntry, R2Object, Shard};

/// A product event with this id, like those in Elytra's documentation.
#[must_use]
pub fn event(id: &str, event_type: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"elytra-pim","type":"com.elytra.{event_type}","time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"{event_type}","operation":"modify","data":{{"objectId":4711,"objectType":"product"}}}}"#
    )
}
