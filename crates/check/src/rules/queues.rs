//! The queues that the Worker consumes itself.

use elytra_webhooks::config::Config;
use elytra_webhooks::destination::RetryPolicy;
use elytra_webhooks::limits::{DEAD_LETTERS, DELIVERIES};
use toml::de::DeTable;

use super::{did_you_mean, nearest};
use crate::declared::{Declared, check_shape};
use crate::environment::Environment;
use crate::file::Span;
use crate::report::Findings;

/// How often Cloudflare redelivers a message if `max_retries` is not set
/// (<https://developers.cloudflare.com/queues/configuration/configure-queues/>).
const DEFAULT_MAX_RETRIES: u64 = 3;

/// How often a dead letter must be redelivered at least: for 60 times, the Worker waits for data in CLAIMS.
const LEAST_DEAD_RETRIES: u64 = 61;

/// What Cloudflare allows (<https://developers.cloudflare.com/queues/platform/limits/>).
const BOUNDS: [(&str, u64, u64); 4] = [
    ("max_batch_size", 1, 100),
    ("max_batch_timeout", 0, 60),
    ("max_retries", 0, 100),
    ("max_concurrency", 1, 250),
];

/// The fields of a consumer that wrangler knows.
const FIELDS: [&str; 9] = [
    "queue",
    "type",
    "max_batch_size",
    "max_batch_timeout",
    "max_retries",
    "dead_letter_queue",
    "max_concurrency",
    "visibility_timeout_ms",
    "retry_delay",
];

/// A consumer in the file.
struct Consumer<'f> {
    span: Span,
    path: String,
    table: &'f DeTable<'f>,
}

impl<'f> Consumer<'f> {
    fn text(&self, field: &str) -> Option<&'f str> {
        self.table.get(field).and_then(|value| value.get_ref().as_str())
    }

    fn max_retries(&self) -> u64 {
        let value = self.table.get("max_retries").and_then(|value| value.get_ref().as_integer());
        let value = value.and_then(|value| u64::from_str_radix(value.as_str(), value.radix()).ok());
        value.unwrap_or(DEFAULT_MAX_RETRIES)
    }
}

