//! The answers to operators.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::delivery::DeadLetterMetadata;
use crate::message::DeadMessage;
use crate::when::to_rfc3339;

/// A page of dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeadLetterPage {
    /// The dead letters of the page.
    pub dead_letters: Vec<ListedDeadLetter>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A dead letter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedDeadLetter {
    /// Its key in `DEAD`.
    pub id: String,
    /// What is known about it.
    #[serde(flatten)]
    pub metadata: DeadLetterMetadata,
    /// `accepted_at`, in RFC 3339.
    pub accepted_time: String,
    /// `died_at`, in RFC 3339.
    pub died_time: String,
}

impl ListedDeadLetter {
    /// The dead letter with this id and metadata.
    pub(crate) fn new(id: String, metadata: DeadLetterMetadata) -> Self {
        let accepted_time = to_rfc3339(metadata.accepted_at);
        let died_time = to_rfc3339(metadata.died_at);
        Self { id, metadata, accepted_time, died_time }
    }
}

/// A complete dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its key in `DEAD`.
    pub id: String,
    /// What is known about it.
    pub why: DeadMessage<'static>,
    /// The event, byte for byte.
    pub event: String,
}

/// The result of a redrive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// The ids of the dead letters that were sent again, and deleted.
    pub redriven: Vec<String>,
    /// Those that had already been sent again, and are deleted now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub already_sent: Vec<String>,
    /// Those that another redrive is sending right now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<String>,
    /// Those that can never be sent again, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<Stuck>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A dead letter that cannot be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stuck {
    /// Its key in `DEAD`.
    pub id: String,
    /// Why it cannot be sent again.
    pub reason: &'static str,
}

/// A page of messages that were set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SetAsidePage {
    /// The messages, the oldest of each queue first.
    pub set_aside: Vec<SetAside>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A message that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// `<queue>/<spooled_at>/<digest>`. This is not the id of the event.
    pub id: String,
    /// The binding of its queue.
    pub queue: String,
    /// When it was spooled, in milliseconds since 1970.
    pub spooled_at: u64,
    /// The same, in RFC 3339.
    pub spooled_time: String,
    /// How often its queue refused it while it took others.
    pub refused: u64,
    /// The reason for the last refusal, if it fit in the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is known about its event: `id`, `source`, `type` and so on, as far as they fit in the
    /// metadata.
    pub event: Map<String, Value>,
}

impl SetAside {
    /// The message with this id and metadata.
    pub(crate) fn new(id: &str, metadata: Option<Value>) -> Self {
        let mut event = match metadata {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let refused = event.remove("refused").and_then(|refused| refused.as_u64());
        let reason = event.remove("reason");
        let (queue, rest) = id.split_once('/').unwrap_or((id, ""));
        let spooled_at = rest.split_once('/').and_then(|(time, _)| time.parse().ok());
        let spooled_at = spooled_at.unwrap_or_default();
        Self {
            id: id.to_owned(),
            queue: queue.to_owned(),
            spooled_at,
            spooled_time: to_rfc3339(spooled_at),
            refused: refused.unwrap_or_default(),
            reason: reason.and_then(|reason| reason.as_str().map(str::to_owned)),
            event,
        }
    }
}

/// A message that an operator sent or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// The id of the message.
    pub id: String,
    /// Whether it had already been sent, and was only deleted now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub already_sent: bool,
}

/// An object that was reset: the next event of it is written, whatever its `time`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reset {
    /// The object, as `<objectType>/<objectId>`.
    pub object: String,
    /// The subscriptions for which it was reset.
    pub subscriptions: Vec<String>,
}
