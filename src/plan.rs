//! Which subscriptions get which events, in stages: a plan is made, and its events fit.
//!
//! What comes after it is [`crate::dedupe`] and [`crate::forward`]. Each stage is made from the one before, and
//! in no other way.

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
    /// In the order of the events, and for each in the order of the subscriptions.
    dispatches: Vec<Routed<'c, 'e>>,
}

/// A plan each of whose events every destination can take.
#[derive(Debug)]
pub struct FittingPlan<'c, 'e> {
    events: Events<'c, 'e>,
    dispatches: Vec<Routed<'c, 'e>>,
}

/// A dispatch, and where it goes.
#[derive(Debug)]
pub(crate) struct Routed<'c, 'e> {
    pub(crate) destination: &'c Destination,
    pub(crate) dispatch: Dispatch<'c, 'e>,
}

/// The events as filters see them, and those who may want them.
#[derive(Debug)]
pub(crate) struct Events<'c, 'e> {
    views: Vec<View<'e>>,
    subscriptions: &'c Subscriptions,
}

/// Why a plan's events cannot be forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoesNotFit<'c> {
    /// Some destinations can never hold events of this size; at least one.
    EventsTooLarge(Vec<EventTooLarge<'c>>),
    /// A batch needs more writes than can be made in time.
    TooManyWrites(TooManyWrites),
}

/// A destination can never take this event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTooLarge<'c> {
    /// The event's place in the batch; `None` where it came alone.
    pub index: Option<usize>,
    /// The subscription whose destination it is.
    pub subscription: &'c str,
    /// The event's size, in bytes of JSON.
    pub bytes: usize,
    /// The most the destination takes, in the same.
    pub limit: usize,
    /// Why the event is not stored beside the queue.
    pub why: TooLarge,
}

