//! Which subscriptions get which events, and how far each delivery has come.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use elytra_events::CloudEvent;
use elytra_events::http::Mode;

use crate::config::Config;
use crate::filter::View;
use crate::large::{LargeEvent, TooLarge};
use crate::limits::MAX_CONNECTIONS;
use crate::platform::BindingError;
use crate::subscription::{Destination, KvKey, Mismatch, Subscription, Subscriptions};

/// Why a delivery failed that came to no end.
const NO_ANSWER: &str = "no answer before the time was up";

/// The events of a request, each with the subscriptions that want it.
#[derive(Debug)]
pub struct Plan<'c, 'e> {
    pub(crate) events: &'e [CloudEvent<'e>],
    /// The events as filters see them.
    views: Vec<View<'e>>,
    /// In the order of the events, and for each in the order of the subscriptions.
    pub(crate) deliveries: Vec<Delivery<'c>>,
    /// The events that are larger than a queue takes and that a queue wants, by their places.
    pub(crate) large_events: BTreeMap<usize, LargeEvent<'e>>,
    subscriptions: &'c Subscriptions,
}

/// An event on its way to a subscription's destination.
#[derive(Debug)]
pub(crate) struct Delivery<'c> {
    /// The event's place.
    pub(crate) event: usize,
    pub(crate) subscription: &'c Subscription,
    pub(crate) progress: Progress,
}

/// How far a delivery has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is still to be forwarded.
    Planned,
    /// The destination holds the event.
    Held,
    /// The destination holds something newer of the same object, so this is not needed any more.
    Superseded,
    /// The destination held it before.
    HeldBefore,
    /// The spool holds it, since the destination failed.
    Spooled(BindingError),
    /// Another request is forwarding the same event.
    UnderWay,
    /// The destination failed.
    Failed(BindingError),
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

/// A batch needs more writes to KV than can be made in time, and nothing remembers those that were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyWrites {
    /// How many it needs.
    pub writes: usize,
    /// How many fit in the time budget.
    pub limit: usize,
}

/// How long a slow write to KV takes, in milliseconds.
pub const SLOW_WRITE_MS: u64 = 1_000 / 5;

