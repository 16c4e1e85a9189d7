//! What is sent, and what has to become of it.

use crate::event::{self, ATTRIBUTES, Template};

/// The token that every contestant lets in.
pub(crate) const TOKEN: &str = "a-token-as-long-as-those-of-elytra-are";

/// How an event is put into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Structured,
    Binary,
    Batch,
}

/// What has to become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Refused,
    Filtered,
    Forwarded,
}

/// What is sent, again and again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// What the tables call it.
    pub(crate) name: &'static str,
    pub(crate) mode: Mode,
    /// The size of an event.
    pub(crate) bytes: usize,
    /// How many there are in a request.
    pub(crate) events: usize,
    pub(crate) fate: Fate,
}

const KB: usize = 1_000;

pub(crate) const FILTERED: &str = "filtered, 1 KB";
pub(crate) const FORWARDED: &str = "forwarded, 1 KB";
pub(crate) const FILTERED_LARGE: &str = "filtered, 105 KB";
pub(crate) const FORWARDED_BINARY: &str = "forwarded, 1 KB, binary mode";
pub(crate) const FORWARDED_LARGE: &str = "forwarded, 105 KB";
pub(crate) const FORWARDED_BATCH: &str = "forwarded, 100 x 1 KB";

/// Every case; each is sent over one connection and over many.
pub(crate) const CASES: [Case; 7] = [
    Case::of("wrong token, 1 KB", Mode::Structured, KB, Fate::Refused),
    Case::of(FILTERED, Mode::Structured, KB, Fate::Filtered),
    Case::of(FORWARDED, Mode::Structured, KB, Fate::Forwarded),
    Case::of(FILTERED_LARGE, Mode::Structured, 105 * KB, Fate::Filtered),
    Case::of(FORWARDED_LARGE, Mode::Structured, 105 * KB, Fate::Forwarded),
    Case::of(FORWARDED_BINARY, Mode::Binary, KB, Fate::Forwarded),
    Case { events: 100, ..Case::of(FORWARDED_BATCH, Mode::Batch, KB, Fate::Forwarded) },
];

/// Over how many connections.
pub(crate) const CONNECTIONS: [usize; 2] = [1, 64];

impl Case {
    pub(crate) const fn of(name: &'static str, mode: Mode, bytes: usize, fate: Fate) -> Self {
        Self { name, mode, bytes, events: 1, fate }
    }

    /// The headers of a request.
    pub(crate) fn headers(&self) -> Vec<String> {
        let token = if self.fate == Fate::Refused { "wrong" } else { TOKEN };
        let mut headers = vec![format!("authorization: Bearer {token}")];
        let content_type = match self.mode {
            Mode::Structured => "application/cloudevents+json",
            Mode::Binary => "application/json",
            Mode::Batch => "application/cloudevents-batch+json",
        };
        headers.push(format!("content-type: {content_type}"));
        if self.mode == Mode::Binary {
            let attributes = ATTRIBUTES.map(|(name, value)| format!("ce-{name}: {value}"));
            headers.extend(attributes);
            headers.push(format!("ce-id: {}", event::id(0)));
            headers.push(format!("ce-operation: {}", event::operation(self.is_wanted())));
        }
        headers
    }

    /// The body of a request that can be sent again and again.
    pub(crate) fn body(&self) -> String {
        match self.mode {
            // The size is that of the data; the headers come on top.
            Mode::Binary => event::data(self.bytes),
            Mode::Structured | Mode::Batch => self.template().body(0),
        }
    }

    /// Bodies that differ in the ids of their events.
    pub(crate) fn template(&self) -> Template {
        let batch = (self.mode == Mode::Batch).then_some(self.events);
        Template::new(self.bytes, batch, self.is_wanted())
    }

    /// The size of a request's body, about.
    pub(crate) fn body_bytes(&self) -> usize {
        self.bytes * self.events
    }

    fn is_wanted(&self) -> bool {
        self.fate != Fate::Filtered
    }

    /// The status of its answer, from whoever does the job.
    pub(crate) fn status(&self) -> u16 {
        match self.fate {
            Fate::Refused => 401,
            Fate::Filtered => 200,
            Fate::Forwarded => 202,
        }
    }

    /// How many messages a request sends to the queue.
    pub(crate) fn messages(&self) -> usize {
        if self.fate == Fate::Forwarded { self.events } else { 0 }
    }
}
