//! Why a filter does not match: the first clause that did not hold, and the value it saw.

use std::fmt::{self, Write as _};

use super::attribute::Seen;
use super::{Clause, Comparison, Dialect, Filter, View};
use crate::text::{MAX_REPEATED_CHARACTERS, Shortened};

/// Why an event does not match the filters of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterMismatch {
    /// The path of the clause that did not hold, such as `filters[0].any[1].exact`.
    pub place: String,
    /// What the clause saw.
    pub reason: String,
}

impl FilterMismatch {
    /// Checks that the event matches all of these filters.
    ///
    /// # Errors
    ///
    /// The first filter that does not match.
    pub fn check(filters: &[Filter], view: &View<'_>) -> Result<(), Self> {
        // Reasons are only built if a filter does not match.
        let mut places = filters.iter().enumerate();
        let Some((index, filter)) = places.find(|(_, filter)| !filter.matches(view)) else {
            return Ok(());
        };
        let (Ok(found) | Err(found)) = filter.find(format!("filters[{index}]"), view);
        Err(found)
    }

    /// The reason for a filter without filters, which the configuration does not allow.
    fn empty(place: String) -> Self {
        Self { place, reason: "it contains no filter".to_owned() }
    }
}

impl fmt::Display for FilterMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// The clause that decides: `Ok` if the filter matches, `Err` if it does not.
type Finding = Result<FilterMismatch, FilterMismatch>;

impl Filter {
    /// Finds the clause that decides whether this filter, whose path is `place`, matches.
    fn find(&self, mut place: String, view: &View<'_>) -> Finding {
        let _ = write!(place, ".{}", self.dialect());
        match self {
            Self::Compare(comparison, clauses) => compare(*comparison, clauses, place, view),
            Self::All(filters) => match first(filters, false, &place, view) {
                Some(Ok(yes)) if filters.len() > 1 => {
                    let count = filters.len();
                    let reason = format!("all {count} filters match, the first: {}", yes.reason);
                    Ok(FilterMismatch { place, reason })
                }
                found => found.unwrap_or_else(|| Ok(FilterMismatch::empty(place))),
            },
            Self::Any(filters) => match first(filters, true, &place, view) {
                Some(Err(no)) if filters.len() > 1 => {
                    let count = filters.len();
                    let reason = format!("none of {count} filters match, the first: {}", no.reason);
                    Err(FilterMismatch { place, reason })
                }
                found => found.unwrap_or_else(|| Err(FilterMismatch::empty(place))),
            },
            Self::Not(filter) => match filter.find(place, view) {
                Ok(yes) => Err(yes),
                Err(no) => Ok(no),
            },
            Self::Sql(expression) => match expression.matches(view) {
                Ok(()) => Ok(FilterMismatch { place, reason: "is true".to_owned() }),
                Err(refusal) => Err(FilterMismatch { place, reason: refusal.to_string() }),
            },
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Compare(Comparison::Exact, _) => Dialect::Exact,
            Self::Compare(Comparison::Prefix, _) => Dialect::Prefix,
            Self::Compare(Comparison::Suffix, _) => Dialect::Suffix,
            Self::All(_) => Dialect::All,
            Self::Any(_) => Dialect::Any,
            Self::Not(_) => Dialect::Not,
            Self::Sql(_) => Dialect::Sql,
        }
    }
}

/// The finding for the first filter whose result is `matches`, or for the very first filter if there is none.
fn first(filters: &[Filter], matches: bool, place: &str, view: &View<'_>) -> Option<Finding> {
    let index = filters.iter().position(|filter| filter.matches(view) == matches).unwrap_or(0);
    Some(filters.get(index)?.find(format!("{place}[{index}]"), view))
}

/// The first clause that does not hold, or all clauses if they hold.
fn compare(comparison: Comparison, clauses: &[Clause], place: String, view: &View<'_>) -> Finding {
    let mut held = String::new();
    for clause in clauses {
        let seen = clause.attribute.read(view);
        let name = clause.attribute.name();
        let value = shortened(&clause.value);
        if !clause.holds(comparison, &seen) {
            let reason = match comparison {
                Comparison::Exact => format!("{name} is {seen}, not {value}"),
                Comparison::Prefix => format!("{name} is {seen}, and does not begin with {value}"),
                Comparison::Suffix => format!("{name} is {seen}, and does not end with {value}"),
            };
            return Err(FilterMismatch { place, reason });
        }
        let and = if held.is_empty() { "" } else { " and " };
        let _ = match comparison {
            Comparison::Exact => write!(held, "{and}{name} is {seen}"),
            Comparison::Prefix => write!(held, "{and}{name} is {seen}, and begins with {value}"),
            Comparison::Suffix => write!(held, "{and}{name} is {seen}, and ends with {value}"),
        };
    }
    Ok(FilterMismatch { place, reason: held })
}

impl fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("absent"),
            Self::Repeated => f.write_str("present more than once"),
            Self::Text(text) => shortened(text).fmt(f),
            Self::Other(type_) => type_.fmt(f),
        }
    }
}

/// The text in quotes, cut to the length that the log shows.
fn shortened(text: &str) -> Shortened<'_> {
    Shortened { text, most: MAX_REPEATED_CHARACTERS }
}
