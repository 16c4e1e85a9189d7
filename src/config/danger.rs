//! What is dangerous where it was not meant: secrets that two parties share, or that may be guessed, and
//! retries that outlast what they need.

use std::collections::BTreeMap;
use std::{fmt, mem};

use super::error::Mistake;
use super::table::Mistakes;
use super::{ADMIN, LEAST_SECRET_BYTES, QUEUE_RETENTION_SECONDS, WEBHOOK};
use crate::subscription::{Destination, Subscription};

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

/// A secret that a field names. It is kept for as long as the configuration is read.
pub(super) struct SecretUse {
    /// The field.
    pub(super) path: String,
    /// The binding that holds the secret.
    pub(super) binding: String,
    /// The secret itself.
    pub(super) secret: String,
}

/// Who has a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Whoever sends events.
    Sender,
    /// Whoever operates the Worker.
    Operator,
    /// A destination, which is sent it.
    Destination,
}

impl SecretUse {
    fn owner(&self) -> Owner {
        match self.path.split('.').next() {
            Some(WEBHOOK) => Owner::Sender,
            Some(ADMIN) => Owner::Operator,
            _ => Owner::Destination,
        }
    }
}

/// Notes secrets that two parties share, and warns of those that are short.
pub(super) fn check_secrets(mistakes: &mut Mistakes) {
    let uses = mem::take(&mut mistakes.secrets);
    for (place, one) in uses.iter().enumerate() {
        let binding = one.binding.clone();
        let same = |owner: Owner| {
            let other =
                uses.iter().find(|other| other.owner() == owner && other.secret == one.secret);
            other.map(|other| other.path.clone())
        };
        let danger = match one.owner() {
            Owner::Sender => None,
            Owner::Operator => same(Owner::Sender)
                .map(|other| Danger::SecretOfSenders { binding: binding.clone(), other }),
            Owner::Destination => same(Owner::Sender)
                .or_else(|| same(Owner::Operator))
                .map(|other| Danger::SecretGivenAway { binding: binding.clone(), other }),
        };
        if let Some(danger) = danger {
            mistakes.note(&*one.path, Mistake::Danger(danger));
        }
        // A destination decides itself how long its secrets are.
        let is_first = !uses.iter().take(place).any(|other| other.binding == one.binding);
        let bytes = one.secret.len();
        if one.owner() != Owner::Destination && is_first && bytes < LEAST_SECRET_BYTES {
            let danger = Danger::ShortSecret { binding, bytes };
            mistakes.warn(&*one.path, Mistake::Danger(danger));
        }
    }
}

/// Checks that a webhook's retries end before what they need is gone.
pub(super) fn check_retries(
    subscription: &Subscription,
    claims_ttl: Option<u64>,
    names: &BTreeMap<String, String>,
    mistakes: &mut Mistakes,
) {
    let Destination::Webhook(webhook) = &subscription.destination else { return };
    let seconds = webhook.longest_seconds();
    let var = names.get(&subscription.name).map_or("", |var| var);
    let path = format!("{var}.webhook.retry");
    match claims_ttl {
        Some(ttl) if seconds >= ttl => {
            mistakes.note(path, Mistake::Danger(Danger::RetriesOutlastClaims { seconds, ttl }));
        }
        _ if seconds >= QUEUE_RETENTION_SECONDS => {
            mistakes.warn(path, Mistake::Danger(Danger::RetriesOutlastQueue { seconds }));
        }
        _ => {}
    }
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
