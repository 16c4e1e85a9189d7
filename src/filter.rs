//! Filters: the dialects of the CloudEvents Subscriptions specification, with which a subscription can select
//! events by more than their type and operation.
//!
//! Source: CloudEvents Subscriptions API 0.1-wip, section 3.2.4. A filter is compiled when the
//! configuration is read. Beyond the specification, `exact`, `prefix` and `suffix` also accept
//! `object.type`, `object.id` and paths into `data`.

mod attribute;
mod data;
mod finding;
mod mistake;
mod view;

pub use attribute::{Attribute, BadName, MAX_PATH_BYTES, MAX_PATH_DEPTH};
pub use data::DataPaths;
pub use finding::FilterMismatch;
pub use mistake::FilterMistake;
pub use view::View;

use attribute::Seen;
use cesql::Expression;
use elytra_events::names;

/// How deeply filters may be nested.
pub const MAX_FILTER_DEPTH: usize = 8;

/// How many filters a subscription may have, including nested ones.
pub const MAX_FILTERS: usize = 128;

names! {
    /// The kinds of filter.
    pub enum Dialect {
        Exact = "exact",
        Prefix = "prefix",
        Suffix = "suffix",
        All = "all",
        Any = "any",
        Not = "not",
        Sql = "sql",
    }
}

/// A condition on an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// `exact`, `prefix` or `suffix`: every clause holds. There is at least one.
    Compare(Comparison, Vec<Clause>),
    /// `all`: every filter matches. There is at least one.
    All(Vec<Filter>),
    /// `any`: at least one of the filters matches.
    Any(Vec<Filter>),
    /// `not`: the filter does not match.
    Not(Box<Filter>),
    /// `sql`: the expression is true.
    Sql(Expression),
}

/// How an attribute is compared with a text. All comparisons are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The attribute equals the text.
    Exact,
    /// The attribute begins with the text.
    Prefix,
    /// The attribute ends with the text.
    Suffix,
}

/// An attribute and the text that it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The attribute.
    pub attribute: Attribute,
    /// The text, which is not empty.
    pub value: String,
}

impl Filter {
    /// Whether the event matches this filter.
    #[must_use]
    pub fn matches(&self, view: &View<'_>) -> bool {
        match self {
            Self::Compare(comparison, clauses) => {
                clauses.iter().all(|clause| clause.holds(*comparison, &clause.attribute.read(view)))
            }
            Self::All(filters) => filters.iter().all(|filter| filter.matches(view)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(view)),
            Self::Not(filter) => !filter.matches(view),
            Self::Sql(expression) => expression.is_true(view),
        }
    }
}

impl Clause {
    /// Whether the comparison holds. A value that is absent or not a text matches nothing.
    fn holds(&self, comparison: Comparison, seen: &Seen<'_>) -> bool {
        let Seen::Text(text) = seen else { return false };
        match comparison {
            Comparison::Exact => **text == *self.value,
            Comparison::Prefix => text.starts_with(&*self.value),
            Comparison::Suffix => text.ends_with(&*self.value),
        }
    }
}
