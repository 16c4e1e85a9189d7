//! All subscriptions, with an index that finds those that an event can match.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Deref;

use elytra_events::{CloudEvent, Known, Name};

use super::Subscription;
use crate::filter::{Attribute, Clause, Comparison, DataPaths, Filter, View};

/// The subscriptions of a configuration. When subscriptions are searched for an event, each one that does not
/// select the event's type and operation, or whose `exact` filters require another attribute value, costs
/// only one bit operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subscriptions {
    all: Vec<Subscription>,
    /// The members of `data` that their filters name.
    data_paths: DataPaths,
    by_event_type: Index,
    by_operation: Index,
    /// Attributes in `data` come last.
    by_attribute: Vec<ByAttribute>,
}

/// For each known name, the subscriptions that select it. The last item has those that select every name.
type Index = Vec<Places>;

/// The values of an attribute that subscriptions match with `exact`.
#[derive(Debug, Clone, PartialEq)]
struct ByAttribute {
    attribute: Attribute,
    /// The subscriptions that require a value, by that value.
    by_value: BTreeMap<String, Places>,
    /// The subscriptions that accept any value.
    any_value: Places,
}

/// A set of subscriptions, with one bit for each place.
type Places = Vec<u64>;

impl Subscriptions {
    /// Indexes subscriptions, whose filters were read together with these paths. Their order is kept.
    #[must_use]
    pub fn new(all: Vec<Subscription>, data_paths: DataPaths) -> Self {
        let by_event_type = index(&all, |subscription| &subscription.event_types);
        let by_operation = index(&all, |subscription| &subscription.operations);
        let by_attribute = by_attribute(&all);
        Self { all, data_paths, by_event_type, by_operation, by_attribute }
    }

    /// A view of the event for their filters.
    #[must_use]
    pub fn view<'v>(&'v self, event: &'v CloudEvent<'v>) -> View<'v> {
        View::new(event, &self.data_paths)
    }

    /// The subscriptions that select the event's type and operation and whose `exact` filters do not rule it
    /// out, in their order.
    pub(crate) fn candidates(&self, view: &View<'_>) -> impl Iterator<Item = &Subscription> {
        let event = view.event();
        let of_event_type = select(&self.by_event_type, event.event_type());
        let of_operation = select(&self.by_operation, event.operation());
        let both = of_event_type.iter().zip(of_operation).map(|(one, other)| one & other);
        let mut candidates = both.collect();
        for by_attribute in &self.by_attribute {
            by_attribute.narrow(&mut candidates, view);
        }
        candidates.into_iter().zip((0..).step_by(WORD)).flat_map(move |(places, first)| {
            ones(places).filter_map(move |place| self.all.get(first + place))
        })
    }
}

impl ByAttribute {
    /// Removes the candidates that require another value. If no candidate requires one, the attribute is not
    /// read, because that may take a walk through `data`.
    fn narrow(&self, candidates: &mut Places, view: &View<'_>) {
        if candidates.iter().zip(&self.any_value).all(|(candidates, any)| candidates & !any == 0) {
            return;
        }
        let text = self.attribute.text(view);
        let matching = text.and_then(|text| self.by_value.get(&*text));
        let matching = matching.into_iter().flatten().copied().chain(iter::repeat(0));
        for ((candidates, any), matching) in
            candidates.iter_mut().zip(&self.any_value).zip(matching)
        {
            *candidates &= any | matching;
        }
    }
}

impl Deref for Subscriptions {
    type Target = [Subscription];

    fn deref(&self) -> &[Subscription] {
        &self.all
    }
}

/// How many places fit in a word.
const WORD: usize = u64::BITS as usize;

/// Indexes the active subscriptions by the names they select. An empty list selects everything.
fn index<T: Known>(all: &[Subscription], selected: impl Fn(&Subscription) -> &[T]) -> Index {
    let places = |selects: &dyn Fn(&[T]) -> bool| {
        places(all, |subscription| subscription.active && selects(selected(subscription)))
    };
    let of_name = |name: &T| places(&|selected| selected.is_empty() || selected.contains(name));
    T::ALL.iter().map(of_name).chain([places(&<[T]>::is_empty)]).collect()
}

/// Indexes the subscriptions by the attribute values that they match with `exact`.
fn by_attribute(all: &[Subscription]) -> Vec<ByAttribute> {
    let words = all.len().div_ceil(WORD);
    let mut indexes: BTreeMap<(bool, &str), ByAttribute> = BTreeMap::new();
    for (place, subscription) in all.iter().enumerate() {
        let (word, bit) = (place / WORD, 1 << (place % WORD));
        for Clause { attribute, value } in exact_clauses(subscription) {
            let key = (attribute.is_in_data(), attribute.name());
            let index = indexes.entry(key).or_insert_with(|| ByAttribute {
                attribute: attribute.clone(),
                by_value: BTreeMap::new(),
                any_value: vec![u64::MAX; words],
            });
            let with_value = index.by_value.entry(value.clone()).or_insert_with(|| vec![0; words]);
            let words = with_value.get_mut(word).zip(index.any_value.get_mut(word));
            if let Some((with_value, any_value)) = words {
                *with_value |= bit;
                *any_value &= !bit;
            }
        }
    }
    indexes.into_values().collect()
}

/// The `exact` clauses that an event must meet. Those inside other filters are not included.
fn exact_clauses(subscription: &Subscription) -> impl Iterator<Item = &Clause> {
    subscription.filters.iter().flat_map(|filter| match filter {
        Filter::Compare(Comparison::Exact, clauses) => clauses.as_slice(),
        _ => &[],
    })
}

/// The places of the subscriptions for which this is true.
fn places(all: &[Subscription], is_member: impl Fn(&Subscription) -> bool) -> Places {
    let words = all.chunks(WORD).map(|subscriptions| {
        let bits =
            subscriptions.iter().rev().map(|subscription| u64::from(is_member(subscription)));
        bits.fold(0, |word, bit| (word << 1) | bit)
    });
    words.collect()
}

fn select<'i, T: Known>(index: &'i Index, name: Option<Name<'_, T>>) -> &'i [u64] {
    let place = name.and_then(|name| name.known()).map_or(T::ALL.len(), Known::place);
    index.get(place).map(Vec::as_slice).unwrap_or_default()
}

/// The positions of the bits that are set, lowest first.
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    iter::from_fn(move || {
        let place = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (place < WORD).then_some(place)
    })
}
