//! What an event holds: text that any reading and printing again would change.

use fastrand::Rng;

use crate::scene::EVENT_TYPES;
use crate::traffic::{Event, Fields};

/// Where events come from; with the id it identifies an event.
const SOURCES: [&str; 3] = ["elytra-pim", "/elytra/pim?a=b", "urn:elytra:gr%C3%B6%C3%9Fe"];

const OPERATIONS: [&str; 5] = ["add", "modify", "remove", "link", "unlink"];

/// Pieces of a JSON string.
const PIECES: [&str; 8] = ["Preis ", "ß", "😀", r"\u00e9", r"\n", "\\\"", r"\ud83d\ude00", "   "];

/// How many pieces an event's data have, usually and at most.
const USUAL_PIECES: usize = 100;
const MAX_PIECES: usize = 3_000;

/// A structured event, or one of a batch.
pub(crate) fn structured(rng: &mut Rng, id: &str) -> Event {
    let [event_type, source, operation] = attributes(rng);
    let data = json_data(rng);
    let text = format!(
        r#"{{ "specversion":"1.0", "id":"{id}","source":"{source}",
 "type":"com.elytra.{event_type}","time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"{event_type}",
 "operation":"{operation}","subject":"Gr\u00f6ße {id}","data": {data} }}"#
    );
    Event { event_type, text }
}

/// The event type, the headers and the body of a binary event.
pub(crate) fn binary(rng: &mut Rng, id: &str) -> (&'static str, Fields, Vec<u8>) {
    let [event_type, source, operation] = attributes(rng);
    let (content_type, body) = match rng.u8(..4) {
        0 => ("application/octet-stream", (0..rng.u8(..)).map(|_| rng.u8(..)).collect()),
        1 => ("text/plain; charset=utf-8", format!("Größe\n\t\"{id}\" 😀").into_bytes()),
        _ => ("application/json", json_data(rng).into_bytes()),
    };
    let headers = Fields::of_type(content_type)
        .with("ce-specversion", "1.0")
        .with("ce-id", id)
        .with("ce-source", source.replace('%', "%25"))
        .with("ce-type", format!("com.elytra.{event_type}"))
        .with("ce-eventtype", event_type)
        .with("ce-operation", operation)
        .with("ce-subject", format!("Gr%C3%B6%C3%9Fe%20{id}"));
    (event_type, headers, body)
}

fn attributes(rng: &mut Rng) -> [&'static str; 3] {
    let mut choose = |from: &[&'static str]| *rng.choice(from).expect("it is not empty");
    [choose(&EVENT_TYPES), choose(&SOURCES), choose(&OPERATIONS)]
}

fn json_data(rng: &mut Rng) -> String {
    let limit = if rng.u8(..100) < 97 { USUAL_PIECES } else { MAX_PIECES };
    let text: String = (0..rng.usize(..limit)).filter_map(|_| rng.choice(PIECES)).collect();
    let object = rng.u64(..);
    format!(
        r#"{{ "objectId":{object},"objectType":"product", "z":1.0,"a":1e400,"zero":-0.0,"text":"{text}" }}"#
    )
}
