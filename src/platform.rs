//! What the line needs from its platform: Cloudflare's bindings in the Worker, values in memory in
//! tests.

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;

use futures_util::future::{Either, select};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::capacity::Capacity;
use crate::guesses::Guesses;
use crate::journal::{JournalRequest, NoteRequest, Pending};
use crate::ledger::{ClaimAnswer, ClaimRequest, Key, ResetRequest, SettleRequest, ShardId};
use crate::team_keys::TeamKeys;

/// Everything that the line needs.
pub trait Platform:
    Queues
    + Namespaces
    + Buckets
    + Ledger
    + Journal
    + RateLimiter
    + HttpClient
    + Assets
    + Tokens
    + Isolate
    + Clock
{
}

impl<P> Platform for P where
    P: Queues
        + Namespaces
        + Buckets
        + Ledger
        + Journal
        + RateLimiter
        + HttpClient
        + Assets
        + Tokens
        + Isolate
        + Clock
{
}

/// The queues, by the names of their bindings.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Queues {
    /// Sends text messages, either all or none. They must be within
    /// [`MAX_SEND_BATCH_MESSAGES`](crate::limits::MAX_SEND_BATCH_MESSAGES) and
    /// [`MAX_SEND_BATCH_BYTES`](crate::limits::MAX_SEND_BATCH_BYTES). On success, the queue holds
    /// them durably.
    async fn send(&self, queue: &str, messages: &[&str]) -> Result<(), BindingError>;

    /// Sends a message that is delivered after a delay, at most a day. If no queue has this name,
    /// this is an error.
    async fn send_later(
        &self,
        queue: &str,
        message: &str,
        delay_seconds: u64,
    ) -> Result<(), BindingError>;

    /// How many messages are in a queue. `None` if the binding does not tell.
    async fn backlog(&self, queue: &str) -> Result<Option<u64>, BindingError>;
}

/// The KV namespaces, by the names of their bindings.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Namespaces {
    /// Writes a key. On success, the namespace holds it durably.
    async fn put<M: Serialize>(
        &self,
        namespace: &str,
        entry: &KvEntry<'_, M>,
    ) -> Result<(), BindingError>;

    /// The value of a key. `None` if there is no such key.
    async fn get(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError>;

    /// The `effective_time` in a key's metadata, or the `time` that version 0.1.0 wrote. `None` if
    /// there is no such key, or neither.
    async fn time(&self, namespace: &str, key: &str) -> Result<Option<String>, BindingError>;

    /// The first keys with this prefix in the order of their bytes, or those after a cursor, at
    /// most `limit`, which is at most 1,000.
    async fn list(
        &self,
        namespace: &str,
        prefix: &str,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<KvPage, BindingError>;

    /// Deletes a key, if it exists.
    async fn delete(&self, namespace: &str, key: &str) -> Result<(), BindingError>;
}

/// The R2 buckets, by the names of their bindings.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Buckets {
    /// Writes an object, replacing any object with the same key. Success means that R2 holds it durably.
    async fn put_object(&self, bucket: &str, object: &R2Object<'_>) -> Result<(), BindingError>;
}

/// The shards of the ledger, which are Durable Objects: see [`crate::ledger`].
///
/// A shard that is asked as one of another number of shards than the ledger has does nothing, and the call fails.
/// From then on, [`shards`](Ledger::shards) returns the right number, so that the caller can ask again.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Ledger {
    /// How many shards the ledger has: what the configuration says, until a shard says otherwise.
    fn shards(&self) -> usize;

    /// Asks a shard for claims.
    async fn claim(
        &self,
        shard: ShardId,
        request: &ClaimRequest<'_>,
    ) -> Result<ClaimAnswer, BindingError>;

    /// Tells a shard the results of its claims, and what to write to the journal: see
    /// [`print_notes`](crate::journal::print_notes). Returns why the journal failed, if only that did.
    async fn settle(
        &self,
        shard: ShardId,
        request: &SettleRequest<'_>,
        notes: &str,
    ) -> Result<Option<String>, BindingError>;

    /// Makes a shard reset an object. Returns `false`, and resets nothing, while the object is
    /// being written.
    async fn reset(&self, shard: ShardId, request: &ResetRequest<'_>)
    -> Result<bool, BindingError>;
}

/// The journal, which is in the shards of the ledger: see [`crate::journal`].
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Journal {
    /// Tells a shard what to write.
    async fn note(
        &self,
        shard: ShardId,
        request: &NoteRequest<'_>,
        notes: &str,
    ) -> Result<(), BindingError>;

    /// Asks a shard. What it answers is in the documentation of the request.
    async fn journal<A: DeserializeOwned>(
        &self,
        shard: ShardId,
        request: &JournalRequest<'_>,
    ) -> Result<A, BindingError>;

    /// Asks the object of the replays: see [`crate::replay`].
    async fn replays<A: DeserializeOwned>(
        &self,
        request: &impl Serialize,
    ) -> Result<A, BindingError>;

    /// Collects something that is written within a second or so, after the answer.
    fn collect(&self, collect: impl FnOnce(&mut Pending));
}

/// A key to write, with its value and metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvEntry<'e, M = KvMetadata<'e>> {
    /// `<subscription>/<source>/<id>`, each percent-encoded. It identifies the event. For an
    /// object's newest event, it is `<subscription>/<objectType>/<objectId>`.
    ///
    /// If that is longer than [`MAX_KV_KEY_BYTES`](crate::limits::MAX_KV_KEY_BYTES), it is
    /// `<subscription>/sha256=<digest>`, with the SHA-256 of everything after the subscription in
    /// base64url (RFC 4648 section 5).
    pub key: String,
    /// The event, in the JSON format.
    pub value: &'e str,
    /// What a listing of the keys shows about the event.
    pub metadata: M,
    /// After how many seconds the key expires. `None` if it never does.
    pub expiration_ttl: Option<u64>,
}

