//! Dead letters: the events that could not be delivered, and what an operator does with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Failure, parse, parse_item};
use crate::filter::{LetterFilter, rfc3339};
use crate::jobs::Job;
use crate::request::{DEAD_LETTERS, Request};
use crate::table::{Column, Fit, Table, WIDTH};
use crate::text::{self, clean, count, with_commas, wrapped};

/// How wide the names of the facts are.
const NAMES: usize = 10;

/// On a terminal with fewer columns, a table of dead letters has no ids. Those of the events do as well.
const WIDE: usize = 160;

/// So many dead letters are shown one by one before something is done to them, and more by what they have in common.
const SHOWN: usize = 10;

/// A time that every dead letter died after.
const FIRST_TIME: &str = "1970-01-01T00:00:00Z";

/// What is done to dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterAction {
    /// They are sent again, and deleted after that.
    Redrive,
    /// They are deleted, and their events are lost.
    Delete,
}

impl LetterAction {
    /// What was done to them: `sent again`.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Redrive => "sent again",
            Self::Delete => "deleted",
        }
    }

    /// The question before it is done to this dead letter.
    #[must_use]
    pub fn question(self) -> &'static str {
        match self {
            Self::Redrive => "Send this dead letter again?",
            Self::Delete => "Delete this dead letter? Its event is lost.",
        }
    }

    /// The question before it is done to these: `Send 2 dead letters again?`
    #[must_use]
    pub fn question_of(self, letters: &LetterCount) -> String {
        match self {
            Self::Redrive => format!("Send {} again?", letters.how_many()),
            Self::Delete if letters.number == 1 => {
                "Delete 1 dead letter? Its event is lost.".to_owned()
            }
            Self::Delete => format!("Delete {}? Their events are lost.", letters.how_many()),
        }
    }

    fn path(self) -> String {
        let name = match self {
            Self::Redrive => "redrive",
            Self::Delete => "delete",
        };
        format!("{DEAD_LETTERS}/{name}")
    }
}

impl Request {
    /// One dead letter.
    #[must_use]
    pub fn dead_letter(id: &str) -> Self {
        Self { query: vec![("id", id.to_owned())], ..Self::get(DEAD_LETTERS) }
    }

    /// Does something to one dead letter.
    #[must_use]
    pub fn change_letter(action: LetterAction, id: &str) -> Self {
        Self { query: vec![("id", id.to_owned())], ..Self::post(action.path()) }
    }

    /// Starts a job that does something to all dead letters that are meant. Those are all if there is no condition.
    #[must_use]
    pub fn change_letters(action: LetterAction, filter: &LetterFilter) -> Self {
        let mut query = filter.query();
        if query.is_empty() {
            // The Worker wants one.
            query.push(("since", FIRST_TIME.to_owned()));
        }
        Self { query, ..Self::post(action.path()) }
    }
}

/// A dead letter in a list. What the Worker does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LetterSummary {
    /// Its id: `<subscription>/<milliseconds>/<digest>`.
    pub id: String,
    /// The subscription whose destination did not take the event.
    pub subscription: String,
    /// The code of the cause.
    pub cause: String,
    /// The status of the last answer.
    pub status: Option<u64>,
    /// How often it was tried.
    pub attempts: u64,
    /// When the event was accepted, in milliseconds since 1970.
    pub accepted_at: u64,
    /// When it died, in milliseconds since 1970.
    pub died_at: u64,
    /// What identifies the event.
    pub event: Identity,
}

/// What identifies an event, as far as a list has room for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// `id`.
    pub id: Option<String>,
    /// `source`.
    pub source: Option<String>,
    /// `type`.
    #[serde(rename = "type")]
    pub type_: Option<String>,
}

impl LetterSummary {
    /// When it died, as the Worker compares it with `since` and `until`: as its id says.
    fn died(&self) -> u64 {
        let in_id = self.id.split('/').nth(1).and_then(|time| time.parse().ok());
        in_id.unwrap_or(self.died_at)
    }

    /// Why it died, in short: `status 422`.
    fn why(&self) -> String {
        match self.status {
            Some(status) if self.cause == "status" => format!("{} {status}", self.cause),
            _ => self.cause.clone(),
        }
    }
}

