//! The whole line from a request to its reply and log line, with destinations in memory.

mod access_token;
mod batches;
mod binary;
mod dead_letters;
mod dedupe;
mod division;
mod explain;
mod filters;
mod forwarding;
mod handshake;
mod health;
mod large;
mod limits;
mod mirror;
mod outcomes;
mod privacy;
mod r2;
mod rate_limit;
mod refusals;
mod slow;
mod soak;
mod spool;
mod webhooks;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use elytra_webhooks::config::{Binding, Bindings, Broken, Config};
use elytra_webhooks::endpoints::answer;
use elytra_webhooks::level::Level;
use elytra_webhooks::request::Body;
use elytra_webhooks::request::BodyError;
use serde_json::Value;

pub(crate) use crate::memory::Memory;
use crate::memory::{Held, SAYS};
use crate::support::{Head, event};

/// The last headers of every answer to an operator.
pub(crate) const FOR_OPERATORS: &str =
    "cache-control: no-store\nx-content-type-options: nosniff\nreferrer-policy: no-referrer";

/// The token that authenticates the caller.
pub(crate) const TOKEN: &str = "token-canary";

/// What no reply or log line may contain: secrets, presented or configured, and `data`.
const CANARIES: [&str; 7] = [
    TOKEN,
    "next-canary",
    "presented-canary",
    "data-canary",
    "admin-canary",
    "shop-canary",
    "url-canary",
];

pub(crate) const WEBHOOK: &str =
    r#"{"auth_type":"bearer","auth":[{"token":"TOKEN"},{"token":"TOKEN_NEXT"}]}"#;

/// [`WEBHOOK`] with these additional fields.
fn webhook_with(fields: &str) -> String {
    WEBHOOK.replace(r#","auth""#, &format!(r#",{fields},"auth""#))
}

/// A configuration with this `WEBHOOK` and these subscriptions.
pub(crate) fn configure(webhook: &str, subscriptions: &[(&str, &str)]) -> Config {
    configure_with(&[], webhook, subscriptions)
}

/// The same, with these additional bindings.
pub(crate) fn configure_with(
    more: &[(&str, Binding)],
    webhook: &str,
    subscriptions: &[(&str, &str)],
) -> Config {
    let text = |text: &str| Binding::Text(text.to_owned());
    let mut bindings: Bindings = BTreeMap::from([
        ("WEBHOOK".to_owned(), Binding::Json(webhook.to_owned())),
        ("QUEUE".to_owned(), Binding::Queue),
        ("KV".to_owned(), Binding::Kv),
        ("OTHER".to_owned(), Binding::Queue),
        ("LEDGER".to_owned(), Binding::DurableObject),
        ("CALLS".to_owned(), Binding::RateLimit),
        ("TOKEN".to_owned(), text(TOKEN)),
        ("TOKEN_NEXT".to_owned(), text("next-canary")),
        ("USER".to_owned(), text("user")),
    ]);
    bindings.extend(more.iter().map(|(name, binding)| ((*name).to_owned(), binding.clone())));
    for (name, subscription) in subscriptions {
        let binding = Binding::Json((*subscription).to_owned());
        bindings.insert(format!("SUBSCRIPTION_{name}"), binding);
    }
    Config::from_bindings(&bindings).unwrap()
}

/// Products go to a queue and to KV, documents only to KV, and everything else nowhere.
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

/// A request: its head, and the script of its body.
pub(crate) struct Request {
    head: Head,
    body: Vec<Result<Vec<u8>, BodyError>>,
}

impl Request {
    pub(crate) fn new(head: Head, body: impl Into<Vec<u8>>) -> Self {
        Self { head, body: vec![Ok(body.into())] }
    }

    /// An authenticated request with an event that has these members.
    fn event(members: &str) -> Self {
        Self::body(event(members))
    }

    /// An authenticated request with this body.
    fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::new(authorized(), body)
    }

    /// An authenticated request whose body arrives in these chunks.
    fn chunks(body: Vec<Result<Vec<u8>, BodyError>>) -> Self {
        Self { head: authorized(), body }
    }
}

