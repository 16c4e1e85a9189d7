//! Starts replays, and shows, pauses, resumes and cancels them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::OperatorError;
use super::events::{check_credential, check_names, summary};
use super::query::OperatorQuery;
use crate::config::Config;
use crate::journal::{self, EventFilter, EventKey, Summary};
use crate::names::suggestion;
use crate::platform::{BindingError, CALL_MS, Platform, within};
use crate::replay::{
    MAX_KEYS, NotSent, Order, Replay, ReplayRequest, ReplayState, ReplayWithFailures,
};
use crate::search::{Position, Search, read_event};
use crate::when::{read_time, to_rfc3339};

/// The default of `events_per_second`.
const DEFAULT_EVENTS_PER_SECOND: usize = 10;

/// The largest `events_per_second`.
const MAX_EVENTS_PER_SECOND: usize = 100;

/// For how long the events are counted, in milliseconds.
const COUNT_MS: u64 = 10_000;

/// How many events a dry run shows.
const SHOWN: usize = 10;

/// What an operator asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    filter: Option<FilterBody>,
    keys: Option<Vec<String>>,
    subscriptions: Option<Vec<String>>,
    respect_filters: Option<bool>,
    events_per_second: Option<usize>,
    dry_run: Option<bool>,
}

/// The parameters of `GET /events`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterBody {
    id: Option<String>,
    source: Option<String>,
    object: Option<String>,
    #[serde(rename = "type")]
    type_: Option<String>,
    event_type: Option<String>,
    operation: Option<String>,
    subscription: Option<String>,
    code: Option<String>,
    credential: Option<String>,
    since: Option<String>,
    until: Option<String>,
}

impl FilterBody {
    fn read(self, now: u64) -> Result<EventFilter, String> {
        let time = |name: &str, text: Option<String>| {
            let read = |text: String| {
                read_time(&text, now).map_err(|error| format!("filter.{name}: {error}"))
            };
            text.map(read).transpose()
        };
        let filter = EventFilter {
            id: self.id,
            source: self.source,
            object: self.object,
            type_: self.type_,
            event_type: self.event_type,
            operation: self.operation,
            subscription: self.subscription,
            code: self.code,
            credential: self.credential,
            since: time("since", self.since)?,
            until: time("until", self.until)?,
        };
        filter.check().map_err(|error| format!("filter.{error}"))?;
        Ok(filter)
    }
}

/// What a replay would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayPlan {
    /// How many events.
    pub events: u64,
    /// Whether all of them were counted.
    pub is_complete: bool,
    /// The first ones.
    pub first: Vec<Summary>,
}

/// A replay, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayView {
    /// Its id.
    pub id: String,
    /// `running`, `paused`, `finished`, `cancelled` or `failed`.
    pub state: &'static str,
    /// Which events it sends, unless keys are named: the parameters of `GET /events`, with times in RFC 3339.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub filter: Map<String, Value>,
    /// How many keys are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<usize>,
    /// The subscriptions that get them, unless it is all that want them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<Vec<String>>,
    /// Whether the filters of the subscriptions count.
    pub respect_filters: bool,
    /// How many events it sends in a second, at most.
    pub events_per_second: usize,
    /// Who started it: a person, or the binding of a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_at: u64,
    /// The same, in RFC 3339.
    pub started_time: String,
    /// When it ended, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// The same, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_time: Option<String>,
    /// How many events there are.
    pub events: u64,
    /// Whether all of them were counted.
    pub is_complete: bool,
    /// How many were sent.
    pub sent: u64,
    /// How many could not be sent.
    pub not_sent: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The replays, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayPage {
    /// The replays.
    pub replays: Vec<ReplayView>,
}

/// A replay, and the events that it could not send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayDetails {
    /// The replay.
    pub replay: ReplayView,
    /// The events.
    pub not_sent: Vec<NotSent>,
}

/// The answer to a request for a replay.
#[derive(Debug)]
pub enum Asked {
    /// To a dry run.
    Planned(ReplayPlan),
    /// It has started.
    Started(Box<ReplayView>),
}

