//! A dead letter, an event that could not be delivered, as `DEAD` stores it.
//!
//! The value of a key is the message of `DEAD_LETTERS`, with the complete event even if the message
//! had only a `dataref`.

use elytra_events::CloudEvent;
use serde::{Deserialize, Serialize};

use crate::kv_entry::time_in_key;
use crate::ledger::Key;
use crate::message::DeadMessage;

/// The longest text of the event in the metadata, in bytes. All of them together fit in the 1,024
/// bytes that KV allows.
pub(super) const MAX_TEXT_BYTES: usize = 160;

/// The metadata of a dead letter's key, which a listing shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterMetadata {
    /// The subscription whose destination was called.
    pub subscription: String,
    /// The code of the last [`Cause`](crate::delivery::Cause).
    pub cause: String,
    /// The status of the last answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How often delivery was attempted.
    pub attempts: u32,
    /// When the event was accepted, in milliseconds since 1970.
    pub accepted_at: u64,
    /// When it became a dead letter, in milliseconds since 1970.
    pub died_at: u64,
    /// What identifies the event.
    pub event: EventIdentity,
}

/// The attributes that identify an event, except those that are too long for metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventIdentity {
    /// `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `type`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
}

impl DeadLetterMetadata {
    /// The metadata of a dead letter. The event is `None` if the message was not an event.
    pub(crate) fn new(why: &DeadMessage<'_>, event: Option<&CloudEvent<'_>>) -> Self {
        let text = |of: fn(&CloudEvent<'_>) -> String| {
            event.map(of).filter(|text| text.len() <= MAX_TEXT_BYTES)
        };
        Self {
            subscription: why.subscription.clone().into_owned(),
            cause: why.cause.clone().into_owned(),
            status: why.status,
            attempts: why.attempts,
            accepted_at: why.accepted_at,
            died_at: why.died_at,
            event: EventIdentity {
                id: text(|event| event.id().to_owned()),
                source: text(|event| event.source().to_owned()),
                type_: text(|event| event.type_().to_owned()),
            },
        }
    }
}

/// The key of a dead letter: `<subscription>/<died_at>/<key of the event>`.
pub(crate) fn key(why: &DeadMessage<'_>, text: &str, event: Option<&CloudEvent<'_>>) -> String {
    let event = event.map_or_else(|| Key::of(&["text", text]), Key::of_event);
    format!("{}/{}/{}", why.subscription, time_in_key(why.died_at), event.as_str())
}

/// When the letter with this key died, in milliseconds since 1970. `None` if the key is not of this form.
pub(super) fn died_at(key: &str) -> Option<u64> {
    key.split('/').nth(1)?.parse().ok()
}
