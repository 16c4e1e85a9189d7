//! A step of a replay.

use std::collections::BTreeMap;

use elytra_events::CloudEvent;
use elytra_events::http::Mode;
use futures_util::{StreamExt as _, stream};

use super::job::{NotSent, Replay, ReplayState};
use crate::claim::unclaimed;
use crate::config::Config;
use crate::destination::Replaying;
use crate::fate::{Fate, FateKind};
use crate::forward::forward;
use crate::journal::{EventFilter, EventKey, Order, StoredEvent};
use crate::limits::MAX_CONNECTIONS;
use crate::plan::{Chosen, Plan};
use crate::platform::{BindingError, Platform};
use crate::recording::{Occasion, Recording};
use crate::search::{Position, Search, read_event};
use crate::settle::settle;
use crate::text::shorten;

/// How long a step lasts, in milliseconds.
const STEP_MS: u64 = 1_000;

/// After how many milliseconds a step begins to send no more, if destinations are slow.
const MAX_STEP_MS: u64 = 10_000;

/// For how long a step searches, in milliseconds.
const SEARCH_MS: u64 = 2_000;

/// How often an event is tried whose destination does not take it.
const MAX_TRIES: u32 = 5;

/// How often in a row a step may fail altogether. With the delays between them, that takes half an hour.
const MAX_FAILURES: u32 = 12;

/// The longest delay after a step that failed, in milliseconds.
const MAX_DELAY_MS: u64 = 300_000;

/// The most events that wait for another try. With more, no others are taken.
const MAX_AGAIN: usize = 100;

/// How many bytes of texts a step holds at a time. A single one may have more.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What came of a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// The events that can never be sent.
    pub not_sent: Vec<NotSent>,
    /// After how many milliseconds the next step is due.
    pub wait_ms: u64,
}

/// Makes a step of a replay: sends as many events as it may send in a second, as long as `goes_on` says so. What is left
/// then belongs to the next step.
pub async fn step(
    replay: &mut Replay,
    goes_on: impl Fn() -> bool,
    config: &Config,
    platform: &impl Platform,
) -> Stepped {
    let began = platform.now();
    let result = match config.journal {
        Some(_) => {
            let end = began.saturating_add(MAX_STEP_MS);
            let goes_on = || goes_on() && platform.now() < end;
            advance(replay, goes_on, config, platform).await
        }
        None => Err(BindingError("the journal is switched off".to_owned())),
    };
    let mut stepped = Stepped::default();
    match result {
        Ok(not_sent) => {
            replay.failures = 0;
            replay.not_sent += not_sent.len() as u64;
            stepped.not_sent = not_sent;
            stepped.wait_ms = (began + STEP_MS).saturating_sub(platform.now());
        }
        Err(error) if replay.failures >= MAX_FAILURES => {
            replay.state = ReplayState::Failed;
            replay.reason = Some(shorten(error.0));
        }
        Err(_) => {
            stepped.wait_ms = (STEP_MS << replay.failures).min(MAX_DELAY_MS);
            replay.failures += 1;
        }
    }
    replay.next_at = platform.now().saturating_add(stepped.wait_ms);
    if replay.state.has_ended() {
        replay.ended_at = Some(platform.now());
    }
    stepped
}

/// An event to send, and how often that was tried before.
struct Due {
    key: EventKey,
    tries: u32,
    event: StoredEvent,
}

async fn advance(
    replay: &mut Replay,
    goes_on: impl Fn() -> bool,
    config: &Config,
    platform: &impl Platform,
) -> Result<Vec<NotSent>, BindingError> {
    let most = replay.events_per_second;
    let again = replay.again.iter().take(most);
    // How large they are is not known any more, so each counts as much as may be held at all.
    let mut keys: Vec<_> = again
        .map(|(key, tries)| Next { key: key.clone(), tries: *tries, bytes: MAX_BYTES })
        .collect();
    let mut ahead =
        Ahead { taken: replay.taken, position: replay.position, is_last: replay.has_taken_all };
    if !replay.has_taken_all && replay.again.len() < MAX_AGAIN && keys.len() < most {
        let (new, after) = next_keys(replay, most - keys.len(), platform).await?;
        keys.extend(new);
        ahead = after;
    }
    let again = replay.again.split_off(keys.len().min(replay.again.len()));
    // Only a step that is done moves the replay forward.
    let before = std::mem::replace(&mut replay.again, again);
    match send(replay, keys, goes_on, config, platform).await {
        Ok((not_sent, again)) => {
            replay.again.extend(again);
            (replay.taken, replay.position) = (ahead.taken, ahead.position);
            replay.has_taken_all = ahead.is_last;
            if ahead.is_last && replay.again.is_empty() {
                replay.state = ReplayState::Finished;
                // Some may have expired, or come to their end in the meantime.
                replay.events = replay.sent + replay.not_sent + not_sent.len() as u64;
                replay.is_complete = true;
            }
            Ok(not_sent)
        }
        Err(error) => {
            let rest = std::mem::replace(&mut replay.again, before);
            replay.again.extend(rest);
            Err(error)
        }
    }
}

