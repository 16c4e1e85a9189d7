//! A Cloudflare Queue. Messages are sent in as few calls as its limits allow, each call is retried once, and
//! messages that still fail are spooled.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::send_batch::divide;
use super::{Sending, check_reserved};
use crate::dispatch::{Dispatch, Progress};
use crate::kv_entry::spool_key;
use crate::large::LargeEvent;
use crate::limits::{CLAIMS, SPOOL};
use crate::platform::{BindingError, KvEntry, KvMetadata, Platform, within};
use crate::vars::{BindingKind, Bindings, Mistakes, Table, look_up};

/// After how many milliseconds a failed call to a queue is retried.
pub const SEND_AGAIN_MS: u64 = 100;

/// An example value for the field.
pub(super) const EXAMPLE: &str = "\"<binding>\"";

/// A Cloudflare Queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDestination {
    /// The binding's name.
    pub binding: String,
}

impl QueueDestination {
    /// Reads `queue`.
    pub(super) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let path = table.path_of("queue");
        let binding = table.string("queue", mistakes)?;
        check_reserved(&path, &binding, mistakes);
        let binding = look_up(path, binding, BindingKind::Queue, bindings, mistakes)?;
        Some(Self { binding })
    }

    /// Its [`holder`](super::Destination::holder), which all its subscriptions share.
    pub(super) fn holder(&self) -> String {
        format!("queue/{}", self.binding)
    }

    /// The message for an event, which contains only the event.
    pub(super) fn message<'p>(&'p self, dispatch: &'p Dispatch<'p, 'p>) -> QueueMessage<'p> {
        QueueMessage::new(&self.binding, String::new(), dispatch)
    }
}

/// A message, with the dispatches that it completes. If two subscriptions have the same queue, it gets an
/// event once. A message that begins with a line of its own is never shared.
pub(crate) struct QueueMessage<'p> {
    /// The binding of the queue.
    queue: &'p str,
    /// The line that the message begins with. It is empty if the message contains only the event.
    line: String,
    /// The first dispatch, which the message is made from.
    first: &'p Dispatch<'p, 'p>,
    /// The other dispatches that the message completes.
    others: Vec<&'p Dispatch<'p, 'p>>,
}

impl<'p> QueueMessage<'p> {
    /// The message for a dispatch.
    pub(super) fn new(queue: &'p str, line: String, dispatch: &'p Dispatch<'p, 'p>) -> Self {
        Self { queue, line, first: dispatch, others: Vec::new() }
    }

    /// The event as it is sent: without its data, if the event is stored in `CLAIMS`.
    fn event(&self) -> &'p str {
        match &self.first.large {
            Some(large) => &large.message,
            None => self.first.event.as_json(),
        }
    }

    fn bytes(&self) -> usize {
        self.line.len() + self.event().len()
    }

    /// The whole message. It exists only during a call, so that an event that a hundred HTTP destinations want
    /// is not in memory a hundred times.
    fn text(&self) -> Cow<'p, str> {
        if self.line.is_empty() {
            Cow::Borrowed(self.event())
        } else {
            Cow::Owned([&self.line, self.event()].concat())
        }
    }

    /// Whether another message has the same content and queue.
    fn is_same(&self, other: &Self) -> bool {
        self.line.is_empty()
            && other.line.is_empty()
            && self.queue == other.queue
            && self.first.index == other.first.index
    }

    fn note(&self, progress: &Progress) {
        for dispatch in [self.first].iter().chain(&self.others) {
            dispatch.note(progress.clone());
        }
    }
}

/// One call to a queue, to `CLAIMS` or to the spool.
pub(crate) enum QueueStep<'p> {
    /// Stores an event that is too large for its queues. Sending these messages follows.
    Store(Rc<LargeEvent<'p>>, Vec<QueueMessage<'p>>),
    /// Sends messages to a queue.
    Send(&'p str, Vec<QueueMessage<'p>>),
    /// Spools a message that its queue did not take.
    Spool(QueueMessage<'p>, BindingError),
}

