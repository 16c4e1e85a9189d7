//! What is dangerous where it was not meant: secrets that two parties share, or that may be guessed, and
//! retries that outlast what they need.

use std::collections::BTreeMap;
use std::mem;

use crate::subscription::Subscription;
use crate::vars::{
    ADMIN, Danger, LEAST_SECRET_BYTES, Mistake, Mistakes, QUEUE_RETENTION_SECONDS, SecretUse,
    WEBHOOK,
};

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

impl Owner {
    fn of(used: &SecretUse) -> Self {
        match used.path.split('.').next() {
            Some(WEBHOOK) => Self::Sender,
            Some(ADMIN) => Self::Operator,
            _ => Self::Destination,
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
                uses.iter().find(|other| Owner::of(other) == owner && other.secret == one.secret);
            other.map(|other| other.path.clone())
        };
        let danger = match Owner::of(one) {
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
        if Owner::of(one) != Owner::Destination && is_first && bytes < LEAST_SECRET_BYTES {
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
    let Some(http) = subscription.destination.http() else { return };
    let seconds = http.call.longest_seconds();
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
