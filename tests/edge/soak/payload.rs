//! The content of events: text that would not survive parsing and printing.

use std::ops::RangeInclusive;

use fastrand::Rng;

use crate::scene::EVENT_TYPES;
use crate::traffic::{Event, Fields};

/// The sources of events. Source and id identify an event.
const SOURCES: [&str; 3] = ["elytra-pim", "/elytra/pim?a=b", "urn:elytra:gr%C3%B6%C3%9Fe"];

/// Elytra's operations.
pub(crate) const OPERATIONS: [&str; 5] = ["add", "modify", "remove", "link", "unlink"];

/// Pieces of a JSON string.
const PIECES: [&str; 8] = ["Preis ", "ß", "😀", r"\u00e9", r"\n", "\\\"", r"\ud83d\ude00", "   "];

/// How many pieces an event's data has, usually and at most.
const USUAL_PIECES: usize = 100;
const MAX_PIECES: usize = 3_000;

/// How many of a thousand events are too large for a queue, and roughly how many bytes of JSON
/// their data has.
const LARGE_PER_MILLE: u16 = 4;
const LARGE_BYTES: RangeInclusive<usize> = 130_000..=300_000;

/// Base64 turns three bytes into four.
const LARGE_BINARY_BYTES: RangeInclusive<usize> = 97_500..=225_000;

/// The offsets in which times are written.
const OFFSETS: [&str; 3] = ["Z", "+01:00", "-02:30"];

/// A structured event, or one for a batch, about one of this many objects.
pub(crate) fn structured(rng: &mut Rng, id: &str, objects: usize) -> Event {
    let [event_type, source, operation] = attributes(rng);
    let time = time(rng);
    let data = json_data(rng, objects);
    let text = format!(
        r#"{{ "specversion":"1.0", "id":"{id}","source":"{source}",
 "type":"com.elytra.{event_type}","time":"{time}","eventtype":"{event_type}",
 "operation":"{operation}","subject":"Gr\u00f6ße {id}","data": {data} }}"#
    );
    Event { event_type, text }
}

/// The event type, headers and body of a binary event, about one of this many objects.
pub(crate) fn binary(rng: &mut Rng, id: &str, objects: usize) -> (&'static str, Fields, Vec<u8>) {
    let [event_type, source, operation] = attributes(rng);
    let time = time(rng);
    let (content_type, body) = match rng.u8(..4) {
        0 => ("application/octet-stream", binary_data(rng)),
        1 => ("text/plain; charset=utf-8", format!("Größe\n\t\"{id}\" 😀").into_bytes()),
        _ => ("application/json", json_data(rng, objects).into_bytes()),
    };
    let headers = Fields::of_type(content_type)
        .with("ce-specversion", "1.0")
        .with("ce-id", id)
        .with("ce-source", source.replace('%', "%25"))
        .with("ce-type", format!("com.elytra.{event_type}"))
        .with("ce-time", time)
        .with("ce-eventtype", event_type)
        .with("ce-operation", operation)
        .with("ce-subject", format!("Gr%C3%B6%C3%9Fe%20{id}"));
    (event_type, headers, body)
}

fn attributes(rng: &mut Rng) -> [&'static str; 3] {
    let mut choose = |from: &[&'static str]| *rng.choice(from).expect("it is not empty");
    [choose(&EVENT_TYPES), choose(&SOURCES), choose(&OPERATIONS)]
}

/// A time within a few hours. Some differ only by a nanosecond, and some are equal except for the
/// offset.
pub(crate) fn time(rng: &mut Rng) -> String {
    let offset = rng.choice(OFFSETS).expect("it is not empty");
    let [hour, second, nanosecond] = [rng.u8(4..8), rng.u8(..20), rng.u8(..10)];
    format!("2025-12-31T{hour:02}:19:{second:02}.86098412{nanosecond}{offset}")
}

fn json_data(rng: &mut Rng, objects: usize) -> String {
    let text = if is_large(rng) {
        let bytes = rng.usize(LARGE_BYTES);
        let mut text = String::with_capacity(bytes + PIECES.len());
        while text.len() < bytes {
            text.extend(rng.choice(PIECES));
        }
        text
    } else {
        let limit = if rng.u8(..100) < 97 { USUAL_PIECES } else { MAX_PIECES };
        (0..rng.usize(..limit)).filter_map(|_| rng.choice(PIECES)).collect()
    };
    let object = rng.usize(..objects);
    format!(
        r#"{{ "objectId":{object},"objectType":"product", "z":1.0,"a":1e400,"zero":-0.0,"text":"{text}" }}"#
    )
}

fn binary_data(rng: &mut Rng) -> Vec<u8> {
    let bytes = if is_large(rng) { rng.usize(LARGE_BINARY_BYTES) } else { rng.usize(..256) };
    (0..bytes).map(|_| rng.u8(..)).collect()
}

fn is_large(rng: &mut Rng) -> bool {
    rng.u16(..1_000) < LARGE_PER_MILLE
}
