//! Finds events in the journal.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::error::OperatorError;
use super::query::{DEFAULT_LIMIT, OperatorQuery};
use crate::auth::Credential;
use crate::config::Config;
use crate::fate::FateKind;
use crate::journal::{
    EventFilter, EventKey, Facts, Line, Order, Received, StoredEvent, SubscriptionState, Summary,
    What, object_parts,
};
use crate::names::suggestion;
use crate::platform::Platform;
use crate::search::{Position, Search, read_event};
use crate::subscription::Mismatch;
use crate::text::{MAX_REPEATED_CHARACTERS, shortened};
use crate::when::to_rfc3339;
use elytra_events::{EventType, Known, Operation};

/// For how long a search goes on, in milliseconds. After that, the cursor tells where to continue.
const SEARCH_MS: u64 = 5_000;

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventPage {
    /// The events, the newest first.
    pub events: Vec<Summary>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// Everything that is known about an event.
#[derive(Debug, Clone, Serialize)]
pub struct EventView {
    /// What the journal says about it.
    pub entry: Entry,
    /// The event, byte for byte, if its text is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Box<RawValue>>,
}

/// What the journal says about an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What a list says.
    #[serde(flatten)]
    pub summary: Summary,
    /// What happened to it, in order.
    pub history: Vec<LineView>,
    /// How many lines the history has lost before the last one.
    #[serde(skip_serializing_if = "is_zero")]
    pub history_left_out: u64,
}

/// A line of an event's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineView {
    /// When, in RFC 3339.
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub line: Line<'static>,
}

impl PartialEq for EventView {
    fn eq(&self, other: &Self) -> bool {
        let text = |view: &Self| view.event.as_ref().map(|event| event.get().to_owned());
        (&self.entry, text(self)) == (&other.entry, text(other))
    }
}

impl Eq for EventView {}

