//! What can be wrong with a filter in the configuration, and the messages about it.

use std::fmt;

use super::attribute::BadName;
use super::{Dialect, MAX_FILTER_DEPTH, MAX_FILTERS};
use crate::names::did_you_mean;
use elytra_events::Known as _;

/// What can be wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages below say what each means")]
pub enum FilterMistake {
    NoDialect,
    SeveralDialects(Vec<String>),
    UnknownDialect { nearest: Option<String> },
    NoAttributes,
    BadAttribute(BadName),
    Empty,
    NoFilters,
    BadExpression(String),
    TooDeep,
    TooMany { count: usize },
}

impl fmt::Display for FilterMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDialect => write!(f, "found no dialect, expected one of {}", dialects()),
            Self::SeveralDialects(found) => {
                for (index, name) in found.iter().enumerate() {
                    write!(f, "{} {name:?}", if index == 0 { "found" } else { " and" })?;
                }
                f.write_str(" in one table, expected one dialect")
            }
            Self::UnknownDialect { nearest: None } => {
                write!(f, "unknown dialect, expected {}", dialects())
            }
            Self::UnknownDialect { nearest } => {
                f.write_str("unknown dialect")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::NoAttributes => f.write_str("expected at least one attribute"),
            Self::BadAttribute(name) => name.fmt(f),
            Self::Empty => f.write_str("must not be empty"),
            Self::NoFilters => f.write_str("expected at least one filter"),
            Self::BadExpression(error) => f.write_str(error),
            Self::TooDeep => write!(f, "filters may be nested at most {MAX_FILTER_DEPTH} deep"),
            Self::TooMany { count } => {
                write!(f, "{count} filters, but a subscription may have at most {MAX_FILTERS}")
            }
        }
    }
}

/// The names of the dialects.
fn dialects() -> String {
    let names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.as_str()).collect();
    names.join(", ")
}
