//! The view that filters have of an event.

use std::cell::OnceCell;

use cesql::{Attributes, Value};
use elytra_events::{AttributeValue, CloudEvent, CoreAttribute, Known as _};

use super::data::{DataPaths, Found};

/// An event as filters see it. When the first filter asks for a member of `data`, the members for all filters
/// are read at once.
#[derive(Debug)]
pub struct View<'v> {
    event: &'v CloudEvent<'v>,
    paths: &'v DataPaths,
    found: OnceCell<Vec<Found<'v>>>,
}

impl<'v> View<'v> {
    /// A view for the filters that were read together with these paths.
    #[must_use]
    pub fn new(event: &'v CloudEvent<'v>, paths: &'v DataPaths) -> Self {
        Self { event, paths, found: OnceCell::new() }
    }

    /// The event itself.
    #[must_use]
    pub fn event(&self) -> &'v CloudEvent<'v> {
        self.event
    }

    /// What `data` contains at the path with this place.
    pub(super) fn found(&self, place: usize) -> &Found<'v> {
        let found = self.found.get_or_init(|| self.paths.find(self.event.data()));
        found.get(place).unwrap_or(&Found::Nothing)
    }
}

/// Only the attributes, because `sql` expressions do not see `data`.
impl Attributes for View<'_> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        let text = match CoreAttribute::from_name(name) {
            Some(core) => self.event.core_attribute(core)?,
            None => match self.event.extension(name)? {
                AttributeValue::Boolean(boolean) => return Some(Value::Boolean(*boolean)),
                AttributeValue::Integer(integer) => return Some(Value::Integer(*integer)),
                AttributeValue::String(text) => text,
            },
        };
        Some(Value::String(text.into()))
    }
}
