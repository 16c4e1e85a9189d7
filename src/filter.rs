//! Filters: the dialects of the CloudEvents Subscriptions specification, by which a subscription
//! tells the events it wants by more than their type and operation.
//!
//! Source: CloudEvents Subscriptions API 0.1-wip, section 3.2.4. A filter is compiled when the
//! configuration is read. Beyond the specification, `exact`, `prefix` and `suffix` also take
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

/// How deep filters may be nested.
pub const MAX_FILTER_DEPTH: usize = 8;

/// How many filters a subscription may have, those in others included.
pub const MAX_FILTERS: usize = 128;

names! {
    /// The kinds of filters.
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

/// A condition that an event meets or does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// `exact`, `prefix` or `suffix`: each of these holds; at least one.
    Compare(Comparison, Vec<Clause>),
    /// `all`: each of these matches; at least one.
    All(Vec<Filter>),
    /// `any`: one of these matches; at least one.
    Any(Vec<Filter>),
    /// `not`: this does not match.
    Not(Box<Filter>),
    /// `sql`: this expression is true.
    Sql(Expression),
}

/// How an attribute is compared with a text. Case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It is the text.
    Exact,
    /// It begins with the text.
    Prefix,
    /// It ends with the text.
    Suffix,
}

/// An attribute and the text it is compared with, which is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What is compared.
    pub attribute: Attribute,
    /// With what.
    pub value: String,
}

impl Filter {
    /// Whether the event meets the condition.
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
    /// What is absent or no text matches nothing.
    fn holds(&self, comparison: Comparison, seen: &Seen<'_>) -> bool {
        let Seen::Text(text) = seen else { return false };
        match comparison {
            Comparison::Exact => **text == *self.value,
            Comparison::Prefix => text.starts_with(&*self.value),
            Comparison::Suffix => text.ends_with(&*self.value),
        }
    }
}
