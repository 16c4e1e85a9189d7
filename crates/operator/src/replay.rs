//! Replays: how one is started, and how it goes.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::answer::{Failure, parse, parse_item};
use crate::event::{EventColumns, EventTable, Summary};
use crate::filter::EventFilter;
use crate::request::{EventKey, ReplayId, Request};
use crate::table::{Column, Fit, Table, WIDTH};
use crate::text::{self, about, bar, clean, count, with_commas, wrapped};

/// How wide the names of the facts are.
const NAMES: usize = 10;

/// Which events to send again, to whom and how fast: the body of `POST /replays`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReplayOrder {
    /// Which events. Empty if keys are named.
    #[serde(skip_serializing_if = "EventFilter::is_empty")]
    pub filter: EventFilter,
    /// The keys of the events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<EventKey>,
    /// The subscriptions that get them. Empty for whoever wants them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<String>,
    /// Whether the filters of the subscriptions count. `None` for what the Worker does if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respect_filters: Option<bool>,
    /// How many events to send in a second, at most. `None` for what the Worker does if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_second: Option<u64>,
}

/// What an operator orders of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// To stop for a while.
    Pause,
    /// To go on after a pause.
    Resume,
    /// To stop for good.
    Cancel,
}

impl ReplayOrder {
    /// The request that starts the replay.
    #[must_use]
    pub fn start(&self) -> Request {
        self.request(false)
    }

    /// The request that only says what it would send.
    #[must_use]
    pub fn dry_run(&self) -> Request {
        self.request(true)
    }

    fn request(&self, dry_run: bool) -> Request {
        #[derive(Serialize)]
        struct Body<'r> {
            #[serde(flatten)]
            order: &'r ReplayOrder,
            dry_run: bool,
        }
        // Cannot fail: it has only texts, lists, numbers and names.
        let body = serde_json::to_string(&Body { order: self, dry_run }).unwrap_or_default();
        Request { body: Some(body), ..Request::post("/replays") }
    }

    /// To whom: `to shop`.
    #[must_use]
    pub fn to_whom(&self) -> String {
        format!("to {}", clean(&whom(&self.subscriptions)))
    }
}

impl Request {
    /// All replays that are kept.
    #[must_use]
    pub fn replays() -> Self {
        Self::get("/replays")
    }

    /// One replay.
    #[must_use]
    pub fn replay(id: &ReplayId) -> Self {
        Self::get(format!("/replays/{id}"))
    }

    /// Pauses, resumes or cancels a replay.
    #[must_use]
    pub fn order(id: &ReplayId, order: Order) -> Self {
        let order = match order {
            Order::Pause => "pause",
            Order::Resume => "resume",
            Order::Cancel => "cancel",
        };
        Self::post(format!("/replays/{id}/{order}"))
    }
}

/// What a replay would send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// How many events.
    pub events: u64,
    /// Whether all of them were counted. If not, there are at least so many.
    pub is_complete: bool,
    /// The first ones.
    pub first: Vec<Summary>,
}

impl Plan {
    /// Reads the answer to a dry run.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        parse(body)
    }

    /// How many events: `1,234 events`, or `at least 1,234 events`.
    #[must_use]
    pub fn how_many(&self) -> String {
        how_many(self.events, self.is_complete)
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events == 0 && self.is_complete
    }
}

/// A replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Replay {
    /// Its id.
    pub id: String,
    /// Whether it is at work: `running`, `paused`, `finished`, `cancelled` or `failed`.
    pub state: String,
    /// Which events it sends, unless keys are named.
    pub filter: Map<String, Value>,
    /// How many keys are named.
    pub keys: Option<u64>,
    /// The subscriptions that get them, unless it is all that want them.
    pub subscriptions: Vec<String>,
    /// Whether the filters of the subscriptions count.
    pub respect_filters: Option<bool>,
    /// How many events it sends in a second, at most.
    pub events_per_second: u64,
    /// Who started it.
    pub by: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_at: u64,
    /// When it ended, in milliseconds since 1970.
    pub ended_at: Option<u64>,
    /// How many events there were when it started.
    pub events: u64,
    /// Whether all of them were counted.
    pub is_complete: bool,
    /// How many were sent.
    pub sent: u64,
    /// How many could not be sent.
    pub not_sent: u64,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Replay {
    /// Whether it sends nothing any more. A state that is unknown here is none of its end, unless it has an end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended_at.is_some() || matches!(&*self.state, "finished" | "cancelled" | "failed")
    }

    /// Whether it has sent all of its events.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == "finished" && self.not_sent == 0
    }

    /// Which events it sends: `object=product/4711 since=2026-11-24T17:43:27Z`.
    fn which(&self) -> String {
        if let Some(keys) = self.keys {
            return count(keys, "key");
        }
        let condition = |(name, value): (&String, &Value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) if matches!(&**name, "since" | "until") => {
                    number.as_u64().map_or_else(|| number.to_string(), text::time)
                }
                other => other.to_string(),
            };
            format!("{name}={value}")
        };
        self.filter.iter().map(condition).collect::<Vec<_>>().join(" ")
    }

    /// How many events it has sent, of how many.
    fn progress(&self) -> String {
        let of = if self.is_complete { "/" } else { " of at least " };
        format!("{}{of}{}", with_commas(self.sent), with_commas(self.events))
    }
}

/// An event that could not be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct NotSent {
    key: String,
    id: Option<String>,
    reason: String,
}

