//! The verdict: whether everything that was acknowledged is where it belongs, byte for byte.

use std::collections::{BTreeMap, HashMap, HashSet};

use edge::{Receiver, Sink};
use elytra_events::{CloudEvent, Timestamp};
use elytra_webhooks::journal::EventKey;
use elytra_webhooks::ledger::Moment;
use elytra_webhooks::limits::MAX_QUEUE_EVENT_BYTES;
use elytra_webhooks::platform::KvEntry;

use crate::deliveries::{Delivered, is_delivery};
use crate::say;
use crate::scene::{
    ARCHIVE, ARCHIVED, CLAIMS, DELIVERIES, KV, MIRROR, MIRROR_KV, MIRRORED, ORDERED, PREFIX, QUEUE,
    R2, SERVED, SERVICE, VAULT, VAULTED,
};
use crate::traffic::{Event, Request, Traffic};

/// What is missing of an event that is not in the journal.
const JOURNAL: &str = "the journal";

/// How many events are looked up at a time.
const EVENTS_AT_ONCE: usize = 500;

/// How many lost events are shown per destination, and how much of each.
const SHOWN: usize = 3;
const SHOWN_CHARACTERS: usize = 400;

/// The result of a run.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// The events whose request got a 2xx.
    pub(crate) acknowledged: usize,
    /// How many of these some destination does not hold as they were sent.
    pub(crate) lost: usize,
    /// The messages in the queue beyond the first for each event.
    pub(crate) duplicated: usize,
    /// The events that are not in the journal, because the ledger failed. The log says of each that it did.
    pub(crate) not_recorded: usize,
    /// How many events were expected in each place, which shows whether the run covered it.
    places: Places,
    /// How many are missing or different in each place.
    missing: BTreeMap<&'static str, usize>,
}

/// How many events belong in each place besides the queue.
#[derive(Debug, Default)]
struct Places {
    claims: usize,
    archive: usize,
    vault: usize,
    mirror: usize,
    ordered: usize,
    served: usize,
    /// How many in the mirror have been replaced by something newer.
    outdated: usize,
}

/// The contents of the queue, the KV namespaces and the R2 bucket.
struct Destinations<'a> {
    receiver: &'a Receiver,
    traffic: &'a Traffic,
    queue: HashMap<Identity, Messages>,
    delivered: Delivered,
    not_recorded: &'a HashSet<String>,
}

/// Where events can be found.
pub(crate) struct Found<'a> {
    pub(crate) receiver: &'a Receiver,
    pub(crate) sink: &'a Sink,
    /// The messages in the spool.
    pub(crate) spool: &'a [String],
    /// The events that the shop has, or that are dead letters.
    pub(crate) delivered: Delivered,
    /// The ids of the events of which the log says that the ledger failed.
    pub(crate) not_recorded: &'a HashSet<String>,
}

/// The messages of one event in the queue.
struct Messages {
    text: String,
    copies: usize,
    /// Whether all copies have the same text.
    agree: bool,
}

/// Looks up every acknowledged event in each destination that wants it. The spool counts as the
/// queue.
pub(crate) fn verdict(found: Found<'_>, traffic: &Traffic, acknowledged: &[bool]) -> Verdict {
    let Found { receiver, sink, spool, delivered, not_recorded } = found;
    let mut queue = by_event(sink.take_messages(QUEUE));
    let duplicated = queue.values().map(|messages| messages.copies - 1).sum();
    let spool = spool.iter().filter(|text| !is_delivery(text)).cloned();
    for (identity, messages) in by_event(spool.collect()) {
        queue.entry(identity).or_insert(messages);
    }
    let destinations = Destinations { receiver, traffic, queue, delivered, not_recorded };
    let mut verdict = Verdict { duplicated, ..Verdict::default() };
    let is_acknowledged =
        |request: &Request| acknowledged.get(request.index).copied().unwrap_or_default();
    let mut events =
        traffic.requests().filter(is_acknowledged).flat_map(|request| request.events).peekable();
    while events.peek().is_some() {
        let some: Vec<Event> = events.by_ref().take(EVENTS_AT_ONCE).collect();
        verdict.add(&some, &destinations);
    }
    for (place, events) in &verdict.missing {
        say(&format!("{events} events are missing or different in {place}"));
    }
    let Places { claims, archive, vault, mirror, ordered, served, outdated } = verdict.places;
    say(&format!(
        "of the acknowledged events, {claims} were too large for the queue, {archive} belong in KV, \
         {vault} in R2, {ordered} at the shop, {served} at the service, {mirror} in the mirror, where {outdated} have been replaced"
    ));
    verdict
}

