//! The three types of values, and how one is converted to another (3.1, 3.7).

use std::borrow::Cow;
use std::fmt;

use super::error::shortened;
use super::names::names;

/// The value of an attribute or an expression.
///
/// [`Display`](fmt::Display) is for messages and logs: strings are quoted, and long ones shortened.
///
/// # Examples
///
/// ```
/// use cesql::{Type, Value};
///
/// assert_eq!(Value::from("de"), Value::String("de".into()));
/// assert_eq!(Value::from(12).type_(), Type::Integer);
/// assert_eq!(Value::from("de").to_string(), r#""de""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// `true` or `false`.
    Boolean(bool),
    /// A 32-bit signed integer.
    Integer(i32),
    /// A sequence of Unicode characters.
    String(Cow<'a, str>),
}

names! {
    /// The type of a [`Value`].
    ///
    /// # Examples
    ///
    /// ```
    /// use cesql::Type;
    ///
    /// assert_eq!(Type::Integer.as_str(), "Integer");
    /// ```
    pub enum Type {
        Boolean = "Boolean",
        Integer = "Integer",
        String = "String",
    }
}

impl Type {
    /// The value that stands in for one of this type after an error.
    pub(super) fn zero(self) -> Value<'static> {
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

    /// The same value, which borrows the string instead of copying it.
    #[must_use]
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::String(text) => Value::String(Cow::Borrowed(text)),
        }
    }

    /// As a _Boolean_: an integer is true unless it is 0, a string must be `true` or `false` in any
    /// case.
    pub(super) fn to_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(boolean) => Some(*boolean),
            Self::Integer(integer) => Some(*integer != 0),
            Self::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Self::String(_) => None,
        }
    }

    /// As an _Integer_: a boolean is 1 or 0, a string must be a decimal number that fits in 32 bits.
    pub(super) fn to_integer(&self) -> Option<i32> {
        match self {
            Self::Boolean(boolean) => Some(i32::from(*boolean)),
            Self::Integer(integer) => Some(*integer),
            Self::String(text) => text.parse().ok(),
        }
    }

    /// As a _String_, which is always possible.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::Integer(integer) => Cow::Owned(integer.to_string()),
            Self::String(text) => text,
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<i32> for Value<'_> {
    fn from(integer: i32) -> Self {
        Self::Integer(integer)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Cow::Owned(text))
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::Integer(integer) => integer.fmt(f),
            Self::String(text) => shortened(text).fmt(f),
        }
    }
}
