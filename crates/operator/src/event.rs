//! Events, as the Worker answers with them.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::answer::{Failure, parse, parse_item};
use crate::table::{Column, Fit, Table};
use crate::text;

/// An event in a list. What the Worker does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// Its key.
    pub key: String,
    /// When it first came, in milliseconds since 1970.
    pub arrived_at: u64,
    /// How often it came.
    pub received: u64,
    /// When it came last, in milliseconds since 1970.
    pub last_received_at: Option<u64>,
    /// The code of the last answer that meant something new.
    pub code: Option<String>,
    /// `id`.
    pub id: String,
    /// `source`.
    pub source: String,
    /// `type`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Elytra's event type.
    pub event_type: Option<String>,
    /// Elytra's operation.
    pub operation: Option<String>,
    /// `objectType` in `data`.
    pub object_type: Option<String>,
    /// `objectId` in `data`.
    pub object_id: Option<String>,
    /// `subject`.
    pub subject: Option<String>,
    /// `time`, as the sender wrote it.
    pub time: Option<String>,
    /// The mode in which it first came.
    pub mode: Option<String>,
    /// The IP address from which it first came.
    pub client_address: Option<String>,
    /// `User-Agent` of the request with which it first came.
    pub user_agent: Option<String>,
    /// The size of its JSON, in bytes.
    pub bytes: Option<u64>,
    /// What became of it, for each subscription.
    pub subscriptions: Vec<State>,
    /// Whether its text is kept.
    pub has_text: bool,
}

/// What became of an event for a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct State {
    /// The subscription.
    pub subscription: String,
    /// The name of what became of it.
    pub fate: String,
    /// Why, in words.
    pub reason: Option<String>,
}

/// An event and its history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct EventView {
    /// What a list says.
    #[serde(flatten)]
    pub summary: Summary,
    /// What happened to it, in order.
    #[serde(default)]
    pub history: Vec<Line>,
    /// How many lines the history has lost before the last one.
    #[serde(default)]
    pub history_left_out: u64,
}

/// Something that happened to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What.
    pub what: What,
}

/// What happened to an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// It came, for the first time or again.
    Received {
        /// The code in the answer.
        code: String,
        /// The mode of the request.
        mode: Option<String>,
        /// The name of the secret that let it in.
        credential: Option<String>,
        /// The request's `cf-ray`.
        ray: Option<String>,
        /// The IP address that it came from.
        client_address: Option<String>,
        /// `User-Agent`.
        user_agent: Option<String>,
        /// What became of it, for each subscription.
        #[serde(default)]
        subscriptions: Vec<State>,
    },
    /// An HTTP destination was called.
    Attempted {
        /// The subscription.
        subscription: String,
        /// The number of the attempt, from 1.
        attempt: u64,
        /// `delivered`, `retried` or `dead`.
        result: String,
        /// Why it was not delivered.
        cause: Option<String>,
        /// The status of the answer.
        status: Option<u64>,
        /// The cause in words.
        reason: Option<String>,
        /// How long it took, in milliseconds.
        milliseconds: Option<u64>,
        /// The delay before the next attempt, in seconds.
        delay_seconds: Option<u64>,
        /// Whether an operator had sent a dead letter again.
        #[serde(default)]
        redrive: bool,
        /// The replay that sent it again.
        replay: Option<String>,
    },
    /// It was stored as a dead letter.
    Stored {
        /// The subscription.
        subscription: String,
        /// The id of the dead letter.
        dead_letter: String,
    },
    /// An operator sent its dead letter again.
    Redriven {
        /// The subscription.
        subscription: String,
        /// The id of the dead letter.
        dead_letter: String,
        /// Who did.
        by: Option<String>,
    },
    /// An operator deleted its dead letter.
    Deleted {
        /// The subscription.
        subscription: String,
        /// The id of the dead letter.
        dead_letter: String,
        /// Who did.
        by: Option<String>,
    },
    /// A queue took it from the spool.
    Drained {
        /// The binding of the queue.
        queue: String,
    },
    /// A replay sent it again.
    Replayed {
        /// The id of the replay.
        replay: String,
        /// What became of it, for each subscription.
        #[serde(default)]
        subscriptions: Vec<State>,
    },
    /// Something that is unknown here.
    #[serde(skip)]
    Unknown {
        /// What the Worker calls it.
        name: String,
        /// Its other fields.
        fields: Map<String, Value>,
    },
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let at = fields.remove("at").and_then(|at| at.as_u64()).unwrap_or_default();
        fields.remove("time");
        let what = What::deserialize(&Value::Object(fields.clone())).unwrap_or_else(|_| {
            let what = fields.remove("what");
            let name = what.as_ref().and_then(Value::as_str).unwrap_or("unknown");
            What::Unknown { name: name.to_owned(), fields }
        });
        Ok(Self { at, what })
    }
}

