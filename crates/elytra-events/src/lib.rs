//! The events of Elytra PIM: `CloudEvents` 1.0, checked and borrowed from the text they came in, with
//! Elytra's event types, operations and objects.

mod event;

mod elytra;

mod dataref;

mod names;

mod text;

pub use dataref::{CLAIMS, DataRef, NotWhole};
pub use elytra::{EventType, Object, ObjectId, Operation};
pub use event::{
    AttributeValue, CloudEvent, CoreAttribute, Data, InvalidEvent, InvalidEvents, JsonType,
    MAX_ATTRIBUTES, MAX_VIOLATIONS, MediaType, Problem, Violation, http, is_attribute_name,
    timestamp,
};
pub use names::{Known, Name};
pub use timestamp::Timestamp;