/// A table of dead letters. It can be printed page by page.
#[derive(Debug)]
pub struct LetterTable {
    table: Table,
    has_ids: bool,
}

impl LetterTable {
    /// An empty table, for a terminal with this many columns, or for anything else. On a narrow terminal, the ids of
    /// the dead letters are left out, so that those of the events stay whole.
    #[must_use]
    pub fn new(most: Option<usize>) -> Self {
        let has_ids = most.is_none_or(|most| most >= WIDE);
        let column = |title, fit| Column { title, fit };
        let mut all = vec![
            column("DIED", Fit::Whole),
            column("TO", Fit::Short),
            column("CAUSE", Fit::Short),
            column("EVENT", Fit::Whole),
        ];
        if has_ids {
            all.extend([column("ATTEMPTS", Fit::Short), column("ID", Fit::Whole)]);
        }
        Self { table: Table::new(&all, most), has_ids }
    }

    /// The lines of these dead letters, each as the Worker wrote it.
    ///
    /// # Errors
    ///
    /// One is something else.
    pub fn rows(&mut self, items: &[Box<RawValue>]) -> Result<String, Failure> {
        let letters: Result<Vec<LetterSummary>, _> =
            items.iter().map(|item| parse_item(item)).collect();
        Ok(self.summaries(&letters?))
    }

    fn summaries(&mut self, letters: &[LetterSummary]) -> String {
        let row = |letter: &LetterSummary| {
            let event = letter.event.id.clone().unwrap_or_else(|| "-".to_owned());
            let mut row =
                vec![text::time(letter.died()), letter.subscription.clone(), letter.why(), event];
            if self.has_ids {
                row.extend([with_commas(letter.attempts), letter.id.clone()]);
            }
            row
        };
        let rows: Vec<_> = letters.iter().map(row).collect();
        self.table.rows(&rows)
    }
}

/// Which dead letters somebody is asked about, counted page by page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterCount {
    /// How many there are.
    pub number: u64,
    /// The first ones.
    first: Vec<LetterSummary>,
    /// By subscription and cause.
    groups: BTreeMap<(String, String), Group>,
    /// When the last one died, in milliseconds since 1970.
    last: u64,
}

/// Dead letters with the same subscription and the same cause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    number: u64,
    first: u64,
    last: u64,
}

impl LetterCount {
    /// Adds dead letters, each as the Worker wrote it.
    ///
    /// # Errors
    ///
    /// One is something else.
    pub fn add(&mut self, items: &[Box<RawValue>]) -> Result<(), Failure> {
        for item in items {
            let letter: LetterSummary = parse_item(item)?;
            let died = letter.died();
            self.number = self.number.saturating_add(1);
            self.last = self.last.max(died);
            let key = (letter.subscription.clone(), letter.cause.clone());
            let group = self.groups.entry(key).or_insert(Group { first: died, ..Group::default() });
            group.number = group.number.saturating_add(1);
            group.first = group.first.min(died);
            group.last = group.last.max(died);
            if self.first.len() < SHOWN {
                self.first.push(letter);
            }
        }
        Ok(())
    }

    /// How many: `1,234 dead letters`.
    #[must_use]
    pub fn how_many(&self) -> String {
        count(self.number, "dead letter")
    }

    /// The filter for these dead letters and none that dies later, whatever the clock of this machine says: a time is
    /// the Worker's, and just after the last one died.
    #[must_use]
    pub fn only_these(&self, filter: &LetterFilter) -> LetterFilter {
        LetterFilter { until: rfc3339(self.last.saturating_add(1)), ..filter.clone() }
    }

    /// What they are, for people: a line each, or a line for those with the same subscription and cause if there are
    /// many.
    #[must_use]
    pub fn print(&self, most: Option<usize>) -> String {
        if self.number <= u64::try_from(SHOWN).unwrap_or(u64::MAX) {
            return LetterTable::new(most).summaries(&self.first);
        }
        let column = |title, fit| Column { title, fit };
        let columns = [
            column("TO", Fit::Short),
            column("CAUSE", Fit::Short),
            column("NUMBER", Fit::Whole),
            column("FIRST DIED", Fit::Whole),
            column("LAST DIED", Fit::Whole),
        ];
        let row = |((subscription, cause), group): (&(String, String), &Group)| {
            vec![
                subscription.clone(),
                cause.clone(),
                with_commas(group.number),
                text::time(group.first),
                text::time(group.last),
            ]
        };
        Table::new(&columns, most).rows(&self.groups.iter().map(row).collect::<Vec<_>>())
    }
}

