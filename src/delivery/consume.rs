//! Consumes the two queues, one message at a time.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use elytra_events::CloudEvent;

use super::answer::{CallResult, Cause, excerpt};
use super::job;
use super::line::{ConsumedLine, DeliveryLine};
use super::outage::wait_with_delay;
use crate::capacity::Reservation;
use crate::config::Config;
use crate::dead::{self, DeadLetterMetadata};
use crate::destination::Callee;
use crate::jobs::Job;
use crate::journal::{Attempt, Line, NewNote, Note, What};
use crate::large;
use crate::limits::{CLAIMS, DEAD, DEAD_LETTERS, MAX_KV_VALUE_BYTES, MAX_QUEUE_EVENT_BYTES};
use crate::message::{
    AnswerExcerpt, DeadMessage, DeliveryMessage, MAX_CHARACTERS, Message, not_ours,
};
use crate::platform::{AnswerContent, BindingError, HttpRequest, KvEntry, Platform, within};

/// The delay before a message that could not be moved to another queue or to KV is redelivered, in
/// seconds. It grows by as much with every attempt.
pub const REDELIVERY_SECONDS: u64 = 60;

/// The longest such delay, in seconds: an hour, so that a hundred attempts take three days.
pub const MAX_REDELIVERY_SECONDS: u64 = 3_600;

/// How often a dead letter is retried because `CLAIMS` fails. After that, it is stored without its
/// data, before the queue gives it up.
const CLAIM_TRIES: u32 = 60;

/// How long a binding may take to answer, in milliseconds. After that, the message is redelivered.
/// No sender waits for this, so the limit is far longer than any call should take.
pub(super) const CALL_MS: u64 = 15_000;

/// The most bytes of JSON that one byte of a body can become: `\u0001`.
const MAX_JSON_BYTES_PER_BYTE: usize = 6;

/// How often a large event checks whether there is room in memory, in milliseconds.
pub const ROOM_POLL_MS: u64 = 250;

/// How long it checks, in milliseconds, before its message waits as in an outage: ten of the
/// fifteen minutes that Cloudflare gives a consumer.
pub const ROOM_TIMEOUT_MS: u64 = 600_000;

/// The subscription in the log line of a message that does not name one.
const UNKNOWN: &str = "unknown";

/// A message that a queue delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The text, or another body as JSON. `None` if it is neither.
    pub text: Option<String>,
    /// How often the message was delivered, including this time.
    pub attempts: u32,
    /// The name of the queue.
    pub queue: String,
}

/// How a message is settled with its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The message is done.
    Ack,
    /// The message is redelivered.
    Retry {
        /// The delay, in seconds.
        delay_seconds: u64,
    },
}

/// Handles a message: delivers its event, or stores it as a dead letter.
pub async fn consume(
    received: &Received,
    config: &Config,
    platform: &impl Platform,
) -> (Disposition, ConsumedLine) {
    let text = received.text.as_deref().unwrap_or_default();
    let (disposition, line) = match Message::read(text) {
        Ok(Message::Delivery(message, event)) => {
            // Deliveries before the configuration broke count as attempts. Those while it was
            // broken do not.
            let attempts = received.attempts.saturating_add(message.calls);
            deliver(received, &message, event, attempts, config, platform).await
        }
        Ok(Message::Dead(message, event)) => {
            store(&message, event, received.attempts, config, platform).await
        }
        Ok(Message::Job(line)) => match Job::read(line) {
            Ok(job) => {
                let (disposition, line) = job::consume(job, received, config, platform).await;
                return (disposition, ConsumedLine::Job(line));
            }
            Err(error) => bury_unread(not_ours(&error), received, platform).await,
        },
        Err(why) => bury_unread(why, received, platform).await,
    };
    (disposition, ConsumedLine::Delivery(line))
}

/// Moves a message that is not ours to `DEAD_LETTERS`.
async fn bury_unread(
    why: String,
    received: &Received,
    platform: &impl Platform,
) -> (Disposition, DeliveryLine) {
    let text = received.text.as_deref().unwrap_or_default();
    let now = platform.now();
    let message = DeliveryMessage {
        subscription: UNKNOWN.into(),
        accepted_at: now,
        ..DeliveryMessage::default()
    };
    let attempts = received.attempts;
    let line = DeliveryLine::new(UNKNOWN, attempts);
    let dead = Dead { message: &message, event: text, attempts, answer: None };
    bury(&dead, &Cause::NotAnEvent(why), line, platform).await
}

