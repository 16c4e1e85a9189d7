//! Real clients: the official CloudEvents SDKs send events to the receiver, and the tests compare
//! what arrives with what they were given.

mod cases;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use edge::{Receiver, Settings, tools};
use serde_json::{Map, Value, json};

use cases::{Fate, Fates, cases};

/// An event to send, and its expected fate.
struct Sending {
    why: String,
    event: Map<String, Value>,
    mode: &'static str,
    fate: Fate,
}

/// Every case in structured and binary mode, with a time that the client can express.
fn sendings(time: &str, of_client: fn(Fates) -> Fate) -> Vec<Sending> {
    let mut sendings = Vec::new();
    for (number, case) in cases().into_iter().enumerate() {
        for (mode, fates) in [("structured", case.structured), ("binary", case.binary)] {
            let mut event = json!({
                "specversion": "1.0", "id": format!("{mode}-{number}"), "source": "/elytra/pim?a=b",
                "type": "com.elytra.product", "time": time,
            });
            let event = event.as_object_mut().unwrap();
            event.extend(case.event.as_object().unwrap().clone());
            sendings.push(Sending {
                why: format!("{}, {mode}", case.why),
                event: event.clone(),
                mode,
                fate: of_client(fates),
            });
        }
    }
    sendings
}

/// Makes the client send these events, and returns its results.
#[track_caller]
fn run(mut client: Command, script: &str, receiver: &Receiver, events: &[Value]) -> Vec<Value> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients").join(script);
    let mut client = client
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = format!("{}/webhook", receiver.base());
    let task = json!({ "url": url, "token": "right-token", "events": events });
    client.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Checks the answer that the client got for an event.
#[track_caller]
fn check_result(sending: &Sending, result: &Value) {
    let why = &sending.why;
    match sending.fate {
        Fate::Same | Fate::Changed(_) => {
            assert_eq!(result["answer"]["code"], "accepted", "{why}: {result}");
        }
        Fate::Refused(attribute, code) => {
            let violations = result["answer"]["violations"].as_array().expect(why);
            let violations: Vec<_> =
                violations.iter().map(|found| (&found["attribute"], &found["code"])).collect();
            assert_eq!(violations, [(&json!(attribute), &json!(code))], "{why}");
        }
        Fate::NotSent(text) => {
            let error = result["error"].as_str();
            assert!(error.is_some_and(|error| error.contains(text)), "{why}: {result}");
        }
    }
}

/// The event as it must arrive. `None` if it must not.
fn expected(sending: &Sending) -> Option<Map<String, Value>> {
    let mut event = sending.event.clone();
    if sending.mode == "binary" {
        // In a header, every value is a string.
        for (name, value) in &mut event {
            if name != "data" && !value.is_string() {
                *value = value.to_string().into();
            }
        }
    }
    match sending.fate {
        Fate::Same => Some(event),
        Fate::Changed(change) => {
            change(&mut event);
            Some(event)
        }
        Fate::Refused(..) | Fate::NotSent(_) => None,
    }
}

/// Checks that the queue and KV hold the expected events, and nothing else.
#[track_caller]
fn check_arrived(receiver: &Receiver, sendings: &[Sending]) {
    let expected: Vec<_> =
        sendings.iter().filter_map(|sending| Some((&sending.why, expected(sending)?))).collect();
    let mut messages = receiver.received(expected.len());
    assert_eq!(messages.len(), expected.len(), "messages in the consumer");
    let mut kv: Vec<_> = receiver.kv().into_values().map(|entry| entry.value).collect();
    messages.sort();
    kv.sort();
    assert_eq!(messages, kv, "queue and KV hold the same texts");

    let arrived: Vec<Map<String, Value>> =
        messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect();
    for (why, event) in expected {
        let found = arrived.iter().find(|arrived| arrived["id"] == event["id"]);
        assert_eq!(found, Some(&event), "{why}");
    }
}

#[track_caller]
fn check(receiver: &Receiver, client: Command, script: &str, sendings: &[Sending]) {
    let events: Vec<_> = sendings
        .iter()
        .map(|Sending { mode, event, .. }| json!({ "mode": mode, "event": event }))
        .collect();
    let results = run(client, script, receiver, &events);
    assert_eq!(results.len(), sendings.len());
    for (sending, result) in sendings.iter().zip(&results) {
        check_result(sending, result);
    }
    check_arrived(receiver, sendings);
}

#[test]
fn javascript() {
    let receiver = Receiver::start(&Settings::both());
    let sendings = sendings("2025-12-31T03:19:30.860Z", |fates| fates.javascript);
    check(&receiver, tools().node().unwrap(), "send.mjs", &sendings);
}

/// All structured events in one batch.
#[test]
fn javascript_batch() {
    let receiver = Receiver::start(&Settings::both());
    let mut sendings = sendings("2025-12-31T03:19:30.860Z", |fates| fates.javascript);
    sendings.retain(|sending| sending.mode == "structured");
    let events: Vec<_> = sendings.iter().map(|sending| &sending.event).collect();
    let batch = json!({ "mode": "batch", "event": events });
    let results = run(tools().node().unwrap(), "send.mjs", &receiver, &[batch]);
    let fates = results[0]["answer"]["events"].as_array().expect("an answer for each event");
    assert_eq!(fates.len(), sendings.len());
    for (sending, fate) in sendings.iter().zip(fates) {
        check_result(sending, &json!({ "answer": fate }));
    }
    check_arrived(&receiver, &sendings);
}

#[test]
fn python() {
    let receiver = Receiver::start(&Settings::both());
    let sendings = sendings("2025-12-31T04:19:30+01:00", |fates| fates.python);
    check(&receiver, xtask::setup::setup_python().unwrap(), "send.py", &sendings);
}