impl Verdict {
    /// Judges more events.
    fn add(&mut self, events: &[Event], destinations: &Destinations<'_>) {
        let parsed: Vec<_> = events.iter().map(|event| parse(&event.text)).collect();
        let both = || events.iter().zip(&parsed);
        let messages: Vec<_> = parsed.iter().map(|event| destinations.message(event)).collect();
        let references = both().zip(&messages).map(|((event, parsed), message)| {
            is_large(event).then(|| message.as_deref().and_then(|text| reference(text, parsed)))
        });
        let claims = destinations.look_up(CLAIMS, references);
        let keys = both().map(|(event, parsed)| archive_key(event, parsed).map(Some));
        let archive = destinations.look_up(KV, keys);
        let keys = both().map(|(event, parsed)| vault_key(event, parsed).map(Some));
        let vault = places(keys, |keys| destinations.receiver.r2_bodies(R2, keys));
        let keys = both().map(|(event, parsed)| mirror_key(event, parsed).map(Some));
        let mirror = destinations.look_up(MIRROR_KV, keys);

        let keys: Vec<_> =
            parsed.iter().map(|event| EventKey::of_event(event).as_str().to_owned()).collect();
        let journal = destinations.receiver.journal_has(&keys);

        let values = messages.into_iter().zip(claims).zip(archive).zip(vault).zip(mirror);
        let values = values.zip(journal);
        for ((event, parsed), (((((message, claims), archive), vault), mirror), is_recorded)) in
            both().zip(values)
        {
            let is_here = |value: Option<String>| value.is_some_and(|value| value == event.text);
            let mut missing = Vec::new();
            match claims {
                Place::None if message.as_deref() != Some(&event.text) => missing.push(QUEUE),
                Place::None => {}
                Place::Value(value) => {
                    self.places.claims += 1;
                    if !is_here(value) {
                        missing.push(CLAIMS);
                    }
                }
            }
            if let Place::Value(value) = archive {
                self.places.archive += 1;
                if !is_here(value) {
                    missing.push(KV);
                }
            }
            if let Place::Value(value) = vault {
                self.places.vault += 1;
                if !is_here(value) {
                    missing.push(R2);
                }
            }
            if let Place::Value(value) = mirror {
                self.places.mirror += 1;
                match value {
                    Some(value) if value == event.text => {}
                    Some(value) if destinations.replaces(&value, event, parsed) => {
                        self.places.outdated += 1;
                    }
                    _ => missing.push(MIRROR_KV),
                }
            }
            if ORDERED.contains(&event.event_type) {
                self.places.ordered += 1;
                if !destinations.delivered.ordered.contains(&event.text) {
                    missing.push(DELIVERIES);
                }
            }
            if SERVED.contains(&event.event_type) {
                self.places.served += 1;
                if !destinations.delivered.served.contains(&event.text) {
                    missing.push(SERVICE);
                }
            }
            if !is_recorded && destinations.not_recorded.contains(parsed.id()) {
                self.not_recorded += 1;
            } else if !is_recorded {
                missing.push(JOURNAL);
            }
            self.note(event, &missing);
        }
    }

