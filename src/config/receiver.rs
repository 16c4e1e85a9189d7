//! The var `WEBHOOK`: who may send events, how, and how large they may be.

use std::num::NonZeroU64;

use serde_json::Value;

use crate::auth::Authentication;
use crate::handshake::{AllowedRate, HandshakeSettings};
use crate::times::Times;
use crate::vars::{BindingKind, Bindings, Bounds, Mistake, Mistakes, Table, look_up};
use elytra_events::{Known, names};

/// `max_body_bytes`: from the 64 KiB that an intermediary must forward (CloudEvents core, Size Limits) to
/// 8 MiB. An isolate has 128 MB and can hold several such bodies at once, although an event in binary mode can
/// take three times as much again. The default is 1 MiB.
pub const MAX_BODY_BYTES: Bounds =
    Bounds { least: 64 * 1024, most: 8 * 1024 * 1024, default: 1024 * 1024 };

/// `body_timeout_ms`: from one second to five minutes. The default is 30 seconds, which senders are known to
/// wait.
pub const BODY_TIMEOUT_MS: Bounds = Bounds { least: 1_000, most: 300_000, default: 30_000 };

/// `max_batch_events`: up to 1,000, because a Worker may make that many calls to KV per request, and each KV
/// subscription needs one for each event that it wants.
pub const MAX_BATCH_EVENTS: Bounds = Bounds { least: 1, most: 1_000, default: 100 };

/// Which requests the Worker accepts: the var `WEBHOOK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What a caller must present.
    pub authentication: Authentication,
    /// The HTTP methods that events may be sent with; at least one.
    pub methods: Vec<Method>,
    /// The largest body that is accepted, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive after its head, in milliseconds. A large body may take longer: see
    /// [`BODY_BYTES_PER_MS`](crate::body::BODY_BYTES_PER_MS).
    pub body_timeout_ms: u64,
    /// How many events a batch may contain.
    pub max_batch_events: usize,
    /// The time limits, and which event times are trusted.
    pub times: Times,
    /// Which senders get consent in the handshake. `None` means that no sender does.
    pub handshake: Option<HandshakeSettings>,
    /// The binding of the rate limit, which applies to each credential.
    pub rate_limit: Option<String>,
}

names! {
    /// The HTTP methods that events may be sent with.
    pub enum Method {
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
    }
}

impl Receiver {
    /// Reads the fields of `WEBHOOK`, except those that [`Stores`](super::Stores) reads.
    pub(super) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let authentication = Authentication::read(table, bindings, mistakes);
        let methods = table.names("methods", mistakes).unwrap_or_else(|| Method::ALL.to_vec());
        if methods.is_empty() {
            mistakes.note(table.path_of("methods"), Mistake::NoMethods);
        }
        let max_body_bytes = table.bounded("max_body_bytes", MAX_BODY_BYTES, mistakes);
        let body_timeout_ms = table.bounded("body_timeout_ms", BODY_TIMEOUT_MS, mistakes);
        let max_batch_events = table.bounded("max_batch_events", MAX_BATCH_EVENTS, mistakes);
        let times = Times::read(table, bindings, mistakes);
        let handshake = read_handshake(table, mistakes);
        let path = table.path_of("rate_limit");
        let rate_limit = table
            .string("rate_limit", mistakes)
            .and_then(|name| look_up(path, name, BindingKind::RateLimit, bindings, mistakes));
        Some(Self {
            authentication: authentication?,
            methods,
            max_body_bytes: usize::try_from(max_body_bytes).ok()?,
            body_timeout_ms,
            max_batch_events: usize::try_from(max_batch_events).ok()?,
            times,
            handshake,
            rate_limit,
        })
    }

    /// The names of the methods that `/webhook` accepts: those for events, and `OPTIONS` for the handshake.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        self.methods.iter().map(|method| method.as_str()).chain(["OPTIONS"]).collect()
    }
}

/// Reads `allowed_origins` and `allowed_rate`, which require each other.
fn read_handshake(table: &mut Table, mistakes: &mut Mistakes) -> Option<HandshakeSettings> {
    let (has_origins, has_rate) = (table.has("allowed_origins"), table.has("allowed_rate"));
    if has_origins != has_rate {
        let absent = if has_origins { "allowed_rate" } else { "allowed_origins" };
        mistakes.note(table.path_of(absent), Mistake::Missing);
    }
    let path = table.path_of("allowed_rate");
    let allowed_rate = table.take("allowed_rate").and_then(|rate| {
        let rate = allowed_rate(&rate);
        if rate.is_none() {
            let expected = "\"*\" or a number of requests per minute";
            mistakes.note(path, Mistake::WrongType { expected });
        }
        rate
    });
    let allowed_origins = table.strings("allowed_origins", mistakes);
    Some(HandshakeSettings { allowed_origins: allowed_origins?, allowed_rate: allowed_rate? })
}

fn allowed_rate(rate: &Value) -> Option<AllowedRate> {
    match rate {
        Value::String(text) if text == "*" => Some(AllowedRate::Unlimited),
        rate => rate.as_u64().and_then(NonZeroU64::new).map(AllowedRate::PerMinute),
    }
}
