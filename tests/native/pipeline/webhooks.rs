//! Events for HTTP destinations. For the sender and the line, they are events for a queue, with a
//! message per subscription.

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::limits::{MAX_DELIVERY_EVENT_BYTES, MAX_QUEUE_EVENT_BYTES};
use elytra_webhooks::spool::drain;

use super::dedupe::WINDOW;
use super::large::{event_of, message_of};
use super::{
    Expected, Memory, Request, WEBHOOK, ask, batch, batches::numbered, check_answer,
    configure_with, known, webhook_with,
};
use crate::delivery::consume::hand_out;
use crate::delivery::{URL, bound, configure, subscription};
use crate::memory::{Fault, START};
use crate::support::event;

const QUEUE: &str = r#"{"queue":"QUEUE"}"#;
const OTHER: &str = r#"{"webhook":{"url":"https://other.example"}}"#;

fn shop() -> String {
    subscription("")
}

/// The message of a delivery that was accepted this many milliseconds after the start.
fn delivery(subscription: &str, passed: u64, event: &str) -> String {
    let accepted_at = START + passed;
    format!("{{\"subscription\":\"{subscription}\",\"accepted_at\":{accepted_at}}}\n{event}")
}

fn product() -> String {
    event(r#""eventtype": "product", "data": "data-canary""#)
}

#[test]
fn an_event_for_a_webhook_waits_in_deliveries() {
    let memory = Memory::default();
    check_answer(
        "Elytra waits for one queue send",
        &ask(Ok(&configure(&[("SHOP", &shop())])), Request::body(product()), &memory),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["shop"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","subscriptions":["shop"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(memory.queue("DELIVERIES"), [delivery("shop", 0, &product())], "byte for byte");
    assert_eq!((memory.held().len(), memory.calls.borrow().len()), (1, 1));
    assert_eq!(memory.called(), [], "the webhook is not called while Elytra waits");
}

#[test]
fn the_filter_of_the_subscription_counts() {
    let tasks = shop().replacen('{', r#"{"event_types":["todo"],"#, 1);
    let off = shop().replacen('{', r#"{"active":false,"#, 1);
    let memory = Memory::default();
    let config = configure(&[("OFF", &off), ("TASKS", &tasks)]);
    let answer = ask(Ok(&config), Request::body(product()), &memory);
    assert_eq!(answer.status, 200, "nobody wants it: {}", answer.body);
    assert_eq!(memory.held(), []);
}

#[test]
fn each_webhook_has_its_own_message() {
    let memory = Memory::default();
    let subscriptions = [("A", &*shop()), ("B", OTHER), ("C", QUEUE), ("D", &*shop())];
    let config = configure(&subscriptions);
    let answer = ask(Ok(&config), Request::body(product()), &memory);
    assert_eq!(answer.body, r#"{"code":"accepted","id":"1","subscriptions":["a","b","c","d"]}"#);
    let expected = ["a", "b", "d"].map(|name| delivery(name, 0, &product()));
    assert_eq!(memory.queue("DELIVERIES"), expected, "each is retried by itself");
    assert_eq!(memory.queue("QUEUE"), [product()], "a queue has the event alone");
    assert_eq!(memory.sizes("DELIVERIES", "send"), [3], "in one call");
}

#[test]
fn each_event_of_a_batch_has_its_own_message() {
    let memory = Memory::default();
    let elements: Vec<_> = (0..3).map(|id| numbered(id, "product")).collect();
    let config = configure(&[("A", &shop()), ("B", OTHER)]);
    assert_eq!(ask(Ok(&config), batch(&elements), &memory).status, 202);
    let expected: Vec<_> =
        elements.iter().flat_map(|event| ["a", "b"].map(|name| delivery(name, 0, event))).collect();
    assert_eq!(memory.queue("DELIVERIES"), expected);
}

#[test]
fn an_event_in_binary_mode_waits_in_the_json_format() {
    let memory = Memory::default();
    let head = known().with("content-type", "text/plain").with_event();
    let config = configure(&[("SHOP", &shop())]);
    assert_eq!(ask(Ok(&config), Request::new(head, "x"), &memory).status, 202);
    let text = event(r#""datacontenttype":"text/plain","data":"x""#);
    assert_eq!(memory.queue("DELIVERIES"), [delivery("shop", 0, &text)]);
}

fn deduplicating(subscriptions: &[(&str, &str)]) -> Config {
    configure_with(&bound(), &webhook_with(WINDOW), subscriptions)
}

#[test]
fn each_webhook_is_deduplicated_by_itself() {
    let memory = Memory::default();
    let ask = |subscriptions: &[(&str, &str)]| {
        memory.time.pass(1_000);
        ask(Ok(&deduplicating(subscriptions)), Request::body(product()), &memory).status
    };
    let shop = shop();
    assert_eq!(ask(&[("A", &shop)]), 202);
    assert_eq!(ask(&[("A", &shop)]), 200, "a duplicate");
    assert_eq!(ask(&[("A", &shop), ("B", OTHER)]), 202, "the other one has not got it");
    let expected = [delivery("a", 1_000, &product()), delivery("b", 3_000, &product())];
    assert_eq!(memory.queue("DELIVERIES"), expected);
}

#[test]
fn a_queue_that_works_does_not_get_it_twice() {
    let memory = Memory::default().with("DELIVERIES", "send", Fault::Fails, 2);
    let config = deduplicating(&[("QUEUE", QUEUE), ("SHOP", &shop())]);
    let answer = ask(Ok(&config), Request::body(product()), &memory);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.ends_with(r#""failed":["shop"],"held":["queue"]}"#), "{}", answer.body);
    assert!(answer.log.contains(r#""reasons":["shop: destination-canary"]"#), "{}", answer.log);
    memory.time.pass(1_000);
    assert_eq!(ask(Ok(&config), Request::body(product()), &memory).status, 202);
    assert_eq!((memory.queue("QUEUE").len(), memory.queue("DELIVERIES").len()), (1, 1));
}

#[test]
fn what_deliveries_does_not_take_is_spooled_for_each_webhook() {
    let memory = Memory::default().with("DELIVERIES", "send", Fault::Fails, 2);
    let bound = [bound(), vec![("SPOOL", Binding::Kv)]].concat();
    let config = configure_with(&bound, WEBHOOK, &[("A", &shop()), ("B", OTHER)]);
    let answer = ask(Ok(&config), Request::body(product()), &memory);
    assert_eq!(answer.status, 202);
    assert!(answer.body.ends_with(r#""spooled":["a","b"]}"#), "{}", answer.body);
    let spooled = memory.namespace("SPOOL");
    assert_eq!(spooled.len(), 2, "of one event in one millisecond, two keys");
    let start = format!("DELIVERIES/{}/", START + 100);
    assert!(spooled.iter().all(|(key, _)| key.starts_with(&start)), "{spooled:?}");

    let drained = memory.time.run(drain(&config, &memory));
    assert_eq!((drained.sent, drained.failures), (2, Vec::new()));
    let mut found = memory.queue("DELIVERIES");
    found.sort();
    assert_eq!(found, [delivery("a", 0, &product()), delivery("b", 0, &product())]);
}

#[test]
fn what_fits_beside_its_first_line_is_sent_whole() {
    let memory = Memory::default();
    let largest = event_of(MAX_DELIVERY_EVENT_BYTES);
    let config = configure(&[("QUEUE", QUEUE), ("SHOP", &shop())]);
    assert_eq!(ask(Ok(&config), Request::body(&*largest), &memory).status, 202);
    assert!(memory.queue("DELIVERIES") == [delivery("shop", 0, &largest)], "exactly at the limit");
    assert!(memory.queue("QUEUE") == [largest]);
    assert_eq!(memory.count("CLAIMS", "put"), 0);
}

#[test]
fn a_queue_takes_some_whole_that_a_webhook_gets_by_reference() {
    let config = configure(&[("QUEUE", QUEUE), ("SHOP", &shop())]);
    for bytes in [MAX_DELIVERY_EVENT_BYTES + 1, MAX_QUEUE_EVENT_BYTES] {
        let memory = Memory::default();
        let text = event_of(bytes);
        assert_eq!(ask(Ok(&config), Request::body(&*text), &memory).status, 202);
        assert!(memory.queue("QUEUE") == [&*text], "{bytes} bytes fit in a queue");
        assert_eq!(
            memory.queue("DELIVERIES"),
            [delivery("shop", 0, &message_of(bytes))],
            "{bytes}"
        );
        assert!(memory.namespace("CLAIMS")[0].1.value == text);
    }
    let memory = Memory::default();
    let text = event_of(MAX_QUEUE_EVENT_BYTES + 1);
    assert_eq!(ask(Ok(&config), Request::body(text), &memory).status, 202);
    let message = message_of(MAX_QUEUE_EVENT_BYTES + 1);
    assert_eq!(memory.queue("QUEUE"), [&*message], "both by reference");
    assert_eq!(memory.queue("DELIVERIES"), [delivery("shop", 0, &message)]);
    assert_eq!(memory.count("CLAIMS", "put"), 1, "stored once");
}

#[test]
fn without_claims_a_large_event_is_refused() {
    let mut bound = bound();
    bound.retain(|(name, _)| *name != "CLAIMS");
    let config = configure_with(&bound, WEBHOOK, &[("QUEUE", QUEUE), ("SHOP", &shop())]);
    let memory = Memory::default();
    let answer = ask(Ok(&config), Request::body(event_of(126_000)), &memory);
    let detail = r#""detail":"the event has 126000 bytes, but the destination of \"shop\" takes at most 125852, and no KV namespace is bound as CLAIMS"}"#;
    assert!(answer.status == 413 && answer.body.ends_with(detail), "{}", answer.body);
    assert_eq!(*memory.calls.borrow(), [], "no destination has it");
}

#[test]
fn claims_that_fail_hold_up_the_webhook_alone() {
    let memory = Memory::default().with("CLAIMS", "put", Fault::Fails, 1);
    let config = configure(&[("QUEUE", QUEUE), ("SHOP", &shop())]);
    let answer = ask(Ok(&config), Request::body(event_of(126_000)), &memory);
    assert!(answer.body.ends_with(r#""failed":["shop"],"held":["queue"]}"#), "{}", answer.body);
    assert_eq!((memory.queue("QUEUE").len(), memory.queue("DELIVERIES").len()), (1, 0));
}

#[test]
fn from_elytra_to_the_shop_no_byte_is_changed() {
    let config = configure(&[("SHOP", &shop())]);
    for bytes in [1_000, MAX_DELIVERY_EVENT_BYTES + 1, 900_000] {
        let memory = Memory::default();
        let text = event_of(bytes).replacen(',', " ,\r\n\t", 1);
        assert_eq!(ask(Ok(&config), Request::body(&*text), &memory).status, 202);
        let [message] = &memory.queue("DELIVERIES")[..] else { panic!("one message") };
        assert_eq!(hand_out(&config, &memory, message, 1).outcome(), "delivered");
        let [called] = &memory.called()[..] else { panic!("one call") };
        assert!(called.url == URL && called.text() == text, "{bytes} bytes");
    }
}