impl EventView {
    /// Reads the answer to [`Request::event`](crate::Request::event).
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Body {
            entry: EventView,
        }
        parse::<Body>(body).map(|body| body.entry)
    }
}

impl Summary {
    /// What the event is about: its object, or its event type.
    pub(crate) fn about(&self) -> String {
        let Self { event_type, object_type, object_id, operation, .. } = self;
        let object = object_type.as_deref().zip(object_id.as_deref());
        let about = match (object, event_type) {
            (Some((type_, id)), Some(event_type)) if type_ != event_type => {
                format!("{event_type} {type_}/{id}")
            }
            (Some((type_, id)), _) => format!("{type_}/{id}"),
            (None, Some(event_type)) => event_type.clone(),
            (None, None) => self.type_.clone(),
        };
        match operation {
            Some(operation) => format!("{about} {operation}"),
            None => about,
        }
    }

    /// What became of it, in short: those subscriptions that want it, what is wrong first, or the answer if none does.
    fn became(&self) -> String {
        let wanted = self.subscriptions.iter().filter(|state| state.fate != "unwanted");
        let mut wanted: Vec<_> = wanted.collect();
        wanted.sort_by_key(|state| !WRONG.contains(&&*state.fate));
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|State { subscription, fate, .. }| format!("{subscription} {fate}"))
            .collect();
        match (wanted.is_empty(), &self.code) {
            (true, Some(code)) => code.clone(),
            (true, None) => "unknown".to_owned(),
            (false, _) => wanted.join(", "),
        }
    }
}

/// What can be wrong with an event at a subscription.
const WRONG: [&str; 4] = ["dead", "failed", "retried", "spooled"];

/// What a table of events has beside when they came, what they are about and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventColumns {
    /// Their ids.
    Ids,
    /// Their ids, and where they first came from.
    Clients,
    /// Their sources and keys, which tell apart those with the same id.
    Keys,
}

/// A table of events. It can be printed page by page.
#[derive(Debug)]
pub struct EventTable {
    table: Table,
    columns: EventColumns,
}

impl EventTable {
    /// An empty table, for a terminal with this many columns, or for anything else.
    #[must_use]
    pub fn new(columns: EventColumns, most: Option<usize>) -> Self {
        let column = |title, fit| Column { title, fit };
        let mut all = vec![column("ARRIVED", Fit::Whole), column("EVENT", Fit::Short)];
        all.extend(match columns {
            EventColumns::Ids => vec![column("ID", Fit::Whole)],
            EventColumns::Clients => vec![
                column("ID", Fit::Whole),
                column("FROM", Fit::Whole),
                column("USER AGENT", Fit::Short),
            ],
            EventColumns::Keys => vec![column("SOURCE", Fit::Short), column("KEY", Fit::Whole)],
        });
        all.push(column("STATE", Fit::Short));
        Self { table: Table::new(&all, most), columns }
    }

    /// The lines of these events, each as the Worker wrote it.
    ///
    /// # Errors
    ///
    /// One is something else.
    pub fn rows(&mut self, items: &[Box<RawValue>]) -> Result<String, Failure> {
        let events: Result<Vec<Summary>, _> = items.iter().map(|item| parse_item(item)).collect();
        Ok(self.summaries(&events?))
    }

    pub(crate) fn summaries(&mut self, events: &[Summary]) -> String {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let row = |event: &Summary| {
            let mut row = vec![text::time(event.arrived_at), event.about()];
            match self.columns {
                EventColumns::Ids => row.push(event.id.clone()),
                EventColumns::Clients => row.extend([
                    event.id.clone(),
                    or_dash(&event.client_address),
                    or_dash(&event.user_agent),
                ]),
                EventColumns::Keys => row.extend([event.source.clone(), event.key.clone()]),
            }
            row.push(event.became());
            row
        };
        let rows: Vec<_> = events.iter().map(row).collect();
        self.table.rows(&rows)
    }
}

/// What became of an event for each subscription, in one line.
pub(crate) fn states(states: &[State]) -> String {
    let states = states.iter().map(|State { subscription, fate, reason }| match reason {
        Some(reason) => format!("{subscription} {fate} ({reason})"),
        None => format!("{subscription} {fate}"),
    });
    states.collect::<Vec<_>>().join(", ")
}
