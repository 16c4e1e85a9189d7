//! The messages of the two queues: a line of JSON with instructions, followed by the event, byte
//! for byte. The message of a job has no event.

use std::borrow::Cow;
use std::fmt;

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
    /// A step of a job, as [`crate::jobs`] reads it.
    Job(&'m str),
}

/// How the first line of a job's message begins, and no other.
pub(crate) const JOB_FIELD: &str = "{\"job\":";

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
    /// Whether an operator sent a dead letter again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redrive: bool,
    /// The id of the replay that sent it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Cow<'m, str>>,
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
    /// What the last answer said, if it said anything and there is room for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerExcerpt<'m>>,
    /// How often the message has been replaced because the configuration was broken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
}

/// The beginning of an answer, for operators only. It may contain anything, so it is never logged.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerExcerpt<'m> {
    /// The media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<Cow<'m, str>>,
    /// The beginning of the body, if it is UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Cow<'m, str>>,
    /// The beginning of the body in base64, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<Cow<'m, str>>,
}

impl fmt::Debug for AnswerExcerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerExcerpt").finish_non_exhaustive()
    }
}

impl<'m> Message<'m> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// The text is not a message of ours, for this reason.
    pub(crate) fn read(text: &'m str) -> Result<Self, String> {
        let (line, event) = text.split_once('\n').ok_or("it has no first line")?;
        if line.starts_with(JOB_FIELD) {
            return Ok(Self::Job(line));
        }
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
pub(crate) fn not_ours(error: &serde_json::Error) -> String {
    let at = error.column();
    format!("its first line is neither a delivery nor a dead letter nor a job, at column {at}")
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

    /// Prints the message with this event in at most so many bytes. What the destination answered is left
    /// out if it does not fit: the event matters more.
    #[must_use]
    pub(crate) fn print_within(&self, most_bytes: usize, event: &str) -> String {
        let text = self.print(event);
        if text.len() <= most_bytes || self.answer.is_none() {
            return text;
        }
        Self { answer: None, ..self.clone() }.print(event)
    }

    /// The same, with texts of its own.
    pub(crate) fn into_owned(self) -> DeadMessage<'static> {
        fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        let answer = self.answer.map(|answer| AnswerExcerpt {
            content_type: answer.content_type.map(owned),
            body: answer.body.map(owned),
            body_base64: answer.body_base64.map(owned),
        });
        DeadMessage {
            subscription: owned(self.subscription),
            cause: owned(self.cause),
            reason: owned(self.reason),
            answer,
            accepted_at: self.accepted_at,
            died_at: self.died_at,
            attempts: self.attempts,
            status: self.status,
            waits: self.waits,
        }
    }
}

fn print(line: &impl Serialize, event: &str) -> String {
    // Cannot fail: it is a struct.
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text.push_str(event);
    text
}