impl ReplayView {
    fn new(replay: Replay) -> Self {
        Self {
            started_time: to_rfc3339(replay.started_at),
            ended_time: replay.ended_at.map(to_rfc3339),
            keys: Some(replay.keys.len()).filter(|keys| *keys > 0),
            id: replay.id,
            state: replay.state.as_str(),
            filter: shown(&replay.filter),
            subscriptions: replay.subscriptions,
            respect_filters: replay.respect_filters,
            events_per_second: replay.events_per_second,
            started_at: replay.started_at,
            by: replay.by,
            ended_at: replay.ended_at,
            events: replay.events,
            is_complete: replay.is_complete,
            sent: replay.sent,
            not_sent: replay.not_sent,
            reason: replay.reason,
        }
    }
}

/// A filter, with times in RFC 3339.
fn shown(filter: &EventFilter) -> Map<String, Value> {
    let Ok(Value::Object(mut shown)) = serde_json::to_value(filter) else { return Map::new() };
    for (name, time) in [("since", filter.since), ("until", filter.until)] {
        if let Some(time) = time {
            shown.insert(name.to_owned(), to_rfc3339(time).into());
        }
    }
    shown
}

/// Starts a replay, or says what it would send.
///
/// # Errors
///
/// The body is invalid, or the journal failed.
pub async fn start(
    body: &[u8],
    by: Option<String>,
    config: &Config,
    platform: &impl Platform,
) -> Result<Asked, OperatorError> {
    let now = platform.now();
    let (replay, is_dry) = read(body, config, now).map_err(OperatorError::BadQuery)?;
    let replay = Replay { by, ..replay };
    let planned = plan(&replay, platform).await.map_err(OperatorError::JournalFailed)?;
    if planned.events == 0 && planned.is_complete {
        check_names(&replay.filter, config)?;
        check_credential(replay.filter.credential.as_deref(), config)?;
    }
    if is_dry {
        return Ok(Asked::Planned(planned));
    }
    let replay = Replay { events: planned.events, is_complete: planned.is_complete, ..replay };
    let request = ReplayRequest::Start(Box::new(replay.clone()));
    ask::<()>(&request, platform).await?;
    Ok(Asked::Started(Box::new(ReplayView::new(replay))))
}

/// Reads the body. Returns the replay, and whether it is only to be planned.
fn read(body: &[u8], config: &Config, now: u64) -> Result<(Replay, bool), String> {
    let expected = |error: serde_json::Error| format!("the body is not as expected: {error}");
    let body: Body = serde_json::from_slice(body).map_err(expected)?;
    let has_filter = body.filter.is_some();
    let filter = body.filter.unwrap_or_default().read(now)?;
    let keys = keys(&body.keys.unwrap_or_default())?;
    match (filter.is_empty(), keys.is_empty()) {
        (true, true) => {
            return Err("expected filter with at least one condition, or keys".to_owned());
        }
        (_, false) if has_filter => return Err("expected either filter or keys".to_owned()),
        _ => {}
    }
    let subscriptions = body.subscriptions;
    for name in subscriptions.iter().flatten() {
        let names = || config.subscriptions.iter().map(|subscription| &*subscription.name);
        if !names().any(|known| known == name) {
            return Err(format!("unknown subscription {name:?}{}", suggestion(name, names())));
        }
    }
    if subscriptions.as_ref().is_some_and(Vec::is_empty) {
        return Err("subscriptions: expected at least one, or none of the field".to_owned());
    }
    let respect_filters = body.respect_filters.unwrap_or(true);
    if !respect_filters && subscriptions.is_none() {
        return Err("respect_filters: without filters, expected subscriptions by name".to_owned());
    }
    let events_per_second = body.events_per_second.unwrap_or(DEFAULT_EVENTS_PER_SECOND);
    if !(1..=MAX_EVENTS_PER_SECOND).contains(&events_per_second) {
        return Err(format!(
            "events_per_second: expected a whole number from 1 to {MAX_EVENTS_PER_SECOND}"
        ));
    }
    let what = format!("{filter:?}{keys:?}{subscriptions:?}");
    let replay = Replay {
        id: Replay::new_id(&what, now),
        state: ReplayState::Running,
        filter,
        keys,
        subscriptions,
        respect_filters,
        events_per_second,
        started_at: now,
        by: None,
        ended_at: None,
        events: 0,
        is_complete: false,
        sent: 0,
        not_sent: 0,
        reason: None,
        position: None,
        has_taken_all: false,
        next_at: 0,
        taken: 0,
        again: Vec::new(),
        failures: 0,
    };
    Ok((replay, body.dry_run.unwrap_or(false)))
}