async fn deliver(
    received: &Received,
    message: &DeliveryMessage<'_>,
    text: &str,
    attempts: u32,
    config: &Config,
    platform: &impl Platform,
) -> (Disposition, DeliveryLine) {
    let mut line = DeliveryLine::new(&message.subscription, attempts);
    let mut dead = Dead { message, event: text, attempts, answer: None };
    let event = match read(text) {
        Ok(event) => event,
        Err(cause) => return bury(&dead, &cause, line, platform).await,
    };
    line.event(&event);
    let started = platform.now();
    let Some(callee) = callee(&message.subscription, config) else {
        let (disposition, line) = bury(&dead, &Cause::NoSubscription, line, platform).await;
        record_attempt(message, &event, &line, started, config, platform);
        return (disposition, line);
    };
    let verdict = match call(&callee, &event, message, config, platform, &mut line).await {
        Ok((verdict, content)) => {
            dead.answer = content.and_then(excerpt);
            verdict
        }
        Err(missing @ Missing::Failed(_)) => {
            // The destination was not called, so this is not an attempt. The message waits, as with
            // a broken configuration.
            let (disposition, delay_seconds) = wait_with_delay(received, platform).await;
            let cause = Cause::ClaimMissing(missing.to_string());
            return (disposition, line.retried(&cause, delay_seconds));
        }
        Err(missing) => CallResult::retry(Cause::ClaimMissing(missing.to_string()), None),
    };
    let (disposition, line) = match verdict {
        CallResult::Delivered => (Disposition::Ack, line.delivered()),
        CallResult::Retry { cause, retry_after }
            if attempts <= callee.settings.retry.max_retries =>
        {
            let retry = attempts.saturating_sub(1);
            let spread = spread(&event, attempts);
            let delay_seconds = callee.settings.retry.delay_seconds(retry, retry_after, spread);
            (Disposition::Retry { delay_seconds }, line.retried(&cause, delay_seconds))
        }
        CallResult::Retry { cause, .. } | CallResult::Dead(cause) => {
            bury(&dead, &cause, line, platform).await
        }
    };
    record_attempt(message, &event, &line, started, config, platform);
    (disposition, line)
}

/// Notes an attempt for the journal.
fn record_attempt(
    message: &DeliveryMessage<'_>,
    event: &CloudEvent<'_>,
    line: &DeliveryLine,
    started: u64,
    config: &Config,
    platform: &impl Platform,
) {
    if config.journal.is_none() {
        return;
    }
    let attempt = Attempt {
        milliseconds: platform.now().saturating_sub(started),
        redrive: message.redrive,
        replay: message.replay.as_deref().map(Cow::Borrowed),
        ..line.attempt()
    };
    let labels = [&*attempt.subscription, &*attempt.result];
    platform.collect(|pending| {
        pending.add("attempts", &labels);
        let line = Line { at: started, what: What::Attempted(attempt.clone()) };
        pending.note(Note::new(&NewNote::later(event, message.accepted_at, line)));
    });
}

/// The destination of an active subscription, if it is called.
fn callee<'c>(subscription: &str, config: &'c Config) -> Option<Callee<'c>> {
    let mut subscriptions = config.subscriptions.iter();
    let subscription = subscriptions.find(|other| other.active && other.name == subscription)?;
    subscription.destination.callee()
}

/// Calls a destination with the complete event. Returns what the answer means, and what it says. The data of a
/// large event tells the line what it is about.
///
/// # Errors
///
/// The event's data is unavailable right now.
async fn call(
    callee: &Callee<'_>,
    event: &CloudEvent<'_>,
    message: &DeliveryMessage<'_>,
    config: &Config,
    platform: &impl Platform,
    line: &mut DeliveryLine,
) -> Result<(CallResult, Option<AnswerContent>), Missing> {
    let (stored, _held) = stored(event, config, platform).await?.unzip();
    let whole = stored.as_deref().map(|stored| large::whole(event, stored)).transpose();
    let whole = match whole {
        Ok(whole) => whole,
        // The right event may be there next time.
        Err(not_whole) => {
            let missing = Cause::ClaimMissing(not_whole.to_string());
            return Ok((CallResult::retry(missing, None), None));
        }
    };
    if let Some(whole) = &whole {
        line.about(whole);
    }
    let request =
        HttpRequest::new(callee, whole.as_ref().unwrap_or(event), message.replay.as_deref());
    let mut answer = platform.call(&request).await;
    let content = answer.as_mut().ok().and_then(|answer| answer.content.take());
    Ok((CallResult::of(answer, platform.now()), content))
}

/// Why the complete event is unavailable.
enum Missing {
    /// It is not there. KV may take a minute to show everywhere what was stored.
    Gone(String),
    /// `CLAIMS` failed.
    Failed(BindingError),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(key) => write!(f, "there is no {key:?} in {CLAIMS}"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// The stored event that a `dataref` points to, with the memory reserved for it. `None` if the
/// event has its own data.
async fn stored<'p>(
    event: &CloudEvent<'_>,
    config: &Config,
    platform: &'p impl Platform,
) -> Result<Option<(String, Reservation<'p>)>, Missing> {
    let Some(dataref) = event.dataref() else { return Ok(None) };
    let room = room(config, platform).await.map_err(Missing::Failed)?;
    match within(platform, CALL_MS, platform.get(CLAIMS, dataref.key)).await {
        Ok(Some(text)) => Ok(Some((text, room))),
        Ok(None) => Err(Missing::Gone(dataref.key.to_owned())),
        Err(error) => Err(Missing::Failed(error)),
    }
}

/// Waits for memory for the largest event that is accepted. The size of an event is known only
/// after it is read, and an isolate cannot hold more than a few large ones.
async fn room<'p>(
    config: &Config,
    platform: &'p impl Platform,
) -> Result<Reservation<'p>, BindingError> {
    let largest = config.receiver.max_body_bytes.saturating_mul(MAX_JSON_BYTES_PER_BYTE);
    let largest = largest.min(MAX_KV_VALUE_BYTES);
    let end = platform.now().saturating_add(ROOM_TIMEOUT_MS);
    let mut room = platform.capacity().reserve();
    while let Err(exceeded) = room.grow_to(largest) {
        if platform.now() >= end {
            return Err(BindingError(exceeded.to_string()));
        }
        platform.sleep(ROOM_POLL_MS).await;
    }
    Ok(room)
}

