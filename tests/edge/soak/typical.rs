//! Events as Elytra sends them most: of typical size, the values of a product's attributes.

use std::fmt::Write as _;

use fastrand::Rng;

use crate::payload::{OPERATIONS, time};
use crate::scene::EVENT_TYPES;
use crate::traffic::Event;

/// How many bytes an event has.
const BYTES: usize = 1_000;

/// The event type of a bulk edit. Only the queue wants it.
const EDITED: &str = "product_attribute_value";

/// How many of a hundred events of a bulk edit have one of the other event types, which every
/// destination wants some of.
const PERCENT_OTHERS: u8 = 5;

/// An event of any type that a destination wants, about one of this many objects.
pub(crate) fn any(rng: &mut Rng, id: &str, objects: usize) -> Event {
    let event_type = rng.choice(EVENT_TYPES).expect("it is not empty");
    typical(rng, id, event_type, objects)
}

/// An event of a bulk edit, about one of this many objects.
pub(crate) fn edit(rng: &mut Rng, id: &str, objects: usize) -> Event {
    if rng.u8(..100) < PERCENT_OTHERS {
        any(rng, id, objects)
    } else {
        typical(rng, id, EDITED, objects)
    }
}

fn typical(rng: &mut Rng, id: &str, event_type: &'static str, objects: usize) -> Event {
    let operation = rng.choice(OPERATIONS).expect("it is not empty");
    let time = time(rng);
    let object = rng.usize(..objects);
    let mut text = format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"elytra-pim","type":"com.elytra.{event_type}","time":"{time}","eventtype":"{event_type}","operation":"{operation}","datacontenttype":"application/json","data":{{"objectId":{object},"objectType":"product","objectData":["#
    );
    let end = r#"],"note":""}}"#;
    for number in 0.. {
        let separator = if number == 0 { "" } else { "," };
        let width = rng.u16(..1_000);
        let value = format!(
            r#"{separator}{{"attribute":"width_{number}","language":"de","value":"Größe {width} \"mm\"","number":{width}.25,"inherited":false}}"#
        );
        if text.len() + value.len() + end.len() > BYTES {
            break;
        }
        text.push_str(&value);
    }
    let note = "x".repeat(BYTES.saturating_sub(text.len() + end.len()));
    let _ = write!(text, r#"],"note":"{note}"}}}}"#);
    Event { event_type, text }
}