/// What a listing shows about an event, as far as it fits in
/// [`MAX_KV_METADATA_BYTES`](crate::limits::MAX_KV_METADATA_BYTES). A field that does not fit is
/// left out, never shortened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KvMetadata<'e> {
    /// With one key per object, the moment that decides which event is newer, in UTC: `time`, or
    /// the event's arrival if it has no `time` or one that cannot be right. It always fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_time: Option<String>,
    /// `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<&'e str>,
    /// Elytra's event type, derived from `type` if there is no `eventtype`.
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
    /// `id`, if the key does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'e str>,
    /// `source`, if the key does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'e str>,
}

/// A page of keys of a namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KvPage {
    /// The keys, each with its metadata.
    pub keys: Vec<(String, Option<Value>)>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// An object to write to R2, with everything that belongs to it.
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

/// Calls HTTP servers and other Workers.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait HttpClient {
    /// Makes a call. It follows no redirects. Of the body of a success, it reads and drops at most
    /// [`MAX_ANSWER_BYTES`](crate::limits::MAX_ANSWER_BYTES). Of any other, it reads at most
    /// [`MAX_EXCERPT_BYTES`](crate::limits::MAX_EXCERPT_BYTES), within the time that the answer may take.
    async fn call(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure>;
}

/// An HTTP request, independent of Cloudflare's types.
#[derive(Clone, PartialEq)]
pub struct HttpRequest<'r> {
    /// The method.
    pub method: &'static str,
    /// Where it goes.
    pub target: Target<'r>,
    /// The headers, with unique names in lower case. They may include a secret.
    pub headers: Vec<(Cow<'r, str>, String)>,
    /// The body.
    pub body: Cow<'r, [u8]>,
    /// How long the answer may take, in milliseconds.
    pub timeout_ms: u64,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'r> {
    /// A server, by its URL.
    Url(&'r str),
    /// Another Worker, through a service binding.
    Service {
        /// The name of the binding.
        binding: &'r str,
        /// The URL that the Worker sees. It decides nothing about where the request goes.
        url: &'r str,
    },
}

impl fmt::Debug for HttpRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Leaves out the URL, whose query may be secret, the credential and the data.
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What we need of a server's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// What the answer says, unless it is a success (2xx).
    pub content: Option<AnswerContent>,
}

/// The beginning of an answer's body. It may contain anything.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AnswerContent {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// At most [`MAX_EXCERPT_BYTES`](crate::limits::MAX_EXCERPT_BYTES) of the body, or what of them arrived
    /// in time.
    pub bytes: Vec<u8>,
    /// Whether that is the whole body.
    pub is_whole: bool,
}

impl fmt::Debug for AnswerContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Leaves out what the answer says, which is nobody's business but the operator's.
        f.debug_struct("AnswerContent").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFailure {
    /// The server did not answer in time.
    Timeout,
    /// The connection failed. The text is for the log.
    Connection(String),
}

/// The files of the console.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Assets {
    /// The file at this path, which starts with a slash. `None` if there is none. `etag` is the one that the caller has.
    async fn asset(&self, path: &str, etag: Option<&str>) -> Result<Option<Asset>, BindingError>;
}

/// A file of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its media type.
    pub content_type: String,
    /// Its entity tag, if it has one.
    pub etag: Option<String>,
    /// The file. `None` if the caller has it.
    pub text: Option<String>,
}

/// Verifies tokens of Cloudflare Access: see [`Access`](crate::auth::Access).
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Tokens {
    /// The keys at this URL, at most [`MAX_KEYS_BYTES`](crate::limits::MAX_KEYS_BYTES) of text.
    async fn keys(&self, url: &str) -> Result<String, BindingError>;

    /// Whether this JSON Web Key has signed a text with RS256 (RFC 7518 section 3.3).
    async fn has_signed(
        &self,
        key: &str,
        text: &str,
        signature: &[u8],
    ) -> Result<bool, BindingError>;
}

/// What the requests of an isolate share.
pub trait Isolate {
    /// The memory that all requests may hold together.
    fn capacity(&self) -> &Capacity;

    /// Reads or changes what was seen of wrong credentials.
    fn guesses<T>(&self, then: impl FnOnce(&mut Guesses) -> T) -> T;

    /// Reads or changes what is known of a team's keys.
    fn team_keys<T>(&self, then: impl FnOnce(&mut TeamKeys) -> T) -> T;
}

/// Counts requests.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait RateLimiter {
    /// Whether the rate limit with this binding lets one more request with this key pass. If the
    /// rate limit fails, the request passes: it must not cost an event.
    async fn allows(&self, rate_limit: &str, key: &str) -> bool;
}

/// Tells the time, and waits.
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

/// How long a call may take if no sender waits for it, in milliseconds. A call that takes longer
/// hangs, and is left for the next run.
pub(crate) const CALL_MS: u64 = 5_000;

/// The result of `work`, or an error after this many milliseconds.
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

/// What the shard of a key answers. If the first one that is asked shows that the ledger has another number of
/// shards, the right one is asked.
pub(crate) async fn in_shard<T>(
    ledger: &impl Ledger,
    key: &Key,
    ask: impl AsyncFn(ShardId) -> Result<T, BindingError>,
) -> Result<T, BindingError> {
    let shard = key.shard(ledger.shards());
    let answer = ask(shard).await;
    if answer.is_ok() || ledger.shards() == shard.of {
        return answer;
    }
    ask(key.shard(ledger.shards())).await
}