/// A batch needs more writes than can be made in time, and nothing remembers those that were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyWrites {
    /// The stores that are written to, such as KV; at least one.
    pub stores: BTreeSet<&'static str>,
    /// How many it needs.
    pub writes: usize,
    /// How many fit in the time budget.
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
            for subscription in subscriptions.candidates(view) {
                if subscription.takes(view) {
                    let Subscription { name, holder, destination, .. } = subscription;
                    let dispatch = Dispatch::new(dispatches.len(), index, event, name, holder);
                    dispatches.push(Routed { destination, dispatch });
                }
            }
        }
        Self { events: Events { views, subscriptions }, dispatches }
    }

    /// The names of the subscriptions that want an event of some, by its place among them.
    #[must_use]
    pub fn wanting(&self, index: usize) -> Vec<&'c str> {
        let dispatches = self.dispatches.iter().map(|routed| &routed.dispatch);
        let of_event = dispatches.filter(|dispatch| dispatch.index == index);
        of_event.map(|dispatch| dispatch.subscription).collect()
    }

    /// The plan, once every destination can take each of its events in time. An event that is larger than a
    /// queue takes is to be stored in `CLAIMS` for so many seconds, where there is such a namespace.
    ///
    /// # Errors
    ///
    /// All events that some destination never can take, however often it is tried; or the batch needs more
    /// writes than there is time for.
    pub fn fit(
        mut self,
        mode: Mode,
        claims_expiration_ttl: Option<u64>,
        times: Times,
    ) -> Result<FittingPlan<'c, 'e>, DoesNotFit<'c>> {
        let mut too_large = Vec::new();
        let mut large_event: Option<(usize, Rc<LargeEvent<'e>>)> = None;
        for Routed { destination, dispatch } in &mut self.dispatches {
            let index = dispatch.index;
            // An event's dispatches follow each other, and share what is stored of it.
            let known = large_event.take().filter(|(of, _)| *of == index).map(|(_, large)| large);
            match fit(dispatch, destination.room(), claims_expiration_ttl, known) {
                Ok(large) => large_event = large.map(|large| (index, large)),
                Err((limit, why)) => too_large.push(EventTooLarge {
                    index: (mode == Mode::Batch).then_some(index),
                    subscription: dispatch.subscription,
                    bytes: dispatch.event.as_json().len(),
                    limit,
                    why,
                }),
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

    /// Checks that a batch can be forwarded at once, where nothing remembers what was: a store takes a call for
    /// each event, and a batch that comes again begins anew. So it must fit in the time with slow writes.
    fn check_writes(&self, times: Times) -> Result<(), TooManyWrites> {
        if times.dedupe_window_ms.is_some() {
            return Ok(());
        }
        let stores = self.dispatches.iter().filter_map(|routed| routed.destination.store());
        let writes = stores.clone().count();
        let in_turn = times.forward_ms() / SLOW_WRITE_MS;
        let limit = MAX_CONNECTIONS * usize::try_from(in_turn).unwrap_or(usize::MAX).max(1);
        // What one event needs is tried in any case.
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

/// Sees to it that an event fits, where it is known what is stored of it, with that; tells what is stored.
///
/// # Errors
///
/// The most that the destination takes, and why the event is not stored beside it.
fn fit<'e>(
    dispatch: &mut Dispatch<'_, 'e>,
    Room { most, in_message }: Room,
    claims_expiration_ttl: Option<u64>,
    known: Option<Rc<LargeEvent<'e>>>,
) -> Result<Option<Rc<LargeEvent<'e>>>, (usize, TooLarge)> {
    let bytes = dispatch.event.as_json().len();
    if bytes > most {
        return Err((most, TooLarge::ForDestination));
    }
    let Some(limit) = in_message.filter(|limit| bytes > *limit) else { return Ok(known) };
    let large = match known {
        Some(large) => large,
        None => {
            let ttl = claims_expiration_ttl.ok_or((limit, TooLarge::NoClaims))?;
            Rc::new(LargeEvent::new(dispatch.event, ttl).map_err(|why| (limit, why))?)
        }
    };
    if large.message.len() > limit {
        return Err((limit, TooLarge::WithoutData));
    }
    dispatch.large = Some(Rc::clone(&large));
    Ok(Some(large))
}

impl<'c, 'e> FittingPlan<'c, 'e> {
    /// The events, and their dispatches in order.
    pub(crate) fn into_parts(self) -> (Events<'c, 'e>, Vec<Routed<'c, 'e>>) {
        (self.events, self.dispatches)
    }
}

impl<'c, 'e> Events<'c, 'e> {
    /// What became of each event, in the events' order, by its dispatches, which come in theirs.
    pub(crate) fn into_fates(self, dispatches: Vec<Dispatch<'c, 'e>>) -> Fates<'c> {
        let mut dispatches = dispatches.into_iter().peekable();
        let fates = self.views.iter().enumerate().map(|(index, view)| {
            let mut fate = Fate::default();
            while let Some(dispatch) = dispatches.next_if(|dispatch| dispatch.index == index) {
                let name = dispatch.subscription;
                match dispatch.into_progress() {
                    Progress::Held => fate.held.push(name),
                    Progress::Superseded => fate.superseded.push(name),
                    Progress::HeldBefore => fate.held_before.push(name),
                    Progress::Spooled(error) => fate.spooled.push((name, error)),
                    Progress::UnderWay => fate.under_way.push(name),
                    Progress::Failed(error) => fate.failed.push((name, error)),
                }
            }
            if fate.kind() == FateKind::Ignored {
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

impl fmt::Display for TooManyWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stores, writes, limit } = self;
        let stores = stores.iter().copied().collect::<Vec<_>>().join(" and ");
        write!(
            f,
            "the batch needs {writes} writes to {stores}, but {limit} fit in the time: send fewer events at \
             once, or let the receiver have a longer time_budget_ms, or set dedupe_window_seconds"
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
        write!(f, " has {bytes} bytes, but the destination of {subscription:?} takes {limit}")?;
        match why {
            TooLarge::ForDestination => Ok(()),
            TooLarge::NoClaims => f.write_str(", and there is no CLAIMS to store it in"),
            TooLarge::HasDataref => f.write_str(", and it has a dataref of its own"),
            TooLarge::WithoutData => f.write_str(", and its attributes alone are too large"),
        }
    }
}
