//! Where a subscription's events go. Each kind of destination has a file, which reads its configuration table
//! and forwards events to it.
//!
//! Whatever differs between the kinds is decided here, with a `match` over all of them.

mod call;
mod http;
mod kv;
mod object;
mod queue;
mod r2;
mod retry;
mod send_batch;
mod service;

pub use call::{CallMethod, CallSettings, Callee, ContentMode, TIMEOUT_MS};
pub use http::HttpDestination;
pub use kv::{KeyOf, KvDestination};
pub use object::{
    BUSY_MS, DEFAULT_TOMBSTONE_TTL, ObjectDestination, PUT_AGAIN_MS, PUT_TRIES,
    REMEMBER_OBJECTS_MS, STORED_AHEAD_MS,
};
pub use queue::{QueueDestination, SEND_AGAIN_MS};
pub use r2::{MAX_PREFIX_BYTES, R2Destination};
pub use retry::RetryPolicy;
pub(crate) use send_batch::divide;
pub use service::{DEFAULT_PATH, ServiceDestination};

use crate::dispatch::Dispatch;
use crate::ledger::Moment;
use crate::limits::{
    CLAIMS, DEAD, DEAD_LETTERS, DELIVERIES, MAX_DELIVERY_EVENT_BYTES, MAX_KV_VALUE_BYTES,
    MAX_QUEUE_EVENT_BYTES, MAX_WEBHOOK_EVENT_BYTES, SPOOL,
};
use crate::platform::Platform;
use crate::times::Times;
use crate::vars::{Bindings, Mistake, Mistakes, Table};
use elytra_events::{CloudEvent, Known as _, names};

/// Where a subscription's events go: one of the Worker's bindings, or a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// A Cloudflare Queue.
    Queue(QueueDestination),
    /// A KV namespace with a key for each event.
    Kv(KvDestination),
    /// A KV namespace with a key for each object.
    Object(ObjectDestination),
    /// An R2 bucket with one object per event.
    R2(R2Destination),
    /// An HTTP server.
    Http(HttpDestination),
    /// Another Worker of the account.
    Service(ServiceDestination),
}

names! {
    /// The fields with which a subscription names its destination.
    pub enum DestinationField {
        Queue = "queue",
        Kv = "kv",
        R2 = "r2",
        Webhook = "webhook",
        Service = "service",
    }
}

/// How large an event for a destination may be, in bytes of its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// The largest event that the destination can receive at all.
    pub(crate) most: usize,
    /// The largest event that fits in the queue message that carries it. A larger event is stored in `CLAIMS`.
    pub(crate) in_message: Option<usize>,
}