/// What became of an event, told by the names of the subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate<'c> {
    /// Their destinations hold it now.
    pub held: Vec<&'c str>,
    /// Their destinations hold something newer of the same object.
    pub superseded: Vec<&'c str>,
    /// Their destinations held it before this request.
    pub held_before: Vec<&'c str>,
    /// The spool holds it for them, each with the reason why its queue does not.
    pub spooled: Vec<(&'c str, BindingError)>,
    /// Another request is forwarding it to them.
    pub under_way: Vec<&'c str>,
    /// Their destinations failed, each with the reason.
    pub failed: Vec<(&'c str, BindingError)>,
    /// They do not want it, each with the reason; told where nobody wants it.
    pub unwanted: Vec<(&'c str, Mismatch)>,
}

impl<'c, 'e> Plan<'c, 'e> {
    /// Finds the subscriptions that want each event.
    #[must_use]
    pub fn new(subscriptions: &'c Subscriptions, events: &'e [CloudEvent<'e>]) -> Self
    where
        'c: 'e,
    {
        let views: Vec<_> = events.iter().map(|event| subscriptions.view(event)).collect();
        let mut deliveries = Vec::new();
        for (event, view) in views.iter().enumerate() {
            let candidates = subscriptions.candidates(view);
            let wanted = candidates.filter(|subscription| subscription.takes(view));
            deliveries.extend(wanted.map(|subscription| Delivery {
                event,
                subscription,
                progress: Progress::Planned,
            }));
        }
        Self { events, views, deliveries, large_events: BTreeMap::new(), subscriptions }
    }

    /// Checks that every destination can take each of its events. One that is larger than a queue
    /// takes is to be stored in `CLAIMS` for so many seconds, where there is such a namespace.
    ///
    /// # Errors
    ///
    /// All events that some destination never can take, however often it is tried.
    pub fn check_sizes(
        &mut self,
        mode: Mode,
        claims_expiration_ttl: Option<u64>,
    ) -> Result<(), Vec<EventTooLarge<'c>>> {
        let mut too_large = Vec::new();
        for delivery in &self.deliveries {
            let Some(event) = self.events.get(delivery.event) else { continue };
            let bytes = event.as_json().len();
            let destination = &delivery.subscription.destination;
            let most = destination.most_bytes();
            let (limit, why) = match destination.queue() {
                _ if bytes > most => (most, TooLarge::ForKv),
                Some((_, limit)) if bytes <= limit => continue,
                Some((_, limit)) => {
                    let ttl = claims_expiration_ttl.ok_or(TooLarge::NoClaims);
                    let large = match self.large_events.entry(delivery.event) {
                        Entry::Occupied(large) => Ok(large.into_mut()),
                        Entry::Vacant(entry) => ttl
                            .and_then(|ttl| LargeEvent::new(event, ttl))
                            .map(|large| entry.insert(large)),
                    };
                    match large {
                        Ok(large) if large.message.len() <= limit => continue,
                        Ok(_) => (limit, TooLarge::WithoutData),
                        Err(why) => (limit, why),
                    }
                }
                None => continue,
            };
            too_large.push(EventTooLarge {
                index: (mode == Mode::Batch).then_some(delivery.event),
                subscription: &delivery.subscription.name,
                bytes,
                limit,
                why,
            });
        }
        if too_large.is_empty() { Ok(()) } else { Err(too_large) }
    }

    /// Checks that a batch can be forwarded at once, where nothing remembers what was: KV takes a call for
    /// each key, and a batch that comes again begins anew. So it must fit in the time with slow writes.
    ///
    /// # Errors
    ///
    /// It needs too many writes.
    pub fn check_writes(&self, mode: Mode, config: &Config) -> Result<(), TooManyWrites> {
        // What is written by object has the ledger, and gets on each time.
        let is_write = |delivery: &&Delivery<'_>| {
            matches!(delivery.subscription.destination, Destination::Kv { key: KvKey::Event, .. })
        };
        if mode != Mode::Batch || config.dedupe_window_ms.is_some() {
            return Ok(());
        }
        let writes = self.deliveries.iter().filter(is_write).count();
        let in_turn = config.forward_ms() / SLOW_WRITE_MS;
        let limit = MAX_CONNECTIONS * usize::try_from(in_turn).unwrap_or(usize::MAX).max(1);
        // What one event needs is tried in any case.
        let mut events = self.deliveries.iter().map(|delivery| delivery.event);
        let first = events.next();
        let is_one_event = events.all(|event| Some(event) == first);
        if writes <= limit || is_one_event { Ok(()) } else { Err(TooManyWrites { writes, limit }) }
    }

    /// The deliveries that are still to be made, with their places.
    pub(crate) fn planned(&self) -> impl Iterator<Item = (usize, &Delivery<'c>)> {
        let deliveries = self.deliveries.iter().enumerate();
        deliveries.filter(|(_, delivery)| delivery.progress == Progress::Planned)
    }

    /// Notes how far a delivery has come, by its place.
    pub(crate) fn note(&mut self, delivery: usize, progress: Progress) {
        if let Some(delivery) = self.deliveries.get_mut(delivery) {
            delivery.progress = progress;
        }
    }

    /// What became of each event, in the events' order.
    #[must_use]
    pub fn into_fates(self) -> Vec<Fate<'c>> {
        let mut fates = vec![Fate::default(); self.events.len()];
        for Delivery { event, subscription, progress } in self.deliveries {
            let Some(fate) = fates.get_mut(event) else { continue };
            let name = &*subscription.name;
            match progress {
                Progress::Planned => fate.failed.push((name, BindingError(NO_ANSWER.to_owned()))),
                Progress::Held => fate.held.push(name),
                Progress::Superseded => fate.superseded.push(name),
                Progress::HeldBefore => fate.held_before.push(name),
                Progress::Spooled(error) => fate.spooled.push((name, error)),
                Progress::UnderWay => fate.under_way.push(name),
                Progress::Failed(error) => fate.failed.push((name, error)),
            }
        }
        for (fate, view) in fates.iter_mut().zip(&self.views) {
            if fate.is_ignored() {
                let why_not = |subscription: &'c Subscription| {
                    Some((&*subscription.name, subscription.wants(view).err()?))
                };
                fate.unwanted = self.subscriptions.iter().filter_map(why_not).collect();
            }
        }
        fates
    }
}

impl<'c> Fate<'c> {
    /// The stable code of it, as it stands in answers and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        if self.has_failed() {
            "undelivered"
        } else if self.is_under_way() {
            "under_way"
        } else if self.is_accepted() {
            "accepted"
        } else if !self.held_before.is_empty() {
            "duplicate"
        } else {
            "ignored"
        }
    }

    /// Whether a destination failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    /// Whether another request is forwarding it.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Whether something holds it that did not before, or what is newer.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        !self.held.is_empty() || !self.spooled.is_empty() || !self.superseded.is_empty()
    }

    /// Whether no subscription wants the event.
    #[must_use]
    pub fn is_ignored(&self) -> bool {
        self.code() == "ignored"
    }

    /// All subscriptions for which something holds it, now or before, in the order of their names.
    #[must_use]
    pub fn holders(&self) -> Vec<&'c str> {
        let spooled = self.spooled.iter().map(|(name, _)| name);
        let mut holders: Vec<_> =
            self.held.iter().chain(&self.held_before).chain(spooled).copied().collect();
        holders.sort_unstable();
        holders
    }
}

impl fmt::Display for TooManyWrites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { writes, limit } = self;
        write!(
            f,
            "the batch needs {writes} writes to KV, but {limit} fit in the time: send fewer events at \
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
            TooLarge::ForKv => Ok(()),
            TooLarge::NoClaims => f.write_str(", and there is no CLAIMS to store it in"),
            TooLarge::HasDataref => f.write_str(", and it has a dataref of its own"),
            TooLarge::WithoutData => f.write_str(", and its attributes alone are too large"),
        }
    }
}
