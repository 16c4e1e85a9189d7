//! An event as filters see it.

use std::cell::OnceCell;

use super::data::{DataPaths, Found};
use crate::cloudevents::CloudEvent;

/// An event as filters see it. Its `data` are looked at when the first filter asks for something in
/// them, and then for all filters at once.
#[derive(Debug)]
pub struct View<'v> {
    event: &'v CloudEvent<'v>,
    paths: &'v DataPaths,
    found: OnceCell<Vec<Found<'v>>>,
}

impl<'v> View<'v> {
    /// The event, for filters that were read together with these paths.
    #[must_use]
    pub fn new(event: &'v CloudEvent<'v>, paths: &'v DataPaths) -> Self {
        Self { event, paths, found: OnceCell::new() }
    }

    /// The event itself.
    #[must_use]
    pub fn event(&self) -> &'v CloudEvent<'v> {
        self.event
    }

    /// What stands in `data` at a path, by its place.
    pub(super) fn found(&self, place: usize) -> &Found<'v> {
        let found = self.found.get_or_init(|| self.paths.find(self.event.data()));
        found.get(place).unwrap_or(&Found::Nothing)
    }
}