/// Lists events, the newest first.
///
/// # Errors
///
/// The query is invalid, or the journal failed.
pub async fn list(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<EventPage, OperatorError> {
    let filter = query.events()?;
    let from = position(query.cursor.as_deref())?;
    let search = Search {
        filter: &filter,
        order: Order::Newest,
        from,
        limit: query.limit.unwrap_or(DEFAULT_LIMIT),
        end: platform.now().saturating_add(SEARCH_MS),
    };
    let page = search.run(platform).await.map_err(OperatorError::JournalFailed)?;
    if page.events.is_empty() && page.next.is_none() && query.cursor.is_none() {
        check_names(&filter, config)?;
        check_credential(filter.credential.as_deref(), config)?;
    }
    let events = page.events.into_iter().map(summary).collect();
    Ok(EventPage { events, cursor: page.next.map(Position::to_text) })
}

fn position(cursor: Option<&str>) -> Result<Position, OperatorError> {
    let Some(cursor) = cursor else { return Ok(Position::default()) };
    Position::from_text(cursor).ok_or_else(|| {
        OperatorError::BadQuery("cursor: expected the cursor of the previous page".to_owned())
    })
}

/// The event with this key.
///
/// # Errors
///
/// There is no such event, the key is impossible, or the journal failed.
pub async fn find(key: &str, platform: &impl Platform) -> Result<EventView, OperatorError> {
    let mut event = read(key, platform).await?;
    event.sort();
    let facts = event.facts.clone();
    let lines = event.history.iter().cloned().map(|mut line| {
        if let What::Received(Received { subscriptions, .. })
        | What::Replayed { subscriptions, .. } = &mut line.what
        {
            explain(subscriptions, &facts);
        }
        LineView { time: to_rfc3339(line.at), line }
    });
    let history = lines.collect();
    let text = event.text.take().and_then(|text| RawValue::from_string(text).ok());
    let history_left_out = event.left_out;
    let entry = Entry { summary: summary(event), history, history_left_out };
    Ok(EventView { entry, event: text })
}

/// The text of the event with this key, byte for byte.
///
/// # Errors
///
/// There is no such event, its text is not kept, the key is impossible, or the journal failed.
pub async fn text(key: &str, platform: &impl Platform) -> Result<String, OperatorError> {
    read(key, platform).await?.text.ok_or(OperatorError::NoText)
}

async fn read(key: &str, platform: &impl Platform) -> Result<StoredEvent, OperatorError> {
    let expected = "expected the key of an event, 32 letters, digits, hyphens and underscores";
    let key = EventKey::parse(key).ok_or_else(|| OperatorError::BadQuery(expected.to_owned()))?;
    let read = read_event(&key, platform).await.map_err(OperatorError::JournalFailed)?;
    read.ok_or(OperatorError::NoSuchEvent)
}

/// The event in a list, with every reason in words.
pub(crate) fn summary(event: StoredEvent) -> Summary {
    let mut summary = event.summary();
    explain(&mut summary.subscriptions, &summary.facts);
    summary
}

/// Says in words why subscriptions do not want an event, where the code says it all.
fn explain(states: &mut [SubscriptionState<'static>], facts: &Facts<'static>) {
    let owned = |text: &Option<Cow<'static, str>>| text.as_deref().map(str::to_owned);
    for state in states {
        let mismatches = [
            Mismatch::Inactive,
            Mismatch::EventType(owned(&facts.event_type)),
            Mismatch::Operation(owned(&facts.operation)),
            Mismatch::NoObject,
        ];
        let mut of_code = mismatches.iter().filter(|one| state.code.as_deref() == Some(one.code()));
        if let (None, Some(mismatch)) = (&state.reason, of_code.next()) {
            state.reason = Some(mismatch.to_string().into());
        }
    }
}

/// Checks the names in a filter that found nothing: an empty answer to a misspelled one would say that no event came.
pub(super) fn check_names(filter: &EventFilter, config: &Config) -> Result<(), OperatorError> {
    let subscriptions = config.subscriptions.iter().map(|subscription| &*subscription.name);
    let checks: [(&str, &Option<String>, Vec<&str>); 3] = [
        ("subscription", &filter.subscription, subscriptions.collect()),
        ("event_type", &filter.event_type, all_names::<EventType>()),
        ("operation", &filter.operation, all_names::<Operation>()),
    ];
    for (what, name, known) in checks {
        if let Some(name) = name.as_deref().filter(|name| !known.contains(name)) {
            let nearest = suggestion(name, known.iter().copied());
            return Err(OperatorError::BadQuery(format!("unknown {what} {name:?}{nearest}")));
        }
    }
    Ok(())
}

/// Checks the name of a credential with which nothing came. One that is not configured any more is told too.
pub(super) fn check_credential(name: Option<&str>, config: &Config) -> Result<(), OperatorError> {
    let known = || config.receiver.authentication.credentials().map(Credential::name);
    match name {
        Some(name) if known().all(|known| known != name) => {
            let nearest = suggestion(name, known());
            Err(OperatorError::BadQuery(format!(
                "unknown credential {name:?}{nearest}: no secret of senders has this name, and nothing came with it"
            )))
        }
        _ => Ok(()),
    }
}

fn all_names<T: Known>() -> Vec<&'static str> {
    T::ALL.iter().map(|name| name.as_str()).collect()
}

/// The codes that an event can have.
const CODES: [FateKind; 5] = [
    FateKind::Accepted,
    FateKind::Ignored,
    FateKind::Undelivered,
    FateKind::UnderWay,
    FateKind::Duplicate,
];

impl EventFilter {
    /// Checks what a filter means.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.object.as_ref().is_some_and(|object| object_parts(object).is_none()) {
            return Err("object: expected <objectType>/<objectId>, such as product/4711".to_owned());
        }
        let long = [
            ("source", self.source.as_ref().filter(|_| self.id.is_none())),
            ("type", self.type_.as_ref()),
        ];
        for (name, value) in long {
            if value.is_some_and(|value| shortened(value) != *value) {
                return Err(format!(
                    "{name}: expected at most {MAX_REPEATED_CHARACTERS} characters, since no more of it are kept; source together with id is exact"
                ));
            }
        }
        let codes = || CODES.iter().map(|kind| kind.code());
        if let Some(code) = self.code.as_ref().filter(|code| codes().all(|known| known != **code)) {
            return Err(format!("unknown code {code:?}{}", suggestion(code, codes())));
        }
        match (self.since, self.until) {
            (Some(since), Some(until)) if since >= until => {
                Err("since: expected a time before until".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
