//! The steps of the line, so that the benchmark in time and the one in instructions do the same.

use std::hint::black_box;

use elytra_events::CloudEvent;
use elytra_events::http::{Mode, decode};
use elytra_webhooks::config::Config;
use elytra_webhooks::plan::Plan;

use super::event::{batch, data, event, headers};
use super::head::Head;
use super::line::{Interest, config, config_with_filter, config_with_filters, head};

/// Who calls?
pub(crate) struct Authenticating {
    config: Config,
    head: Head,
}

/// Which events are in a request, and are they valid?
pub(crate) struct Decoding {
    mode: Mode,
    head: Head,
    body: String,
}

/// Who wants an event?
pub(crate) struct Planning {
    config: Config,
    events: Vec<CloudEvent<'static>>,
}

/// Does an event meet a filter?
pub(crate) struct Filtering {
    config: Config,
    event: CloudEvent<'static>,
}

/// Filters that the event meets: their names, and they themselves in JSON.
pub(crate) const FILTERS: [(&str, &str); 3] = [
    ("exact on an attribute", r#"{"exact":{"operation":"modify"}}"#),
    ("exact on data of 1 KB", r#"{"exact":{"data.objectType":"product"}}"#),
    (
        "sql, three comparisons and a LIKE",
        r#"{"sql":"operation = 'modify' AND source = 'elytra-pim' AND eventtype <> 'todo' AND type LIKE 'com.elytra.%'"}"#,
    ),
];

impl Authenticating {
    /// With a bearer token, the right one.
    pub(crate) fn bearer() -> Self {
        Self { config: config(1, Interest::One), head: head("application/json", 0) }
    }

    /// Does it; tells whether the caller is let in.
    pub(crate) fn run(&self) -> bool {
        black_box(&self.config).receiver.authentication.verify(&self.head).is_ok()
    }
}

impl Decoding {
    /// An event that is about so large, in structured mode.
    pub(crate) fn structured(bytes: usize) -> Self {
        Self { mode: Mode::Structured, head: Head(Vec::new()), body: event(bytes) }
    }

    /// The same in binary mode, where the attributes are headers.
    pub(crate) fn binary(bytes: usize) -> Self {
        let attributes = event(0).len() - data(0).len();
        Self { mode: Mode::Binary, head: Head(headers()), body: data(bytes - attributes) }
    }

    /// An event with so many more attributes, whose names are so long and differ at their ends alone.
    pub(crate) fn long_names(names: usize, bytes: usize) -> Self {
        let begin = "n".repeat(bytes - 4);
        let names: Vec<_> = (0..names).map(|number| format!(r#""{begin}{number:04}":1"#)).collect();
        let body = event(1_000).replacen('{', &format!("{{{},", names.join(",")), 1);
        Self { mode: Mode::Structured, head: Head(Vec::new()), body }
    }

    /// So many events of 1 KB each.
    pub(crate) fn batch(events: usize) -> Self {
        Self { mode: Mode::Batch, head: Head(Vec::new()), body: batch(events, 1_000) }
    }

    /// How large the body is.
    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// Does it; tells how many events there are.
    pub(crate) fn run(&self) -> usize {
        let body = black_box(self.body.as_bytes());
        black_box(decode(self.mode, &self.head, body, 100).unwrap()).len()
    }
}

impl Filtering {
    /// An event of 1 KB, and the filter of this name.
    pub(crate) fn by(name: &str) -> Self {
        let (_, filter) = FILTERS.iter().find(|(other, _)| *other == name).unwrap();
        let mut events = leaked_event(1_000);
        Self { config: config_with_filter("", filter), event: events.remove(0) }
    }

    /// Does it.
    pub(crate) fn run(&self) -> bool {
        let subscriptions = &black_box(&self.config).subscriptions;
        let view = subscriptions.view(black_box(&self.event));
        subscriptions.iter().all(|one| one.filters.iter().all(|filter| filter.matches(&view)))
    }
}

impl Planning {
    /// An event of 1 KB, and so many subscriptions, of which one wants it.
    pub(crate) fn among(subscriptions: usize) -> Self {
        Self::new(1_000, config(subscriptions, Interest::One))
    }

    /// An event that is about so large, and so many subscriptions with a filter on an attribute, the last
    /// of which lets it pass.
    pub(crate) fn filters(
        bytes: usize,
        subscriptions: usize,
        attribute: &str,
        value: &str,
    ) -> Self {
        Self::new(bytes, config_with_filters(subscriptions, attribute, value))
    }

    /// An event of 105 KB, and a subscription with a filter on data that does not select its type.
    pub(crate) fn filter_out_of_question() -> Self {
        let filter = r#"{"exact":{"data.objectType":"product"}}"#;
        Self::new(105_000, config_with_filter(r#""event_types":["document"],"#, filter))
    }

    fn new(bytes: usize, config: Config) -> Self {
        Self { config, events: leaked_event(bytes) }
    }

    /// Finds out who does, and forgets it.
    pub(crate) fn run_match(&self) {
        drop(black_box(self.plan()));
    }

    /// The same with the check that the events fit; tells whether they do.
    pub(crate) fn run(&self) -> bool {
        let Config { receiver, stores, .. } = &self.config;
        let plan = self.plan();
        let fitting = plan.fit(Mode::Structured, stores.claims_expiration_ttl, receiver.times);
        black_box(fitting).is_ok()
    }

    fn plan(&self) -> Plan<'_, '_> {
        Plan::new(&black_box(&self.config).subscriptions, black_box(&self.events))
    }
}

/// An event that is about so large. What it borrows from lives as long as the benchmark.
fn leaked_event(bytes: usize) -> Vec<CloudEvent<'static>> {
    let body: &'static str = event(bytes).leak();
    decode(Mode::Structured, &Head(Vec::new()), body.as_bytes(), 1).unwrap()
}
