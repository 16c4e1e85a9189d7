//! Which subscriptions get which events. There are two stages: a plan is made, and then its events are checked
//! to fit.
//!
//! The stages after these are in `claim`, `forward` and `settle`. Each stage can only be made from the one
//! before it.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use crate::destination::{Destination, Room};
use crate::dispatch::{Dispatch, Progress};
use crate::fate::{Fate, FateKind, Fates};
use crate::filter::View;
use crate::large::{LargeEvent, TooLarge};
use crate::limits::MAX_CONNECTIONS;
use crate::subscription::{Subscription, Subscriptions};
use crate::times::Times;
use elytra_events::CloudEvent;
use elytra_events::http::Mode;

/// The events of a request, each with the subscriptions that want it.
#[derive(Debug)]
pub struct Plan<'c, 'e> {
    events: Events<'c, 'e>,
    /// Sorted by event, then by subscription.
    dispatches: Vec<Routed<'c, 'e>>,
}

/// A plan whose events all fit in their destinations.
#[derive(Debug)]
pub struct FittingPlan<'c, 'e> {
    events: Events<'c, 'e>,
    dispatches: Vec<Routed<'c, 'e>>,
}

/// A dispatch and its destination.
#[derive(Debug)]
pub(crate) struct Routed<'c, 'e> {
    pub(crate) destination: &'c Destination,
    pub(crate) dispatch: Dispatch<'c, 'e>,
}

/// The events as filters see them, and the subscriptions that may want them.
#[derive(Debug)]
pub(crate) struct Events<'c, 'e> {
    views: Vec<View<'e>>,
    subscriptions: &'c Subscriptions,
}

/// Which subscriptions get events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen<'n> {
    /// Their names, or `None` for all.
    pub(crate) names: Option<&'n [String]>,
    /// Whether their filters, event types and operations count.
    pub(crate) respect_filters: bool,
}

impl Chosen<'_> {
    fn is_for(&self, subscription: &Subscription, view: &View<'_>) -> bool {
        let is_named = self.names.is_none_or(|names| names.contains(&subscription.name));
        is_named
            && if self.respect_filters {
                subscription.wants(view).is_ok()
            } else {
                subscription.active && subscription.destination.takes(view.event())
            }
    }
}

/// Why a plan's events cannot be forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoesNotFit<'c> {
    /// At least one event is too large for a destination.
    EventsTooLarge(Vec<EventTooLarge<'c>>),
    /// The batch needs more writes than fit in the time budget.
    TooManyWrites(TooManyWrites),
}

/// An event that a destination can never take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTooLarge<'c> {
    /// The event's index in the batch, or `None` if it was sent alone.
    pub index: Option<usize>,
    /// The subscription whose destination cannot take it.
    pub subscription: &'c str,
    /// The event's size, in bytes of JSON.
    pub bytes: usize,
    /// The largest event that the destination takes, in bytes of JSON.
    pub limit: usize,
    /// Why the event cannot be stored in `CLAIMS` instead.
    pub why: TooLarge,
}

/// A batch needs more writes than fit in the time budget, and no ledger remembers the finished ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyWrites {
    /// The stores that the batch writes to, such as KV; at least one.
    pub stores: BTreeSet<&'static str>,
    /// How many writes the batch needs.
    pub writes: usize,
    /// How many writes fit in the time budget.
    pub limit: usize,
}

/// How long a slow write of an event takes, in milliseconds.
pub const SLOW_WRITE_MS: u64 = 1_000 / 5;