/// The head of a structured event's request, with credentials.
fn authorized() -> Head {
    known().with("content-type", "application/cloudevents+json")
}

/// A head with only credentials.
pub(crate) fn known() -> Head {
    Head::post().with("authorization", &format!("Bearer {TOKEN}"))
}

/// An authenticated request with a batch of these elements.
fn batch(elements: &[String]) -> Request {
    let head = known().with("content-type", "application/cloudevents-batch+json");
    Request::new(head, format!("[{}]", elements.join(",")))
}

/// A body that follows a script, and counts its polls.
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

/// The result of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) log: String,
    pub(crate) level: Level,
    /// How often the body was polled for a chunk.
    pub(crate) polls: usize,
}

/// Sends a request through the line. Checks that no secrets or data leak.
#[track_caller]
pub(crate) fn ask(config: Result<&Config, &Broken>, request: Request, memory: &Memory) -> Answer {
    memory.time.run(answer_to(config, request, memory))
}

/// Checks that the answer and the log mean the same by `subscriptions` and `held`.
fn check_subscriptions(body: &str, log: &str) {
    let [body, log] = [body, log].map(|text| serde_json::from_str::<Value>(text).unwrap());
    let lists = |event: &Value| format!("{} {}", event["subscriptions"], event["held"]);
    match (body["events"].as_array(), log["events"].as_array()) {
        (Some(answered), Some(logged)) => {
            let with_id = |event: &Value| format!("{} {}", event["id"], lists(event));
            let answered: BTreeSet<_> = answered.iter().map(with_id).collect();
            // An explanation has `subscriptions` of its own, and a long id is cut in the log.
            let is_comparable = |event: &&Value| !event["id"].to_string().contains('…');
            let is_served = body["code"] != "explained";
            for event in logged.iter().filter(is_comparable).filter(|_| is_served) {
                assert!(answered.contains(&with_id(event)), "{event}, but not in {body}");
            }
        }
        // Only an event has an id in the log.
        (None, None) if !log["id"].is_null() => assert_eq!(lists(&body), lists(&log), "{log}"),
        _ => {}
    }
}

/// Like [`ask`], for callers that do more than wait.
async fn answer_to(config: Result<&Config, &Broken>, request: Request, memory: &Memory) -> Answer {
    let polls = Cell::new(0);
    let body = ScriptedBody { chunks: request.body.into(), polls: &polls };
    let (reply, line) = answer(config, &request.head, body, memory).await;
    let log = line.to_json();
    for canary in CANARIES {
        assert!(!log.contains(canary), "{canary} in the log: {log}");
        assert!(!format!("{reply:?}").contains(canary), "{canary} in {reply:?}");
    }
    assert!(!format!("{reply:?}").contains(SAYS), "{reply:?}");
    assert!(!log.contains('\n'), "one line: {log}");
    assert_eq!((line.code, line.status), (reply.code, reply.status));
    check_subscriptions(&reply.body, &log);
    let headers = reply.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let headers = headers.collect::<Vec<_>>().join("\n");
    // What every answer to an operator has is checked in `session`.
    let headers = headers.strip_suffix(FOR_OPERATORS).map_or(&*headers, str::trim_end).to_owned();
    Answer {
        status: reply.status,
        headers,
        body: reply.body,
        log,
        level: line.level,
        polls: polls.get(),
    }
}

/// The expected answer to a request.
struct Expected<'e> {
    status: u16,
    /// The headers except the content type, one per line.
    headers: &'e str,
    body: &'e str,
    log: &'e str,
}

/// Checks an answer exactly.
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

/// Checks the answer under the default configuration, and what is held afterwards.
#[track_caller]
fn check(why: &str, request: Request, expected: &Expected<'_>) -> Vec<Held> {
    let memory = Memory::default();
    check_answer(why, &ask(Ok(&config()), request, &memory), expected);
    memory.held()
}