pub(super) fn check(
    environment: &Environment<'_>,
    declared: &[Declared<'_>],
    config: Option<&Config>,
    findings: &mut Findings<'_>,
) {
    check_shape(environment, "queues.consumers", findings);
    let entries = environment.entries("queues.consumers").into_iter().enumerate();
    let consumers: Vec<_> = entries
        .map(|(index, (span, table))| Consumer {
            span,
            path: format!("queues.consumers[{index}]"),
            table,
        })
        .collect();
    for consumer in &consumers {
        check_fields(consumer, findings);
        check_bounds(consumer, findings);
    }
    let of = |binding: &str| declared.iter().find(|one| one.name == binding);
    for binding in [DELIVERIES, DEAD_LETTERS] {
        if let Some(producer) = of(binding) {
            check_consumed(environment, producer, &consumers, config, findings);
        }
    }
    let own = [DELIVERIES, DEAD_LETTERS].map(|binding| of(binding).and_then(|one| one.resource));
    for consumer in &consumers {
        let Some(queue) = consumer.text("queue") else {
            let message = "queue is missing";
            let help = "Name the queue to consume.";
            findings.mistake(consumer.span.clone(), &consumer.path, message, help);
            continue;
        };
        if !own.contains(&Some(queue)) {
            let nearest = nearest(queue, own.into_iter().flatten());
            let message = format!(
                "the Worker consumes only the queues of {DELIVERIES} and {DEAD_LETTERS}, and would \
                 take the messages of {queue:?} for events that died{}",
                did_you_mean(nearest)
            );
            let help = "Consume it in a Worker of its own, or bind the queue as one of these two.";
            findings.mistake(consumer.span.clone(), &consumer.path, message, help);
        }
    }
    check_distinct(declared, findings);
    if let Some(config) = config {
        check_retries(environment, config, findings);
    }
}

/// A `retry` table that does not say how often is tried for half a minute, unlike no table at all.
fn check_retries(environment: &Environment<'_>, config: &Config, findings: &mut Findings<'_>) {
    for (var, _, value) in environment.tables() {
        let tables = ["webhook", "service"].into_iter().find_map(|field| {
            let retry =
                value.get_ref().as_table()?.get(field)?.get_ref().as_table()?.get("retry")?;
            Some((field, retry))
        });
        let Some((field, retry)) = tables else { continue };
        let is_open =
            retry.get_ref().as_table().is_some_and(|retry| !retry.contains_key("max_retries"));
        let name = var.strip_prefix("SUBSCRIPTION_").unwrap_or(var).to_ascii_lowercase();
        let subscription = config.subscriptions.iter().find(|one| one.name == name);
        let destination = subscription.and_then(|one| one.destination.callee());
        if let Some(callee) = destination.filter(|_| is_open) {
            let RetryPolicy { max_retries, .. } = callee.settings.retry;
            let message = format!(
                "retried only {max_retries} times, because a table's missing fields follow Elytra's model, \
                 not the default of about a day"
            );
            let path = format!("{var}.{field}.retry");
            let help =
                "Add max_retries = 35 (with max_delay = 3_600_000, about a day), or what you mean.";
            findings.warn(retry.span(), &path, message, help);
        }
    }
}

fn check_fields(consumer: &Consumer<'_>, findings: &mut Findings<'_>) {
    for key in consumer.table.keys() {
        let name = key.get_ref().as_ref();
        if !FIELDS.contains(&name) {
            let message = format!("unknown field{}", did_you_mean(nearest(name, FIELDS)));
            let path = format!("{}.{name}", consumer.path);
            findings.mistake(key.span(), &path, message, "Rename or remove it.");
        }
    }
}

/// Checks the numbers of a consumer.
fn check_bounds(consumer: &Consumer<'_>, findings: &mut Findings<'_>) {
    for (field, least, most) in BOUNDS {
        let Some(value) = consumer.table.get(field) else { continue };
        let number = value.get_ref().as_integer();
        let number =
            number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        if !number.is_some_and(|number| (least..=most).contains(&number)) {
            let path = format!("{}.{field}", consumer.path);
            let message = format!("expected a whole number from {least} to {most}");
            findings.mistake(value.span(), &path, message, "Change the value.");
        }
    }
}

/// Checks the consumer of `DELIVERIES` or `DEAD_LETTERS`.
fn check_consumed(
    environment: &Environment<'_>,
    producer: &Declared<'_>,
    consumers: &[Consumer<'_>],
    config: Option<&Config>,
    findings: &mut Findings<'_>,
) {
    let Some(queue) = producer.resource else { return };
    let prefix = environment.name.map(|name| format!("env.{name}.")).unwrap_or_default();
    let Some(consumer) = consumers.iter().find(|one| one.text("queue") == Some(queue)) else {
        let message = format!(
            "no consumer for the queue {queue:?}, so its messages expire after four days and their \
             events are lost"
        );
        let help = format!("Add [[{prefix}queues.consumers]] with queue = {queue:?}.");
        findings.mistake(producer.span.clone(), producer.name, message, help);
        return;
    };
    if let Some(other) = consumer.text("type").filter(|other| *other != "worker") {
        let message = format!("type is {other:?}, so the Worker does not get the messages");
        findings.mistake(consumer.span.clone(), &consumer.path, message, "Remove type.");
    }
    let found = consumer.max_retries();
    let needed = match (producer.name, config) {
        (DELIVERIES, Some(config)) => most_retries(config),
        (DELIVERIES, None) => 0,
        _ => LEAST_DEAD_RETRIES,
    };
    if found < needed {
        let message = match producer.name {
            DELIVERIES => format!(
                "max_retries is {found}, but a subscription retries {needed} times: the queue would \
                 give the events up before"
            ),
            _ => format!(
                "max_retries is {found}, so an event that cannot be stored in DEAD by then is lost"
            ),
        };
        let help = "Write max_retries = 100, the most that is possible.";
        findings.mistake(consumer.span.clone(), &consumer.path, message, help);
    }
    if producer.name == DELIVERIES {
        check_dead_letter_queue(consumer, findings, environment);
    }
}

/// What the queue itself gives up must not be lost either.
fn check_dead_letter_queue(
    consumer: &Consumer<'_>,
    findings: &mut Findings<'_>,
    environment: &Environment<'_>,
) {
    let producers = environment.entries("queues.producers");
    let text = |table: &DeTable<'_>, field: &str| {
        table.get(field).and_then(|value| value.get_ref().as_str()).map(str::to_owned)
    };
    let dead_letters = producers
        .iter()
        .find(|(_, table)| text(table, "binding").as_deref() == Some(DEAD_LETTERS))
        .and_then(|(_, table)| text(table, "queue"));
    let Some(dead_letters) = dead_letters else { return };
    let help = format!("Write dead_letter_queue = {dead_letters:?}.");
    let message = match consumer.text("dead_letter_queue") {
        Some(found) if *found == *dead_letters => return,
        Some(found) => format!(
            "dead_letter_queue is {found:?}, but {DEAD_LETTERS} is {dead_letters:?}: nobody would \
             see what the queue gives up"
        ),
        None => "without dead_letter_queue, what the queue gives up is lost".to_owned(),
    };
    findings.mistake(consumer.span.clone(), &consumer.path, message, help);
}

/// The most retries of a subscription that is called.
fn most_retries(config: &Config) -> u64 {
    let callees = config.subscriptions.iter().filter_map(|one| one.destination.callee());
    callees.map(|callee| u64::from(callee.settings.retry.max_retries)).max().unwrap_or_default()
}

/// Two bindings of the Worker's own queues must not be one queue.
fn check_distinct(declared: &[Declared<'_>], findings: &mut Findings<'_>) {
    let queues = || declared.iter().filter(|one| one.section == "queues.producers");
    for own in queues().filter(|one| [DELIVERIES, DEAD_LETTERS].contains(&one.name)) {
        let same = |other: &&Declared<'_>| {
            other.name != own.name && other.resource.is_some() && other.resource == own.resource
        };
        // Of the two of them, one is enough.
        let others = queues().filter(|other| own.name == DELIVERIES || other.name != DELIVERIES);
        if let Some(other) = others.into_iter().find(same) {
            let message = format!("{} is the same queue as {}", other.name, own.name);
            let help = "Give each a queue of its own.";
            findings.mistake(other.span.clone(), other.section, message, help);
        }
    }
}
