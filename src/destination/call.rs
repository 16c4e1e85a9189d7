//! How a destination is called from `DELIVERIES`, with the fields, defaults and bounds of Elytra's
//! `WebhookConfig`.

use super::Sending;
use super::queue::QueueMessage;
use super::retry::RetryPolicy;
use crate::auth::Secret;
use crate::dispatch::Dispatch;
use crate::limits::{DEAD, DEAD_LETTERS, DELIVERIES};
use crate::message::DeliveryMessage;
use crate::platform::Target;
use crate::vars::{BindingKind, Bindings, Bounds, Mistakes, Table, require_binding};
use elytra_events::names;

/// `timeout_ms`: from 100 ms to one minute. The default is ten seconds.
pub const TIMEOUT_MS: Bounds = Bounds { least: 100, most: 60_000, default: 10_000 };

/// A destination that the Worker calls from `DELIVERIES`.
#[derive(Debug, Clone, Copy)]
pub struct Callee<'d> {
    /// The field of a subscription that configures it.
    pub field: &'static str,
    /// Where the calls go.
    pub target: Target<'d>,
    /// The header that authenticates the Worker, if any: its name in lower case, and its value.
    pub credential: Option<&'d (String, Secret)>,
    /// How it is called.
    pub settings: &'d CallSettings,
}

/// How a destination is called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallSettings {
    /// The HTTP method.
    pub method: CallMethod,
    /// How the event is encoded.
    pub mode: ContentMode,
    /// How long the destination may take to answer, in milliseconds.
    pub timeout_ms: u64,
    /// When a failed call is retried.
    pub retry: RetryPolicy,
}

names! {
    /// The HTTP methods with which destinations are called.
    pub enum CallMethod {
        Post = "post",
        Patch = "patch",
        Put = "put",
    }
}

names! {
    /// The content modes in which destinations receive events (CloudEvents HTTP binding section 3).
    pub enum ContentMode {
        Structured = "structured",
        Binary = "binary",
    }
}

/// Looks up the queues and the namespace without which nothing can be delivered.
pub(super) fn look_up_queues(path: &str, bindings: &Bindings, mistakes: &mut Mistakes) {
    for (binding, kind) in [
        (DELIVERIES, BindingKind::Queue),
        (DEAD_LETTERS, BindingKind::Queue),
        (DEAD, BindingKind::Kv),
    ] {
        require_binding(path, binding, kind, bindings, mistakes);
    }
}

/// The message in `DELIVERIES` by which an event is delivered for a subscription.
pub(super) fn delivery<'p>(
    dispatch: &'p Dispatch<'p, 'p>,
    sending: &Sending<'_>,
) -> QueueMessage<'p> {
    let subscription = dispatch.subscription.into();
    let message = DeliveryMessage {
        subscription,
        accepted_at: sending.now,
        replay: sending.replay.map(|replay| replay.id.into()),
        ..DeliveryMessage::default()
    };
    QueueMessage::new(DELIVERIES, message.print(""), dispatch)
}

impl CallSettings {
    /// Reads `method`, `mode`, `timeout_ms` and `retry`.
    pub(super) fn read(table: &mut Table, mistakes: &mut Mistakes) -> Option<Self> {
        let method = table.name("method", mistakes).unwrap_or(CallMethod::Post);
        let mode = table.name("mode", mistakes).unwrap_or(ContentMode::Structured);
        let timeout_ms = table.bounded("timeout_ms", TIMEOUT_MS, mistakes);
        let retry = RetryPolicy::read(table, mistakes)?;
        Some(Self { method, mode, timeout_ms, retry })
    }

    /// How many seconds a delivery can take if every attempt times out and every delay is the longest, unless
    /// the destination asks for longer delays.
    pub(crate) fn longest_seconds(&self) -> u64 {
        let tries = u64::from(self.retry.max_retries) + 1;
        let delays = (0..self.retry.max_retries)
            .map(|retry| self.retry.delay_seconds(retry, None, u8::MAX))
            .sum::<u64>();
        delays + (tries * self.timeout_ms).div_ceil(1_000)
    }
}

impl CallMethod {
    /// The method as HTTP spells it.
    #[must_use]
    pub fn as_http(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
        }
    }
}
