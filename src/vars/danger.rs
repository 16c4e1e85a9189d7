//! Settings that are valid but dangerous unless they are intended, and the messages about them.

use std::fmt;

/// How many bytes a secret should have so that it cannot be guessed: 16, as many as a UUID. A shorter one
/// causes a warning.
pub const LEAST_SECRET_BYTES: usize = 16;

/// For how many seconds a queue keeps a message by default: four days.
pub const QUEUE_RETENTION_SECONDS: u64 = 4 * 24 * 3_600;

/// A setting that is dangerous unless it is intended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages below say what each means")]
pub enum Danger {
    SharedWithSenders { binding: String, other: String },
    SharedWithDestination { binding: String, other: String },
    ShortSecret { binding: String, bytes: usize },
    RetriesOutlastClaims { seconds: u64, ttl: u64 },
    RetriesOutlastQueue { seconds: u64 },
    OtherShards { asked: usize, shards: usize },
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedWithSenders { binding, other } => write!(
                f,
                "{binding:?} is the secret that senders present ({other}): expected a secret that only \
                 operators have"
            ),
            Self::SharedWithDestination { binding, other } => write!(
                f,
                "{binding:?} is the secret that callers of this Worker present ({other}), and the \
                 destination would learn it: expected a secret for this destination only"
            ),
            Self::ShortSecret { binding, bytes } => write!(
                f,
                "the secret {binding:?} has only {bytes} bytes and could be guessed: expected \
                 {LEAST_SECRET_BYTES} or more, for example from \"openssl rand -base64 24\""
            ),
            Self::RetriesOutlastClaims { seconds, ttl } => write!(
                f,
                "the retries can take {seconds} seconds, but CLAIMS keeps a large event for {ttl} \
                 (WEBHOOK.claims_expiration_ttl): reduce the retries, or keep large events longer"
            ),
            Self::RetriesOutlastQueue { seconds } => write!(
                f,
                "the retries can take {seconds} seconds, but a queue keeps a message for \
                 {QUEUE_RETENTION_SECONDS}, unless its retention period is longer"
            ),
            Self::OtherShards { asked, shards } => write!(
                f,
                "the ledger has been used with {shards}, and keeps that number: {asked} has no effect"
            ),
        }
    }
}
