//! What was rejected: one event with all of its violations, or all events of a request.

use std::fmt;

use super::violation::{Problem, Violation};

/// The maximum number of violations that are kept and reported for a request, which is as many as an
/// event may have attributes. If a thousand events are invalid, it is nearly always for one reason.
pub const MAX_VIOLATIONS: usize = 256;

/// Something that is not a valid event, and everything that is wrong with it.
///
/// # Examples
///
/// ```
/// use elytra_events::CloudEvent;
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"s","time":"yesterday"}"#;
/// let invalid = CloudEvent::from_json(text).unwrap_err();
/// assert_eq!(invalid.id.as_deref(), Some("e1"));
/// let codes: Vec<_> = invalid.violations.iter().map(|violation| violation.code()).collect();
/// assert_eq!(codes, ["missing", "not_a_timestamp"]);
/// assert_eq!(
///     invalid.to_string(),
///     "type: required attribute is missing; time: not an RFC 3339 timestamp: \
///      unexpected character 'y' at position 0, expected a digit",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEvent {
    /// Its index in the batch, counted from 0; `None` if it did not come in a batch.
    pub index: Option<usize>,
    /// Its `id`, if it has a valid one, to find the event again.
    pub id: Option<String>,
    /// Its `source`, if it has a valid one.
    pub source: Option<String>,
    /// Its `type`, if it has a valid one.
    pub type_: Option<String>,
    /// What is wrong with it. Of all events of a request together, the first [`MAX_VIOLATIONS`] are
    /// kept.
    pub violations: Vec<Violation>,
    /// How many more violations there are.
    pub left_out: usize,
}

/// Why the events of a request were rejected, all of them.
///
/// # Examples
///
/// ```
/// use elytra_events::InvalidEvents;
/// use elytra_events::http::{Mode, decode};
///
/// let headers: [(&str, &str); 0] = [];
/// let error = decode(Mode::Batch, &headers[..], b"[{},{},{}]", 2).unwrap_err();
/// assert_eq!(error, InvalidEvents::TooMany { events: 3, limit: 2 });
/// assert_eq!(error.to_string(), "the batch has 3 events, but at most 2 are allowed");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidEvents {
    /// These events are invalid. There is at least one.
    Invalid(Vec<InvalidEvent>),
    /// The batch has too many events.
    TooMany {
        /// How many it has.
        events: usize,
        /// How many it may have.
        limit: usize,
    },
}

impl InvalidEvent {
    /// Something that is not an event at all, for this one reason.
    pub(super) fn of_event(problem: Problem) -> Self {
        Self {
            index: None,
            id: None,
            source: None,
            type_: None,
            violations: vec![Violation::of_event(problem)],
            left_out: 0,
        }
    }

    /// How many violations were found, including those that were left out. There is at least one.
    #[must_use]
    pub fn faults(&self) -> usize {
        self.violations.len() + self.left_out
    }

    /// Keeps at most this many violations. If it is none, nothing else about the event is kept either.
    pub(super) fn keep(mut self, most: usize) -> Self {
        if self.violations.len() > most {
            self.left_out += self.violations.len() - most;
            self.violations.truncate(most);
            self.violations.shrink_to_fit();
        }
        if most == 0 {
            (self.id, self.source, self.type_) = (None, None, None);
        }
        self
    }
}

impl From<InvalidEvent> for InvalidEvents {
    fn from(invalid: InvalidEvent) -> Self {
        Self::Invalid(vec![invalid])
    }
}

impl std::error::Error for InvalidEvent {}

impl fmt::Display for InvalidEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "event {index} of the batch: ")?;
        }
        for (place, violation) in self.violations.iter().enumerate() {
            write!(f, "{}{violation}", if place == 0 { "" } else { "; " })?;
        }
        match self.left_out {
            0 => Ok(()),
            left_out if self.violations.is_empty() => write!(f, "{left_out} violations"),
            left_out => write!(f, "; and {left_out} more"),
        }
    }
}

impl std::error::Error for InvalidEvents {}

impl fmt::Display for InvalidEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(events) => {
                for (place, event) in events.iter().enumerate() {
                    write!(f, "{}{event}", if place == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
            Self::TooMany { events, limit } => {
                write!(f, "the batch has {events} events, but at most {limit} are allowed")
            }
        }
    }
}