impl Destination {
    /// Reads the one field of a subscription that names its destination.
    pub(crate) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let fields = DestinationField::ALL.iter();
        match fields.clone().filter(|field| table.has(field.as_str())).count() {
            0 => mistakes.note(table.path(), Mistake::NoDestination(expected())),
            1 => {}
            _ => mistakes.note(table.path(), Mistake::SeveralDestinations(all_fields())),
        }
        // All fields are read, so the mistakes in each of them are reported.
        let read: Vec<_> =
            fields.filter_map(|field| field.read(table, bindings, mistakes)).collect();
        read.into_iter().next()
    }

    /// The name under which the ledger records that this destination holds an event for a subscription. It
    /// identifies the destination, because a subscription's new destination does not hold what the previous one
    /// held. Two subscriptions with the same queue share a holder.
    #[must_use]
    pub fn holder(&self, subscription: &str) -> String {
        match self {
            Self::Queue(queue) => queue.holder(),
            Self::Kv(kv) => kv.holder(subscription),
            Self::Object(object) => object.holder(subscription),
            Self::R2(r2) => r2.holder(subscription),
            Self::Http(http) => http.holder(subscription),
            Self::Service(service) => service.holder(subscription),
        }
    }

    /// What and where it is, in a few words. A URL may be secret, so it is not told.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Queue(queue) => format!("the queue {}", queue.binding),
            Self::Kv(kv) => format!("the KV namespace {}", kv.binding),
            Self::Object(object) => format!("the KV namespace {}", object.binding),
            Self::R2(r2) => format!("the R2 bucket {}", r2.binding),
            Self::Http(_) => "the HTTP server".to_owned(),
            Self::Service(service) => format!("the service {}", service.binding),
        }
    }

    /// How large an event for this destination may be.
    pub(crate) fn room(&self) -> Room {
        match self {
            Self::Queue(_) => {
                Room { most: MAX_KV_VALUE_BYTES, in_message: Some(MAX_QUEUE_EVENT_BYTES) }
            }
            // R2 takes gigabytes, but the receiver decodes no event that is larger than KV takes.
            Self::Kv(_) | Self::Object(_) | Self::R2(_) => {
                Room { most: MAX_KV_VALUE_BYTES, in_message: None }
            }
            Self::Http(_) | Self::Service(_) => {
                Room { most: MAX_WEBHOOK_EVENT_BYTES, in_message: Some(MAX_DELIVERY_EVENT_BYTES) }
            }
        }
    }

    /// Whether the destination can hold this event.
    pub(crate) fn takes(&self, event: &CloudEvent<'_>) -> bool {
        match self {
            Self::Object(_) => event.object().is_named(),
            Self::Queue(_) | Self::Kv(_) | Self::R2(_) | Self::Http(_) | Self::Service(_) => true,
        }
    }

    /// The store that needs a call of its own for each event, which is repeated when the sender retries; `None` if
    /// there is no such store. Writes by object also need one call each, but the ledger remembers which of them
    /// succeeded.
    pub(crate) fn store(&self) -> Option<&'static str> {
        match self {
            Self::Kv(_) => Some("KV"),
            Self::R2(_) => Some("R2"),
            Self::Queue(_) | Self::Object(_) | Self::Http(_) | Self::Service(_) => None,
        }
    }

    /// Whether it keeps one entry per object, for which it needs the ledger.
    #[must_use]
    pub fn holds_objects(&self) -> bool {
        self.mirror().is_some()
    }

    /// The destination as a mirror of objects, if it is one.
    pub(crate) fn mirror(&self) -> Option<&ObjectDestination> {
        match self {
            Self::Object(object) => Some(object),
            Self::Queue(_) | Self::Kv(_) | Self::R2(_) | Self::Http(_) | Self::Service(_) => None,
        }
    }

    /// How it is called from `DELIVERIES`, if it is.
    #[must_use]
    pub fn callee(&self) -> Option<Callee<'_>> {
        match self {
            Self::Http(http) => Some(http.callee()),
            Self::Service(service) => Some(service.callee()),
            Self::Queue(_) | Self::Kv(_) | Self::Object(_) | Self::R2(_) => None,
        }
    }
}

impl DestinationField {
    fn read(
        self,
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Destination> {
        match self {
            Self::Queue => {
                QueueDestination::read(table, bindings, mistakes).map(Destination::Queue)
            }
            Self::Kv => read_kv(table, bindings, mistakes),
            Self::R2 => R2Destination::read(table, bindings, mistakes).map(Destination::R2),
            Self::Webhook => {
                HttpDestination::read(table, bindings, mistakes).map(Destination::Http)
            }
            Self::Service => {
                ServiceDestination::read(table, bindings, mistakes).map(Destination::Service)
            }
        }
    }

    /// An example value for the field.
    fn example(self) -> &'static str {
        match self {
            Self::Queue => queue::EXAMPLE,
            Self::Kv => kv::EXAMPLE,
            Self::R2 => r2::EXAMPLE,
            Self::Webhook => http::EXAMPLE,
            Self::Service => service::EXAMPLE,
        }
    }
}

/// The fields, one of which is expected, each with an example value.
fn expected() -> String {
    let examples =
        DestinationField::ALL.iter().map(|field| format!("{field} = {}", field.example()));
    list(&examples.collect::<Vec<_>>(), "or")
}

/// The names of all fields.
fn all_fields() -> String {
    let names = DestinationField::ALL.iter().map(ToString::to_string);
    list(&names.collect::<Vec<_>>(), "and")
}

/// Joins items as in `a, b and c`.
fn list(items: &[String], last_word: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {last_word} {last}", first.join(", ")),
    }
}

