//! What is dangerous where it was not meant, and how it is said.

use std::fmt;

/// How many bytes a secret must have that nobody guesses: 16, as many as a UUID has. Shorter ones are
/// warned of.
pub const LEAST_SECRET_BYTES: usize = 16;

/// For how many seconds a queue keeps a message where nothing else is set: four days.
pub const QUEUE_RETENTION_SECONDS: u64 = 4 * 24 * 3_600;

/// What is dangerous.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts below say what each means")]
pub enum Danger {
    SecretOfSenders { binding: String, other: String },
    SecretGivenAway { binding: String, other: String },
    ShortSecret { binding: String, bytes: usize },
    RetriesOutlastClaims { seconds: u64, ttl: u64 },
    RetriesOutlastQueue { seconds: u64 },
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretOfSenders { binding, other } => write!(
                f,
                "{binding:?} holds what senders present ({other}), and an operator needs a secret of its own"
            ),
            Self::SecretGivenAway { binding, other } => write!(
                f,
                "{binding:?} holds what lets a caller in here ({other}), and the destination would learn \
                 it: expected a secret of the destination's own"
            ),
            Self::ShortSecret { binding, bytes } => write!(
                f,
                "the secret {binding:?} has {bytes} bytes, so that it may be guessed: expected \
                 {LEAST_SECRET_BYTES} or more, such as from \"openssl rand -base64 24\""
            ),
            Self::RetriesOutlastClaims { seconds, ttl } => write!(
                f,
                "the retries can take {seconds} seconds, but CLAIMS keeps a large event for {ttl} \
                 (WEBHOOK.claims_expiration_ttl): expected fewer, or a longer time there"
            ),
            Self::RetriesOutlastQueue { seconds } => write!(
                f,
                "the retries can take {seconds} seconds, but a queue keeps a message for \
                 {QUEUE_RETENTION_SECONDS}, unless its retention period is longer"
            ),
        }
    }
}
