//! The process dies at some moment, and everything that was acknowledged is still there afterwards.

use edge::{Fault, Receiver, Settings, Sink, event, raw_post, wait_until};
use elytra_webhooks::journal::EventKey;

/// A text that would not survive parsing and printing.
const DELICATE: &str = "{ \"specversion\":\"1.0\",\n\t\"id\":\"\\u00e9😀\",\"source\":\"s\",\"type\":\"t\",\
    \"data\":[1.0,1e400,-0.0,12345678901234567890,{\"b\":1,\"a\":2,\"b\":3}] } ";

#[test]
fn killed_and_started_again() {
    let sink = Sink::start();
    let mut receiver = Receiver::start(&Settings::both().with_kv("OTHER_KV").with_sink(&sink));
    assert_eq!(receiver.post(DELICATE).send().status, 202);
    assert_eq!(sink.messages("EVENTS_QUEUE"), [DELICATE]);

    // It dies while an event is in flight: KV holds the event, and the queue does not.
    receiver.fail(&[Fault::hang("EVENTS_QUEUE")]);
    let second = event("2", "product");
    let length = second.len().to_string();
    let headers = [("Content-Length", length.as_bytes())];
    let unanswered = receiver.raw(&raw_post(&headers, second.as_bytes()));
    receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    wait_until("KV holds both", || (receiver.kv().len() == 2).then_some(()));
    let before = receiver.workerd();
    assert!(!before.is_empty() && before.iter().all(|process| process.resident_bytes > 1_000_000));
    receiver.kill();
    assert_eq!(receiver.workerd(), []);
    assert_eq!(unanswered.answer().status(), None);

    receiver.restart();
    assert!(receiver.workerd().iter().all(|now| before.iter().all(|then| then.id != now.id)));
    let kv = receiver.kv();
    let values = kv.values().map(|entry| entry.value.as_str());
    assert_eq!(values.collect::<Vec<_>>(), [&*second, DELICATE]);
    let keys: Vec<_> = kv.keys().map(String::as_str).chain(["archive/none"]).collect();
    assert_eq!(
        receiver.kv_values("EVENTS_KV", &keys),
        [Some(second.clone()), Some(DELICATE.to_owned()), None]
    );
    assert!(receiver.kv_of("OTHER_KV").is_empty());

    // The sender retries, and the sink gets what it was missing.
    assert_eq!(receiver.post(&*second).send().status, 202);
    assert_eq!(sink.messages("EVENTS_QUEUE"), [DELICATE, &*second]);
}

/// What was acknowledged is in the journal, however soon after that it dies. It is written before the answer.
#[test]
fn the_journal_outlives_it() {
    let settings = Settings::both().with_ledger().with_vars("[vars.JOURNAL]\n");
    let settings = settings.with_webhook_field("dedupe_window_seconds = 3600");
    let mut receiver = Receiver::start(&settings);
    let ids: Vec<_> = (0..20).map(|number| format!("{number}")).collect();
    for ids in ids.chunks(5) {
        for id in ids {
            assert_eq!(receiver.post(event(id, "product")).send().status, 202);
        }
        receiver.kill();
        receiver.restart();
    }
    let keys: Vec<_> =
        ids.iter().map(|id| EventKey::of("elytra-pim", id).as_str().to_owned()).collect();
    assert_eq!(receiver.journal_has(&keys), [true; 20]);
}
