//! The handshake of the CloudEvents web hooks (http-webhook section 4): whether a sender may send.
//!
//! It proves nothing and is not authenticated. The callback URL a sender may offer is never called.

use std::num::NonZeroU64;

/// Who may send, and how fast: `allowed_origins` and `allowed_rate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeSettings {
    /// The origins that get consent, matched exactly.
    pub allowed_origins: Vec<String>,
    /// How fast they may send.
    pub allowed_rate: AllowedRate,
}

/// A rate of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedRate {
    /// As fast as the sender likes: `*`.
    Unlimited,
    /// This many requests per minute.
    PerMinute(NonZeroU64),
}

/// What an origin may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent<'c> {
    /// The origin, for `WebHook-Allowed-Origin`.
    pub origin: &'c str,
    /// Its rate, for `WebHook-Allowed-Rate`.
    pub rate: AllowedRate,
}

impl HandshakeSettings {
    /// The consent for the origin in `WebHook-Request-Origin`, if it is allowed.
    #[must_use]
    pub fn consent(&self, requested: &str) -> Option<Consent<'_>> {
        let origin = self.allowed_origins.iter().find(|origin| **origin == requested)?;
        Some(Consent { origin, rate: self.allowed_rate })
    }
}