/// A complete dead letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// What a list says of it.
    pub summary: LetterSummary,
    reason: String,
    answer: Option<Excerpt>,
    /// How many bytes the text of its event has.
    bytes: usize,
}

/// The beginning of what the destination answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Excerpt {
    content_type: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
}

impl Letter {
    /// Reads the answer to [`Request::dead_letter`].
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Body {
            id: String,
            #[serde(default)]
            subscription: String,
            #[serde(default)]
            cause: String,
            #[serde(default)]
            reason: String,
            status: Option<u64>,
            #[serde(default)]
            attempts: u64,
            #[serde(default)]
            accepted_at: u64,
            #[serde(default)]
            died_at: u64,
            answer: Option<Excerpt>,
            event: Box<RawValue>,
        }
        let body: Body = parse(body)?;
        // What was not an event is a text.
        let event = serde_json::from_str(body.event.get()).unwrap_or_default();
        let summary = LetterSummary {
            id: body.id,
            subscription: body.subscription,
            cause: body.cause,
            status: body.status,
            attempts: body.attempts,
            accepted_at: body.accepted_at,
            died_at: body.died_at,
            event,
        };
        let bytes = body.event.get().len();
        Ok(Self { summary, reason: body.reason, answer: body.answer, bytes })
    }
}

/// A dead letter for people: what it is, and why it died.
#[must_use]
pub fn print_letter(letter: &Letter) -> String {
    let Letter { summary, reason, answer, bytes } = letter;
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&wrapped(&format!("{name:NAMES$}"), &clean(value), WIDTH));
        }
    };
    fact("id", &summary.id);
    fact("to", &summary.subscription);
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    fact("cause", &format!("{}{reason}", summary.cause));
    if let Some(Excerpt { content_type, body, body_base64 }) = answer {
        fact("answered", body.as_deref().unwrap_or_default());
        fact("in base64", body_base64.as_deref().unwrap_or_default());
        fact("as", content_type.as_deref().unwrap_or_default());
    }
    fact("attempts", &with_commas(summary.attempts));
    fact("accepted", &text::time(summary.accepted_at));
    fact("died", &text::time(summary.died_at));
    let Identity { id, source, type_ } = &summary.event;
    fact("event", id.as_deref().unwrap_or_default());
    fact("source", source.as_deref().unwrap_or_default());
    fact("type", type_.as_deref().unwrap_or_default());
    let bytes = u64::try_from(*bytes).unwrap_or(u64::MAX);
    fact("text", &format!("{}: --json prints it", count(bytes, "byte")));
    out
}

/// What came of dead letters: of the one that was named, or of the first ones of many.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ChangedLetters {
    /// The ids of those that were sent again or deleted.
    #[serde(alias = "redriven", alias = "deleted")]
    pub done: Vec<String>,
    /// The ids of those that had been sent again or deleted before.
    #[serde(default)]
    pub already_sent: Vec<String>,
    /// The ids of those that another request is sending or deleting.
    #[serde(default)]
    pub under_way: Vec<String>,
    /// Those that can never be sent again.
    #[serde(default)]
    pub stuck: Vec<Stuck>,
    /// What goes on with the others, unless one was named.
    pub job: Option<Job>,
}

/// A dead letter that can never be sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Stuck {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl ChangedLetters {
    /// Reads the answer to [`Request::change_letter`] or [`Request::change_letters`].
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        parse(body)
    }

    /// Those that can never be sent again and why, for people. Empty if there are none.
    #[must_use]
    pub fn print_stuck(&self) -> String {
        let mut out = String::new();
        for Stuck { id, reason } in &self.stuck {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}: {}", clean(id), clean(reason));
        }
        out
    }
}
