//! What the line needs of the platform it runs on. In the Worker these are Cloudflare's bindings, in
//! tests they are values in memory.

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;

use futures_util::future::{Either, select};

use serde::Serialize;
use serde_json::Value;

use crate::capacity::Capacity;
use crate::ledger::{ClaimAnswer, ClaimRequest, ResetRequest, SettleRequest};

/// Everything that is needed.
pub trait Platform:
    Queues + Namespaces + Buckets + Ledger + RateLimiter + HttpClient + Isolate + Clock
{
}

impl<P> Platform for P where
    P: Queues + Namespaces + Buckets + Ledger + RateLimiter + HttpClient + Isolate + Clock
{
}

/// The queues, by the names of their bindings.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Queues {
    /// Sends messages, texts: all of them, or none. They are within
    /// [`MAX_SEND_BATCH_MESSAGES`](crate::limits::MAX_SEND_BATCH_MESSAGES) and
    /// [`MAX_SEND_BATCH_BYTES`](crate::limits::MAX_SEND_BATCH_BYTES). A success means that the
    /// queue holds them durably.
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), BindingError>;

    /// Sends a message that is handed out after so many seconds, a day's at most. There may be no such
    /// queue, which is an error.
    async fn send_later(
        &self,
        queue: &str,
        message: &str,
        delay_seconds: u64,
    ) -> Result<(), BindingError>;
}

