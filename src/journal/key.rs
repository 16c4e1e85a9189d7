//! The key of an event in the journal.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use elytra_events::CloudEvent;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ledger::{Key, ShardId};

/// How many characters of a key come from the event's `id` alone, so that all events with this `id` are found
/// together: 72 bits.
const ID_CHARACTERS: usize = 12;

/// How many characters of a key come from the event's key in the ledger: 120 bits.
const LEDGER_CHARACTERS: usize = 20;

/// The longest `<objectType>/<objectId>` that is indexed as it is, in bytes.
const MAX_OBJECT_BYTES: usize = 64;

/// The key of an event: 32 characters of base64url (RFC 4648 section 5).
///
/// It begins with a digest of the `id`, and goes on with the beginning of the event's [`Key`] in the ledger, which
/// also tells its shard. So one index finds an event by its `source` and `id`, or by its `id` alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventKey {
    text: String,
    hash: u32,
}

impl EventKey {
    /// How many characters a key has.
    pub const CHARACTERS: usize = ID_CHARACTERS + LEDGER_CHARACTERS;

    /// The key of the event with this `id`, whose key in the ledger this is.
    #[must_use]
    pub fn new(key: &Key, id: &str) -> Self {
        let of_source = key.as_str().get(..LEDGER_CHARACTERS).unwrap_or_default();
        Self { text: Self::prefix(id) + of_source, hash: key.hash() }
    }

    /// The key of an event.
    #[must_use]
    pub fn of_event(event: &CloudEvent<'_>) -> Self {
        Self::new(&Key::of_event(event), event.id())
    }

    /// The key of the event with this `source` and `id`.
    #[must_use]
    pub fn of(source: &str, id: &str) -> Self {
        Self::new(&Key::of(&["event", source, id]), id)
    }

    /// What the keys of all events with this `id` begin with.
    #[must_use]
    pub fn prefix(id: &str) -> String {
        let digest = Sha256::digest(id);
        BASE64_URL_SAFE_NO_PAD.encode(digest.first_chunk::<9>().unwrap_or(&[0; 9]))
    }

    /// Reads a key. `None` if the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != Self::CHARACTERS {
            return None;
        }
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let of_source = BASE64_URL_SAFE_NO_PAD.decode(text.get(ID_CHARACTERS..)?).ok()?;
        let hash = of_source.first_chunk().copied().map(u32::from_le_bytes)?;
        Some(Self { text: text.to_owned(), hash })
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The shard of the event, if the ledger has this many.
    #[must_use]
    pub fn shard(&self, of: usize) -> ShardId {
        ShardId { number: self.hash as usize % of.max(1), of }
    }
}

impl TryFrom<String> for EventKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text).ok_or("expected the key of an event")
    }
}

impl From<EventKey> for String {
    fn from(key: EventKey) -> Self {
        key.text
    }
}

/// What the index of objects has for an object: `<objectType>/<objectId>`, or a digest if that is long or has control
/// characters. A slash in the type is written as `%2F`, so that no other object has the same.
#[must_use]
pub fn object_column(type_: &str, id: &str) -> String {
    let object = format!("{}/{id}", type_.replace('%', "%25").replace('/', "%2F"));
    if object.len() <= MAX_OBJECT_BYTES && !object.contains(char::is_control) {
        object
    } else {
        format!("sha256={}", Key::of(&["object", &object]).as_str())
    }
}

/// The parts of `<objectType>/<objectId>`, as operators write an object.
#[must_use]
pub fn object_parts(text: &str) -> Option<(&str, &str)> {
    text.split_once('/').filter(|(type_, id)| !type_.is_empty() && !id.is_empty())
}
