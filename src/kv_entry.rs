//! The entry that is written to KV for an event: its key, value and metadata.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use elytra_events::{CloudEvent, Name, Object, Operation, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::ledger::{Key, Moment};
use crate::limits::{MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES};
use crate::platform::{KvEntry, KvMetadata};

/// How many bytes of metadata stay free in an entry whose key is a digest. The spool uses them to count how
/// often a queue refused the message, as `,"refused":5`.
const ROOM_FOR_THE_COUNT: usize = 16;

/// Everything except the unreserved characters of RFC 3986 section 2.3, so that a `/` or `=` in an event cannot
/// be confused with those of the key.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl<'e> KvEntry<'e> {
    /// The entry for an event and a subscription.
    #[must_use]
    pub fn new(subscription: &str, event: &'e CloudEvent<'_>, expiration_ttl: Option<u64>) -> Self {
        Self {
            key: event_key(subscription, event),
            value: event.as_json(),
            metadata: KvMetadata::new(event),
            expiration_ttl,
        }
    }

    /// The entry for the object that an event is about and a subscription, or `None` if the event's data names no
    /// object. An event that removes the object is written as a tombstone, which expires after `tombstone_ttl`
    /// seconds.
    #[must_use]
    pub fn of_object(
        subscription: &str,
        event: &'e CloudEvent<'_>,
        moment: Moment,
        expiration_ttl: Option<u64>,
        tombstone_ttl: u64,
    ) -> Option<Self> {
        let Object { id, type_, .. } = event.object();
        let is_removed = event.operation() == Some(Name::Known(Operation::Remove));
        Some(Self {
            key: object_key(subscription, &type_?, &id?.to_string()),
            expiration_ttl: if is_removed { Some(tombstone_ttl) } else { expiration_ttl },
            metadata: KvMetadata::of_object(event, moment),
            ..Self::new(subscription, event, None)
        })
    }
}

/// The key of an event, for a subscription.
pub(crate) fn event_key(subscription: &str, event: &CloudEvent<'_>) -> String {
    key(subscription, event.source(), event.id())
}

/// The key of the newest event about an object, for a subscription.
pub(crate) fn object_key(subscription: &str, object_type: &str, object_id: &str) -> String {
    key(subscription, object_type, object_id)
}

/// A time, in milliseconds since 1970, as part of a key. Keys sort by it.
pub(crate) fn time_in_key(milliseconds: u64) -> String {
    format!("{milliseconds:013}")
}

/// `<source>/<id>` of an event, each percent-encoded, or `sha256=<digest>` of that if it is too long for a key
/// in KV.
pub(crate) fn event_path(event: &CloudEvent<'_>) -> String {
    path(event.source(), event.id(), MAX_KV_KEY_BYTES)
}

fn key(subscription: &str, group: &str, id: &str) -> String {
    let path = path(group, id, MAX_KV_KEY_BYTES.saturating_sub(subscription.len() + 1));
    format!("{subscription}/{path}")
}

fn path(group: &str, id: &str, most_bytes: usize) -> String {
    let encode = |text| utf8_percent_encode(text, ENCODED);
    let path = format!("{}/{}", encode(group), encode(id));
    if path.len() <= most_bytes {
        path
    } else {
        format!("sha256={}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(path)))
    }
}

/// The key of a spooled message: `<queue>/<time>/<digest of the message>`, with the time in milliseconds since
/// 1970.
pub(crate) fn spool_key(queue: &str, now: u64, message: &str) -> String {
    format!("{queue}/{}/{}", time_in_key(now), Key::of(&["message", message]).as_str())
}

impl<'e> KvMetadata<'e> {
    /// The metadata for an event.
    pub(crate) fn new(event: &'e CloudEvent<'_>) -> Self {
        Self::default().and(event, MAX_KV_METADATA_BYTES)
    }

    /// The metadata for the newest event about an object, whose effective time is `moment`.
    fn of_object(event: &'e CloudEvent<'_>, moment: Moment) -> Self {
        Self { effective_time: Some(moment.to_rfc3339()), ..Self::default() }
            .and(event, MAX_KV_METADATA_BYTES)
    }

    /// Adds the attributes of an event, as far as they fit in `most_bytes`.
    fn and(self, event: &'e CloudEvent<'_>, most_bytes: usize) -> Self {
        let event_type = || event.event_type().map(|name| name.to_string());
        let operation = || event.operation().map(|name| name.to_string());
        self.with(most_bytes, |metadata| metadata.time = event.time().map(Timestamp::as_str))
            .with(most_bytes, |metadata| metadata.type_ = Some(event.type_()))
            .with(most_bytes, |metadata| metadata.eventtype = event_type())
            .with(most_bytes, |metadata| metadata.operation = operation())
            .with(most_bytes, |metadata| metadata.subject = event.subject())
    }

    /// The metadata for an event whose key is a digest. It also identifies the event, and leaves room for the
    /// spool's count.
    pub(crate) fn of_digest(event: &'e CloudEvent<'_>) -> Self {
        let most_bytes = MAX_KV_METADATA_BYTES - ROOM_FOR_THE_COUNT;
        Self::default()
            .and(event, most_bytes)
            .with(most_bytes, |metadata| metadata.id = Some(event.id()))
            .with(most_bytes, |metadata| metadata.source = Some(event.source()))
    }

    /// Sets one more field, if it still fits.
    fn with(self, most_bytes: usize, set: impl FnOnce(&mut Self)) -> Self {
        let mut larger = self.clone();
        set(&mut larger);
        let fits = serde_json::to_string(&larger).is_ok_and(|json| json.len() <= most_bytes);
        if fits { larger } else { self }
    }
}
