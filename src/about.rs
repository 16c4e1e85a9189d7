//! What an event is about, for the log: its `subject`, and the object in its `data`.

use elytra_events::{CloudEvent, Object, ObjectId};
use serde::Serialize;

use crate::text::shortened;

/// What an event is about. Texts are cut like others in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// `subject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `objectType` in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type: Option<String>,
    /// `objectId` in `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
}

impl About {
    /// What this event is about.
    #[must_use]
    pub fn new(event: &CloudEvent<'_>) -> Self {
        let Object { id, type_, .. } = event.object();
        Self {
            subject: event.subject().map(shortened),
            object_type: type_.map(|type_| shortened(&type_)),
            object_id: id.map(|id| match id {
                ObjectId::String(text) => shortened(&text),
                ObjectId::Integer(digits) => shortened(digits),
            }),
        }
    }
}
