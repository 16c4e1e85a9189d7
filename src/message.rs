//! The messages of the two queues: a line of JSON with instructions, followed by the event, byte
//! for byte.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The longest foreign text in a first line, in characters.
pub(crate) const MAX_CHARACTERS: usize = 256;

/// A message of either queue.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message<'m> {
    /// An event to deliver.
    Delivery(DeliveryMessage<'m>, &'m str),
    /// An event that could not be delivered.
    Dead(DeadMessage<'m>, &'m str),
}

/// The first line of a message in `DELIVERIES`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryMessage<'m> {
    /// The subscription whose destination to call.
    pub subscription: Cow<'m, str>,
    /// When the event was accepted, in milliseconds since 1970.
    pub accepted_at: u64,
    /// How often the destination was called before this message was sent. It is not zero if the
    /// message replaces one that arrived while the configuration was broken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calls: u32,
    /// How often the message has been replaced.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The first line of a message in `DEAD_LETTERS`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadMessage<'m> {
    /// The subscription whose destination was called.
    pub subscription: Cow<'m, str>,
    /// When the event was accepted, in milliseconds since 1970.
    pub accepted_at: u64,
    /// When it became a dead letter, in milliseconds since 1970.
    pub died_at: u64,
    /// How often delivery was attempted.
    pub attempts: u32,
    /// The code of the last [`Cause`](crate::delivery::Cause).
    pub cause: Cow<'m, str>,
    /// The cause in words.
    pub reason: Cow<'m, str>,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// How often the message has been replaced because the configuration was broken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
}

impl<'m> Message<'m> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// The text is not a message of ours, for this reason.
    pub(crate) fn read(text: &'m str) -> Result<Self, String> {
        let (line, event) = text.split_once('\n').ok_or("it has no first line")?;
        // Ignore unknown fields: a later version may have written them.
        if !line.contains(DIED_AT) {
            let delivery = serde_json::from_str(line).map_err(|error| not_ours(&error))?;
            return Ok(Self::Delivery(delivery, event));
        }
        let dead = serde_json::from_str(line).map_err(|error| not_ours(&error))?;
        Ok(Self::Dead(dead, event))
    }
}

/// The field that only the first line of a dead letter has.
const DIED_AT: &str = "\"died_at\":";

/// Does not repeat the line, which may contain an event's data.
fn not_ours(error: &serde_json::Error) -> String {
    let at = error.column();
    format!("its first line is neither a delivery nor a dead letter, at column {at}")
}

impl DeliveryMessage<'_> {
    /// Prints the message with this event.
    #[must_use]
    pub fn print(&self, event: &str) -> String {
        print(self, event)
    }
}

impl DeadMessage<'_> {
    /// Prints the message with this event.
    #[must_use]
    pub fn print(&self, event: &str) -> String {
        print(self, event)
    }
}

fn print(line: &impl Serialize, event: &str) -> String {
    // Cannot fail: it is a struct.
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text.push_str(event);
    text
}
