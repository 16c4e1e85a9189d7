//! All subscriptions, and which of them an event can match.

use std::iter;
use std::ops::Deref;

use super::Subscription;
use crate::cloudevents::CloudEvent;
use crate::filter::{DataPaths, View};
use crate::names::{Known, Name};

/// The subscriptions of a configuration. Those that do not select an event's type and operation cost the
/// search for those that want it a bit each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subscriptions {
    all: Vec<Subscription>,
    /// What their filters look for in `data`.
    data_paths: DataPaths,
    by_event_type: Index,
    by_operation: Index,
}

/// Of each known name the subscriptions that select it, and behind them those that select every name.
type Index = Vec<Places>;

/// Places of subscriptions, a bit for each.
type Places = Vec<u64>;

impl Subscriptions {
    /// These, in this order, whose filters were read together with these paths.
    #[must_use]
    pub fn new(all: Vec<Subscription>, data_paths: DataPaths) -> Self {
        let by_event_type = index(&all, |subscription| &subscription.event_types);
        let by_operation = index(&all, |subscription| &subscription.operations);
        Self { all, data_paths, by_event_type, by_operation }
    }

    /// The event as their filters see it.
    #[must_use]
    pub fn view<'v>(&'v self, event: &'v CloudEvent<'v>) -> View<'v> {
        View::new(event, &self.data_paths)
    }

    /// Those that select the event's type and operation, in their order.
    pub(crate) fn candidates(&self, event: &CloudEvent<'_>) -> impl Iterator<Item = &Subscription> {
        let of_event_type = select(&self.by_event_type, event.event_type());
        let of_operation = select(&self.by_operation, event.operation());
        let both = of_event_type.iter().zip(of_operation).map(|(one, other)| one & other);
        both.zip((0..).step_by(WORD)).flat_map(move |(places, first)| {
            ones(places).filter_map(move |place| self.all.get(first + place))
        })
    }
}

impl Deref for Subscriptions {
    type Target = [Subscription];

    fn deref(&self) -> &[Subscription] {
        &self.all
    }
}

/// How many places a word has.
const WORD: usize = u64::BITS as usize;

/// The index of the active subscriptions by what they select; an empty list selects everything.
fn index<T: Known>(all: &[Subscription], selected: impl Fn(&Subscription) -> &[T]) -> Index {
    let places = |selects: &dyn Fn(&[T]) -> bool| {
        let words = all.chunks(WORD).map(|subscriptions| {
            subscriptions.iter().rev().fold(0, |word, subscription| {
                let is_there = subscription.active && selects(selected(subscription));
                (word << 1) | u64::from(is_there)
            })
        });
        words.collect::<Places>()
    };
    let of_name = |name: &T| places(&|selected| selected.is_empty() || selected.contains(name));
    T::ALL.iter().map(of_name).chain([places(&<[T]>::is_empty)]).collect()
}

fn select<'i, T: Known>(index: &'i Index, name: Option<Name<'_, T>>) -> &'i [u64] {
    let place = name.and_then(|name| name.known()).map_or(T::ALL.len(), Known::place);
    index.get(place).map(Vec::as_slice).unwrap_or_default()
}

/// The places of the bits that are set, the lowest first.
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    iter::from_fn(move || {
        let place = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (place < WORD).then_some(place)
    })
}
