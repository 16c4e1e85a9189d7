//! The verdict: whether all that was acknowledged is where it belongs, byte for byte.

use std::collections::HashMap;

use edge::{Receiver, Sink};
use elytra_webhooks::CloudEvent;
use elytra_webhooks::forward::KvEntry;

use crate::say;
use crate::scene::{ARCHIVE, ARCHIVED, KV, QUEUE};
use crate::traffic::{Event, Request, Traffic};

/// How many keys of KV are asked for at a time.
const KEYS_AT_ONCE: usize = 500;

/// How many lost events are shown.
const SHOWN: usize = 10;

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// The events whose request got a 2xx.
    pub(crate) acknowledged: usize,
    /// Those of them that some destination does not hold as they were sent.
    pub(crate) lost: usize,
    /// The messages in the queue beyond the first of each event.
    pub(crate) duplicated: usize,
}

/// The queue's messages of one event.
struct Messages {
    text: String,
    copies: usize,
    /// Whether every copy has the same text.
    agree: bool,
}

/// Looks every acknowledged event up in each destination that wants it.
pub(crate) fn verdict(
    receiver: &Receiver,
    sink: &Sink,
    traffic: &Traffic,
    acknowledged: &[bool],
) -> Verdict {
    let queue = by_event(sink.take_messages(QUEUE));
    let duplicated = queue.values().map(|messages| messages.copies - 1).sum();
    let mut verdict = Verdict { duplicated, ..Verdict::default() };
    let is_acknowledged =
        |request: &Request| acknowledged.get(request.index).copied().unwrap_or_default();
    let mut events =
        traffic.requests().filter(is_acknowledged).flat_map(|request| request.events).peekable();
    while events.peek().is_some() {
        let some: Vec<Event> = events.by_ref().take(KEYS_AT_ONCE).collect();
        verdict.add(&some, &queue, receiver);
    }
    verdict
}

impl Verdict {
    /// Judges some events more.
    fn add(&mut self, events: &[Event], queue: &HashMap<Identity, Messages>, receiver: &Receiver) {
        let parsed: Vec<_> = events.iter().map(|event| parse(&event.text)).collect();
        let belongs_in_kv = |event: &Event| ARCHIVED.contains(&event.event_type);
        let archived = events.iter().zip(&parsed).filter(|(event, _)| belongs_in_kv(event));
        let keys: Vec<_> =
            archived.map(|(_, parsed)| KvEntry::new(ARCHIVE, parsed, None).key).collect();
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        let mut values = receiver.kv_values(KV, &keys).into_iter();

        for (event, parsed) in events.iter().zip(&parsed) {
            let is_queued = queue
                .get(&identity(parsed))
                .is_some_and(|messages| messages.agree && messages.text == event.text);
            let is_archived = !belongs_in_kv(event)
                || values.next().flatten().is_some_and(|value| value == event.text);
            self.acknowledged += 1;
            if is_queued && is_archived {
                continue;
            }
            self.lost += 1;
            if self.lost <= SHOWN {
                say(&format!(
                    "lost (in the queue: {is_queued}, in KV: {is_archived}): {}",
                    event.text
                ));
            }
        }
    }
}

/// The source and the id of an event, which no other event has.
type Identity = (String, String);

fn identity(event: &CloudEvent<'_>) -> Identity {
    (event.source().to_owned(), event.id().to_owned())
}

fn by_event(messages: Vec<String>) -> HashMap<Identity, Messages> {
    let mut events: HashMap<Identity, Messages> = HashMap::new();
    for text in messages {
        let identity = identity(&parse(&text));
        match events.get_mut(&identity) {
            Some(messages) => {
                messages.copies += 1;
                messages.agree &= messages.text == text;
            }
            None => drop(events.insert(identity, Messages { text, copies: 1, agree: true })),
        }
    }
    events
}

fn parse(text: &str) -> CloudEvent<'_> {
    CloudEvent::from_json(text).unwrap_or_else(|error| panic!("no event: {error:?}: {text}"))
}
