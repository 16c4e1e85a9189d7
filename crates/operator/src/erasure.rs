//! Erasing what is known about an object or an event.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::answer::{Failure, parse};
use crate::filter::EventFilter;
use crate::pages::{Limit, Pages};
use crate::request::{Method, Request};
use crate::text::{clean, count};

/// What to erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    /// All that is known about an object, as `<objectType>/<objectId>`.
    Object(String),
    /// All that is known about one event.
    Event {
        /// `source`.
        source: String,
        /// `id`.
        id: String,
    },
}

impl Erasure {
    /// The request for a step. The cursor is that of the step before.
    #[must_use]
    pub fn request(&self, cursor: Option<&str>) -> Request {
        let mut query = self.filter().query();
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        Request { method: Method::Delete, query, ..Request::get("/events") }
    }

    /// The events that will be erased.
    #[must_use]
    pub fn events(&self, limit: Limit) -> Pages {
        Pages::of_events(&self.filter(), limit)
    }

    fn filter(&self) -> EventFilter {
        match self {
            Self::Object(object) => {
                EventFilter { object: Some(object.clone()), ..EventFilter::default() }
            }
            Self::Event { source, id } => EventFilter {
                source: Some(source.clone()),
                id: Some(id.clone()),
                ..EventFilter::default()
            },
        }
    }

    /// What is erased, for a question.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Object(object) => format!("all that is kept of {}", clean(object)),
            Self::Event { source, id } => {
                format!("all that is kept of event {} from {}", clean(id), clean(source))
            }
        }
    }
}

/// The answer to a step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Step {
    removed: BTreeMap<String, u64>,
    #[serde(default)]
    not_reached: Vec<String>,
    /// Where to continue. `None` after the last step.
    #[serde(default)]
    pub cursor: Option<String>,
}

impl Step {
    /// Reads the answer to a step.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        parse(body)
    }

    /// Whether this step is the same as the one before, so that another one would be too: it removed nothing, and its
    /// cursor is the one that it began with.
    #[must_use]
    pub fn is_stuck(&self, began_with: Option<&str>) -> bool {
        let has_removed = self.removed.values().any(|number| *number > 0);
        !has_removed && self.cursor.is_some() && self.cursor.as_deref() == began_with
    }
}

/// What all steps erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    removed: BTreeMap<String, u64>,
    not_reached: Vec<String>,
}

impl Erased {
    /// Adds a step.
    pub fn add(&mut self, step: &Step) {
        for (what, number) in &step.removed {
            let sum = self.removed.entry(what.clone()).or_default();
            *sum = sum.saturating_add(*number);
        }
        for place in &step.not_reached {
            if !self.not_reached.contains(place) {
                self.not_reached.push(place.clone());
            }
        }
    }

    /// Whether nothing was erased.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.values().all(|number| *number == 0)
    }

    /// What was erased, in one line: `3 events, 1 claim`.
    #[must_use]
    pub fn sum(&self) -> String {
        /// Those that are known, in this order, and what one of them is called.
        const NAMES: [(&str, &str); 5] = [
            ("events", "event"),
            ("refusals", "refusal"),
            ("claims", "claim"),
            ("spool", "spooled message"),
            ("dead_letters", "dead letter"),
        ];
        let known = NAMES.iter().filter_map(|(name, one)| Some((*self.removed.get(*name)?, *one)));
        let known = known.filter(|(number, _)| *number > 0).map(|(number, one)| count(number, one));
        let is_known = |name: &str| NAMES.iter().any(|(known, _)| *known == name);
        let others = self.removed.iter().filter(|(name, number)| !is_known(name) && **number > 0);
        let others = others.map(|(name, number)| format!("{number} {}", clean(name)));
        let all: Vec<_> = known.chain(others).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    }

    /// What was erased, and what was not reached, for people.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = format!("erased {}\n", self.sum());
        if !self.not_reached.is_empty() {
            out.push_str("not reached, so it may still be there:\n");
        }
        for place in &self.not_reached {
            let _ = writeln!(out, "  {}", clean(place));
        }
        out
    }
}