/// Reads `kv`, which has one key per event or one key per object.
fn read_kv(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Option<Destination> {
    let path = table.path_of("kv");
    let mut table = Table::new(path, table.take("kv")?, mistakes)?;
    let namespace = kv::read_namespace(&mut table, bindings, mistakes);
    // An unknown `key` may be a misspelled "object".
    let has_key = table.has("key");
    let destination = match table.name("key", mistakes) {
        None if has_key => {
            table.take("tombstone_ttl");
            None
        }
        Some(kv::KeyOf::Event) | None => {
            KvDestination::read(namespace, &mut table, mistakes).map(Destination::Kv)
        }
        Some(kv::KeyOf::Object) => {
            ObjectDestination::read(namespace, &mut table, bindings, mistakes)
                .map(Destination::Object)
        }
    };
    table.finish(mistakes);
    destination
}

/// The Worker's own bindings, which no destination can be.
pub const RESERVED_BINDINGS: [&str; 5] = [CLAIMS, SPOOL, DELIVERIES, DEAD_LETTERS, DEAD];

/// Notes a mistake if a destination is one of the Worker's own bindings.
fn check_reserved(path: &str, binding: &str, mistakes: &mut Mistakes) {
    if RESERVED_BINDINGS.contains(&binding) {
        mistakes.note(path, Mistake::ReservedBinding(binding.to_owned()));
    }
}

/// What all steps of a request share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'s> {
    /// The time limits.
    pub(crate) times: Times,
    /// Whether there is a spool.
    pub(crate) has_spool: bool,
    /// When the events were accepted, in milliseconds since 1970.
    pub(crate) now: u64,
    /// The replay that sends them again, if it is one.
    pub(crate) replay: Option<Replaying<'s>>,
}

/// A replay that sends events again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replaying<'s> {
    /// Its id.
    pub(crate) id: &'s str,
    /// When the events first arrived, in milliseconds since 1970.
    pub(crate) arrivals: &'s [u64],
}

impl Sending<'_> {
    /// The moment an event belongs to: its `time`, or its arrival if it has no `time`, or one that is ahead of
    /// its arrival by more than the tolerance. For a replay, the first arrival counts, so that nothing old becomes new.
    fn moment_of(&self, dispatch: &Dispatch<'_, '_>) -> Moment {
        let first = self.replay.and_then(|replay| replay.arrivals.get(dispatch.index));
        let arrival = first.copied().unwrap_or(self.now);
        let latest = self.times.latest(arrival);
        let time = dispatch.event.time().map(Moment::from).filter(|time| *time <= latest);
        time.unwrap_or_else(|| Moment::from_milliseconds(arrival))
    }
}

/// One call to a binding, or a few that must be made in sequence.
pub(crate) enum Step<'p> {
    /// Sends messages to a queue, or stores or spools an event for one.
    Queue(queue::QueueStep<'p>),
    /// Writes an event to KV.
    Kv(kv::KvPut<'p>),
    /// Writes the newest state of an object to KV.
    Object(object::ObjectPut<'p>),
    /// Writes an event to R2.
    R2(r2::R2Put<'p>),
}

/// The first steps that forward these events to their destinations.
pub(crate) fn first_steps<'p>(
    dispatches: impl Iterator<Item = (&'p Destination, &'p Dispatch<'p, 'p>)>,
    sending: &Sending<'_>,
) -> Vec<Step<'p>> {
    let mut messages = Vec::new();
    let mut puts = Vec::new();
    let mut states = Vec::new();
    let mut objects = Vec::new();
    for (destination, dispatch) in dispatches {
        match destination {
            Destination::Queue(queue) => messages.push(queue.message(dispatch)),
            Destination::Kv(kv) => puts.push(kv.put(dispatch)),
            Destination::Object(object) => states.extend(object.put(dispatch, sending)),
            Destination::R2(r2) => objects.push(r2.put(dispatch, sending)),
            Destination::Http(_) | Destination::Service(_) => {
                messages.push(call::delivery(dispatch, sending));
            }
        }
    }
    let messages = queue::steps(messages).into_iter().map(Step::Queue);
    let puts = kv::steps(puts).into_iter().map(Step::Kv);
    let states = object::steps(states).into_iter().map(Step::Object);
    let objects = r2::steps(objects).into_iter().map(Step::R2);
    messages.chain(puts).chain(states).chain(objects).collect()
}

impl Step<'_> {
    /// Takes the step, and returns the steps that must follow.
    pub(crate) async fn take(self, sending: &Sending<'_>, platform: &impl Platform) -> Vec<Self> {
        match self {
            Self::Queue(step) => {
                let next = step.take(sending, platform).await;
                next.into_iter().map(Self::Queue).collect()
            }
            Self::Kv(put) => {
                put.take(platform).await;
                Vec::new()
            }
            Self::Object(put) => {
                put.take(sending, platform).await;
                Vec::new()
            }
            Self::R2(put) => {
                put.take(platform).await;
                Vec::new()
            }
        }
    }

    /// How many bytes the step writes to KV. Queue messages are small and count as 0.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Queue(step) => step.bytes(),
            Self::Kv(put) => put.bytes(),
            Self::Object(put) => put.bytes(),
            Self::R2(put) => put.bytes(),
        }
    }
}
