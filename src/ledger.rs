//! The ledger records which destination holds which event, so that nothing is forwarded twice
//! without need.
//!
//! It consists of Durable Objects, the shards, each of which handles one request at a time. A name
//! (of a destination) claims a key (of an event) before the event is forwarded. Afterwards, the
//! claim is settled: the name holds the key, or it does not. A claim whose holder died expires.
//!
//! The hash of a key and the number of shards determine the shard of the key. The number is that of
//! the first request that the ledger ever got: see [`LedgerSettings`].
//!
//! A claim may have a time, as claims on an object's newest event do. Then a name that holds the
//! key may claim it again for anything that is not older.

mod records;
mod shard;

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::counts::Counts;
pub use records::{NewRecord, Records, Stored};
pub use shard::{MAX_CLAIMS, Shard};

use elytra_events::{CloudEvent, Timestamp, names};

/// How many records a shard keeps. If there are more, the oldest are deleted early.
pub const MAX_RECORDS: usize = 1_000_000;

/// How many records are deleted at a time.
pub const FORGET_STEP: usize = 10_000;

/// How often a shard looks for expired records, in milliseconds: once an hour.
pub const FORGET_EVERY_MS: u64 = 3_600_000;

/// The furthest that a claim's end can be in the future, in milliseconds: two minutes. This is
/// twice the longest claim, so that setting a clock back a little ends no claim.
pub const MOST_CLAIM_MS: u64 = 120_000;

/// How the ledger is divided, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerSettings {
    /// How many shards a new ledger has. One that has been used keeps its number, because with another one its
    /// keys would be looked for where they are not.
    pub shards: usize,
    /// Where the shards are. `None` leaves it to Cloudflare. Each jurisdiction has a ledger of its own.
    pub jurisdiction: Option<Jurisdiction>,
}

names! {
    /// Where Durable Objects run and keep their data.
    /// See <https://developers.cloudflare.com/durable-objects/reference/data-location/>.
    pub enum Jurisdiction {
        Eu = "eu",
        Us = "us",
        Fedramp = "fedramp",
        FedrampHigh = "fedramp-high",
    }
}

/// For how long what was settled is certain, in milliseconds: a minute, after which KV is no longer stale
/// (<https://developers.cloudflare.com/kv/concepts/how-kv-works/>), so that it can be asked instead.
pub const CERTAIN_MS: u64 = 60_000;

/// A key in the ledger: the SHA-256 of texts, in base64url (RFC 4648 section 5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    text: String,
    /// The first bytes of the digest.
    hash: u32,
}

/// A shard among those of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShardId {
    /// Its number, less than `of`.
    pub number: usize,
    /// How many shards there are.
    pub of: usize,
}

/// A request for claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRequest<'r> {
    /// What to claim.
    pub claims: Vec<Claim<'r>>,
    /// After how many milliseconds an unsettled claim expires.
    pub claim_ms: u64,
    /// For how many milliseconds a key is remembered.
    pub remember_ms: u64,
    /// The latest time that can be right. Whatever is held with a later time is ignored, because
    /// only a wrong clock can have written it. `None` allows every time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Moment>,
}

/// A request to reset an object: the next event of it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetRequest<'r> {
    /// The object's key.
    pub key: Cow<'r, str>,
    /// The name that holds it.
    pub name: Cow<'r, str>,
    /// For how many milliseconds the reset is remembered.
    pub remember_ms: u64,
}

/// A key, and the names that claim it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim<'r> {
    /// The key.
    pub key: Cow<'r, str>,
    /// The names.
    pub names: Vec<Cow<'r, str>>,
    /// The time of what they want to hold. `None` if a name can hold the key only once.
    pub time: Option<Moment>,
}

/// A point in time: seconds since 1970, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment(pub i64, pub u32);

/// The answer to a [`ClaimRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimAnswer {
    /// The number of the granted claims.
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
    /// Forward, then settle. Nobody knows for sure what the name holds.
    Uncertain,
    /// The name holds the key, or something newer.
    Held,
    /// Another request has the claim.
    UnderWay,
}

/// The results of claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleRequest<'r> {
    /// The number of the claims.
    pub number: u64,
    /// The keys.
    pub settlements: Vec<Settlement<'r>>,
    /// For how many milliseconds a key is remembered.
    pub remember_ms: u64,
    /// What was counted, for the metrics.
    #[serde(default, skip_serializing_if = "Counts::is_empty")]
    pub counts: Counts,
}

/// The results of the claims on a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement<'r> {
    /// The key.
    pub key: Cow<'r, str>,
    /// The names that hold it now.
    pub held: Vec<Cow<'r, str>>,
    /// The names that do not hold it. Others may claim it immediately.
    pub released: Vec<Cow<'r, str>>,
    /// The time of what they hold.
    pub time: Option<Moment>,
}

impl Key {
    /// The key of these texts. The boundaries count: `["ab", "c"]` and `["a", "bc"]` have different
    /// keys.
    #[must_use]
    pub fn of(texts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for text in texts {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        let digest = hasher.finalize();
        let hash = digest.first_chunk().copied().map(u32::from_le_bytes).unwrap_or_default();
        Self { text: BASE64_URL_SAFE_NO_PAD.encode(digest), hash }
    }

    /// The key of an event, from its `source` and `id`, which identify it.
    #[must_use]
    pub fn of_event(event: &CloudEvent<'_>) -> Self {
        Self::of(&["event", event.source(), event.id()])
    }

    /// The key as text: 43 characters of base64url.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number that chooses its shard.
    pub(crate) fn hash(&self) -> u32 {
        self.hash
    }

    /// Its shard, if the ledger has this many.
    #[must_use]
    pub fn shard(&self, of: usize) -> ShardId {
        ShardId { number: self.hash as usize % of.max(1), of }
    }
}

impl<'r> SettleRequest<'r> {
    /// The results of claims with this number, which are remembered for so many milliseconds. Nothing was counted.
    #[must_use]
    pub fn new(number: u64, settlements: Vec<Settlement<'r>>, remember_ms: u64) -> Self {
        Self { number, settlements, remember_ms, counts: Counts::default() }
    }
}

impl<'r> Settlement<'r> {
    /// The result of the claim of a single name.
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

    /// The moment this many milliseconds after the start of 1970.
    #[must_use]
    pub fn from_milliseconds(milliseconds: u64) -> Self {
        let nanoseconds = u32::try_from(milliseconds % 1_000).unwrap_or_default() * 1_000_000;
        Self(i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX), nanoseconds)
    }

    /// The moment in RFC 3339, in UTC, with nanoseconds. An offset can move a moment before the
    /// year 0 or past the year 9999. It then becomes the first or last moment that RFC 3339 can
    /// express.
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
