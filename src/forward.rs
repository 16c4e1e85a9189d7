//! Which subscriptions get which events, and the sending itself.

mod kv;

use std::fmt;
use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

pub use kv::{KvEntry, KvMetadata, MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES, MAX_KV_VALUE_BYTES};

use crate::cloudevents::{CloudEvent, Mode};
use crate::subscription::{Destination, Mismatch, Subscription};

/// The largest event a queue takes, in bytes of its JSON: Cloudflare's limit of 128 KB for a
/// message, counted in thousands, less the 100 bytes it counts for its own metadata.
pub const MAX_QUEUE_EVENT_BYTES: usize = 128_000 - QUEUE_METADATA_BYTES;

/// What Cloudflare counts for a message beside its body, in bytes.
const QUEUE_METADATA_BYTES: usize = 100;

/// How many messages `sendBatch` takes.
pub const MAX_SEND_BATCH_MESSAGES: usize = 100;

/// How many bytes of messages `sendBatch` takes, counted as for a single one.
pub const MAX_SEND_BATCH_BYTES: usize = 256_000;

/// What holds events: the Worker's bindings, by their names.
///
/// A success means that the events are held durably; nothing is acknowledged before.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Destinations {
    /// Sends messages, texts, to the queue of this binding: all of them, or none. They are within
    /// [`MAX_SEND_BATCH_MESSAGES`] and [`MAX_SEND_BATCH_BYTES`].
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), DestinationError>;

    /// Writes a key in the KV namespace of this binding.
    async fn put(&self, namespace: &str, entry: &KvEntry<'_>) -> Result<(), DestinationError>;
}

/// A destination did not take an event; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationError(pub String);

/// The events of a request, each with the subscriptions that want it.
#[derive(Debug)]
pub struct Plan<'c, 'e> {
    events: &'e [CloudEvent<'e>],
    /// Each subscription with the events it wants, by their places among the events.
    wanted: Vec<(&'c Subscription, Vec<usize>)>,
    /// For each event the subscriptions that do not want it.
    unwanted: Vec<Vec<(&'c str, Mismatch)>>,
}

/// A destination can never take this event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTooLarge<'c> {
    /// The event's place in the batch; `None` where it came alone.
    pub index: Option<usize>,
    /// The subscription whose destination it is.
    pub subscription: &'c str,
    /// The event's size, in bytes of JSON.
    pub bytes: usize,
    /// The most the destination takes, in the same.
    pub limit: usize,
}

/// What became of an event, told by the names of the subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate<'c> {
    /// Their destinations hold it.
    pub held: Vec<&'c str>,
    /// Their destinations failed, each with the reason.
    pub failed: Vec<(&'c str, DestinationError)>,
    /// They do not want it, each with the reason.
    pub unwanted: Vec<(&'c str, Mismatch)>,
}

impl fmt::Display for EventTooLarge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, subscription, bytes, limit } = self;
        match index {
            Some(index) => write!(f, "event {index} of the batch")?,
            None => f.write_str("the event")?,
        }
        write!(f, " has {bytes} bytes, but the destination of {subscription:?} takes {limit}")
    }
}

impl Fate<'_> {
    /// The stable code of it, as it stands in answers and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if !self.failed.is_empty() {
            "undelivered"
        } else if self.is_ignored() {
            "ignored"
        } else {
            "accepted"
        }
    }

    /// Whether no subscription wants the event.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        self.held.is_empty() && self.failed.is_empty()
    }
}

impl<'c, 'e> Plan<'c, 'e> {
    /// Finds the subscriptions that want each event.
    #[must_use]
    pub fn new(subscriptions: &'c [Subscription], events: &'e [CloudEvent<'e>]) -> Self {
        let mut wanted: Vec<_> =
            subscriptions.iter().map(|subscription| (subscription, Vec::new())).collect();
        let mut unwanted = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            let mut mismatches = Vec::new();
            for (subscription, wanted) in &mut wanted {
                match subscription.wants(event) {
                    Ok(()) => wanted.push(index),
                    Err(mismatch) => mismatches.push((&*subscription.name, mismatch)),
                }
            }
            unwanted.push(mismatches);
        }
        Self { events, wanted, unwanted }
    }