/// The KV namespaces, by the names of their bindings.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Namespaces {
    /// Writes a key. A success means that it is held durably.
    async fn put<M: Serialize>(
        &self,
        namespace: &str,
        entry: &KvEntry<'_, M>,
    ) -> Result<(), BindingError>;

    /// A key's value; `None` where there is no such key.
    async fn get(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError>;

    /// The `effective_time` in a key's metadata, or `time` where version 0.1.0 wrote them; `None` where
    /// there is no such key, or neither.
    async fn time(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError>;

    /// The first keys with this prefix in the order of their bytes, or those behind a cursor, as many
    /// as `limit` at most, which is 1,000 at most.
    async fn list(
        &self,
        namespace: &str,
        prefix: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<KvPage, BindingError>;

    /// Deletes a key, if there is one.
    async fn delete(&self, namespace: &str, key: &str) -> Result<(), BindingError>;
}

/// The R2 buckets, by the names of their bindings.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Buckets {
    /// Writes an object, and replaces the one that has its key. A success means that it is held durably.
    async fn put_object(&self, bucket: &str, object: &R2Object<'_>) -> Result<(), BindingError>;
}

/// The shards of the ledger, Durable Objects, by their numbers: see [`crate::ledger`].
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Ledger {
    /// Asks a shard for claims.
    async fn claim(
        &self,
        shard: usize,
        request: &ClaimRequest<'_>,
    ) -> Result<ClaimAnswer, BindingError>;

    /// Tells a shard what came of its claims.
    async fn settle(&self, shard: usize, request: &SettleRequest<'_>) -> Result<(), BindingError>;

    /// Lets a shard forget an object; whether it did, which it does not while somebody writes it.
    async fn reset(&self, shard: usize, request: &ResetRequest<'_>) -> Result<bool, BindingError>;
}

/// A key to be written, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry<'e, M = KvMetadata<'e>> {
    /// `<subscription>/<source>/<id>`, each percent-encoded; the same event has the same key, and
    /// no other event has it. For an object's newest state, `<subscription>/<objectType>/<objectId>`.
    ///
    /// Where that is longer than [`MAX_KV_KEY_BYTES`](crate::limits::MAX_KV_KEY_BYTES), it is
    /// `<subscription>/sha256=<digest>`: the SHA-256 of what stands behind the subscription, in base64url (RFC 4648 section 5).
    pub key: String,
    /// The event, in the JSON format.
    pub value: &'e str,
    /// What a listing of the keys shows of the event.
    pub metadata: M,
    /// After how many seconds the key is gone; never, where it is `None`.
    pub expiration_ttl: Option<u64>,
}

/// What a listing shows of an event, as far as it fits in
/// [`MAX_KV_METADATA_BYTES`](crate::limits::MAX_KV_METADATA_BYTES): a field that would not fit is left out,
/// never shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KvMetadata<'e> {
    /// With a key for each object, the moment that decides which event is newer, in UTC: `time`, or the
    /// event's arrival where it has none, or one that cannot be right. It always fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<String>,
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
    /// `id`, where the key does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'e str>,
    /// `source`, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'e str>,
}

/// Some keys of a namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KvPage {
    /// The keys, each with its metadata.
    pub keys: Vec<(String, Option<Value>)>,
    /// Where to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// An object to be written, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct R2Object<'e> {
    /// `<prefix><date>/<the key that KV would have>`, at most
    /// [`MAX_R2_KEY_BYTES`](crate::limits::MAX_R2_KEY_BYTES): see [`KvEntry::key`]. The date is that of the
    /// event's `time`, or of its arrival, in UTC.
    pub key: &'e str,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The event, in the JSON format.
    pub body: &'e str,
    /// The names of the event's attributes, and their values as in headers of binary mode (HTTP binding section
    /// 3.1.3.2), as far as they fit in [`MAX_R2_METADATA_BYTES`](crate::limits::MAX_R2_METADATA_BYTES): a
    /// field that would not fit is left out, never shortened.
    pub metadata: Vec<(&'e str, String)>,
}

/// Calls HTTP servers.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait HttpClient {
    /// Makes a call, and follows no redirect. Of the answer's body as much is read as
    /// [`MAX_ANSWER_BYTES`](crate::limits::MAX_ANSWER_BYTES), and dropped.
    async fn call(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure>;
}

/// An HTTP request, not yet one of Cloudflare's.
#[derive(Clone, PartialEq)]
pub struct HttpRequest<'r> {
    /// The method.
    pub method: &'static str,
    /// The URL.
    pub url: &'r str,
    /// The headers, their names in lower case, each once. Among them may be a secret.
    pub headers: Vec<(Cow<'r, str>, String)>,
    /// The body.
    pub body: Cow<'r, [u8]>,
    /// How long the answer may take, in milliseconds.
    pub timeout_ms: u64,
}

impl fmt::Debug for HttpRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the query of the URL, nor the credential, nor the data.
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What is asked of a server's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `Location`.
    pub location: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFailure {
    /// The time was up.
    Timeout,
    /// There was no connection, or it broke; the text is for the log.
    Connection(String),
}

/// What a request shares with the others.
pub trait Isolate {
    /// The memory that all requests may hold together.
    fn capacity(&self) -> &Capacity;
}

/// Counts requests.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait RateLimiter {
    /// Whether the rate limit of this binding lets one more request with this key pass. It does
    /// where it cannot be asked: a rate limit that fails must not cost an event.
    async fn allows(&self, rate_limit: &str, key: &str) -> bool;
}

/// Tells the time, and lets it pass.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Clock {
    /// The time, in milliseconds since 1970.
    fn now(&self) -> u64;

    /// Waits for this many milliseconds.
    async fn sleep(&self, milliseconds: u64);
}

/// A binding failed; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingError(pub String);

impl fmt::Display for BindingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How long a call may take where no sender waits for it, in milliseconds: what takes longer hangs, and is left for
/// the next time.
pub(crate) const CALL_MS: u64 = 5_000;

/// What `work` comes to, or that it took longer than this.
pub(crate) async fn within<T>(
    clock: &impl Clock,
    milliseconds: u64,
    work: impl Future<Output = Result<T, BindingError>>,
) -> Result<T, BindingError> {
    match select(pin!(work), pin!(clock.sleep(milliseconds))).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(BindingError(format!("no answer within {milliseconds} ms"))),
    }
}