impl<'c, 'e> Plan<'c, 'e> {
    /// Finds the subscriptions that want each event.
    #[must_use]
    pub fn new(subscriptions: &'c Subscriptions, events: &'e [CloudEvent<'e>]) -> Self
    where
        'c: 'e,
    {
        let views: Vec<_> = events.iter().map(|event| subscriptions.view(event)).collect();
        let mut dispatches = Vec::new();
        for (index, (view, event)) in views.iter().zip(events).enumerate() {
            let wanting = subscriptions.candidates(view);
            wanting.filter(|subscription| subscription.takes(view)).for_each(|subscription| {
                let Subscription { name, holder, destination, .. } = subscription;
                let dispatch = Dispatch::new(dispatches.len(), index, event, name, holder);
                dispatches.push(Routed { destination, dispatch });
            });
        }
        Self { events: Events { views, subscriptions }, dispatches }
    }

    /// The events for these subscriptions, if they are active: for all that want each event or, without respect for
    /// their filters, for all that can hold it.
    #[must_use]
    pub(crate) fn of_chosen(
        subscriptions: &'c Subscriptions,
        events: &'e [CloudEvent<'e>],
        chosen: Chosen<'_>,
    ) -> Self
    where
        'c: 'e,
    {
        let views: Vec<_> = events.iter().map(|event| subscriptions.view(event)).collect();
        let mut dispatches = Vec::new();
        for (index, (view, event)) in views.iter().zip(events).enumerate() {
            for subscription in subscriptions.iter().filter(|one| chosen.is_for(one, view)) {
                let Subscription { name, holder, destination, .. } = subscription;
                let dispatch = Dispatch::new(dispatches.len(), index, event, name, holder);
                dispatches.push(Routed { destination, dispatch });
            }
        }
        Self { events: Events { views, subscriptions }, dispatches }
    }

    /// The names of the subscriptions that want the event with this index.
    #[must_use]
    pub fn wanting(&self, index: usize) -> Vec<&'c str> {
        let dispatches = self.dispatches.iter().map(|routed| &routed.dispatch);
        let of_event = dispatches.filter(|dispatch| dispatch.index == index);
        of_event.map(|dispatch| dispatch.subscription).collect()
    }

    /// Checks that every destination can take its events, and in time. An event that is too large for a queue
    /// will be stored in `CLAIMS` for `claims_expiration_ttl` seconds, or does not fit if that is `None`.
    ///
    /// # Errors
    ///
    /// All events that are too large for a destination, or that the batch needs more writes than fit in the time
    /// budget. No retry can succeed.
    pub fn fit(
        mut self,
        mode: Mode,
        claims_expiration_ttl: Option<u64>,
        times: Times,
    ) -> Result<FittingPlan<'c, 'e>, DoesNotFit<'c>> {
        let mut too_large = Vec::new();
        // The dispatches of an event are consecutive, and share its stored copy.
        let mut stored: Option<(usize, Rc<LargeEvent<'e>>)> = None;
        for Routed { destination, dispatch } in &mut self.dispatches {
            let index = dispatch.index;
            stored = stored.filter(|(of, _)| *of == index);
            let fitting = fit(dispatch, destination.room(), claims_expiration_ttl, &mut stored);
            if let Err((limit, why)) = fitting {
                too_large.push(EventTooLarge {
                    index: (mode == Mode::Batch).then_some(index),
                    subscription: dispatch.subscription,
                    bytes: dispatch.event.as_json().len(),
                    limit,
                    why,
                });
            }
        }
        if !too_large.is_empty() {
            return Err(DoesNotFit::EventsTooLarge(too_large));
        }
        if mode == Mode::Batch {
            self.check_writes(times).map_err(DoesNotFit::TooManyWrites)?;
        }
        let Self { events, dispatches } = self;
        Ok(FittingPlan { events, dispatches })
    }

    /// Checks that the writes of a batch fit in the time budget even if they are slow. This only matters without
    /// deduplication: a store needs one call per event, and every retry of the batch repeats all of them.
    fn check_writes(&self, times: Times) -> Result<(), TooManyWrites> {
        if times.dedupe_window_ms.is_some() {
            return Ok(());
        }
        let stores = self.dispatches.iter().filter_map(|routed| routed.destination.store());
        let writes = stores.clone().count();
        let in_turn = times.forward_ms() / SLOW_WRITE_MS;
        let limit = MAX_CONNECTIONS * usize::try_from(in_turn).unwrap_or(usize::MAX).max(1);
        // The writes for a single event are always attempted.
        let mut events = self.dispatches.iter().map(|routed| routed.dispatch.index);
        let first = events.next();
        let is_one_event = events.all(|event| Some(event) == first);
        if writes <= limit || is_one_event {
            Ok(())
        } else {
            Err(TooManyWrites { stores: stores.collect(), writes, limit })
        }
    }
}

