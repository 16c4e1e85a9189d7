//! What the answers to an operator hold.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::delivery::DeadLetterMetadata;
use crate::message::DeadMessage;

/// Some dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeadLetterPage {
    /// They.
    pub dead_letters: Vec<ListedDeadLetter>,
    /// Where to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// A dead letter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedDeadLetter {
    /// Its key in `DEAD`.
    pub id: String,
    /// What is known of it.
    #[serde(flatten)]
    pub metadata: DeadLetterMetadata,
}

/// One dead letter, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its key in `DEAD`.
    pub id: String,
    /// What is known of it.
    pub why: DeadMessage<'static>,
    /// The event as it came, byte for byte.
    pub event: String,
}

/// What was sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// The ids of the dead letters that were sent again, and are none any more.
    pub redriven: Vec<String>,
    /// Those that were sent again before, and are deleted now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub already_sent: Vec<String>,
    /// Those that another redrive is sending at this moment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<String>,
    /// Those that never can be, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<Stuck>,
    /// Where to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// A dead letter that cannot be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stuck {
    /// Its key in `DEAD`.
    pub id: String,
    /// Why not.
    pub reason: &'static str,
}

/// Messages that were set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SetAsidePage {
    /// The messages, the oldest of each queue first.
    pub set_aside: Vec<SetAside>,
    /// Where to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// `<queue>/<spooled_at>/<digest>`; it is not the event's.
    pub id: String,
    /// The binding of its queue.
    pub queue: String,
    /// When it was spooled, in milliseconds since 1970.
    pub spooled_at: u64,
    /// How often its queue refused it beside others.
    pub refused: u64,
    /// Why it did so the last time, where there was room for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is known of its event: `id`, `source`, `type` and so on, as far as they had room.
    pub event: Map<String, Value>,
}

impl SetAside {
    /// The message with this id, and these metadata.
    pub(crate) fn new(id: &str, metadata: Option<Value>) -> Self {
        let mut event = match metadata {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let refused = event.remove("refused").and_then(|refused| refused.as_u64());
        let reason = event.remove("reason");
        let (queue, rest) = id.split_once('/').unwrap_or((id, ""));
        let spooled_at = rest.split_once('/').and_then(|(time, _)| time.parse().ok());
        Self {
            id: id.to_owned(),
            queue: queue.to_owned(),
            spooled_at: spooled_at.unwrap_or_default(),
            refused: refused.unwrap_or_default(),
            reason: reason.and_then(|reason| reason.as_str().map(str::to_owned)),
            event,
        }
    }
}

/// What an operator had done with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Its id.
    pub id: String,
    /// Whether it had been sent before, and was only deleted now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub already_sent: bool,
}

/// An object that the ledger has forgotten: the next event of it is written, whatever its `time`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reset {
    /// The object, as `<objectType>/<objectId>`.
    pub object: String,
    /// The subscriptions for which it was forgotten.
    pub subscriptions: Vec<String>,
}
