//! HTTP destinations on the real runtime: what a server on loopback gets, and what its answers
//! cause.
//!
//! In most tests, the receiver's queues lead to a sink, and the test hands the messages to the
//! consumer as often as it likes, without waiting. The tests in `queue.rs` use the local queue.

mod admin;
mod answers;
mod call;
mod certificates;
mod command_line;
mod dead_letters;
mod excerpt;
mod faults;
mod jobs;
mod limits;
mod outage;
mod queue;
mod retry;
mod service;

use edge::{Asked, Receiver, Settings, Shop, Sink, event};
use serde_json::Value;

/// A timeout that no busy machine exceeds, in milliseconds.
const PATIENT: u64 = 60_000;

/// Half a minute of retries, so that the sixth attempt is the last one.
const ELYTRA: &str = "retry = \"elytra\"\n";

/// A receiver whose queues lead to a sink, and a shop that is its HTTP destination.
struct Stage {
    receiver: Receiver,
    sink: Sink,
    shop: Shop,
}

/// A dead letter, as `DEAD_LETTERS` and `DEAD` get it.
#[derive(Debug)]
struct Letter {
    why: Value,
    event: String,
}

/// Bearer authentication, and what HTTP destinations need.
fn settings() -> Settings {
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 4_000_000
        "#;
    Settings::new(vars).with_secret("TOKEN", "right-token").with_webhooks()
}

/// A subscription that wants every event, with these fields of `webhook` in addition to `url`.
fn subscription(name: &str, shop: &Shop, fields: &str) -> String {
    let url = shop.url();
    format!(
        r#"
        [vars.SUBSCRIPTION_{name}.webhook]
        url = "{url}/elytra?from=pim"
        allow_insecure = true
        {fields}
        "#
    )
}

/// The timeout field.
fn timeout(milliseconds: u64) -> String {
    format!("timeout_ms = {milliseconds}\n")
}

impl Stage {
    /// A stage with one subscription, `shop`, that has these fields.
    fn new(fields: &str) -> Self {
        Self::with(settings(), fields)
    }

    fn with(settings: Settings, fields: &str) -> Self {
        let (shop, sink) = (Shop::open(), Sink::start());
        let settings = settings.with_vars(&subscription("SHOP", &shop, fields)).with_sink(&sink);
        Self { receiver: Receiver::start(&settings), sink, shop }
    }

    /// Elytra sends an event. Returns the resulting message.
    #[track_caller]
    fn send(&self, event: &str) -> String {
        let answer = self.receiver.post(event).send();
        assert_eq!((answer.status, &*answer.code()), (202, "accepted"), "{}", answer.body);
        let mut messages = self.sink.take_messages("DELIVERIES");
        assert_eq!(messages.len(), 1);
        messages.remove(0)
    }

    /// Elytra sends a batch of product events with these ids. Returns the resulting messages.
    #[track_caller]
    fn send_all(&self, ids: &[&str]) -> Vec<String> {
        send_batch(&self.receiver, ids);
        self.sink.take_messages("DELIVERIES")
    }

    /// Hands the messages to the consumer for the first time.
    #[track_caller]
    fn consume(&self, messages: &[String]) -> Vec<Asked> {
        let batch: Vec<_> = messages.iter().map(|message| (&**message, 1)).collect();
        self.receiver.consume(&batch)
    }

    /// Hands a message to the consumer, with this number of attempts.
    #[track_caller]
    fn consume_one(&self, message: &str, attempts: u32) -> Asked {
        self.receiver.consume(&[(message, attempts)])[0]
    }

    /// The dead letters in `DEAD_LETTERS`, in the order of the events' ids.
    fn take_letters(&self) -> Vec<Letter> {
        let mut letters: Vec<_> =
            self.sink.take_messages("DEAD_LETTERS").iter().map(|text| Letter::read(text)).collect();
        letters.sort_unstable_by(|one, other| one.event.cmp(&other.event));
        letters
    }

    /// The log line of a consumed event, once there is one.
    #[track_caller]
    fn line_about(&self, id: &str) -> Value {
        edge::wait_until(&format!("the log tells of {id}"), || {
            let mut lines = self.receiver.log(0).into_iter();
            lines.find(|line| line["id"] == id && !line["attempts"].is_null())
        })
    }
}

impl Letter {
    fn read(text: &str) -> Self {
        let (line, event) = text.split_once('\n').expect("a first line");
        Self { why: serde_json::from_str(line).unwrap(), event: event.to_owned() }
    }
}

/// Elytra sends a batch of product events with these ids.
#[track_caller]
fn send_batch(receiver: &Receiver, ids: &[&str]) {
    let events: Vec<_> = ids.iter().map(|id| product(id)).collect();
    let call = receiver.post(format!("[{}]", events.join(",")));
    let answer = call.header("content-type", "application/cloudevents-batch+json").send();
    assert_eq!(answer.status, 202, "{}", answer.body);
}

/// A product event with this id.
fn product(id: &str) -> String {
    event(id, "product")
}