/// Makes an event fit in its destination. If it has to be stored in `CLAIMS`, `stored` is its copy for there, with its
/// index; it is created once.
///
/// # Errors
///
/// The largest event that the destination takes, and why this one cannot be stored in `CLAIMS` instead.
fn fit<'e>(
    dispatch: &mut Dispatch<'_, 'e>,
    Room { most, in_message }: Room,
    claims_expiration_ttl: Option<u64>,
    stored: &mut Option<(usize, Rc<LargeEvent<'e>>)>,
) -> Result<(), (usize, TooLarge)> {
    let bytes = dispatch.event.as_json().len();
    if bytes > most {
        return Err((most, TooLarge::ForDestination));
    }
    let Some(limit) = in_message.filter(|limit| bytes > *limit) else { return Ok(()) };
    let large = if let Some((_, large)) = stored {
        Rc::clone(large)
    } else {
        let ttl = claims_expiration_ttl.ok_or((limit, TooLarge::NoClaims))?;
        let large = LargeEvent::new(dispatch.event, ttl).map_err(|why| (limit, why))?;
        let large = Rc::new(large);
        *stored = Some((dispatch.index, Rc::clone(&large)));
        large
    };
    if large.message.len() > limit {
        return Err((limit, TooLarge::WithoutData));
    }
    dispatch.large = Some(large);
    Ok(())
}

impl<'c, 'e> FittingPlan<'c, 'e> {
    /// The events, and their dispatches in the same order.
    pub(crate) fn into_parts(self) -> (Events<'c, 'e>, Vec<Routed<'c, 'e>>) {
        (self.events, self.dispatches)
    }
}

impl<'c, 'e> Events<'c, 'e> {
    /// The event with this index.
    pub(crate) fn event(&self, index: usize) -> Option<&'e CloudEvent<'e>> {
        self.views.get(index).map(View::event)
    }

    /// The fate of each event, from its dispatches. The dispatches must be in the order of [`Plan`]. If it is recorded,
    /// every subscription is asked why it does not want an event, even if others do.
    pub(crate) fn fates(&self, dispatches: Vec<Dispatch<'c, 'e>>, is_recorded: bool) -> Fates<'c> {
        let mut dispatches = dispatches.into_iter().peekable();
        let fates = self.views.iter().enumerate().map(|(index, view)| {
            let mut fate = Fate::default();
            while let Some(dispatch) = dispatches.next_if(|dispatch| dispatch.index == index) {
                let name = dispatch.subscription;
                match dispatch.into_progress() {
                    Progress::Held => fate.held_now.push(name),
                    Progress::Superseded => fate.superseded.push(name),
                    Progress::HeldBefore => fate.held_before.push(name),
                    Progress::Spooled(error) => fate.spooled.push((name, error)),
                    Progress::UnderWay => fate.under_way.push(name),
                    Progress::Failed(error) => fate.failed.push((name, error)),
                }
            }
            if is_recorded || fate.kind() == FateKind::Ignored {
                let why_not = |subscription: &'c Subscription| {
                    Some((&*subscription.name, subscription.wants(view).err()?))
                };
                fate.unwanted = self.subscriptions.iter().filter_map(why_not).collect();
            }
            fate
        });
        Fates::new(fates.collect())
    }
}

impl fmt::Display for DoesNotFit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventsTooLarge(events) => {
                let events: Vec<_> = events.iter().map(ToString::to_string).collect();
                f.write_str(&events.join("; "))
            }
            Self::TooManyWrites(writes) => writes.fmt(f),
        }
    }
}

impl fmt::Display for TooManyWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stores, writes, limit } = self;
        let stores = stores.iter().copied().collect::<Vec<_>>().join(" and ");
        write!(
            f,
            "the batch needs {writes} writes to {stores}, but only {limit} fit in the time budget: send \
             fewer events at once, increase time_budget_ms, or set dedupe_window_seconds"
        )
    }
}

impl fmt::Display for EventTooLarge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, subscription, bytes, limit, why } = self;
        match index {
            Some(index) => write!(f, "event {index} of the batch")?,
            None => f.write_str("the event")?,
        }
        write!(
            f,
            " has {bytes} bytes, but the destination of {subscription:?} takes at most {limit}"
        )?;
        match why {
            TooLarge::ForDestination => Ok(()),
            TooLarge::NoClaims => f.write_str(", and no KV namespace is bound as CLAIMS"),
            TooLarge::HasDataref => f.write_str(", and it already has a dataref"),
            TooLarge::WithoutData => f.write_str(", and its attributes alone are too large"),
        }
    }
}
