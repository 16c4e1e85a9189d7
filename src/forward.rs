//! Which subscriptions get an event, and the sending itself.

mod kv;

use futures_util::future::join_all;

pub use kv::{KvEntry, KvMetadata, MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES};

use crate::cloudevents::CloudEvent;
use crate::subscription::{Destination, Mismatch, Subscription};

/// The largest event a queue takes, in bytes of its JSON: Cloudflare's limit of 128 KB for a
/// message, counted in thousands, less the 100 bytes it counts for its own metadata.
pub const MAX_QUEUE_EVENT_BYTES: usize = 128_000 - 100;

/// What holds events: the Worker's bindings, by their names.
///
/// A success means that the event is held durably; nothing is acknowledged before.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Destinations {
    /// Sends a message, a text, to the queue of this binding.
    async fn send(&self, queue: &str, message: &str) -> Result<(), DestinationError>;

    /// Writes a key in the KV namespace of this binding.
    async fn put(&self, namespace: &str, entry: &KvEntry<'_>) -> Result<(), DestinationError>;
}

/// A destination did not take the event; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationError(pub String);

/// An event and the subscriptions that want it; at least one.
#[derive(Debug)]
pub struct Plan<'c, 'e> {
    event: &'e CloudEvent<'e>,
    subscriptions: Vec<&'c Subscription>,
}

/// A destination can never take this event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTooLarge<'c> {
    /// The subscription whose destination it is.
    pub subscription: &'c str,
    /// The event's size, in bytes of JSON.
    pub bytes: usize,
    /// The most the destination takes, in the same.
    pub limit: usize,
}

/// Every one of these subscriptions' destinations holds the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt<'c> {
    /// The subscriptions' names.
    pub subscriptions: Vec<&'c str>,
}

/// At least one destination does not hold the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered<'c> {
    /// The subscriptions whose destination holds it all the same.
    pub held: Vec<&'c str>,
    /// Those whose destination failed, each with the reason.
    pub failed: Vec<(&'c str, DestinationError)>,
}

impl<'c, 'e> Plan<'c, 'e> {
    /// Finds the subscriptions that want the event.
    ///
    /// # Errors
    ///
    /// None wants it; the reason of each.
    pub fn new(
        subscriptions: &'c [Subscription],
        event: &'e CloudEvent<'e>,
    ) -> Result<Self, Vec<(&'c str, Mismatch)>> {
        let mut wanting = Vec::new();
        let mut unwanted = Vec::new();
        for subscription in subscriptions {
            match subscription.wants(event) {
                Ok(()) => wanting.push(subscription),
                Err(mismatch) => unwanted.push((&*subscription.name, mismatch)),
            }
        }
        if wanting.is_empty() { Err(unwanted) } else { Ok(Self { event, subscriptions: wanting }) }
    }

    /// Checks that every destination of the plan can take an event of this size.
    ///
    /// # Errors
    ///
    /// One of them never can, however often it is tried.
    pub fn check_size(&self) -> Result<(), EventTooLarge<'c>> {
        let bytes = self.event.as_json().len();
        let limit = MAX_QUEUE_EVENT_BYTES;
        let is_too_large = |subscription: &&&Subscription| match subscription.destination {
            Destination::Queue { .. } => bytes > limit,
            // KV takes more than `max_body_bytes` can be.
            Destination::Kv { .. } => false,
        };
        match self.subscriptions.iter().find(is_too_large) {
            Some(subscription) => {
                Err(EventTooLarge { subscription: &subscription.name, bytes, limit })
            }
            None => Ok(()),
        }
    }
}

/// Sends the event to all destinations of the plan at once, and waits for every one of them.
///
/// # Errors
///
/// Not every destination holds the event.
pub async fn forward<'c>(
    plan: &Plan<'c, '_>,
    destinations: &impl Destinations,
) -> Result<Receipt<'c>, Undelivered<'c>> {
    let sends = plan.subscriptions.iter().map(|subscription| async {
        let result = send(subscription, plan.event, destinations).await;
        (&*subscription.name, result)
    });
    let mut held = Vec::new();
    let mut failed = Vec::new();
    for (subscription, result) in join_all(sends).await {
        match result {
            Ok(()) => held.push(subscription),
            Err(error) => failed.push((subscription, error)),
        }
    }
    if failed.is_empty() {
        Ok(Receipt { subscriptions: held })
    } else {
        Err(Undelivered { held, failed })
    }
}

async fn send(
    subscription: &Subscription,
    event: &CloudEvent<'_>,
    destinations: &impl Destinations,
) -> Result<(), DestinationError> {
    match &subscription.destination {
        Destination::Queue { binding } => destinations.send(binding, event.as_json()).await,
        Destination::Kv { binding, expiration_ttl } => {
            let entry = KvEntry::new(&subscription.name, event, *expiration_ttl);
            destinations.put(binding, &entry).await
        }
    }
}
