//! All subscriptions, and which of them an event can match.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Deref;

use elytra_events::{CloudEvent, Known, Name};

use super::Subscription;
use crate::filter::{Attribute, Clause, Comparison, DataPaths, Filter, View};

/// The subscriptions of a configuration. Those that do not select an event's type and operation, or whose
/// filters demand an attribute to be `exact`ly something else, cost the search for those that want it a
/// bit each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subscriptions {
    all: Vec<Subscription>,
    /// What their filters look for in `data`.
    data_paths: DataPaths,
    by_event_type: Index,
    by_operation: Index,
    /// Those in `data` last.
    by_attribute: Vec<ByAttribute>,
}

/// Of each known name the subscriptions that select it, and behind them those that select every name.
type Index = Vec<Places>;

/// Of an attribute that some subscriptions demand to be exactly something.
#[derive(Debug, Clone, PartialEq)]
struct ByAttribute {
    attribute: Attribute,
    /// Those that demand a value, by the value.
    demanding: BTreeMap<String, Places>,
    /// Those that demand none.
    others: Places,
}

/// Places of subscriptions, a bit for each.
type Places = Vec<u64>;

impl Subscriptions {
    /// These, in this order, whose filters were read together with these paths.
    #[must_use]
    pub fn new(all: Vec<Subscription>, data_paths: DataPaths) -> Self {
        let by_event_type = index(&all, |subscription| &subscription.event_types);
        let by_operation = index(&all, |subscription| &subscription.operations);
        let by_attribute = by_attribute(&all);
        Self { all, data_paths, by_event_type, by_operation, by_attribute }
    }

    /// The event as their filters see it.
    #[must_use]
    pub fn view<'v>(&'v self, event: &'v CloudEvent<'v>) -> View<'v> {
        View::new(event, &self.data_paths)
    }

    /// Those that select the event's type and operation and find no attribute to be something else, in
    /// their order.
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
    /// Leaves out those that demand another value than the attribute has. If none of them demands any,
    /// it is not looked at, since that may take a walk through `data`.
    fn narrow(&self, candidates: &mut Places, view: &View<'_>) {
        if candidates.iter().zip(&self.others).all(|(candidates, others)| candidates & !others == 0)
        {
            return;
        }
        let text = self.attribute.text(view);
        let demanding = text.and_then(|text| self.demanding.get(&*text));
        let demanding = demanding.into_iter().flatten().copied().chain(iter::repeat(0));
        for ((candidates, others), demanding) in
            candidates.iter_mut().zip(&self.others).zip(demanding)
        {
            *candidates &= others | demanding;
        }
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
        places(all, |subscription| subscription.active && selects(selected(subscription)))
    };
    let of_name = |name: &T| places(&|selected| selected.is_empty() || selected.contains(name));
    T::ALL.iter().map(of_name).chain([places(&<[T]>::is_empty)]).collect()
}

/// The indexes of the subscriptions by the attributes they demand to be exactly something.
fn by_attribute(all: &[Subscription]) -> Vec<ByAttribute> {
    let words = all.len().div_ceil(WORD);
    let mut indexes: BTreeMap<(bool, &str), ByAttribute> = BTreeMap::new();
    for (place, subscription) in all.iter().enumerate() {
        let (word, bit) = (place / WORD, 1 << (place % WORD));
        for Clause { attribute, value } in demands(subscription) {
            let key = (attribute.is_in_data(), attribute.name());
            let index = indexes.entry(key).or_insert_with(|| ByAttribute {
                attribute: attribute.clone(),
                demanding: BTreeMap::new(),
                others: vec![u64::MAX; words],
            });
            let demanding = index.demanding.entry(value.clone()).or_insert_with(|| vec![0; words]);
            let words = demanding.get_mut(word).zip(index.others.get_mut(word));
            if let Some((demanding, others)) = words {
                *demanding |= bit;
                *others &= !bit;
            }
        }
    }
    indexes.into_values().collect()
}

/// What an event must meet to be wanted, as far as it is that an attribute is exactly something.
fn demands(subscription: &Subscription) -> impl Iterator<Item = &Clause> {
    subscription.filters.iter().flat_map(|filter| match filter {
        Filter::Compare(Comparison::Exact, clauses) => clauses.as_slice(),
        _ => &[],
    })
}

/// The places of those of which this is true.
fn places(all: &[Subscription], is_one: impl Fn(&Subscription) -> bool) -> Places {
    let words = all.chunks(WORD).map(|subscriptions| {
        let bits = subscriptions.iter().rev().map(|subscription| u64::from(is_one(subscription)));
        bits.fold(0, |word, bit| (word << 1) | bit)
    });
    words.collect()
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
