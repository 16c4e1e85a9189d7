//! Queues: as few calls as their limits allow, a second try, and the spool for what they refuse.

use std::borrow::Cow;
use std::collections::BTreeMap;

use elytra_events::CloudEvent;

use super::{Done, Step};
use crate::config::Config;
use crate::kv_entry::spool_key;
use crate::large::LargeEvent;
use crate::limits::{CLAIMS, SPOOL};
use crate::message::DeliveryMessage;
use crate::plan::{Plan, Progress};
use crate::platform::{BindingError, KvEntry, KvMetadata, Platform, within};
use crate::send_batch::divide;
use crate::subscription::Destination;

/// After how many milliseconds a queue that failed is tried once more.
pub const SEND_AGAIN_MS: u64 = 100;

/// A message, for all deliveries of an event that it makes: two subscriptions with one queue get it
/// once, but each webhook has its own.
pub(super) struct Message<'p> {
    /// The place of its event.
    place: usize,
    event: &'p CloudEvent<'p>,
    /// The line that a delivery begins with; empty where the event is all that is sent.
    line: String,
    /// The event as it is sent.
    text: &'p str,
    /// Whether the event must be stored first.
    is_reference: bool,
    deliveries: Vec<usize>,
}

impl Message<'_> {
    fn bytes(&self) -> usize {
        self.line.len() + self.text.len()
    }

    /// The whole message. It is made for a call and no longer kept than that: a hundred webhooks that
    /// want an event are no reason to hold it a hundred times.
    fn text(&self) -> Cow<'_, str> {
        if self.line.is_empty() {
            Cow::Borrowed(self.text)
        } else {
            Cow::Owned([&self.line, self.text].concat())
        }
    }
}

/// What brings the events to their queues: the large ones are stored first.
pub(super) fn steps<'p>(plan: &'p Plan<'_, '_>, now: u64) -> Vec<Step<'p>> {
    let mut steps = Vec::new();
    let mut queues: BTreeMap<&str, Vec<Message<'_>>> = BTreeMap::new();
    let mut large: BTreeMap<usize, Vec<(&str, Message<'_>)>> = BTreeMap::new();
    for (queue, message) in messages(plan, now) {
        if message.is_reference {
            large.entry(message.place).or_default().push((queue, message));
        } else {
            queues.entry(queue).or_default().push(message);
        }
    }
    for (event, messages) in large {
        steps.extend(plan.large_events.get(&event).map(|large| Step::Store(large, messages)));
    }
    for (queue, messages) in queues {
        let calls = divide(messages, Message::bytes);
        steps.extend(calls.into_iter().map(|messages| Step::Send(queue, messages)));
    }
    steps
}

/// The messages that are planned, each with its queue.
fn messages<'p>(plan: &'p Plan<'_, '_>, now: u64) -> Vec<(&'p str, Message<'p>)> {
    let mut messages: Vec<(&str, Message<'_>)> = Vec::new();
    for (delivery_place, delivery) in plan.planned() {
        let destination = &delivery.subscription.destination;
        let Some((queue, limit)) = destination.queue() else { continue };
        let Some(event) = plan.events.get(delivery.event) else { continue };
        let is_webhook = matches!(destination, Destination::Webhook(_));
        let same = messages.iter_mut().rev().take_while(|(_, other)| other.place == delivery.event);
        let same = same.filter(|(other, _)| *other == queue && !is_webhook);
        if let Some((_, message)) = same.last() {
            message.deliveries.push(delivery_place);
            continue;
        }
        let large = plan.large_events.get(&delivery.event);
        let large = large.filter(|_| event.as_json().len() > limit);
        let text = large.map_or_else(|| event.as_json(), |large| &large.message);
        let line = if is_webhook {
            let subscription = Cow::Borrowed(&*delivery.subscription.name);
            DeliveryMessage { subscription, accepted_at: now, ..DeliveryMessage::default() }
                .print("")
        } else {
            String::new()
        };
        let message = Message {
            place: delivery.event,
            event,
            line,
            text,
            is_reference: large.is_some(),
            deliveries: vec![delivery_place],
        };
        messages.push((queue, message));
    }
    messages
}

/// Stores a large event; then the messages that refer to it can be sent.
pub(super) async fn store<'p>(
    large: &LargeEvent<'_>,
    messages: Vec<(&'p str, Message<'p>)>,
    platform: &impl Platform,
) -> Done<'p> {
    match platform.put(CLAIMS, &large.entry).await {
        Ok(()) => {
            let send = |(queue, message)| Step::Send(queue, vec![message]);
            Done { progress: Vec::new(), next: messages.into_iter().map(send).collect() }
        }
        Err(error) => {
            let error = BindingError(format!("{CLAIMS}: {error}"));
            let deliveries: Vec<_> =
                messages.into_iter().flat_map(|(_, message)| message.deliveries).collect();
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
    let texts: Vec<_> = messages.iter().map(Message::text).collect();
    let texts: Vec<_> = texts.iter().map(|text| &**text).collect();
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
    let text = message.text();
    let entry = KvEntry {
        key: spool_key(queue, platform.now(), &text),
        value: &text,
        metadata: KvMetadata::of_digest(message.event),
        expiration_ttl: None,
    };
    let progress = match platform.put(SPOOL, &entry).await {
        Ok(()) => Progress::Spooled(why),
        Err(error) => Progress::Failed(BindingError(format!("{why}; {SPOOL}: {error}"))),
    };
    Done::all(&message.deliveries, &progress)
}
