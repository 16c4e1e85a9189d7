//! Who wants which events, and where they go.

mod index;
mod retry;
mod webhook;

use std::fmt;

use elytra_events::{CloudEvent, EventType, Known, Name, Operation};

use crate::filter::{Filter, FilterMismatch, View};
use crate::ledger::Key;
use crate::limits::{
    DELIVERIES, MAX_DELIVERY_EVENT_BYTES, MAX_KV_VALUE_BYTES, MAX_QUEUE_EVENT_BYTES,
    MAX_WEBHOOK_EVENT_BYTES,
};

pub use index::Subscriptions;
pub use retry::RetryPolicy;
pub(crate) use retry::{LEAST_INITIAL_DELAY, LEAST_MAX_DELAY, MOST_DELAY, MOST_RETRIES};
pub use webhook::{Secret, Webhook, WebhookMethod, WebhookMode};

/// A `SUBSCRIPTION_<NAME>` of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// `<NAME>` in lower case, as it stands in answers, logs and keys.
    pub name: String,
    /// Whether it wants any event at all.
    pub active: bool,
    /// The event types it wants; all where there are none.
    pub event_types: Vec<EventType>,
    /// The operations it wants; all where there are none.
    pub operations: Vec<Operation>,
    /// The conditions that an event must meet besides, all of them.
    pub filters: Vec<Filter>,
    /// Where the events go.
    pub destination: Destination,
    /// What the ledger calls that: [`Destination::holder`].
    pub holder: String,
}

/// Where a subscription's events go: one of the Worker's bindings, by its name, or a
/// server.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// A Cloudflare Queue.
    Queue {
        /// The binding's name.
        binding: String,
    },
    /// A KV namespace.
    Kv {
        /// The binding's name.
        binding: String,
        /// What has a key of its own.
        key: KvKey,
        /// After how many seconds a key is gone; never, where it is `None`.
        expiration_ttl: Option<u64>,
    },
    /// An HTTP destination.
    Webhook(Webhook),
}

/// What has a key of its own in KV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvKey {
    /// Every event.
    Event,
    /// Every object: the key holds its newest event.
    Object {
        /// After how many seconds the key of an object that was removed is gone.
        tombstone_ttl: u64,
    },
}

/// Why a subscription does not want an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The subscription is switched off.
    Inactive,
    /// The event's type is not among its `event_types`; `None` where the event has none.
    EventType(Option<String>),
    /// The event's operation is not among its `operations`; `None` where the event has none.
    Operation(Option<String>),
    /// The event does not meet a condition of `filters`.
    Filter(FilterMismatch),
    /// The event's data name no object, and its key is made of one.
    NoObject,
}

impl Destination {
    /// The name under which the ledger knows what holds an event for a subscription of this name. Another
    /// destination is another holder, which may not have what the one before has; two subscriptions with
    /// one queue have the same.
    #[must_use]
    pub fn holder(&self, subscription: &str) -> String {
        /// How much of a digest tells one URL from another, in characters.
        const DIGEST_CHARACTERS: usize = 16;

        match self {
            Self::Queue { binding } => format!("queue/{binding}"),
            Self::Kv { binding, key: KvKey::Event, .. } => format!("kv/{binding}/{subscription}"),
            Self::Kv { binding, key: KvKey::Object { .. }, .. } => {
                format!("object/{binding}/{subscription}")
            }
            // A secret may stand in a URL.
            Self::Webhook(Webhook { url, .. }) => {
                let digest = Key::of(&["url", url]);
                let digest = digest.as_str().get(..DIGEST_CHARACTERS).unwrap_or_default();
                format!("webhook/{subscription}/{digest}")
            }
        }
    }

    /// The largest event that can come here by any way, in bytes of its JSON.
    pub(crate) fn most_bytes(&self) -> usize {
        match self {
            Self::Queue { .. } | Self::Kv { .. } => MAX_KV_VALUE_BYTES,
            Self::Webhook(_) => MAX_WEBHOOK_EVENT_BYTES,
        }
    }

    /// The queue that the events go to, and how large they may be there, in bytes of their JSON;
    /// `None` where they go to none.
    pub(crate) fn queue(&self) -> Option<(&str, usize)> {
        match self {
            Self::Queue { binding } => Some((binding, MAX_QUEUE_EVENT_BYTES)),
            Self::Webhook(_) => Some((DELIVERIES, MAX_DELIVERY_EVENT_BYTES)),
            Self::Kv { .. } => None,
        }
    }
}

impl Subscription {
    /// Whether the subscription wants the event.
    ///
    /// # Errors
    ///
    /// The reason why not; the first, where there are several.
    pub fn wants(&self, view: &View<'_>) -> Result<(), Mismatch> {
        let event = view.event();
        if !self.active {
            return Err(Mismatch::Inactive);
        }
        select(&self.event_types, event.event_type()).map_err(Mismatch::EventType)?;
        select(&self.operations, event.operation()).map_err(Mismatch::Operation)?;
        FilterMismatch::check(&self.filters, view).map_err(Mismatch::Filter)?;
        if self.lacks_object(event) { Err(Mismatch::NoObject) } else { Ok(()) }
    }

    /// Whether it wants an event whose type and operation it selects: the rest of [`Self::wants`],
    /// without the reason.
    pub(crate) fn takes(&self, view: &View<'_>) -> bool {
        self.filters.iter().all(|filter| filter.matches(view)) && !self.lacks_object(view.event())
    }

    /// Whether its key is made of an object that the event does not name.
    fn lacks_object(&self, event: &CloudEvent<'_>) -> bool {
        matches!(self.destination, Destination::Kv { key: KvKey::Object { .. }, .. })
            && !event.object().is_named()
    }
}

/// An empty list selects everything, even what is unknown or absent.
fn select<T: Known>(selected: &[T], name: Option<Name<'_, T>>) -> Result<(), Option<String>> {
    let is_selected = selected.is_empty()
        || name.as_ref().and_then(Name::known).is_some_and(|known| selected.contains(&known));
    if is_selected { Ok(()) } else { Err(name.map(|name| name.as_str().to_owned())) }
}

impl Mismatch {
    /// The stable code of the reason, as it stands in answers and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::EventType(_) => "event_type_not_selected",
            Self::Operation(_) => "operation_not_selected",
            Self::Filter(_) => "filter_not_matched",
            Self::NoObject => "no_object",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("the subscription is not active"),
            Self::EventType(Some(name)) => write!(f, "event type {name:?} is not in event_types"),
            Self::EventType(None) => {
                f.write_str(
                "neither eventtype nor a type with com.elytra. names an event type, and event_types \
                 selects some",
            )
            }
            Self::Operation(Some(name)) => write!(f, "operation {name:?} is not in operations"),
            Self::Operation(None) => {
                f.write_str("the event has no operation, and operations selects some")
            }
            Self::Filter(mismatch) => mismatch.fmt(f),
            Self::NoObject => f.write_str(
                "data has no objectType and objectId, and the subscription keeps one key for each object",
            ),
        }
    }
}
