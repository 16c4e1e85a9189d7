//! Who wants which events, and where they go.

mod index;

use std::fmt;

use crate::destination::Destination;
use crate::filter::{Filter, FilterMismatch, View};
use elytra_events::{EventType, Known, Name, Operation};

pub use index::Subscriptions;

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
        if self.destination.takes(event) { Ok(()) } else { Err(Mismatch::NoObject) }
    }

    /// Whether it wants an event whose type and operation it selects: the rest of [`Self::wants`],
    /// without the reason.
    pub(crate) fn takes(&self, view: &View<'_>) -> bool {
        self.filters.iter().all(|filter| filter.matches(view))
            && self.destination.takes(view.event())
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
