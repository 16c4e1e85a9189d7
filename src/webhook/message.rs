//! The messages of the two queues: a line of JSON that says what is to be done, and behind it the
//! event, byte for byte.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::forward::{MAX_KV_VALUE_BYTES, MAX_QUEUE_EVENT_BYTES};

/// The largest event that such a message has room for, in bytes of its JSON.
pub const MAX_DELIVERY_EVENT_BYTES: usize = MAX_QUEUE_EVENT_BYTES - LINE_BYTES;

/// The largest event that a webhook can get, in bytes of its JSON: dead, it must fit in a value of KV with
/// its first line.
pub const MAX_WEBHOOK_EVENT_BYTES: usize = MAX_KV_VALUE_BYTES - LINE_BYTES;

/// How much room the first line has.
const LINE_BYTES: usize = 2_048;

/// How much of a text that others wrote stands in a first line, in characters.
pub(super) const MAX_CHARACTERS: usize = 256;

/// A message of either queue.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message<'m> {
    /// An event that is to be delivered.
    Delivery(DeliveryMessage<'m>, &'m str),
    /// An event that cannot be delivered.
    Dead(DeadMessage<'m>, &'m str),
}

/// The first line of a message in `DELIVERIES`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryMessage<'m> {
    /// The subscription whose webhook is to be called.
    pub subscription: Cow<'m, str>,
    /// When the event was accepted, in milliseconds since 1970.
    pub accepted_at: u64,
}

/// The first line of a message in `DEAD_LETTERS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadMessage<'m> {
    /// The subscription whose webhook was called.
    pub subscription: Cow<'m, str>,
    /// When the event was accepted, in milliseconds since 1970.
    pub accepted_at: u64,
    /// When it was given up, in the same.
    pub died_at: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// The code of the last [`Cause`](super::Cause).
    pub cause: Cow<'m, str>,
    /// The same in words.
    pub reason: Cow<'m, str>,
    /// The status of the last answer.
    pub status: Option<u16>,
}

impl<'m> Message<'m> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub(crate) fn read(text: &'m str) -> Result<Self, String> {
        let (line, event) = text.split_once('\n').ok_or("it has no first line")?;
        if let Ok(delivery) = serde_json::from_str(line) {
            return Ok(Self::Delivery(delivery, event));
        }
        // What stands there is not repeated: it may be an event's data.
        let dead = serde_json::from_str(line).map_err(|error| {
            let at = error.column();
            format!("its first line is neither a delivery's nor a dead letter's, at column {at}")
        })?;
        Ok(Self::Dead(dead, event))
    }
}

impl DeliveryMessage<'_> {
    /// The message with this event.
    #[must_use]
    pub fn print(&self, event: &str) -> String {
        print(self, event)
    }
}

impl DeadMessage<'_> {
    /// The message with this event.
    #[must_use]
    pub fn print(&self, event: &str) -> String {
        print(self, event)
    }
}

fn print(line: &impl Serialize, event: &str) -> String {
    // It cannot fail to print: it is a struct.
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text.push_str(event);
    text
}
