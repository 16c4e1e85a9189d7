//! What an operator can ask, by the query of a URL, and what the answers hold.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::auth::ACCESS_TOKEN;
use crate::config::is_subscription_name;
use crate::message::DeadMessage;
use crate::names::suggestion;
use crate::webhook::{Cause, DeadLetterMetadata};

/// How many dead letters a page of the list has, unless `limit` says otherwise.
pub const DEFAULT_LIMIT: usize = 100;

/// The most dead letters a page of the list can have: as many keys as KV lists.
pub const MOST_LIMIT: usize = 1_000;

/// The longest cursor, in bytes; KV's have some hundred.
const MAX_CURSOR_BYTES: usize = 1_024;

/// What an operator asks, by the query of the URL; `/explain` knows `subscription` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorQuery {
    /// The one with this id.
    pub id: Option<String>,
    /// The object of this type and id.
    pub object: Option<String>,
    /// Those of this subscription.
    pub subscription: Option<String>,
    /// Those with this cause.
    pub cause: Option<String>,
    /// Those behind this place.
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: Option<usize>,
}

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

impl OperatorQuery {
    /// Reads the query of a URL, in which these parameters may be.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(query: &str, parameters: &[&'static str]) -> Result<Self, String> {
        let mut read = Self::default();
        let parameters_of =
            || form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != ACCESS_TOKEN);
        let mut names = Vec::new();
        // A name that is not known may mean that what is asked is something else altogether.
        for (name, _) in parameters_of() {
            if !parameters.contains(&&*name) {
                let nearest = suggestion(&name, parameters.iter().copied());
                return Err(format!("unknown parameter {name:?}{nearest}"));
            }
            if names.contains(&name) {
                return Err(format!("{name}: expected once"));
            }
            names.push(name);
        }
        for (name, value) in parameters_of() {
            let value = value.into_owned();
            match &*name {
                "id" => read.id = Some(value),
                "object" => read.object = Some(value),
                "subscription" if !is_subscription_name(&value) => {
                    let expected = "subscription: expected 1 to 64 letters, digits and underscores";
                    return Err(expected.to_owned());
                }
                "subscription" => read.subscription = Some(value),
                "cause" if !Cause::CODES.contains(&&*value) => {
                    return Err(format!(
                        "unknown cause {value:?}{}",
                        suggestion(&value, Cause::CODES)
                    ));
                }
                "cause" => read.cause = Some(value),
                "cursor" if value.is_empty() || value.len() > MAX_CURSOR_BYTES => {
                    return Err("cursor: expected the one of the page before".to_owned());
                }
                "cursor" => read.cursor = Some(value),
                _ => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST_LIMIT).contains(limit));
                    let expected =
                        || format!("limit: expected a whole number from 1 to {MOST_LIMIT}");
                    read.limit = Some(limit.ok_or_else(expected)?);
                }
            }
        }
        Ok(read)
    }
}

/// Whether a text is of the shape of an id, `<name>/<milliseconds>/<digest>`: see `key` in `webhook/dead.rs`,
/// and `spool_key`.
pub(crate) fn is_id(text: &str, is_name: impl FnOnce(&str) -> bool) -> bool {
    /// A SHA-256 in base64url.
    const DIGEST_BYTES: usize = 43;

    let mut parts = text.split('/');
    let (name, time, digest) = (parts.next(), parts.next(), parts.next());
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    name.is_some_and(is_name)
        && time.is_some_and(|time| {
            (13..=20).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit())
        })
        && digest
            .is_some_and(|digest| digest.len() == DIGEST_BYTES && digest.bytes().all(is_base64url))
        && parts.next().is_none()
}
