//! Where the values of attributes come from.

use super::value::Value;

/// What an expression is evaluated for: an event, by its attributes.
pub trait Attributes {
    /// The value of the attribute of this name, in the type it has (3.2); `None` where there is none.
    fn attribute(&self, name: &str) -> Option<Value<'_>>;
}
