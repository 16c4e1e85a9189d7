//! The KV entry of an event: its key, its value, its metadata.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cloudevents::{CloudEvent, Timestamp};

/// The longest key KV takes, in bytes.
pub const MAX_KV_KEY_BYTES: usize = 512;

/// The largest value KV takes, in bytes: 25 MiB.
pub const MAX_KV_VALUE_BYTES: usize = 25 * 1024 * 1024;

/// The most metadata KV takes for a key, in bytes of JSON.
pub const MAX_KV_METADATA_BYTES: usize = 1024;

/// Everything but the unreserved characters of RFC 3986 section 2.3, so that no `/` and no `=`
/// of an event shows in a key.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A key to be written, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry<'e> {
    /// `<subscription>/<source>/<id>`, each percent-encoded; the same event has the same key, and
    /// no other event has it.
    ///
    /// Where that is longer than [`MAX_KV_KEY_BYTES`], it is `<subscription>/sha256=<digest>`:
    /// the SHA-256 of `<source>/<id>` so encoded, in base64url (RFC 4648 section 5).
    pub key: String,
    /// The event, in the JSON format.
    pub value: &'e str,
    /// What a listing of the keys shows of the event.
    pub metadata: KvMetadata<'e>,
    /// After how many seconds the key is gone; never, where it is `None`.
    pub expiration_ttl: Option<u64>,
}

/// What a listing shows of an event, as far as it fits in [`MAX_KV_METADATA_BYTES`]: a field that
/// would not fit is left out, never shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KvMetadata<'e> {
    /// `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<&'e str>,
    /// Elytra's event type, told from `type` where there is no `eventtype`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eventtype: Option<String>,
    /// `operation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// `time`, as the sender wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<&'e str>,
    /// `subject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'e str>,
}

impl<'e> KvEntry<'e> {
    /// The entry of an event under a subscription's name.
    #[must_use]
    pub fn new(subscription: &str, event: &'e CloudEvent<'_>, expiration_ttl: Option<u64>) -> Self {
        Self {
            key: key(subscription, event),
            value: event.as_json(),
            metadata: KvMetadata::new(event),
            expiration_ttl,
        }
    }
}

fn key(subscription: &str, event: &CloudEvent<'_>) -> String {
    let encode = |text| utf8_percent_encode(text, ENCODED);
    let event_key = format!("{}/{}", encode(event.source()), encode(event.id()));
    if subscription.len() + 1 + event_key.len() <= MAX_KV_KEY_BYTES {
        format!("{subscription}/{event_key}")
    } else {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(event_key));
        format!("{subscription}/sha256={digest}")
    }
}

impl<'e> KvMetadata<'e> {
    fn new(event: &'e CloudEvent<'_>) -> Self {
        Self::default()
            .with(|metadata| metadata.type_ = Some(event.type_()))
            .with(|metadata| metadata.eventtype = event.event_type().map(|name| name.to_string()))
            .with(|metadata| metadata.operation = event.operation().map(|name| name.to_string()))
            .with(|metadata| metadata.time = event.time().map(Timestamp::as_str))
            .with(|metadata| metadata.subject = event.subject())
    }

    /// With one more field, if it still fits.
    fn with(self, set: impl FnOnce(&mut Self)) -> Self {
        let mut larger = self.clone();
        set(&mut larger);
        let fits =
            serde_json::to_string(&larger).is_ok_and(|json| json.len() <= MAX_KV_METADATA_BYTES);
        if fits { larger } else { self }
    }
}
