//! What is written to the journal about an event.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::key::{EventKey, object_column};
use super::line::Line;
use crate::text::shortened;
use elytra_events::{CloudEvent, Object, ObjectId, Timestamp};

/// The longest text that is kept in the row of its event, in bytes. A longer one has rows of its own, so that it is not
/// written again with every line of the history.
const MAX_TEXT_IN_ROW: usize = 16 * 1024;

/// How many bytes of a text a row has. Cloudflare allows 2 MB.
const MAX_PART_BYTES: usize = 1_000_000;

/// How many bytes of notes one statement writes, which are a parameter of at most 2 MB.
const MAX_CHUNK_BYTES: usize = 1_000_000;

/// Separates the chunks of [`print_notes`]. JSON cannot contain it unless it is escaped.
pub const SEPARATOR: char = '\u{1e}';

/// What a chunk begins with that is a part of a long text.
pub const PART: char = 'T';

/// Ends the number of a part. JSON cannot contain it unless it is escaped.
pub const FIELD: char = '\u{1f}';

/// What is known about an event, whatever became of it. Texts are cut like others in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts<'e> {
    /// When it first came, in milliseconds since 1970.
    pub arrived_at: u64,
    /// `id`.
    pub id: Cow<'e, str>,
    /// `source`.
    pub source: Cow<'e, str>,
    /// `type`.
    #[serde(rename = "type")]
    pub type_: Cow<'e, str>,
    /// Elytra's event type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Cow<'e, str>>,
    /// Elytra's operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Cow<'e, str>>,
    /// `objectType` in `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_type: Option<Cow<'e, str>>,
    /// `objectId` in `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<Cow<'e, str>>,
    /// `subject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Cow<'e, str>>,
    /// `time`, as the sender wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Cow<'e, str>>,
    /// The size of its JSON, in bytes.
    #[serde(default)]
    pub bytes: usize,
    /// The name of the secret that the caller presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Cow<'e, str>>,
}

impl<'e> Facts<'e> {
    /// What is known about an event that first came at this time.
    #[must_use]
    pub fn of(event: &'e CloudEvent<'_>, arrived_at: u64, credential: Option<&'e str>) -> Self {
        let Object { id, type_, .. } = event.object();
        Self {
            arrived_at,
            id: cut(event.id()),
            source: cut(event.source()),
            type_: cut(event.type_()),
            event_type: event.event_type().map(|name| Cow::Owned(shortened(name.as_str()))),
            operation: event.operation().map(|name| Cow::Owned(shortened(name.as_str()))),
            object_type: type_.map(|type_| Cow::Owned(shortened(&type_))),
            object_id: id.map(|id| match id {
                ObjectId::String(text) => Cow::Owned(shortened(&text)),
                ObjectId::Integer(digits) => cut(digits),
            }),
            subject: event.subject().map(cut),
            time: event.time().map(Timestamp::as_str).map(cut),
            bytes: event.as_json().len(),
            credential: credential.map(Cow::Borrowed),
        }
    }
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= crate::text::MAX_REPEATED_CHARACTERS {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(shortened(text))
    }
}

/// What to write about an event.
#[derive(Debug)]
pub struct NewNote<'n> {
    /// The event's key.
    pub key: EventKey,
    /// What the index of objects has for it, if its data names an object.
    pub object: Option<String>,
    /// What is known about it. This is kept if nothing else is known, or if it came now.
    pub facts: Facts<'n>,
    /// The code in the answer, if it came now.
    pub code: Option<&'n str>,
    /// The subscriptions that want it, if it came now.
    pub wanted_by: Vec<&'n str>,
    /// What happened.
    pub line: Line<'n>,
    /// Its text, if that is kept.
    pub text: Option<&'n str>,
}

impl<'n> NewNote<'n> {
    /// Something that happened to an event that came at this time, in milliseconds since 1970. It did not come now.
    #[must_use]
    pub fn later(event: &'n CloudEvent<'_>, arrived_at: u64, line: Line<'n>) -> Self {
        Self {
            key: EventKey::of_event(event),
            object: object_of(event),
            facts: Facts::of(event, arrived_at, None),
            code: None,
            wanted_by: Vec::new(),
            line,
            text: None,
        }
    }

