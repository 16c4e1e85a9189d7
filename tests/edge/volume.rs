//! Many senders at once: everything that is acknowledged is there, and nothing twice.

use std::collections::BTreeSet;
use std::thread;

use edge::{Receiver, Settings, event};

const CLIENTS: usize = 20;
const EVENTS: usize = 2_000;

#[test]
fn twenty_clients() {
    let receiver = Receiver::start(&Settings::standard());
    let sent: BTreeSet<String> =
        (0..EVENTS).map(|n| event(&n.to_string(), "product_text")).collect();
    assert_eq!(sent.len(), EVENTS);
    let batches: Vec<Vec<&String>> =
        (0..CLIENTS).map(|client| sent.iter().skip(client).step_by(CLIENTS).collect()).collect();

    thread::scope(|scope| {
        let receiver = &receiver;
        for batch in batches {
            scope.spawn(move || {
                for event in batch {
                    let answer = receiver.post(event.as_str()).send();
                    assert_eq!(answer.status, 202, "{}", answer.body);
                }
            });
        }
    });

    let messages = receiver.received(EVENTS);
    assert_eq!(messages.len(), EVENTS, "messages in the consumer");
    assert_eq!(messages.into_iter().collect::<BTreeSet<_>>(), sent);
    let kv = receiver.kv();
    assert_eq!(kv.len(), EVENTS, "keys in KV");
    assert_eq!(kv.into_values().map(|entry| entry.value).collect::<BTreeSet<_>>(), sent);

    // Memory has not grown with the traffic: an isolate may have 128 MB.
    let wasm_bytes = receiver.wasm_bytes();
    assert!(wasm_bytes < 8_000_000, "{wasm_bytes}");
}
