//! The whole line from a request to its reply and its log line, with destinations in memory.

mod access_token;
mod batches;
mod binary;
mod division;
mod forwarding;
mod handshake;
mod limits;
mod outcomes;
mod privacy;
mod rate_limit;
mod refusals;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::task::Poll;

use elytra_webhooks::config::{Binding, Bindings, Config, ConfigError};
use elytra_webhooks::forward::{DestinationError, Destinations, KvEntry};
use elytra_webhooks::forward::{MAX_SEND_BATCH_BYTES, MAX_SEND_BATCH_MESSAGES};
use elytra_webhooks::outcome::BodyError;
use elytra_webhooks::receive::{Body, Clock, RateLimiter, answer};

use crate::support::{Head, event};

/// The token that lets a caller in.
pub(crate) const TOKEN: &str = "token-canary";

/// What no reply and no log line may hold: secrets, presented or kept, and what `data` says.
const CANARIES: [&str; 4] = [TOKEN, "next-canary", "presented-canary", "data-canary"];

/// What a destination says when it fails, which is for the log alone.
const DESTINATION_SAYS: &str = "destination-canary";

pub(crate) const WEBHOOK: &str =
    r#"{"auth_type":"bearer","auth":[{"token":"TOKEN"},{"token":"TOKEN_NEXT"}]}"#;

/// A configuration with this `WEBHOOK` and these subscriptions.
pub(crate) fn configure(webhook: &str, subscriptions: &[(&str, &str)]) -> Config {
    let text = |text: &str| Binding::Text(text.to_owned());
    let mut bindings: Bindings = BTreeMap::from([
        ("WEBHOOK".to_owned(), Binding::Json(webhook.to_owned())),
        ("QUEUE".to_owned(), Binding::Queue),
        ("KV".to_owned(), Binding::Kv),
        ("CALLS".to_owned(), Binding::RateLimit),
        ("TOKEN".to_owned(), text(TOKEN)),
        ("TOKEN_NEXT".to_owned(), text("next-canary")),
        ("USER".to_owned(), text("user")),
    ]);
    for (name, subscription) in subscriptions {
        let binding = Binding::Json((*subscription).to_owned());
        bindings.insert(format!("SUBSCRIPTION_{name}"), binding);
    }
    Config::from_bindings(&bindings).unwrap()
}

/// Products go to a queue and to KV, documents to KV alone, everything else nowhere.
fn config() -> Config {
    configure(
        WEBHOOK,
        &[
            ("ARCHIVE", r#"{"event_types":["product","document"],"kv":{"binding":"KV"}}"#),
            ("OFF", r#"{"active":false,"queue":"QUEUE"}"#),
            ("PRODUCTS", r#"{"event_types":["product"],"queue":"QUEUE"}"#),
        ],
    )
}

/// A request: its head, and what its body does when it is read.
pub(crate) struct Request {
    head: Head,
    body: Vec<Result<Vec<u8>, BodyError>>,
}

impl Request {
    pub(crate) fn new(head: Head, body: impl Into<Vec<u8>>) -> Self {
        Self { head, body: vec![Ok(body.into())] }
    }

    /// A request that is let in and holds an event with these members.
    fn event(members: &str) -> Self {
        Self::body(event(members))
    }

    /// A request that is let in and holds this body.
    fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::new(authorized(), body)
    }

    /// A request that is let in, and whose body comes so.
    fn chunks(body: Vec<Result<Vec<u8>, BodyError>>) -> Self {
        Self { head: authorized(), body }
    }
}

/// The head of a structured event's request, with credentials.
fn authorized() -> Head {
    known().with("content-type", "application/cloudevents+json")
}

/// A head with credentials and nothing else.
pub(crate) fn known() -> Head {
    Head::post().with("authorization", &format!("Bearer {TOKEN}"))
}

/// A request that is let in and holds a batch of these.
fn batch(elements: &[String]) -> Request {
    let head = known().with("content-type", "application/cloudevents-batch+json");
    Request::new(head, format!("[{}]", elements.join(",")))
}

/// A body that does what it was told, and counts how often it was asked.
struct ScriptedBody<'p> {
    chunks: VecDeque<Result<Vec<u8>, BodyError>>,
    polls: &'p Cell<usize>,
}

impl Body for ScriptedBody<'_> {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        self.polls.set(self.polls.get() + 1);
        self.chunks.pop_front().transpose()
    }
}

/// What a destination holds: its binding, the key in KV, the event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    binding: String,
    key: Option<String>,
    pub(crate) value: String,
}

/// Destinations in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) held: RefCell<Vec<Held>>,
    /// The bindings that fail.
    pub(crate) failing: Vec<&'static str>,
    /// How many must have been started before any of them finishes.
    pub(crate) together: usize,
    /// The binding that takes its time.
    pub(crate) slow: Option<&'static str>,
    /// The binding that never answers.
    pub(crate) hanging: Option<&'static str>,
    /// The milliseconds after which it was no longer waited for.
    pub(crate) waited: Cell<u64>,
    pub(crate) started: Cell<usize>,
    /// How many messages each call of `sendBatch` had.
    pub(crate) calls: RefCell<Vec<usize>>,
    /// The rate limits that were asked, each with the key.
    pub(crate) asked: RefCell<Vec<(String, String)>>,
    /// Whether the rate limits are used up.
    pub(crate) is_used_up: bool,
}

