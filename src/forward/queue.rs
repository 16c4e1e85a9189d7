//! Queues: as few calls as their limits allow, a second try, and the spool for what they refuse.

use std::collections::BTreeMap;

use super::{Done, KvEntry, KvMetadata, Step};
use crate::cloudevents::CloudEvent;
use crate::config::{CLAIMS, Config, SPOOL};
use crate::ledger::Key;
use crate::plan::{Plan, Progress};
use crate::platform::{BindingError, Platform, within};
use crate::spool::spool_key;
use crate::subscription::Destination;

/// The largest event a queue takes, in bytes of its JSON: Cloudflare's limit of 128 KB for a
/// message, counted in thousands, less the 100 bytes it counts for its own metadata.
pub const MAX_QUEUE_EVENT_BYTES: usize = 128_000 - QUEUE_METADATA_BYTES;

/// What Cloudflare counts for a message beside its body, in bytes.
const QUEUE_METADATA_BYTES: usize = 100;

/// How many messages `sendBatch` takes.
pub const MAX_SEND_BATCH_MESSAGES: usize = 100;

/// How many bytes of messages `sendBatch` takes, counted as for a single one.
pub const MAX_SEND_BATCH_BYTES: usize = 256_000;

/// After how many milliseconds a queue that failed is tried once more.
pub const SEND_AGAIN_MS: u64 = 100;

/// A message, for all deliveries of an event to a queue: two subscriptions with one queue get it
/// once.
pub(super) struct Message<'p> {
    event: &'p CloudEvent<'p>,
    text: &'p str,
    deliveries: Vec<usize>,
}

/// What brings the events to their queues.
pub(super) fn steps<'p>(plan: &'p Plan<'_, '_>) -> Vec<Step<'p>> {
    let mut steps: Vec<_> = plan
        .large_events
        .keys()
        .filter(|event| is_planned(plan, **event))
        .map(|event| Step::Store(*event))
        .collect();
    for (queue, messages) in messages(plan, |event| !plan.large_events.contains_key(&event)) {
        let calls = divide(messages, |message| message.text.len());
        steps.extend(calls.into_iter().map(|messages| Step::Send(queue, messages)));
    }
    steps
}

/// Whether a queue still waits for the event.
fn is_planned(plan: &Plan<'_, '_>, event: usize) -> bool {
    let is_queue = |destination: &_| matches!(destination, Destination::Queue { .. });
    plan.planned().any(|(_, delivery)| {
        delivery.event == event && is_queue(&delivery.subscription.destination)
    })
}

/// The messages of these events that are planned, by their queues.
fn messages<'p>(
    plan: &'p Plan<'_, '_>,
    is_among: impl Fn(usize) -> bool,
) -> BTreeMap<&'p str, Vec<Message<'p>>> {
    let mut queues: BTreeMap<&str, Vec<(usize, Message<'_>)>> = BTreeMap::new();
    for (place, delivery) in plan.planned().filter(|(_, delivery)| is_among(delivery.event)) {
        let Destination::Queue { binding } = &delivery.subscription.destination else { continue };
        let Some(event) = plan.events.get(delivery.event) else { continue };
        let messages = queues.entry(binding).or_default();
        match messages.last_mut() {
            Some((last, message)) if *last == delivery.event => message.deliveries.push(place),
            _ => {
                let large = plan.large_events.get(&delivery.event);
                let text = large.map_or_else(|| event.as_json(), |large| &large.message);
                messages.push((delivery.event, Message { event, text, deliveries: vec![place] }));
            }
        }
    }
    let without_place = |messages: Vec<(usize, Message<'p>)>| messages.into_iter().map(|(_, m)| m);
    queues.into_iter().map(|(queue, messages)| (queue, without_place(messages).collect())).collect()
}

/// Divides messages among as few calls as the limits of `sendBatch` allow, in their order.
pub(crate) fn divide<T>(messages: Vec<T>, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut calls: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = bytes_of(&message) + QUEUE_METADATA_BYTES;
        bytes += size;
        match calls.last_mut() {
            Some(call) if call.len() < MAX_SEND_BATCH_MESSAGES && bytes <= MAX_SEND_BATCH_BYTES => {
                call.push(message);
            }
            _ => {
                calls.push(vec![message]);
                bytes = size;
            }
        }
    }
    calls
}

/// Stores a large event; then the message that refers to it can be sent.
pub(super) async fn store<'p>(
    event: usize,
    plan: &'p Plan<'_, '_>,
    platform: &impl Platform,
) -> Done<'p> {
    let messages = messages(plan, |other| other == event);
    let Some(large) = plan.large_events.get(&event) else { return Done::default() };
    match platform.put(CLAIMS, &large.entry).await {
        Ok(()) => {
            let send = |(queue, messages)| Step::Send(queue, messages);
            Done { progress: Vec::new(), next: messages.into_iter().map(send).collect() }
        }
        Err(error) => {
            let error = BindingError(format!("{CLAIMS}: {error}"));
            let deliveries: Vec<_> =
                messages.into_values().flatten().flat_map(|message| message.deliveries).collect();
            Done::all(&deliveries, &Progress::Failed(error))
        }
    }
}

/// Sends messages, and tries once more if that fails. Where there is a spool, the queue has a
/// quarter of the time, so that there is enough left to spool what it does not take.
pub(super) async fn send<'p>(
    queue: &'p str,
    messages: Vec<Message<'p>>,
    config: &Config,
    platform: &impl Platform,
) -> Done<'p> {
    let texts: Vec<_> = messages.iter().map(|message| message.text).collect();
    let twice = async {
        if platform.send(queue, &texts).await.is_ok() {
            return Ok(());
        }
        platform.sleep(SEND_AGAIN_MS).await;
        platform.send(queue, &texts).await
    };
    let sent = if config.has_spool {
        within(platform, config.time_budget_ms / 4, twice).await
    } else {
        twice.await
    };
    match sent {
        Err(error) if config.has_spool => {
            let spool = |message| Step::Spool(queue, message, error.clone());
            Done { progress: Vec::new(), next: messages.into_iter().map(spool).collect() }
        }
        sent => {
            let progress = sent.map_or_else(Progress::Failed, |()| Progress::Held);
            let deliveries: Vec<_> = messages.into_iter().flat_map(|m| m.deliveries).collect();
            Done::all(&deliveries, &progress)
        }
    }
}

/// Spools a message that its queue did not take.
pub(super) async fn spool<'p>(
    queue: &str,
    message: &Message<'_>,
    why: BindingError,
    platform: &impl Platform,
) -> Done<'p> {
    let entry = KvEntry {
        key: spool_key(queue, platform.now(), &Key::of_event(message.event)),
        value: message.text,
        metadata: KvMetadata::of_digest(message.event),
        expiration_ttl: None,
    };
    let progress = match platform.put(SPOOL, &entry).await {
        Ok(()) => Progress::Spooled(why),
        Err(error) => Progress::Failed(BindingError(format!("{why}; {SPOOL}: {error}"))),
    };
    Done::all(&message.deliveries, &progress)
}
