//! HTTP destinations: how they are called, what an answer means, when a call is retried, and what
//! happens to an event that cannot be delivered.

mod binary;
pub(crate) mod consume;
mod excerpt;
mod lossless;
mod messages;
mod outage;
mod outlast;
mod request;
mod retry;
mod service;
mod verdict;

use elytra_events::CloudEvent;
use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::destination::{
    CallMethod, CallSettings, ContentMode, Destination, HttpDestination, RetryPolicy,
};
use elytra_webhooks::platform::HttpRequest;

use crate::memory::Called;
use crate::pipeline::{WEBHOOK, configure_with};

/// The URL of the destination. Its query is secret.
pub(crate) const URL: &str = "https://shop.example/elytra?key=url-canary";

/// The bindings that HTTP destinations need.
pub(crate) fn bound() -> Vec<(&'static str, Binding)> {
    let text = |text: &str| Binding::Text(text.to_owned());
    vec![
        ("DELIVERIES", Binding::Queue),
        ("DEAD_LETTERS", Binding::Queue),
        ("DEAD", Binding::Kv),
        ("CLAIMS", Binding::Kv),
        ("SHOP_TOKEN", text("shop-canary")),
        ("SHOP_USER", text("shop-user")),
        ("ADMIN_TOKEN", text("admin-canary")),
    ]
}

/// A subscription with an HTTP destination that has these fields, in addition to the URL.
pub(crate) fn subscription(fields: &str) -> String {
    let separator = if fields.is_empty() { "" } else { "," };
    format!(r#"{{"webhook":{{"url":"{URL}"{separator}{fields}}}}}"#)
}

/// A configuration with these subscriptions.
pub(crate) fn configure(subscriptions: &[(&str, &str)]) -> Config {
    configure_with(&bound(), WEBHOOK, subscriptions)
}

/// The subscription `shop` with an HTTP destination that has these fields, in addition to the URL.
pub(crate) fn shop(fields: &str) -> Config {
    configure(&[("SHOP", &subscription(fields))])
}

/// An HTTP destination in this mode.
fn http(mode: ContentMode) -> HttpDestination {
    let call = CallSettings {
        method: CallMethod::Post,
        mode,
        timeout_ms: 10_000,
        retry: RetryPolicy::default(),
    };
    HttpDestination { url: URL.to_owned(), credential: None, call }
}

/// The call that an HTTP destination gets for an event.
fn call(http: &HttpDestination, text: &str) -> Called {
    let destination = Destination::Http(http.clone());
    let callee = destination.callee().unwrap();
    Called::new(&HttpRequest::new(&callee, &CloudEvent::from_json(text).unwrap(), None))
}
