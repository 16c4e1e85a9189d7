#![doc = include_str!("../README.md")]

mod event;

mod elytra;

mod dataref;

mod names;

mod text;

pub use dataref::{CLAIMS, DataRef, NotWhole};
pub use elytra::{EventType, Object, ObjectId, Operation, TYPE_PREFIX};
pub use event::{
    AttributeValue, CloudEvent, CoreAttribute, Data, InvalidEvent, InvalidEvents, JsonType,
    MAX_ATTRIBUTES, MAX_VIOLATIONS, MediaType, Problem, Timestamp, TimestampError, Violation, http,
    is_attribute_name,
};
pub use names::{Known, Name};
