//! How a destination is called from `DELIVERIES`: the fields, defaults and bounds of Elytra's `WebhookConfig`.

use super::retry::RetryPolicy;
use crate::vars::{Bounds, Mistakes, Table};
use elytra_events::names;

/// `timeout_ms`: from a tenth of a second to a minute; by default ten seconds.
const TIMEOUT_MS: Bounds = Bounds { least: 100, most: 60_000, default: 10_000 };

/// How a destination is called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallSettings {
    /// The method.
    pub method: CallMethod,
    /// How the event is written.
    pub mode: ContentMode,
    /// How long the destination may take for its answer, in milliseconds.
    pub timeout_ms: u64,
    /// What happens when it cannot take an event now.
    pub retry: RetryPolicy,
}

names! {
    /// The HTTP methods by which destinations are called.
    pub enum CallMethod {
        Post = "post",
        Patch = "patch",
        Put = "put",
    }
}

names! {
    /// The content modes in which destinations get events (CloudEvents HTTP binding section 3).
    pub enum ContentMode {
        Structured = "structured",
        Binary = "binary",
    }
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

    /// How many seconds an event can be on its way: each try and each delay at its longest, where the
    /// destination asks for no longer ones.
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
