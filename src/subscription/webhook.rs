//! An HTTP destination, described as Elytra's own `WebhookConfig` describes it.

use std::fmt;

use elytra_events::names;

use super::retry::RetryPolicy;

/// An HTTP destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Where the events go: an absolute URI, `https` unless the configuration allows `http`.
    pub url: String,
    /// The method.
    pub method: WebhookMethod,
    /// The header that authenticates the Worker, if any: its name in lower case, and its value.
    pub credential: Option<(String, Secret)>,
    /// How the event is written.
    pub mode: WebhookMode,
    /// How long the destination may take for its answer, in milliseconds.
    pub timeout_ms: u64,
    /// What happens when it cannot take an event now.
    pub retry: RetryPolicy,
}

impl Webhook {
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

names! {
    /// The HTTP methods of a webhook.
    pub enum WebhookMethod {
        Post = "post",
        Patch = "patch",
        Put = "put",
    }
}

names! {
    /// The modes of CloudEvents in which a webhook gets events.
    pub enum WebhookMode {
        Structured = "structured",
        Binary = "binary",
    }
}

/// A secret that is sent. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the header it belongs in.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl WebhookMethod {
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
