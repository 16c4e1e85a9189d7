//! Where the values of attributes come from.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::value::Value;

/// What an expression is evaluated for: something with named attributes, usually an event.
///
/// It is implemented for maps from names to values. Implement it for your own type of event to
/// evaluate expressions without copying anything.
///
/// # Examples
///
/// ```
/// use cesql::{Attributes, Expression, Value};
///
/// struct Event {
///     id: String,
///     urgent: bool,
/// }
///
/// impl Attributes for Event {
///     fn attribute(&self, name: &str) -> Option<Value<'_>> {
///         match name {
///             "specversion" => Some(Value::from("1.0")),
///             "id" => Some(Value::from(&*self.id)),
///             "urgent" => Some(Value::from(self.urgent)),
///             _ => None,
///         }
///     }
/// }
///
/// let event = Event { id: "a-17".to_owned(), urgent: true };
/// assert!(Expression::parse("urgent AND LEFT(id, 2) = 'a-'")?.is_true(&event));
/// # Ok::<(), cesql::ParseError>(())
/// ```
pub trait Attributes {
    /// The value of the attribute with this name, in its own type (3.2). `None` if there is no such
    /// attribute.
    fn attribute(&self, name: &str) -> Option<Value<'_>>;
}

impl<N: Borrow<str> + Ord> Attributes for BTreeMap<N, Value<'_>> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        self.get(name).map(Value::borrowed)
    }
}

impl<N: Borrow<str> + Eq + Hash, S: BuildHasher> Attributes for HashMap<N, Value<'_>, S> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        self.get(name).map(Value::borrowed)
    }
}