    fn note(&mut self, event: &Event, missing: &[&'static str]) {
        self.acknowledged += 1;
        self.lost += usize::from(!missing.is_empty());
        for place in missing {
            let missing = self.missing.entry(place).or_default();
            *missing += 1;
            if *missing <= SHOWN {
                let text: String = event.text.chars().take(SHOWN_CHARACTERS).collect();
                say(&format!("missing or different in {place}: {text}"));
            }
        }
    }
}

/// The entry of an event in a destination.
enum Place {
    /// The event does not belong there.
    None,
    /// The event belongs there, and this is its value.
    Value(Option<String>),
}

impl Destinations<'_> {
    /// What the queue has of an event. `None` if its copies differ.
    fn message(&self, event: &CloudEvent<'_>) -> Option<String> {
        let messages = self.queue.get(&identity(event))?;
        messages.agree.then(|| messages.text.clone())
    }

    /// The values of these keys in a namespace.
    fn look_up(
        &self,
        namespace: &str,
        keys: impl Iterator<Item = Option<Option<String>>>,
    ) -> Vec<Place> {
        places(keys, |keys| self.receiver.kv_values(namespace, keys))
    }

    /// Whether this value may have replaced an event in the mirror: it was sent, is about the same
    /// object, and is not older.
    fn replaces(&self, value: &str, event: &Event, parsed: &CloudEvent<'_>) -> bool {
        let Ok(found) = CloudEvent::from_json(value) else { return false };
        let Some(sent) = self.traffic.event(found.id()) else { return false };
        sent.text == value
            && mirror_key(&sent, &found) == mirror_key(event, parsed)
            && moment(&found) >= moment(parsed)
    }
}

/// The values of these keys in a store. Without a key there is no value.
fn places(
    keys: impl Iterator<Item = Option<Option<String>>>,
    look_up: impl FnOnce(&[&str]) -> Vec<Option<String>>,
) -> Vec<Place> {
    let keys: Vec<_> = keys.collect();
    let asked: Vec<_> = keys.iter().flatten().flatten().map(String::as_str).collect();
    let mut values = look_up(&asked).into_iter();
    let place = |key: &Option<_>| match key {
        None => Place::None,
        Some(None) => Place::Value(None),
        Some(Some(_)) => Place::Value(values.next().expect("there is an answer for each key")),
    };
    keys.iter().map(place).collect()
}

fn is_large(event: &Event) -> bool {
    event.text.len() > MAX_QUEUE_EVENT_BYTES
}

/// The key in `CLAIMS` that the message of a large event refers to, if it is that event without its
/// data.
fn reference(message: &str, event: &CloudEvent<'_>) -> Option<String> {
    let message = parse(message);
    let has_same_attributes = message.specversion() == event.specversion()
        && message.id() == event.id()
        && message.source() == event.source()
        && message.type_() == event.type_()
        && message.subject() == event.subject()
        && message.datacontenttype() == event.datacontenttype()
        && message.time().map(Timestamp::as_str) == event.time().map(Timestamp::as_str)
        && message.extensions().filter(|(name, _)| *name != "dataref").eq(event.extensions());
    let dataref = message.dataref().filter(|dataref| dataref.binding == CLAIMS)?;
    (has_same_attributes && message.data().is_none()).then(|| dataref.key.to_owned())
}

fn archive_key(event: &Event, parsed: &CloudEvent<'_>) -> Option<String> {
    let entry = ARCHIVED.contains(&event.event_type).then(|| KvEntry::new(ARCHIVE, parsed, None));
    entry.map(|entry| entry.key)
}

fn vault_key(event: &Event, parsed: &CloudEvent<'_>) -> Option<String> {
    let path =
        VAULTED.contains(&event.event_type).then(|| KvEntry::new(VAULT, parsed, None).key)?;
    let moment = moment(parsed).to_rfc3339();
    let (date, _) = moment.split_once('T').expect("a time follows the date");
    Some(format!("{PREFIX}{date}/{path}"))
}

/// An event whose data names no object is not mirrored.
fn mirror_key(event: &Event, parsed: &CloudEvent<'_>) -> Option<String> {
    let entry = || KvEntry::of_object(MIRROR, parsed, Moment::MIN, None, 0);
    MIRRORED.contains(&event.event_type).then(entry).flatten().map(|entry| entry.key)
}

fn moment(event: &CloudEvent<'_>) -> Moment {
    Moment::from(event.time().expect("every event here has a time"))
}

/// The source and id of an event, which identify it.
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