/// An event to look up.
struct Next {
    key: EventKey,
    tries: u32,
    /// How many bytes its text has, at most.
    bytes: usize,
}

/// Where a replay is after a step.
struct Ahead {
    taken: usize,
    position: Option<Position>,
    /// Whether there is nothing after that.
    is_last: bool,
}

/// The next keys, at most so many.
async fn next_keys(
    replay: &Replay,
    most: usize,
    platform: &impl Platform,
) -> Result<(Vec<Next>, Ahead), BindingError> {
    if !replay.keys.is_empty() {
        let keys = replay.keys.iter().skip(replay.taken).take(most);
        let keys: Vec<_> =
            keys.map(|key| Next { key: key.clone(), tries: 0, bytes: MAX_BYTES }).collect();
        let taken = replay.taken + keys.len();
        let is_last = taken >= replay.keys.len();
        return Ok((keys, Ahead { taken, position: None, is_last }));
    }
    // What comes later is not meant, nor what it sends itself.
    let until = replay.filter.until.unwrap_or(u64::MAX).min(replay.started_at);
    let filter = EventFilter { until: Some(until), ..replay.filter.clone() };
    let search = Search {
        filter: &filter,
        order: Order::Oldest,
        from: replay.position.unwrap_or_default(),
        limit: most,
        end: platform.now().saturating_add(SEARCH_MS),
    };
    let page = search.run(platform).await?;
    let next = |event: &StoredEvent| {
        Some(Next { key: EventKey::parse(&event.key)?, tries: 0, bytes: event.facts.bytes })
    };
    let keys = page.events.iter().filter_map(next).collect();
    let is_last = page.next.is_none();
    let position = page.next.or(replay.position);
    Ok((keys, Ahead { taken: 0, position, is_last }))
}

/// Sends events, a few at a time. Returns those that can never be sent, and those to try again, among them those whose turn
/// did not come.
async fn send(
    replay: &mut Replay,
    keys: Vec<Next>,
    goes_on: impl Fn() -> bool,
    config: &Config,
    platform: &impl Platform,
) -> Result<(Vec<NotSent>, Vec<(EventKey, u32)>), BindingError> {
    let (mut not_sent, mut again) = (Vec::new(), Vec::new());
    let mut is_first = true;
    for part in in_parts(keys) {
        let bytes = part.iter().map(|next| next.bytes).sum();
        let mut reservation = platform.capacity().reserve();
        // The first part is sent even if there is no room, or a replay would wait for as long as others are busy.
        let has_room = reservation.grow_to(bytes).is_ok() || is_first;
        if !has_room || !goes_on() {
            again.extend(part.into_iter().map(|Next { key, tries, .. }| (key, tries)));
            continue;
        }
        match read(&part, &mut not_sent, platform).await {
            Ok(due) => {
                send_part(replay, due, &mut not_sent, &mut again, config, platform).await;
            }
            // What was sent is sent, and the others have their turn later.
            Err(_) if !is_first => {
                again.extend(part.into_iter().map(|Next { key, tries, .. }| (key, tries)));
            }
            Err(error) => return Err(error),
        }
        is_first = false;
    }
    Ok((not_sent, again))
}

/// Reads the events of a part. Those that can never be sent are noted.
async fn read(
    part: &[Next],
    not_sent: &mut Vec<NotSent>,
    platform: &impl Platform,
) -> Result<Vec<Due>, BindingError> {
    let reads = part.iter().map(async |Next { key, tries, .. }| {
        let event = read_event(key, platform).await?;
        Ok::<_, BindingError>((key.clone(), *tries, event))
    });
    let read: Vec<_> = stream::iter(reads).buffered(MAX_CONNECTIONS).collect().await;
    let mut due = Vec::new();
    for read in read {
        match read? {
            (key, tries, Some(event)) if event.text.is_some() => {
                due.push(Due { key, tries, event });
            }
            (key, _, event) => {
                let reason = if event.is_some() {
                    "its text is no longer kept"
                } else {
                    "it is no longer in the journal"
                };
                not_sent.push(failure(&key, event.as_ref(), reason));
            }
        }
    }
    Ok(due)
}

