//! The log line of a batch: every event, within the limits of Cloudflare's log.

use elytra_webhooks::config::Config;
use elytra_webhooks::log::MAX_LOGGED_EVENT_BYTES;
use elytra_webhooks::outcome::MAX_LOGGED_VIOLATIONS;
use serde_json::Value;

use super::super::{Memory, WEBHOOK, ask, batch, configure};
use super::numbered;
use crate::memory::SAYS;
use crate::support::event;

/// Up to 1,000 events per request, of which products are wanted.
fn large(subscriptions: &[(&str, &str)]) -> Config {
    let webhook = WEBHOOK
        .replace(r#","auth""#, r#","max_batch_events":1000,"max_body_bytes":8388608,"auth""#);
    configure(&webhook, subscriptions)
}

fn log_of(config: &Config, elements: &[String]) -> (u16, Value) {
    let answer = ask(Ok(config), batch(elements), &Memory::default());
    let length = answer.log.len();
    assert!(length <= 256 * 1024, "Cloudflare keeps 256 KB of a line, this one has {length} bytes");
    (answer.status, answer.log.parse().unwrap())
}

/// More events than fit in the log.
const MANY: usize = 1_000;

#[test]
fn the_log_tells_of_the_events_that_fit_and_counts_the_rest() {
    let config = large(&[("A", r#"{"event_types":["product"],"queue":"QUEUE"}"#)]);
    for count in [0, 1, 100, MANY] {
        let elements: Vec<_> = (0..count).map(|id| numbered(id, "product")).collect();
        let (status, line) = log_of(&config, &elements);
        assert_eq!(status, if count == 0 { 200 } else { 202 });
        let logged = line["events"].as_array().map_or(&[][..], Vec::as_slice);
        let left_out = line["events_left_out"].as_u64().unwrap_or(0);
        assert_eq!(logged.len() as u64 + left_out, count as u64, "none is lost count of");
        assert_eq!(left_out > 0, count == MANY, "{count}: what fits is reported");
        for (id, event) in logged.iter().enumerate() {
            assert_eq!(event["id"], id.to_string(), "the first of them, in their order");
        }
        let bytes: usize = logged.iter().map(|event| event.to_string().len()).sum();
        assert!(bytes <= MAX_LOGGED_EVENT_BYTES, "{count}: {bytes} bytes");
        assert!(left_out == 0 || bytes > MAX_LOGGED_EVENT_BYTES - 1024, "{bytes} bytes are used");
    }
}

#[test]
fn what_is_left_out_is_counted_where_a_batch_is_refused_too() {
    let config = large(&[("A", r#"{"queue":"QUEUE"}"#)]);
    let mut elements: Vec<_> = (0..MANY).map(|id| numbered(id, "product")).collect();
    elements.pop();
    elements.push(event(&format!(r#""data":"{}""#, "x".repeat(128_000))));
    let (status, line) = log_of(&config, &elements);
    assert_eq!(status, 413);
    let logged = line["events"].as_array().map_or(0, Vec::len);
    let reported = line["events_left_out"].as_u64().map(|left_out| logged as u64 + left_out);
    assert!(
        reported.is_none_or(|reported| reported == elements.len() as u64),
        "of {} events {logged} are reported and {} left out",
        elements.len(),
        line["events_left_out"]
    );
}

#[test]
fn what_failed_is_told_even_behind_those_that_are_left_out() {
    let config = large(&[
        ("A", r#"{"event_types":["product"],"queue":"QUEUE"}"#),
        ("B", r#"{"event_types":["document"],"kv":{"binding":"KV"}}"#),
    ]);
    let mut elements: Vec<_> = (0..MANY - 1).map(|id| numbered(id, "product")).collect();
    elements.push(numbered(MANY, "document"));
    let memory = Memory::failing(&["KV"]);
    let answer = ask(Ok(&config), batch(&elements), &memory);
    assert_eq!(answer.status, 503);
    assert!(answer.log.contains(SAYS), "a failure of ours, and no word of why");
}

#[test]
fn a_line_of_long_texts_fits_into_what_cloudflare_keeps() {
    let config = large(&[("A", r#"{"event_types":["product"],"queue":"QUEUE"}"#)]);
    let long = "é".repeat(300);
    let element = event(&format!(r#""eventtype":"{long}","operation":"{long}""#));
    let element = element.replace(r#""id":"1""#, &format!(r#""id":"{long}""#));
    let element = element.replace(r#""type":"t""#, &format!(r#""type":"{long}""#));
    let source = format!(r#""source":"{}""#, "s".repeat(300));
    let element = element.replace(r#""source":"s""#, &source);
    let (status, _) = log_of(&config, &vec![element; 300]);
    assert_eq!(status, 200);
}

#[test]
fn a_line_of_many_subscriptions_fits_too() {
    let names: Vec<_> = (0..60).map(|number| format!("S{number}")).collect();
    let subscriptions: Vec<_> = names
        .iter()
        .map(|name| (&**name, r#"{"event_types":["product"],"queue":"QUEUE"}"#))
        .collect();
    let elements = vec![numbered(1, "document"); 100];
    let (status, _) = log_of(&large(&subscriptions), &elements);
    assert_eq!(status, 200, "a Worker of 64 vars, and the default max_batch_events");
}

#[test]
fn the_faults_of_all_events_are_cut_together() {
    let config = large(&[("A", r#"{"queue":"QUEUE"}"#)]);
    let elements = vec![event(r#""time":"""#); MAX_LOGGED_VIOLATIONS + 1];
    let (status, line) = log_of(&config, &elements);
    assert_eq!((status, line["events"].clone()), (400, Value::Null));
    let reasons = line["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), MAX_LOGGED_VIOLATIONS + 1);
    assert_eq!(reasons[0], r#"event 0, id "1": time: must not be empty"#);
    assert_eq!(reasons[MAX_LOGGED_VIOLATIONS], "and 1 more");
}