/// The steps that bring messages, which are in the order of their events, to their queues. Large events are
/// stored first.
pub(super) fn steps(messages: Vec<QueueMessage<'_>>) -> Vec<QueueStep<'_>> {
    let mut queues: BTreeMap<&str, Vec<QueueMessage<'_>>> = BTreeMap::new();
    let mut large: BTreeMap<usize, (Rc<LargeEvent<'_>>, Vec<QueueMessage<'_>>)> = BTreeMap::new();
    for message in joined(messages) {
        match &message.first.large {
            Some(event) => {
                let event = Rc::clone(event);
                let stored = large.entry(message.first.index);
                stored.or_insert_with(|| (event, Vec::new())).1.push(message);
            }
            None => queues.entry(message.queue).or_default().push(message),
        }
    }
    let store = large.into_values().map(|(event, messages)| QueueStep::Store(event, messages));
    let send = queues.into_iter().flat_map(|(queue, messages)| {
        let calls = divide(messages, QueueMessage::bytes);
        calls.into_iter().map(move |messages| QueueStep::Send(queue, messages))
    });
    store.chain(send).collect()
}

/// Joins messages that are the same.
fn joined(messages: Vec<QueueMessage<'_>>) -> Vec<QueueMessage<'_>> {
    let mut joined: Vec<QueueMessage<'_>> = Vec::with_capacity(messages.len());
    for message in messages {
        let mut of_same_event =
            joined.iter_mut().rev().take_while(|other| other.first.index == message.first.index);
        match of_same_event.find(|other| other.is_same(&message)) {
            Some(same) => same.others.push(message.first),
            None => joined.push(message),
        }
    }
    joined
}

impl QueueStep<'_> {
    /// Takes the step, and returns the steps that must follow.
    pub(super) async fn take(self, sending: &Sending<'_>, platform: &impl Platform) -> Vec<Self> {
        match self {
            Self::Store(large, messages) => store(&large, messages, platform).await,
            Self::Send(queue, messages) => send(queue, messages, sending, platform).await,
            Self::Spool(message, why) => {
                spool(&message, why, platform).await;
                Vec::new()
            }
        }
    }

    /// The size of the event that the step stores, in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Store(large, _) => large.entry.value.len(),
            Self::Send(..) | Self::Spool(..) => 0,
        }
    }
}

/// Stores a large event. The messages that refer to it follow.
async fn store<'p>(
    large: &LargeEvent<'_>,
    messages: Vec<QueueMessage<'p>>,
    platform: &impl Platform,
) -> Vec<QueueStep<'p>> {
    match platform.put(CLAIMS, &large.entry).await {
        Ok(()) => {
            let messages = messages.into_iter();
            messages.map(|message| QueueStep::Send(message.queue, vec![message])).collect()
        }
        Err(error) => {
            let failed = Progress::Failed(BindingError(format!("{CLAIMS}: {error}")));
            for message in &messages {
                message.note(&failed);
            }
            Vec::new()
        }
    }
}

/// Sends messages, and retries once if that fails. If there is a spool, the queue gets a quarter of the time
/// budget, so that enough time is left to spool the messages.
async fn send<'p>(
    queue: &'p str,
    messages: Vec<QueueMessage<'p>>,
    sending: &Sending<'_>,
    platform: &impl Platform,
) -> Vec<QueueStep<'p>> {
    let texts: Vec<_> = messages.iter().map(QueueMessage::text).collect();
    let texts: Vec<_> = texts.iter().map(|text| &**text).collect();
    let twice = async {
        if platform.send(queue, &texts).await.is_ok() {
            return Ok(());
        }
        platform.sleep(SEND_AGAIN_MS).await;
        platform.send(queue, &texts).await
    };
    let sent = if sending.has_spool {
        within(platform, sending.times.time_budget_ms / 4, twice).await
    } else {
        twice.await
    };
    match sent {
        Err(error) if sending.has_spool => {
            let messages = messages.into_iter();
            messages.map(|message| QueueStep::Spool(message, error.clone())).collect()
        }
        sent => {
            let progress = sent.map_or_else(Progress::Failed, |()| Progress::Held);
            for message in &messages {
                message.note(&progress);
            }
            Vec::new()
        }
    }
}

/// Spools a message that its queue did not take.
async fn spool(message: &QueueMessage<'_>, why: BindingError, platform: &impl Platform) {
    let text = message.text();
    let entry = KvEntry {
        key: spool_key(message.queue, platform.now(), &text),
        value: &text,
        metadata: KvMetadata::of_digest(message.first.event),
        expiration_ttl: None,
    };
    message.note(&match platform.put(SPOOL, &entry).await {
        Ok(()) => Progress::Spooled(why),
        Err(error) => Progress::Failed(BindingError(format!("{why}; {SPOOL}: {error}"))),
    });
}