/// Time passes only where a destination hangs, and then slower than any other one is.
impl Clock for Memory {
    async fn sleep(&self, milliseconds: u64) {
        let mut polls = 500;
        poll_fn(|context| {
            if self.hanging.is_none() {
                return Poll::Pending;
            }
            context.waker().wake_by_ref();
            polls -= 1;
            if polls > 0 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        self.waited.set(milliseconds);
    }
}

impl RateLimiter for Memory {
    async fn allows(&self, rate_limit: &str, key: &str) -> bool {
        self.asked.borrow_mut().push((rate_limit.to_owned(), key.to_owned()));
        !self.is_used_up
    }
}

impl Memory {
    async fn hold(&self, binding: &str, held: Vec<Held>) -> Result<(), DestinationError> {
        self.started.set(self.started.get() + 1);
        let mut patience = 1_000;
        let mut slowness: u32 = if self.slow == Some(binding) { 100 } else { 0 };
        poll_fn(|context| {
            if self.hanging == Some(binding) {
                return Poll::Pending;
            }
            if self.started.get() >= self.together && slowness == 0 {
                return Poll::Ready(());
            }
            patience -= 1;
            assert!(patience > 0, "the destinations are not started together");
            slowness = slowness.saturating_sub(1);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        if self.failing.contains(&binding) {
            return Err(DestinationError(DESTINATION_SAYS.to_owned()));
        }
        self.held.borrow_mut().extend(held);
        Ok(())
    }
}

impl Destinations for Memory {
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), DestinationError> {
        let bytes: usize = messages.iter().map(|message| message.len() + 100).sum();
        assert!((1..=MAX_SEND_BATCH_MESSAGES).contains(&messages.len()), "{}", messages.len());
        assert!(bytes <= MAX_SEND_BATCH_BYTES, "{bytes} bytes in one call");
        self.calls.borrow_mut().push(messages.len());
        let hold = |message: &&str| {
            let value = (*message).to_owned();
            Held { binding: queue.to_owned(), key: None, value }
        };
        self.hold(queue, messages.iter().map(hold).collect()).await
    }

    async fn put(&self, namespace: &str, entry: &KvEntry<'_>) -> Result<(), DestinationError> {
        let key = Some(entry.key.clone());
        let value = entry.value.to_owned();
        self.hold(namespace, vec![Held { binding: namespace.to_owned(), key, value }]).await
    }
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) log: String,
    /// How often the body was asked for a chunk.
    pub(crate) polls: usize,
}

/// Sends a request through the line. No secret and no data ever shows.
#[track_caller]
pub(crate) fn ask(
    config: Result<&Config, &[ConfigError]>,
    request: Request,
    memory: &Memory,
) -> Answer {
    let polls = Cell::new(0);
    let body = ScriptedBody { chunks: request.body.into(), polls: &polls };
    let (reply, line) = pollster::block_on(answer(config, &request.head, body, memory, memory));
    let log = line.to_json();
    for canary in CANARIES {
        assert!(!log.contains(canary), "{canary} in the log: {log}");
        assert!(!format!("{reply:?}").contains(canary), "{canary} in {reply:?}");
    }
    assert!(!format!("{reply:?}").contains(DESTINATION_SAYS), "{reply:?}");
    assert!(!log.contains('\n'), "one line: {log}");
    assert_eq!((line.code, line.status), (reply.code, reply.status));
    let headers = reply.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let headers = headers.collect::<Vec<_>>().join("\n");
    Answer { status: reply.status, headers, body: reply.body, log, polls: polls.get() }
}

/// What a request is expected to get.
struct Expected<'e> {
    status: u16,
    /// The headers besides the content type, one a line.
    headers: &'e str,
    body: &'e str,
    log: &'e str,
}

/// Checks an answer to the letter.
#[track_caller]
fn check_answer(why: &str, answer: &Answer, expected: &Expected<'_>) {
    let media_type =
        if answer.status < 300 { "application/json" } else { "application/problem+json" };
    let headers = [format!("content-type: {media_type}"), expected.headers.to_owned()];
    let headers = headers.join("\n");
    assert_eq!(answer.status, expected.status, "{why}");
    assert_eq!(answer.headers, headers.trim_end(), "{why}");
    assert_eq!(answer.body, expected.body, "{why}");
    assert_eq!(answer.log, expected.log, "{why}");
}

/// Checks what a request gets of the usual configuration, and what is held then.
#[track_caller]
fn check(why: &str, request: Request, expected: &Expected<'_>) -> Vec<Held> {
    let memory = Memory::default();
    check_answer(why, &ask(Ok(&config()), request, &memory), expected);
    memory.held.into_inner()
}