    /// The same, for an event of which only this is known.
    #[must_use]
    pub fn of_identity(
        source: &'n str,
        id: &'n str,
        type_: &'n str,
        arrived_at: u64,
        line: Line<'n>,
    ) -> Self {
        let facts = Facts {
            arrived_at,
            id: cut(id),
            source: cut(source),
            type_: cut(type_),
            ..Facts::default()
        };
        let key = EventKey::of(source, id);
        Self { key, object: None, facts, code: None, wanted_by: Vec::new(), line, text: None }
    }
}

/// What is written about an event, printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The event's key.
    pub key: EventKey,
    /// The row of the event, as JSON: key, object, code, how often it came just now, when, for whom, facts, line, text.
    row: String,
    /// The parts of a long text: key, number, `/`, how many bytes the whole has, [`FIELD`], and the part as it is.
    parts: Vec<String>,
}

impl Note {
    /// Prints a note.
    #[must_use]
    pub fn new(new: &NewNote<'_>) -> Self {
        let NewNote { key, object, facts, code, wanted_by, line, text } = new;
        let in_row = text.filter(|text| text.len() <= MAX_TEXT_IN_ROW);
        let received = u8::from(code.is_some());
        let wanted_by =
            Some(format!(",{},", wanted_by.join(","))).filter(|_| !wanted_by.is_empty());
        let row = (key.as_str(), object, code, received, line.at, wanted_by, facts, line, in_row);
        let parts = match text {
            Some(text) if in_row.is_none() => split(text)
                .into_iter()
                .enumerate()
                .map(|(number, part)| {
                    format!("{}{number}/{}{FIELD}{part}", key.as_str(), text.len())
                })
                .collect(),
            _ => Vec::new(),
        };
        Self { key: key.clone(), row: print(&row), parts }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.row.len() + self.parts.iter().map(String::len).sum::<usize>()
    }
}

/// What the index of objects has for this event, if its data names an object.
pub(crate) fn object_of(event: &CloudEvent<'_>) -> Option<String> {
    let Object { id, type_, .. } = event.object();
    Some(object_column(&type_?, &id?.to_string()))
}

fn print(row: &impl Serialize) -> String {
    // Cannot fail: its maps are structs.
    serde_json::to_string(row).unwrap_or_default()
}

/// Splits a text into parts of at most [`MAX_PART_BYTES`].
fn split(mut text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while text.len() > MAX_PART_BYTES {
        let end = (0..=MAX_PART_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let (part, rest) = text.split_at(end);
        parts.push(part);
        text = rest;
    }
    parts.push(text);
    parts
}

/// Prints notes for a shard: chunks, each of which one statement writes. A chunk is a list of events in JSON, or, after
/// [`PART`], a part of a long text, which is not escaped: that would cost more than everything else.
#[must_use]
pub fn print_notes<'n>(notes: impl Iterator<Item = &'n Note> + Clone) -> String {
    let mut text = String::new();
    chunks(notes.clone().map(|note| &*note.row), &mut text);
    for part in notes.flat_map(|note| &note.parts) {
        text.push(SEPARATOR);
        text.push(PART);
        text.push_str(part);
    }
    text
}

fn chunks<'r>(rows: impl Iterator<Item = &'r str>, text: &mut String) {
    let (open, close) = ("[", "]");
    let mut bytes = None;
    for row in rows {
        match bytes {
            Some(before) if before + row.len() <= MAX_CHUNK_BYTES => {
                text.push(',');
                bytes = Some(before + row.len());
            }
            Some(_) => {
                text.push_str(close);
                text.push(SEPARATOR);
                text.push_str(open);
                bytes = Some(row.len());
            }
            None => {
                text.push_str(open);
                bytes = Some(row.len());
            }
        }
        text.push_str(row);
    }
    if bytes.is_some() {
        text.push_str(close);
    }
}