    /// Checks that every destination can take each of its events.
    ///
    /// # Errors
    ///
    /// All events that some destination never can take, however often it is tried.
    pub fn check_sizes(&self, mode: Mode) -> Result<(), Vec<EventTooLarge<'c>>> {
        let mut too_large = Vec::new();
        for (subscription, events) in &self.wanted {
            let limit = match subscription.destination {
                Destination::Queue { .. } => MAX_QUEUE_EVENT_BYTES,
                Destination::Kv { .. } => MAX_KV_VALUE_BYTES,
            };
            let over_limit = self.texts(events).filter(|(_, text)| text.len() > limit);
            too_large.extend(over_limit.map(|(index, text)| EventTooLarge {
                index: (mode == Mode::Batch).then_some(index),
                subscription: &subscription.name,
                bytes: text.len(),
                limit,
            }));
        }
        if too_large.is_empty() { Ok(()) } else { Err(too_large) }
    }

    /// The JSON of these events, each with its place.
    fn texts(&self, events: &[usize]) -> impl Iterator<Item = (usize, &'e str)> {
        events.iter().filter_map(|index| Some((*index, self.events.get(*index)?.as_json())))
    }

    /// The calls that bring every event to where it is wanted.
    fn shipments(&self) -> Vec<Shipment<'c>> {
        let mut shipments = Vec::new();
        for (subscription, events) in &self.wanted {
            let divided = match subscription.destination {
                Destination::Queue { .. } => divide(self.texts(events)),
                Destination::Kv { .. } => events.iter().map(|index| vec![*index]).collect(),
            };
            shipments.extend(divided.into_iter().map(|events| Shipment { subscription, events }));
        }
        shipments
    }
}

/// The events, by their places, that go to the destination of a subscription in one call.
struct Shipment<'c> {
    subscription: &'c Subscription,
    events: Vec<usize>,
}

/// Divides the messages of a queue among as few calls as its limits allow.
fn divide<'e>(texts: impl Iterator<Item = (usize, &'e str)>) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for (index, text) in texts {
        let size = text.len() + QUEUE_METADATA_BYTES;
        bytes += size;
        match batches.last_mut() {
            Some(batch)
                if batch.len() < MAX_SEND_BATCH_MESSAGES && bytes <= MAX_SEND_BATCH_BYTES =>
            {
                batch.push(index);
            }
            _ => {
                batches.push(vec![index]);
                bytes = size;
            }
        }
    }
    batches
}

/// Sends the events to all destinations of the plan at once, and waits for every one of them until
/// the time is up: a destination that has not answered by then has failed. What became of each
/// event is told in the events' order.
pub async fn forward<'c>(
    plan: &Plan<'c, '_>,
    destinations: &impl Destinations,
    time_is_up: impl Future<Output = ()>,
) -> Vec<Fate<'c>> {
    let shipments = plan.shipments();
    let no_answer = || Err(DestinationError("no answer before the time was up".to_owned()));
    let mut results: Vec<_> = shipments.iter().map(|_| no_answer()).collect();
    let mut sends: FuturesUnordered<_> = shipments
        .iter()
        .zip(&mut results)
        .map(|(shipment, result)| async {
            *result = ship(shipment, plan, destinations).await;
        })
        .collect();
    let mut time_is_up = pin!(time_is_up);
    while let Either::Left((Some(()), _)) = select(sends.next(), &mut time_is_up).await {}
    drop(sends);

    let fates = plan.unwanted.iter();
    let mut fates: Vec<_> =
        fates.map(|unwanted| Fate { unwanted: unwanted.clone(), ..Fate::default() }).collect();
    for (Shipment { subscription, events }, result) in shipments.iter().zip(results) {
        for index in events {
            let Some(fate) = fates.get_mut(*index) else { continue };
            match &result {
                Ok(()) => fate.held.push(&subscription.name),
                Err(error) => fate.failed.push((&subscription.name, error.clone())),
            }
        }
    }
    fates
}

async fn ship(
    Shipment { subscription, events }: &Shipment<'_>,
    plan: &Plan<'_, '_>,
    destinations: &impl Destinations,
) -> Result<(), DestinationError> {
    match &subscription.destination {
        Destination::Queue { binding } => {
            let messages: Vec<_> = plan.texts(events).map(|(_, text)| text).collect();
            destinations.send(binding, &messages).await
        }
        Destination::Kv { binding, expiration_ttl } => {
            for event in events.iter().filter_map(|index| plan.events.get(*index)) {
                let entry = KvEntry::new(&subscription.name, event, *expiration_ttl);
                destinations.put(binding, &entry).await?;
            }
            Ok(())
        }
    }
}
