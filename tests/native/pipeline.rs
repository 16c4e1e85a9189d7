//! The whole line from a request to its reply and its log line, with destinations in memory.

mod forwarding;
mod limits;
mod outcomes;
mod privacy;
mod refusals;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::task::Poll;

use elytra_webhooks::config::{Binding, Bindings, Config, ConfigError};
use elytra_webhooks::forward::{DestinationError, Destinations, KvEntry};
use elytra_webhooks::receive::{Body, BodyError, answer};

use crate::support::{Head, event};

/// The token that lets a caller in.
const TOKEN: &str = "token-canary";

/// What no reply and no log line may hold: secrets, presented or kept, and what `data` says.
const CANARIES: [&str; 4] = [TOKEN, "next-canary", "presented-canary", "data-canary"];

/// What a destination says when it fails, which is for the log alone.
const DESTINATION_SAYS: &str = "destination-canary";

const WEBHOOK: &str = r#"{"auth_type":"bearer","auth":[{"token":"TOKEN"},{"token":"TOKEN_NEXT"}]}"#;

/// A configuration with this `WEBHOOK` and these subscriptions.
fn configure(webhook: &str, subscriptions: &[(&str, &str)]) -> Config {
    let text = |text: &str| Binding::Text(text.to_owned());
    let mut bindings: Bindings = BTreeMap::from([
        ("WEBHOOK".to_owned(), Binding::Json(webhook.to_owned())),
        ("QUEUE".to_owned(), Binding::Queue),
        ("KV".to_owned(), Binding::Kv),
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
struct Request {
    head: Head,
    body: Vec<Result<Vec<u8>, BodyError>>,
}

impl Request {
    fn new(head: Head, body: impl Into<Vec<u8>>) -> Self {
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

/// The head of an event's request, with credentials.
fn authorized() -> Head {
    let head = Head::post().with("authorization", &format!("Bearer {TOKEN}"));
    head.with("content-type", "application/cloudevents+json")
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
struct Held {
    binding: String,
    key: Option<String>,
    value: String,
}

/// Destinations in memory.
#[derive(Default)]
struct Memory {
    held: RefCell<Vec<Held>>,
    /// The bindings that fail.
    failing: Vec<&'static str>,
    /// How many must have been started before any of them finishes.
    together: usize,
    /// The binding that takes its time.
    slow: Option<&'static str>,
    started: Cell<usize>,
}

impl Memory {
    async fn hold(&self, held: Held) -> Result<(), DestinationError> {
        self.started.set(self.started.get() + 1);
        let mut patience = 1_000;
        let mut slowness: u32 = if self.slow == Some(&held.binding) { 100 } else { 0 };
        poll_fn(|context| {
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
        if self.failing.contains(&&*held.binding) {
            return Err(DestinationError(DESTINATION_SAYS.to_owned()));
        }
        self.held.borrow_mut().push(held);
        Ok(())
    }
}

impl Destinations for Memory {
    async fn send(&self, queue: &str, message: &str) -> Result<(), DestinationError> {
        let held = Held { binding: queue.to_owned(), key: None, value: message.to_owned() };
        self.hold(held).await
    }

    async fn put(&self, namespace: &str, entry: &KvEntry<'_>) -> Result<(), DestinationError> {
        let key = Some(entry.key.clone());
        self.hold(Held { binding: namespace.to_owned(), key, value: entry.value.to_owned() }).await
    }
}

/// What came of a request.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: String,
    body: String,
    log: String,
    /// How often the body was asked for a chunk.
    polls: usize,
}

/// Sends a request through the line. No secret and no data ever shows.
#[track_caller]
fn ask(config: Result<&Config, &[ConfigError]>, request: Request, memory: &Memory) -> Answer {
    let polls = Cell::new(0);
    let body = ScriptedBody { chunks: request.body.into(), polls: &polls };
    let (reply, line) = pollster::block_on(answer(config, &request.head, body, memory));
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