fn read(text: &str) -> Result<CloudEvent<'_>, Cause> {
    CloudEvent::from_json(text).map_err(|invalid| Cause::NotAnEvent(invalid.to_string()))
}

/// A number that varies between events and between attempts.
fn spread(event: &CloudEvent<'_>, attempts: u32) -> u8 {
    let mut hasher = DefaultHasher::new();
    (event.source(), event.id(), attempts).hash(&mut hasher);
    let [first, ..] = hasher.finish().to_le_bytes();
    first
}

/// An event that cannot be delivered.
struct Dead<'m> {
    message: &'m DeliveryMessage<'m>,
    event: &'m str,
    attempts: u32,
    /// What the destination answered.
    answer: Option<AnswerExcerpt<'m>>,
}

/// Moves an event to `DEAD_LETTERS`.
async fn bury(
    Dead { message, event, attempts, answer }: &Dead<'_>,
    cause: &Cause,
    line: DeliveryLine,
    platform: &impl Platform,
) -> (Disposition, DeliveryLine) {
    let dead = DeadMessage {
        subscription: Cow::Borrowed(&message.subscription),
        accepted_at: message.accepted_at,
        died_at: platform.now(),
        attempts: *attempts,
        cause: cause.code().into(),
        reason: cause.to_string().chars().take(MAX_CHARACTERS).collect(),
        status: cause.status(),
        answer: answer.clone(),
        waits: 0,
    };
    let text = dead.print_within(MAX_QUEUE_EVENT_BYTES, event);
    let sent = within(platform, CALL_MS, platform.send(DEAD_LETTERS, &[&text])).await;
    moved(sent, *attempts, line.dead(cause))
}

/// Stores a dead letter in `DEAD`, with its data if that is available.
async fn store(
    message: &DeadMessage<'_>,
    text: &str,
    attempts: u32,
    config: &Config,
    platform: &impl Platform,
) -> (Disposition, DeliveryLine) {
    let mut line = DeliveryLine::new(&message.subscription, message.attempts);
    let event = CloudEvent::from_json(text).ok();
    let stored = match &event {
        Some(event) => {
            line.event(event);
            stored(event, config, platform).await
        }
        None => Ok(None),
    };
    let stored = match stored {
        // The data exists, but `CLAIMS` will expire it.
        Err(Missing::Failed(error)) if attempts < CLAIM_TRIES => {
            return moved(Err(error), attempts, line);
        }
        stored => stored.ok().flatten(),
    };
    let (stored, _held) = stored.unzip();
    // Ignore a stored event that is not the same event.
    let whole = stored
        .as_deref()
        .zip(event.as_ref())
        .and_then(|(stored, event)| large::whole(event, stored).ok());
    if let Some(whole) = &whole {
        line.about(whole);
    }
    let entry = KvEntry {
        key: dead::key(message, text, event.as_ref()),
        value: &message
            .print_within(MAX_KV_VALUE_BYTES, whole.as_ref().map_or(text, CloudEvent::as_json)),
        metadata: DeadLetterMetadata::new(message, event.as_ref()),
        expiration_ttl: None,
    };
    let written = within(platform, CALL_MS, platform.put(DEAD, &entry)).await;
    if let (Ok(()), Some(event), Some(_)) = (&written, &event, config.journal) {
        let subscription = Cow::Borrowed(&*message.subscription);
        let what = What::Stored { subscription, dead_letter: Cow::Borrowed(&*entry.key) };
        let line = Line { at: platform.now(), what };
        let note = Note::new(&NewNote::later(event, message.accepted_at, line));
        platform.collect(|pending| pending.note(note));
    }
    moved(written, attempts, line.stored())
}

/// Acknowledges a message that was moved, and retries any other.
fn moved(
    result: Result<(), BindingError>,
    attempts: u32,
    line: DeliveryLine,
) -> (Disposition, DeliveryLine) {
    match result {
        Ok(()) => (Disposition::Ack, line),
        Err(error) => {
            let delay_seconds = u64::from(attempts) * REDELIVERY_SECONDS;
            let delay_seconds = delay_seconds.min(MAX_REDELIVERY_SECONDS);
            (Disposition::Retry { delay_seconds }, line.failed(&error))
        }
    }
}