/// A replay, and the events that it could not send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReplayView {
    /// The replay.
    pub replay: Replay,
    #[serde(default)]
    not_sent: Vec<NotSent>,
}

impl ReplayView {
    /// Reads an answer about one replay: that it was started, what it is doing, or that it was paused, resumed or
    /// cancelled.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        parse(body)
    }
}

/// The progress of a replay, in one line.
#[must_use]
pub fn print_progress(replay: &Replay) -> String {
    let Replay { events, sent, not_sent, events_per_second, .. } = replay;
    let done = sent.saturating_add(*not_sent);
    let bar = if replay.state == "finished" { bar(1, 1) } else { bar(done, (*events).max(1)) };
    let mut out = format!("{bar} {}", replay.progress());
    if *not_sent > 0 {
        let _ = write!(out, ", {} not sent", with_commas(*not_sent));
    }
    if replay.state == "running" {
        let left = events.saturating_sub(done);
        let _ = write!(out, ", {}/s", with_commas(*events_per_second));
        if left > 0 && replay.is_complete {
            let _ = write!(out, ", {} left", about(left.div_ceil((*events_per_second).max(1))));
        }
    } else {
        let _ = write!(out, ", {}", clean(&replay.state));
    }
    out
}

/// What a replay would send, for people.
#[must_use]
pub fn print_plan(plan: &Plan) -> String {
    let mut out = EventTable::new(EventColumns::Ids, Some(WIDTH)).summaries(&plan.first);
    let more = plan.events.saturating_sub(u64::try_from(plan.first.len()).unwrap_or(u64::MAX));
    if more > 0 && !plan.first.is_empty() {
        let _ = writeln!(out, "and {more} more", more = with_commas(more));
    }
    out
}

/// A replay, and the events that it could not send, for people.
#[must_use]
pub fn print_replay(view: &ReplayView) -> String {
    let ReplayView { replay, not_sent } = view;
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        if value.is_empty() {
            return;
        }
        out.push_str(&wrapped(&format!("{name:NAMES$}"), &clean(value), WIDTH));
    };
    fact("replay", &replay.id);
    let reason = replay.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    fact("state", &format!("{}{reason}", replay.state));
    fact("events", &replay.which());
    fact("to", &whom(&replay.subscriptions));
    if replay.respect_filters == Some(false) {
        fact("filters", "ignored");
    }
    fact("started", &text::time(replay.started_at));
    fact("by", replay.by.as_deref().unwrap_or_default());
    if let Some(ended) = replay.ended_at {
        fact("ended", &text::time(ended));
    }
    fact("sent", &format!("{}, at most {} a second", replay.progress(), replay.events_per_second));
    if replay.not_sent > 0 {
        fact("not sent", &with_commas(replay.not_sent));
    }
    if !not_sent.is_empty() {
        let column = |title, fit| Column { title, fit };
        let mut table = Table::new(
            &[
                column("KEY", Fit::Whole),
                column("ID", Fit::Short),
                column("NOT SENT BECAUSE", Fit::Short),
            ],
            None,
        );
        let rows = not_sent.iter().map(|NotSent { key, id, reason }| {
            vec![key.clone(), id.clone().unwrap_or_else(|| "-".to_owned()), reason.clone()]
        });
        let _ = write!(out, "\n{}", table.rows(&rows.collect::<Vec<_>>()));
    }
    out
}

/// The replays in the answer to [`Request::replays`], each as the Worker wrote it.
///
/// # Errors
///
/// The answer is something else.
pub fn read_replays(body: &str) -> Result<Vec<Box<RawValue>>, Failure> {
    #[derive(Deserialize)]
    struct Body {
        replays: Vec<Box<RawValue>>,
    }
    parse::<Body>(body).map(|body| body.replays)
}

/// A table of replays.
///
/// # Errors
///
/// One is something else.
pub fn print_replays(items: &[Box<RawValue>]) -> Result<String, Failure> {
    let replays: Result<Vec<Replay>, _> = items.iter().map(|item| parse_item(item)).collect();
    let column = |title, fit| Column { title, fit };
    let mut table = Table::new(
        &[
            column("STARTED", Fit::Whole),
            column("STATE", Fit::Whole),
            column("SENT", Fit::Short),
            column("EVENTS", Fit::Short),
            column("ID", Fit::Whole),
        ],
        Some(WIDTH),
    );
    let replays = replays?;
    let rows = replays.iter().map(|replay| {
        let mut which = replay.which();
        if !replay.subscriptions.is_empty() {
            let _ = write!(which, " to {}", replay.subscriptions.join(", "));
        }
        let sent = match replay.not_sent {
            0 => replay.progress(),
            not_sent => format!("{}, {} not", replay.progress(), with_commas(not_sent)),
        };
        vec![text::time(replay.started_at), replay.state.clone(), sent, which, replay.id.clone()]
    });
    Ok(table.rows(&rows.collect::<Vec<_>>()))
}

/// The subscriptions that get the events of a replay.
fn whom(subscriptions: &[String]) -> String {
    if subscriptions.is_empty() {
        "every subscription that wants them".to_owned()
    } else {
        subscriptions.join(", ")
    }
}

fn how_many(events: u64, is_complete: bool) -> String {
    let at_least = if is_complete { "" } else { "at least " };
    format!("{at_least}{}", count(events, "event"))
}
