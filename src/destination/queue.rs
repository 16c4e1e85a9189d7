//! A Cloudflare Queue: as few calls as its limits allow, a second try, and the spool for what it refuses.

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

/// After how many milliseconds a queue that failed is tried once more.
pub const SEND_AGAIN_MS: u64 = 100;

/// An example of the field.
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

    /// What the ledger calls it: for all subscriptions the same.
    pub(super) fn holder(&self) -> String {
        format!("queue/{}", self.binding)
    }

    /// The message of an event: the event alone.
    pub(super) fn message<'p>(&'p self, dispatch: &'p Dispatch<'p, 'p>) -> QueueMessage<'p> {
        QueueMessage::new(&self.binding, String::new(), dispatch)
    }
}

/// A message, for all dispatches of an event that it makes: two subscriptions with one queue get it
/// once, but what begins with a line of its own is a message of its own.
pub(crate) struct QueueMessage<'p> {
    /// The binding of its queue.
    queue: &'p str,
    /// The line that it begins with; empty where the event is all that is sent.
    line: String,
    /// What it is made of; there is at least one.
    first: &'p Dispatch<'p, 'p>,
    /// The others that it makes.
    others: Vec<&'p Dispatch<'p, 'p>>,
}

impl<'p> QueueMessage<'p> {
    /// The message that makes this dispatch.
    pub(super) fn new(queue: &'p str, line: String, dispatch: &'p Dispatch<'p, 'p>) -> Self {
        Self { queue, line, first: dispatch, others: Vec::new() }
    }

    /// The event as it is sent: without its data, where these are stored beside.
    fn event(&self) -> &'p str {
        match &self.first.large {
            Some(large) => &large.message,
            None => self.first.event.as_json(),
        }
    }

    fn bytes(&self) -> usize {
        self.line.len() + self.event().len()
    }

    /// The whole message. It is made for a call and no longer kept than that: a hundred webhooks that
    /// want an event are no reason to hold it a hundred times.
    fn text(&self) -> Cow<'p, str> {
        if self.line.is_empty() {
            Cow::Borrowed(self.event())
        } else {
            Cow::Owned([&self.line, self.event()].concat())
        }
    }

    /// Whether it is the same as the message of another dispatch.
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

/// One call of a queue, or of what stands beside it.
pub(crate) enum QueueStep<'p> {
    /// Stores an event that is too large for its queues, and then sends these messages.
    Store(Rc<LargeEvent<'p>>, Vec<QueueMessage<'p>>),
    /// Sends messages to a queue.
    Send(&'p str, Vec<QueueMessage<'p>>),
    /// Spools a message that its queue did not take.
    Spool(QueueMessage<'p>, BindingError),
}

/// What brings messages to their queues: the large ones are stored first. They come in the order of their
/// events.
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

/// The messages, each once.
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
    /// Takes the step, and tells which it leads to.
    pub(super) async fn take(self, sending: &Sending, platform: &impl Platform) -> Vec<Self> {
        match self {
            Self::Store(large, messages) => store(&large, messages, platform).await,
            Self::Send(queue, messages) => send(queue, messages, sending, platform).await,
            Self::Spool(message, why) => {
                spool(&message, why, platform).await;
                Vec::new()
            }
        }
    }

    /// How many bytes of an event it stores.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Store(large, _) => large.entry.value.len(),
            Self::Send(..) | Self::Spool(..) => 0,
        }
    }
}

/// Stores a large event; then the messages that refer to it can be sent.
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

/// Sends messages, and tries once more if that fails. Where there is a spool, the queue has a
/// quarter of the time, so that there is enough left to spool what it does not take.
async fn send<'p>(
    queue: &'p str,
    messages: Vec<QueueMessage<'p>>,
    sending: &Sending,
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
