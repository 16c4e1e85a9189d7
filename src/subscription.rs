//! Which events a subscription wants, and where they go.

mod index;

use std::fmt;

use crate::destination::Destination;
use crate::filter::{Filter, FilterMismatch, View};
use elytra_events::{EventType, Known, Name, Operation};

pub use index::Subscriptions;

/// A `SUBSCRIPTION_<NAME>` in the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// `<NAME>` in lower case, as it appears in answers, logs and keys.
    pub name: String,
    /// Whether the subscription is switched on.
    pub active: bool,
    /// The event types it wants. An empty list selects all.
    pub event_types: Vec<EventType>,
    /// The operations it wants. An empty list selects all.
    pub operations: Vec<Operation>,
    /// Further conditions, all of which an event must meet.
    pub filters: Vec<Filter>,
    /// Where the events go.
    pub destination: Destination,
    /// The destination's name in the ledger: [`Destination::holder`].
    pub holder: String,
}

/// Why a subscription does not want an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The subscription is switched off.
    Inactive,
    /// The event's type is not in `event_types`. `None` if the event has no type.
    EventType(Option<String>),
    /// The event's operation is not in `operations`. `None` if the event has no operation.
    Operation(Option<String>),
    /// The event does not match one of the `filters`.
    Filter(FilterMismatch),
    /// The event's data names no object, which the key at the destination is made from.
    NoObject,
}

impl Subscription {
    /// Whether the subscription wants the event.
    ///
    /// # Errors
    ///
    /// The reason why it does not. If there are several, the first.
    pub fn wants(&self, view: &View<'_>) -> Result<(), Mismatch> {
        let event = view.event();
        if !self.active {
            return Err(Mismatch::Inactive);
        }
        select(&self.event_types, event.event_type()).map_err(Mismatch::EventType)?;
        select(&self.operations, event.operation()).map_err(Mismatch::Operation)?;
        FilterMismatch::check(&self.filters, view).map_err(Mismatch::Filter)?;
        if self.destination.takes(event) { Ok(()) } else { Err(Mismatch::NoObject) }
    }

    /// Whether it wants an event whose type and operation it selects. This is the rest of [`Self::wants`],
    /// without the reason.
    pub(crate) fn takes(&self, view: &View<'_>) -> bool {
        self.filters.iter().all(|filter| filter.matches(view))
            && self.destination.takes(view.event())
    }
}

/// Checks that a list selects a name. An empty list selects everything, even unknown and absent names.
fn select<T: Known>(selected: &[T], name: Option<Name<'_, T>>) -> Result<(), Option<String>> {
    let is_selected = selected.is_empty()
        || name.as_ref().and_then(Name::known).is_some_and(|known| selected.contains(&known));
    if is_selected { Ok(()) } else { Err(name.map(|name| name.as_str().to_owned())) }
}

impl Mismatch {
    /// The stable code of the reason, as it appears in answers and logs.
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
                "neither eventtype nor a type that begins with com.elytra. names an event type, and \
                 event_types is set",
            )
            }
            Self::Operation(Some(name)) => write!(f, "operation {name:?} is not in operations"),
            Self::Operation(None) => {
                f.write_str("the event has no operation, and operations is set")
            }
            Self::Filter(mismatch) => mismatch.fmt(f),
            Self::NoObject => f.write_str(
                "data has no objectType and objectId, and the subscription keeps one key per object",
            ),
        }
    }
}