/// Divides events, so that their texts fit in memory together with what is made of them.
fn in_parts(keys: Vec<Next>) -> Vec<Vec<Next>> {
    let mut parts: Vec<Vec<Next>> = Vec::new();
    let mut bytes = MAX_BYTES;
    for next in keys {
        match parts.last_mut() {
            Some(part) if bytes + next.bytes <= MAX_BYTES => {
                bytes += next.bytes;
                part.push(next);
            }
            _ => {
                bytes = next.bytes;
                parts.push(vec![next]);
            }
        }
    }
    parts
}

async fn send_part(
    replay: &mut Replay,
    due: Vec<Due>,
    not_sent: &mut Vec<NotSent>,
    again: &mut Vec<(EventKey, u32)>,
    config: &Config,
    platform: &impl Platform,
) {
    let chosen =
        Chosen { names: replay.subscriptions.as_deref(), respect_filters: replay.respect_filters };
    let (mut events, mut arrivals, mut sending) = (Vec::new(), Vec::new(), Vec::new());
    for due in &due {
        match prepare(due, chosen, config) {
            Ok(event) => {
                events.push(event);
                arrivals.push(due.event.facts.arrived_at);
                sending.push(due);
            }
            Err(reason) => not_sent.push(failure(&due.key, Some(&due.event), &reason)),
        }
    }
    let times = config.receiver.times;
    let plan = Plan::of_chosen(&config.subscriptions, &events, chosen);
    // Each of them fits on its own, and so do all of them. A replay has time for many writes.
    let Ok(plan) = plan.fit(Mode::Structured, config.stores.claims_expiration_ttl, times) else {
        return;
    };
    let deadline = platform.now().saturating_add(times.forward_ms());
    let replaying = Replaying { id: &replay.id, arrivals: &arrivals };
    let plan = unclaimed(plan, times);
    let has_spool = config.stores.has_spool;
    let plan = forward(plan, times, has_spool, Some(replaying), platform, deadline).await;
    let recording = Recording {
        keeps_texts: false,
        at: platform.now(),
        occasion: Occasion::Replayed(&replay.id),
    };
    let (fates, _) = settle(plan, times, Some(recording), platform).await;
    for (due, fate) in sending.into_iter().zip(fates.iter()) {
        if !matches!(fate.kind(), FateKind::Undelivered | FateKind::UnderWay) {
            replay.sent += 1;
        } else if due.tries + 1 < MAX_TRIES {
            again.push((due.key.clone(), due.tries + 1));
        } else {
            not_sent.push(failure(&due.key, Some(&due.event), &why_failed(fate)));
        }
    }
}

/// The event, if it can be sent to anybody.
fn prepare<'d>(
    due: &'d Due,
    chosen: Chosen<'_>,
    config: &Config,
) -> Result<CloudEvent<'d>, String> {
    let text = due.event.text.as_deref().unwrap_or_default();
    let event = CloudEvent::from_json(text).map_err(|error| format!("it is invalid: {error}"))?;
    let events = std::slice::from_ref(&event);
    let plan = Plan::of_chosen(&config.subscriptions, events, chosen);
    if plan.wanting(0).is_empty() {
        return Err(why_unwanted(&event, chosen, config));
    }
    let ttl = config.stores.claims_expiration_ttl;
    let fits = plan.fit(Mode::Structured, ttl, config.receiver.times).map(drop);
    fits.map_err(|why| why.to_string())?;
    Ok(event)
}

/// Why no subscription gets an event.
fn why_unwanted(event: &CloudEvent<'_>, chosen: Chosen<'_>, config: &Config) -> String {
    let view = config.subscriptions.view(event);
    let named = config
        .subscriptions
        .iter()
        .filter(|one| chosen.names.is_none_or(|names| names.contains(&one.name)));
    let reasons: BTreeMap<_, _> =
        named.filter_map(|one| Some((&*one.name, one.wants(&view).err()?.to_string()))).collect();
    let reasons: Vec<_> =
        reasons.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
    if reasons.is_empty() {
        "there is no such subscription any more".to_owned()
    } else {
        format!("no subscription wants it: {}", reasons.join("; "))
    }
}

fn why_failed(fate: &Fate<'_>) -> String {
    let failed = fate.failed.iter().map(|(name, error)| format!("{name}: {error}"));
    let under_way = fate.under_way.iter().map(|name| format!("{name}: it is being written"));
    failed.chain(under_way).collect::<Vec<_>>().join("; ")
}

fn failure(key: &EventKey, event: Option<&StoredEvent>, reason: &str) -> NotSent {
    NotSent {
        key: key.as_str().to_owned(),
        id: event.map(|event| event.facts.id.clone().into_owned()),
        reason: shorten(reason),
    }
}
