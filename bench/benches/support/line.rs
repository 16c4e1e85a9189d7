//! The whole line, from a request to its reply and its log line.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use elytra_webhooks::config::{Binding, Bindings, Config};
use elytra_webhooks::endpoints::answer;
use elytra_webhooks::request::Body;
use elytra_webhooks::request::BodyError;

use super::bindings::Immediate;
use super::event::{batch, event};
use super::head::Head;

/// The token that lets a caller in.
const TOKEN: &str = "a-token-of-thirty-two-characters";

/// How often a future is polled that waits for nothing. Only one of many calls needs it twice.
const POLLS: usize = 1_000;

/// Whether anybody wants the events.
#[derive(Clone, Copy)]
pub(crate) enum Interest {
    /// One of the subscriptions does.
    One,
    /// None does.
    None,
}

/// A configuration with so many subscriptions, each to a queue. Those that do not want the events are
/// before the one that does.
pub(crate) fn config(subscriptions: usize, interest: Interest) -> Config {
    read(subscriptions, |number| {
        let event_type = match interest {
            Interest::One if number == subscriptions => "product_attribute_value",
            _ => "document",
        };
        format!(
            r#"{{"event_types":["{event_type}"],"operations":["add","modify"],"queue":"QUEUE"}}"#
        )
    })
}

/// A configuration with so many subscriptions, each with a filter on this attribute; the last of them
/// lets an event pass in which it has this value.
pub(crate) fn config_with_filters(subscriptions: usize, attribute: &str, value: &str) -> Config {
    read(subscriptions, |number| {
        let value = if number == subscriptions { value } else { "another" };
        format!(r#"{{"filters":[{{"exact":{{"{attribute}":"{value}"}}}}],"queue":"QUEUE"}}"#)
    })
}

/// A configuration with one subscription, which has these fields, each with a comma behind it, and this
/// filter.
pub(crate) fn config_with_filter(fields: &str, filter: &str) -> Config {
    read(1, |_| format!(r#"{{{fields}"filters":[{filter}],"queue":"QUEUE"}}"#))
}

/// A configuration with so many subscriptions, each as this says of its number.
fn read(subscriptions: usize, subscription: impl Fn(usize) -> String) -> Config {
    let webhook = r#"{"auth_type":"bearer","auth":[{"token":"TOKEN"}]}"#;
    let mut bindings = Bindings::from([
        ("WEBHOOK".to_owned(), Binding::Json(webhook.to_owned())),
        ("TOKEN".to_owned(), Binding::Text(TOKEN.to_owned())),
        ("QUEUE".to_owned(), Binding::Queue),
    ]);
    for number in 1..=subscriptions {
        let subscription = Binding::Json(subscription(number));
        bindings.insert(format!("SUBSCRIPTION_S{number:04}"), subscription);
    }
    Config::from_bindings(&bindings).unwrap()
}

/// The head of a request with credentials.
pub(crate) fn head(content_type: &str, bytes: usize) -> Head {
    let headers = [
        ("host", "webhooks.example.com"),
        ("user-agent", "Elytra/1.0"),
        ("accept", "*/*"),
        ("content-type", content_type),
        ("content-length", &bytes.to_string()),
        ("authorization", &format!("Bearer {TOKEN}")),
    ];
    Head(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
}

/// Answering a request, up to the text of the log line.
pub(crate) struct Answering {
    config: Config,
    head: Head,
    body: String,
}

impl Answering {
    /// Of an event that is about so large, with so many subscriptions.
    pub(crate) fn event(bytes: usize, subscriptions: usize, interest: Interest) -> Self {
        let body = event(bytes);
        let head = head("application/cloudevents+json", body.len());
        Self { config: config(subscriptions, interest), head, body }
    }

    /// Of so many events of 1 KB, which nobody wants.
    pub(crate) fn batch(events: usize) -> Self {
        let body = batch(events, 1_000);
        let head = head("application/cloudevents-batch+json", body.len());
        Self { config: config(2, Interest::None), head, body }
    }

    /// How large the body is.
    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The body, which the line takes for itself.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.body.clone().into_bytes()
    }

    /// Does it; tells the status.
    pub(crate) fn run(&self, body: Vec<u8>) -> u16 {
        let answer = answer(Ok(&self.config), &self.head, Whole(Some(body)), &Immediate);
        let (reply, line) = ready(answer);
        let line = std::hint::black_box(line.to_json());
        drop(line);
        reply.status
    }
}

/// A body that comes in one piece.
struct Whole(Option<Vec<u8>>);

impl Body for Whole {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        Ok(self.0.take())
    }
}

/// What a future comes to that waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("the line waits for something");
}