/// The keys, each of them once.
fn keys(texts: &[String]) -> Result<Vec<EventKey>, String> {
    if texts.len() > MAX_KEYS {
        return Err(format!("keys: expected at most {MAX_KEYS}"));
    }
    let mut keys = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let key = EventKey::parse(text)
            .ok_or_else(|| format!("keys[{index}]: expected the key of an event"))?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Counts the events, and shows the first ones.
async fn plan(replay: &Replay, platform: &impl Platform) -> Result<ReplayPlan, BindingError> {
    if !replay.keys.is_empty() {
        let mut first = Vec::new();
        for key in replay.keys.iter().take(SHOWN) {
            first.extend(read_event(key, platform).await?.map(summary));
        }
        // Of a few, it is known which exist.
        let events = if replay.keys.len() <= SHOWN { first.len() } else { replay.keys.len() };
        return Ok(ReplayPlan { events: events as u64, is_complete: true, first });
    }
    let until = replay.filter.until.unwrap_or(u64::MAX).min(replay.started_at);
    let filter = EventFilter { until: Some(until), ..replay.filter.clone() };
    let search = Search {
        filter: &filter,
        order: journal::Order::Oldest,
        from: Position::default(),
        limit: SHOWN,
        end: platform.now().saturating_add(COUNT_MS),
    };
    let (events, is_complete) = search.count(platform).await?;
    let page = search.run(platform).await?;
    let first = page.events.into_iter().map(summary).collect();
    Ok(ReplayPlan { events, is_complete, first })
}

/// Lists the replays, the newest first.
///
/// # Errors
///
/// The journal failed.
pub async fn list(platform: &impl Platform) -> Result<ReplayPage, OperatorError> {
    let replays: Vec<Replay> = ask(&ReplayRequest::List, platform).await?;
    Ok(ReplayPage { replays: replays.into_iter().map(ReplayView::new).collect() })
}

/// A replay, and the events that it could not send.
///
/// # Errors
///
/// There is no such replay, or the journal failed.
pub async fn find(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<ReplayDetails, OperatorError> {
    let id = query.id.as_deref().unwrap_or_default();
    let found: Option<ReplayWithFailures> = ask(&ReplayRequest::Read(id.into()), platform).await?;
    let ReplayWithFailures { replay, not_sent } = found.ok_or(OperatorError::NoSuchReplay)?;
    Ok(ReplayDetails { replay: ReplayView::new(replay), not_sent })
}

/// Pauses, resumes or cancels a replay. What it is sending right now is sent.
///
/// # Errors
///
/// There is no such replay, it has ended, or the journal failed.
pub async fn order(
    query: &OperatorQuery,
    order: Order,
    platform: &impl Platform,
) -> Result<Box<ReplayView>, OperatorError> {
    let id = query.id.as_deref().unwrap_or_default();
    let at = platform.now();
    let request = ReplayRequest::Order { id: id.into(), order, at };
    let before: Option<Replay> = ask(&request, platform).await?;
    let before = before.ok_or(OperatorError::NoSuchReplay)?;
    if before.state.has_ended() {
        return Err(OperatorError::ReplayEnded(before.state.as_str()));
    }
    let ended_at = (order == Order::Cancel).then_some(at);
    Ok(Box::new(ReplayView::new(Replay { state: order.state(), ended_at, ..before })))
}

async fn ask<A: serde::de::DeserializeOwned>(
    request: &ReplayRequest<'_>,
    platform: &impl Platform,
) -> Result<A, OperatorError> {
    let asked = within(platform, CALL_MS, platform.replays(request)).await;
    asked.map_err(OperatorError::JournalFailed)
}
