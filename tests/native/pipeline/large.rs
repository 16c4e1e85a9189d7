//! Events that are too large for a queue, with a namespace for them.

use elytra_events::CloudEvent;
use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::ledger::Key;

use super::dedupe::WINDOW;
use super::{
    Answer, Expected, Memory, Request, WEBHOOK, ask, batch, check_answer, configure_with, known,
    webhook_with,
};
use crate::memory::{ALWAYS, Fault};
use crate::support::event;

const CLAIMS: (&str, Binding) = ("CLAIMS", Binding::Kv);

fn one_queue(webhook: &str) -> Config {
    configure_with(&[CLAIMS], webhook, &[("A", r#"{"queue":"QUEUE"}"#)])
}

/// An event of exactly this many bytes.
pub(super) fn event_of(bytes: usize) -> String {
    let room = bytes - event(r#""subject":"é\"","data":"""#).len();
    event(&format!(r#""subject":"é\"","data":"{}""#, "x".repeat(room)))
}

/// The key of an event in `CLAIMS`, which depends on the whole event.
pub(super) fn key_of(text: &str) -> String {
    let event = CloudEvent::from_json(text).unwrap();
    Key::of(&["claim", event.source(), event.id(), text]).as_str().to_owned()
}

/// The message for [`event_of`] this many bytes.
pub(super) fn message_of(bytes: usize) -> String {
    let key = key_of(&event_of(bytes));
    event(&format!(r#""subject":"é\"","dataref":"kv:CLAIMS/{key}#/data""#))
}

/// The message for the event of [`send`].
fn message() -> String {
    message_of(127_901)
}

fn send(config: &Config, memory: &Memory) -> Answer {
    ask(Ok(config), Request::body(event_of(127_901)), memory)
}

#[test]
fn a_large_event_is_stored_and_its_message_refers_to_it() {
    let memory = Memory::with_latency(10);
    check_answer(
        "for the sender it is an event like any other",
        &send(&one_queue(WEBHOOK), &memory),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["a"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","subject":"é\"","subscriptions":["a"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(memory.queue("QUEUE"), [message()]);
    let [(found, stored)] = &memory.namespace("CLAIMS")[..] else { panic!("one entry") };
    assert_eq!(
        (found, &stored.value),
        (&key_of(&event_of(127_901)), &event_of(127_901)),
        "the whole event, as it came"
    );
    assert_eq!(stored.metadata, r#"{"type":"t","subject":"é\"","id":"1","source":"s"}"#);
    assert_eq!(stored.expiration_ttl, Some(604_800), "a week by default");
    assert_eq!(memory.time.passed(), 20, "stored first: a reference never leads nowhere");
}

#[test]
fn the_configuration_says_how_long_it_is_stored() {
    let memory = Memory::default();
    let webhook = webhook_with(r#""claims_expiration_ttl":3600"#);
    assert_eq!(send(&one_queue(&webhook), &memory).status, 202);
    assert_eq!(memory.namespace("CLAIMS")[0].1.expiration_ttl, Some(3_600));
}

#[test]
fn what_a_queue_takes_is_not_stored() {
    let memory = Memory::default();
    let config = one_queue(WEBHOOK);
    assert_eq!(ask(Ok(&config), Request::body(event_of(127_900)), &memory).status, 202);
    assert_eq!(memory.queue("QUEUE"), [event_of(127_900)], "exactly at the limit");
    assert_eq!(memory.count("CLAIMS", "put"), 0);

    let kv = configure_with(&[CLAIMS], WEBHOOK, &[("A", r#"{"kv":{"binding":"KV"}}"#)]);
    assert_eq!(send(&kv, &memory).status, 202);
    assert_eq!(
        (memory.count("CLAIMS", "put"), memory.count("KV", "put")),
        (0, 1),
        "KV takes it whole"
    );
}

#[test]
fn for_several_queues_it_is_stored_once() {
    let queue = |name: &str| format!(r#"{{"queue":"{name}"}}"#);
    let (queue, other) = (queue("QUEUE"), queue("OTHER"));
    let subscriptions = [("A", &*queue), ("B", &*other), ("C", &*queue)];
    let memory = Memory::default();
    let answer = send(&configure_with(&[CLAIMS], WEBHOOK, &subscriptions), &memory);
    assert_eq!(answer.body, r#"{"code":"accepted","id":"1","subscriptions":["a","b","c"]}"#);
    assert_eq!(memory.count("CLAIMS", "put"), 1);
    assert_eq!((memory.queue("QUEUE"), memory.queue("OTHER")), (vec![message()], vec![message()]));
}

#[test]
fn binary_data_are_referred_to_as_such() {
    let octets = known().with("content-type", "application/octet-stream").with_event();
    let memory = Memory::default();
    let answer = ask(Ok(&one_queue(WEBHOOK)), Request::new(octets, vec![0; 96_000]), &memory);
    assert_eq!(answer.status, 202);
    let stored = &memory.namespace("CLAIMS")[0].1.value;
    let members = format!(
        r#""datacontenttype":"application/octet-stream","dataref":"kv:CLAIMS/{}#/data_base64""#,
        key_of(stored)
    );
    assert_eq!(memory.queue("QUEUE"), [event(&members)]);
    assert!(stored.contains(r#","data_base64":"AAAA"#), "in the JSON format, like every event");
}

#[test]
fn large_and_small_ones_come_in_one_batch() {
    let small = event("").replace(r#""id":"1""#, r#""id":"2""#);
    let memory = Memory::default();
    let elements = [event_of(200_000), small.clone()];
    assert_eq!(ask(Ok(&one_queue(WEBHOOK)), batch(&elements), &memory).status, 202);
    let mut found = memory.queue("QUEUE");
    found.sort();
    assert_eq!(found, [message_of(200_000), small]);
}

#[test]
fn what_cannot_be_stored_is_not_sent() {
    let config = one_queue(WEBHOOK);
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::Hangs] {
        let memory = Memory::default().with("CLAIMS", "put", fault, ALWAYS);
        let answer = send(&config, &memory);
        assert_eq!(answer.status, 503, "{fault:?}");
        let reason = match fault {
            Fault::Hangs => r#""reasons":["a: no answer before the deadline"]"#,
            _ => r#""reasons":["a: CLAIMS: destination-canary"]"#,
        };
        assert!(answer.log.contains(reason), "{fault:?}: {}", answer.log);
        assert_eq!(memory.queue("QUEUE"), Vec::<String>::new(), "{fault:?}");
        memory.repair();
        memory.time.pass(1_000);
        assert_eq!(send(&config, &memory).status, 202, "when the sender retries");
    }
}

#[test]
fn a_queue_that_fails_leaves_the_rest_to_the_retry_or_the_spool() {
    let memory = Memory::default().with("QUEUE", "send", Fault::Fails, 2);
    let config = one_queue(&webhook_with(WINDOW));
    assert_eq!(send(&config, &memory).status, 503);
    memory.time.pass(1_000);
    assert_eq!(send(&config, &memory).status, 202);
    memory.time.pass(1_000);
    assert_eq!(send(&config, &memory).status, 200, "a duplicate");
    assert_eq!(memory.count("CLAIMS", "put"), 2, "for a duplicate nothing is stored");

    let memory = Memory::failing(&["QUEUE"]);
    let both = [CLAIMS, ("SPOOL", Binding::Kv)];
    let config = configure_with(&both, WEBHOOK, &[("A", r#"{"queue":"QUEUE"}"#)]);
    assert_eq!(send(&config, &memory).status, 202);
    assert_eq!(memory.namespace("SPOOL")[0].1.value, message(), "the spool holds what is sent");
}

#[track_caller]
fn check_too_large(text: String, why: &str) {
    let bytes = text.len();
    let memory = Memory::default();
    let answer = ask(Ok(&one_queue(WEBHOOK)), Request::body(text), &memory);
    assert_eq!(answer.status, 413, "no retry can help");
    let detail = format!(
        r#""code":"event_too_large","detail":"the event has {bytes} bytes, but the destination of \"a\" takes at most 127900, and {why}"}}"#
    );
    assert!(answer.body.ends_with(&detail), "{}", answer.body);
    assert_eq!(*memory.calls.borrow(), [], "nothing is stored and nothing is sent");
}

#[test]
fn some_are_too_large_all_the_same() {
    let large = "x".repeat(128_000);
    let dataref = format!(r#""dataref":"https://example.com/1","data":"{large}""#);
    check_too_large(event(&dataref), "it already has a dataref");
    let subject = format!(r#""subject":"{large}","data":1"#);
    check_too_large(event(&subject), "its attributes alone are too large");
    let no_data = format!(r#""subject":"{large}""#);
    check_too_large(event(&no_data), "its attributes alone are too large");
}

#[test]
fn the_attributes_alone_must_fit() {
    let reference = format!("kv:CLAIMS/{}#/data", key_of(&event("")));
    let overhead = event(&format!(r#""subject":"","dataref":"{reference}""#)).len();
    let of = |message_bytes: usize| {
        let subject = "x".repeat(message_bytes - overhead);
        event(&format!(r#""subject":"{subject}","data":"{}""#, "x".repeat(1_000)))
    };
    let ask_for = |text| ask(Ok(&one_queue(WEBHOOK)), Request::body(text), &Memory::default());
    assert_eq!(ask_for(of(127_900)).status, 202, "exactly as much as a queue takes");
    let answer = ask_for(of(127_901));
    assert_eq!(answer.status, 413, "a byte more");
    assert!(answer.body.contains("its attributes alone are too large"), "{}", answer.body);
}

/// `CLAIMS` holds the data of other events, so a sender's event must not refer to it.
#[test]
fn a_senders_event_refers_to_no_claim() {
    let config = one_queue(WEBHOOK);
    let refused = |why: &str, request: Request| {
        let memory = Memory::default();
        let answer = ask(Ok(&config), request, &memory);
        assert_eq!(answer.status, 400, "{why}: {}", answer.body);
        let fault = r#""attribute":"dataref","code":"reserved_dataref","message":"must not refer to CLAIMS, where the receiver keeps large events"}"#;
        assert!(answer.body.contains(fault), "{why}: {}", answer.body);
        assert_eq!(memory.held(), [], "{why}");
        answer
    };
    let with = |dataref: &str| event(&format!(r#""dataref":"{dataref}""#));
    for dataref in
        ["kv:CLAIMS/a#/data", "KV:CLAIMS/a#/data", "kv:CLAIMS/a", "kv:CLAIMS", "kv:CLAIMS#/data"]
    {
        let answer = refused("structured", Request::body(with(dataref)));
        assert!(answer.log.contains(r#""id":"1""#), "the log names it: {}", answer.log);
    }
    let headers = known().with_event().with("ce-dataref", "kv:CLAIMS/a#/data");
    refused("binary", Request::new(headers, ""));
    let answer = refused("a batch", batch(&[event(""), with("kv:CLAIMS/a#/data")]));
    assert!(answer.body.contains(r#""index":1"#), "{}", answer.body);

    for dataref in
        ["https://a.example/kv:CLAIMS/a", "kv:OTHER/a#/data", "kv:CLAIMSX/a#/data", "kv:"]
    {
        let answer = ask(Ok(&config), Request::body(with(dataref)), &Memory::default());
        assert_eq!(answer.status, 202, "the sender's own business: {dataref}");
    }
}
