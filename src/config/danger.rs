//! Finds what is dangerous unless it is intended: secrets that two parties share or that could be guessed,
//! and retries that continue after the event has expired.

use std::collections::BTreeMap;
use std::mem;

use crate::subscription::Subscription;
use crate::vars::{
    ADMIN, Danger, LEAST_SECRET_BYTES, Mistake, Mistakes, QUEUE_RETENTION_SECONDS, SecretUse,
    WEBHOOK,
};

/// Who knows a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Those who send events.
    Sender,
    /// The operators of the Worker.
    Operator,
    /// A destination, because the Worker presents it there.
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

/// Notes secrets that two parties share, and warns about short ones.
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
                .map(|other| Danger::SharedWithSenders { binding: binding.clone(), other }),
            Owner::Destination => same(Owner::Sender)
                .or_else(|| same(Owner::Operator))
                .map(|other| Danger::SharedWithDestination { binding: binding.clone(), other }),
        };
        if let Some(danger) = danger {
            mistakes.note(&*one.path, Mistake::Danger(danger));
        }
        // A destination's secrets are as long as its owner made them.
        let is_first = !uses.iter().take(place).any(|other| other.binding == one.binding);
        let bytes = one.secret.len();
        if Owner::of(one) != Owner::Destination && is_first && bytes < LEAST_SECRET_BYTES {
            let danger = Danger::ShortSecret { binding, bytes };
            mistakes.warn(&*one.path, Mistake::Danger(danger));
        }
    }
}

/// Checks that an HTTP destination's retries end before the event or its message expires.
pub(super) fn check_retries(
    subscription: &Subscription,
    claims_ttl: Option<u64>,
    names: &BTreeMap<String, String>,
    mistakes: &mut Mistakes,
) {
    let Some(callee) = subscription.destination.callee() else { return };
    let seconds = callee.settings.longest_seconds();
    let var = names.get(&subscription.name).map_or("", |var| var);
    let path = format!("{var}.{}.retry", callee.field);
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
