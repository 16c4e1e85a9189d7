//! The ledger: who holds which event, so that nothing is forwarded twice without need.
//!
//! It is kept in Durable Objects, [`SHARDS`] of them, which answer one request after the other. A
//! name (a subscription's) claims a key (an event's) before it is forwarded and settles the claim
//! afterwards: it holds the event, or it does not. A claim whose holder died ends by itself.
//!
//! Where a claim has a time, as those on an object's newest state do, a name that holds the key may
//! claim it again for anything that is not older.

mod records;

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use records::{Records, claim, reset, settle};

use elytra_events::{CloudEvent, Timestamp};

/// How many Durable Objects share the keys. Each answers about 1,000 requests a second, and an event
/// needs two; to change the number is to forget what was held.
pub const SHARDS: usize = 8;

/// How many records a shard keeps: beyond that, the oldest are forgotten before their time.
pub const MAX_RECORDS: usize = 1_000_000;

/// How many records are forgotten at a time.
pub const FORGET_STEP: usize = 10_000;

/// How often a shard looks for records whose time is over, in milliseconds: once an hour.
pub const FORGET_EVERY_MS: u64 = 3_600_000;

/// How far ahead the end of a claim can be, in milliseconds: two minutes. That is twice the longest one, so that
/// a clock that is put back a little ends none.
pub const MOST_CLAIM_MS: u64 = 120_000;

/// A key of the ledger: the SHA-256 of texts, in base64url (RFC 4648 section 5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    text: String,
    shard: usize,
}

/// A request for claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRequest<'r> {
    /// What is to be claimed.
    pub claims: Vec<Claim<'r>>,
    /// After how many milliseconds a claim that nobody settled ends.
    pub claim_ms: u64,
    /// For how many milliseconds a key is remembered.
    pub remember_ms: u64,
    /// The latest time that can be right: what is held of a later one counts for nothing, since only a
    /// wrong clock can have said so. Without it, every time counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Moment>,
}

/// A request that an object be forgotten: whatever comes next is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetRequest<'r> {
    /// The object's key.
    pub key: Cow<'r, str>,
    /// The name that holds it.
    pub name: Cow<'r, str>,
    /// For how many milliseconds that is remembered.
    pub remember_ms: u64,
}

/// A key, and the names that claim it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim<'r> {
    /// The key.
    pub key: Cow<'r, str>,
    /// The names.
    pub names: Vec<Cow<'r, str>>,
    /// How new it is what they want to hold; once and for all, where it is `None`.
    pub time: Option<Moment>,
}

/// A point in time: seconds since 1970, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64, pub u32);

/// The answer to a [`ClaimRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimAnswer {
    /// The number that the granted claims have.
    pub number: u64,
    /// For each claim, the verdict on each of its names.
    pub verdicts: Vec<Vec<Verdict>>,
}

/// What a name may do with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Forward, then settle.
    Granted,
    /// The same, and what the name holds is not known for certain.
    Uncertain,
    /// It holds the key, or something newer.
    Held,
    /// Somebody else has the claim.
    UnderWay,
}

/// What came of claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleRequest<'r> {
    /// Their number.
    pub number: u64,
    /// The keys.
    pub settlements: Vec<Settlement<'r>>,
    /// For how many milliseconds a key is remembered.
    pub remember_ms: u64,
}

/// What came of the claims on a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement<'r> {
    /// The key.
    pub key: Cow<'r, str>,
    /// The names that hold it now.
    pub held: Vec<Cow<'r, str>>,
    /// The names that do not: others may claim it at once.
    pub released: Vec<Cow<'r, str>>,
    /// How new it is what they hold.
    pub time: Option<Moment>,
}

impl Key {
    /// The key of these texts, of which each counts: `["ab", "c"]` is another than `["a", "bc"]`.
    #[must_use]
    pub fn of(texts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for text in texts {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        let digest = hasher.finalize();
        let shard = usize::from(digest.first().copied().unwrap_or_default()) % SHARDS;
        Self { text: BASE64_URL_SAFE_NO_PAD.encode(digest), shard }
    }

    /// The key of an event: its `source` and `id`, which no two events share.
    #[must_use]
    pub fn of_event(event: &CloudEvent<'_>) -> Self {
        Self::of(&["event", event.source(), event.id()])
    }

    /// The text of it: 43 characters of base64url.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number of the shard that keeps it, less than [`SHARDS`].
    #[must_use]
    pub fn shard(&self) -> usize {
        self.shard
    }
}

impl<'r> Settlement<'r> {
    /// What came of the claim of a single name.
    pub(crate) fn of_one(key: &'r str, name: &'r str, is_held: bool, time: Option<Moment>) -> Self {
        let names = |are_these: bool| if are_these { vec![name.into()] } else { Vec::new() };
        Self { key: key.into(), held: names(is_held), released: names(!is_held), time }
    }
}

impl From<&Timestamp<'_>> for Moment {
    fn from(timestamp: &Timestamp<'_>) -> Self {
        let instant = timestamp.instant();
        Self(instant.timestamp(), instant.timestamp_subsec_nanos())
    }
}

impl Moment {
    /// Before every event.
    pub const MIN: Self = Self(i64::MIN, 0);

    /// The moment that is this many milliseconds after 1970 began.
    #[must_use]
    pub fn from_milliseconds(milliseconds: u64) -> Self {
        let nanoseconds = u32::try_from(milliseconds % 1_000).unwrap_or_default() * 1_000_000;
        Self(i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX), nanoseconds)
    }

    /// The moment as RFC 3339 has it, in UTC, to the nanosecond. What is before the year 0 or after the
    /// year 9999, as only an offset can make it, is the first or the last that it has.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        /// 0000-01-01T00:00:00Z, in seconds before 1970.
        const FIRST: Moment = Moment(-62_167_219_200, 0);
        /// 9999-12-31T23:59:59.999999999Z.
        const LAST: Moment = Moment(253_402_300_799, 999_999_999);

        let Self(seconds, nanoseconds) = self.clamp(FIRST, LAST);
        DateTime::from_timestamp(seconds, nanoseconds)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Nanos, true)
    }
}
