//! The three types of values, and how one becomes another (3.1, 3.7).

use std::borrow::Cow;
use std::fmt;

use super::error::shortened;
use super::names::names;

/// A value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number within 32 bits.
    Integer(i32),
    /// A sequence of Unicode characters.
    String(Cow<'a, str>),
}

names! {
    /// A type of values.
    pub enum Type {
        Boolean = "Boolean",
        Integer = "Integer",
        String = "String",
    }
}

impl Type {
    /// What stands for a value of this type where an error left none.
    #[must_use]
    pub fn zero(self) -> Value<'static> {
        match self {
            Self::Boolean => Value::Boolean(false),
            Self::Integer => Value::Integer(0),
            Self::String => Value::String(Cow::Borrowed("")),
        }
    }
}

impl<'a> Value<'a> {
    /// The type of the value.
    #[must_use]
    pub fn type_(&self) -> Type {
        match self {
            Self::Boolean(_) => Type::Boolean,
            Self::Integer(_) => Type::Integer,
            Self::String(_) => Type::String,
        }
    }

    /// The same value, without copying its text.
    pub(super) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::String(text) => Value::String(Cow::Borrowed(text)),
        }
    }

    /// As a _Boolean_: a number that is not 0, or `true` and `false` in any case.
    pub(super) fn to_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(boolean) => Some(*boolean),
            Self::Integer(integer) => Some(*integer != 0),
            Self::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Self::String(_) => None,
        }
    }

    /// As an _Integer_: 1 or 0, or decimal digits behind a sign or none, within 32 bits.
    pub(super) fn to_integer(&self) -> Option<i32> {
        match self {
            Self::Boolean(boolean) => Some(i32::from(*boolean)),
            Self::Integer(integer) => Some(*integer),
            Self::String(text) => text.parse().ok(),
        }
    }

    /// As a _String_, which everything can be.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::Integer(integer) => Cow::Owned(integer.to_string()),
            Self::String(text) => text,
        }
    }
}

/// For those who read logs: a long string is shortened.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::Integer(integer) => integer.fmt(f),
            Self::String(text) => shortened(text).fmt(f),
        }
    }
}
