//! The Worker's bindings become a [`Config`], or a list of everything that is wrong with them.

mod authentication;
mod bindings;
mod danger;
mod destination;
mod error;
mod filter;
mod line;
mod table;
mod webhook;
mod webhook_destination;

use std::collections::BTreeMap;

use serde_json::Value;

pub use bindings::{Binding, Bindings};
pub use danger::Danger;
pub use error::{BindingKind, ConfigError, Mistake};
pub use filter::FilterMistake;
pub use line::ConfigLine;

use elytra_events::{Known, names};
use table::{Mistakes, Table};

use crate::auth::Authentication;
use crate::filter::DataPaths;
use crate::handshake::HandshakeSettings;
use crate::ledger::Moment;
use crate::names::nearest;
use crate::subscription::{Subscription, Subscriptions};

/// What a var may hold, in bytes of JSON: Cloudflare's limit of 5 KB for an environment variable.
pub const MAX_VAR_BYTES: usize = 5 * 1024;

/// The least that `max_body_bytes` can be: an intermediary must forward events of 64 KiB
/// (CloudEvents core, Size Limits).
pub const LEAST_MAX_BODY_BYTES: u64 = 64 * 1024;

/// The most that `max_body_bytes` can be: 8 MiB, of which an isolate, with its 128 MB, can bear several
/// at once. In binary mode an event can take three times as much again.
pub const MOST_MAX_BODY_BYTES: u64 = 8 * 1024 * 1024;

/// `max_body_bytes` where it is not set: 1 MiB.
pub const DEFAULT_MAX_BODY_BYTES: u64 = 1024 * 1024;

/// The least that `body_timeout_ms` can be: a second.
pub const LEAST_BODY_TIMEOUT_MS: u64 = 1_000;

/// The most that `body_timeout_ms` can be: five minutes.
pub const MOST_BODY_TIMEOUT_MS: u64 = 300_000;

/// `body_timeout_ms` where it is not set: half a minute, for which senders are known to wait.
pub const DEFAULT_BODY_TIMEOUT_MS: u64 = 30_000;

/// The most that `max_batch_events` can be: as many calls to KV as a Worker may make in a request.
/// Each KV subscription needs one for each event it wants.
pub const MOST_MAX_BATCH_EVENTS: u64 = 1_000;

/// `max_batch_events` where it is not set.
pub const DEFAULT_MAX_BATCH_EVENTS: u64 = 100;

/// The least that `time_budget_ms` can be: less than a queue or KV needs on a good day.
pub const LEAST_TIME_BUDGET_MS: u64 = 100;

/// The most that `time_budget_ms` can be: the longest time-out that senders are known to have.
pub const MOST_TIME_BUDGET_MS: u64 = 30_000;

/// `time_budget_ms` where it is not set: within the five seconds that many senders wait.
pub const DEFAULT_TIME_BUDGET_MS: u64 = 4_000;

/// The least `expiration_ttl` KV takes, in seconds.
pub const LEAST_EXPIRATION_TTL: u64 = 60;

/// The most that `expiration_ttl`, `tombstone_ttl` and `claims_expiration_ttl` can be, in seconds: ten
/// years. What is to stay for longer has none.
pub const MOST_EXPIRATION_TTL: u64 = 10 * 365 * 24 * 3_600;

/// How many bytes a secret must have that nobody guesses: 16, as many as a UUID has. Shorter ones are
/// warned of.
pub const LEAST_SECRET_BYTES: usize = 16;

/// For how many seconds a queue keeps a message where nothing else is set: four days.
pub const QUEUE_RETENTION_SECONDS: u64 = 4 * 24 * 3_600;

/// The least that `dedupe_window_seconds` can be: more than the half minute in which a sender tries.
pub const LEAST_DEDUPE_WINDOW_SECONDS: u64 = 60;

/// The most that `dedupe_window_seconds` can be: 30 days.
pub const MOST_DEDUPE_WINDOW_SECONDS: u64 = 30 * 24 * 3_600;

/// The most that `clock_tolerance_seconds` can be: a day.
pub const MOST_CLOCK_TOLERANCE_SECONDS: u64 = 24 * 3_600;

/// `clock_tolerance_seconds` where it is not set: five minutes.
pub const DEFAULT_CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// `claims_expiration_ttl` where it is not set, in seconds: a week, longer than the four days for
/// which a queue keeps a message.
pub const DEFAULT_CLAIMS_EXPIRATION_TTL: u64 = 7 * 24 * 3_600;

/// `tombstone_ttl` where it is not set, in seconds: a week.
pub const DEFAULT_TOMBSTONE_TTL: u64 = 7 * 24 * 3_600;

/// For how long a claim in the ledger outlasts the time budget of the request that made it, in
/// milliseconds. Then the request has died, and another one takes the claim over.
pub const CLAIM_GRACE_MS: u64 = 1_000;

/// How long a subscription's name may be, so that there is room for the event in a KV key.
const MAX_SUBSCRIPTION_NAME_BYTES: usize = 64;

const WEBHOOK: &str = "WEBHOOK";
const ADMIN: &str = "ADMIN";
const SUBSCRIPTION: &str = "SUBSCRIPTION";
const SUBSCRIPTION_PREFIX: &str = "SUBSCRIPTION_";

/// A configuration that holds together: every name in it is known, every binding is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What a caller must present.
    pub authentication: Authentication,
    /// What an operator must present; there is none, where it is `None`.
    pub admin: Option<Authentication>,
    /// The HTTP methods an event may come with; at least one.
    pub methods: Vec<Method>,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive, in milliseconds, from when the request is read; see
    /// [`BODY_BYTES_PER_MS`](crate::body::BODY_BYTES_PER_MS) for what it may take beyond that.
    pub body_timeout_ms: u64,
    /// How many events a batch may hold.
    pub max_batch_events: usize,
    /// How long the ledger and the destinations may take, in milliseconds, from when the body is
    /// there: what they do not hold by then is to be sent again.
    pub time_budget_ms: u64,
    /// For how long an event is remembered that was forwarded, in milliseconds; not at all, where it is
    /// `None`.
    pub dedupe_window_ms: Option<u64>,
    /// How far an event's `time` may be ahead of its arrival, in milliseconds, and still be believed.
    pub clock_tolerance_ms: u64,
    /// For how many seconds an event is stored that is too large for a queue; it is refused, where it
    /// is `None`: nothing is bound as [`CLAIMS`](crate::limits::CLAIMS).
    pub claims_expiration_ttl: Option<u64>,
    /// Whether Durable Objects are bound as [`LEDGER`](crate::limits::LEDGER).
    pub has_ledger: bool,
    /// Whether a namespace is bound as [`SPOOL`](crate::limits::SPOOL).
    pub has_spool: bool,
    /// Whether there is what dead letters need: [`DELIVERIES`](crate::limits::DELIVERIES) and
    /// [`DEAD`](crate::limits::DEAD).
    pub has_dead_letters: bool,
    /// Who gets consent in the handshake; nobody, where it is `None`.
    pub handshake: Option<HandshakeSettings>,
    /// The binding of the rate limit that each credential has.
    pub rate_limit: Option<String>,
    /// Who wants which events; at least one, in the order of their names.
    pub subscriptions: Subscriptions,
    /// The bindings of all queues, in the order of their names.
    pub queues: Vec<String>,
    /// What is possible, and dangerous where it was not meant.
    pub warnings: Vec<ConfigError>,
}

names! {
    /// The HTTP methods an event may come with.
    pub enum Method {
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
    }
}

impl Config {
    /// Reads the vars `WEBHOOK` and `SUBSCRIPTION_<NAME>`, and looks up every binding and secret
    /// they name.
    ///
    /// # Errors
    ///
    /// Every mistake that was found.
    pub fn from_bindings(bindings: &Bindings) -> Result<Self, Vec<ConfigError>> {
        let mut mistakes = Mistakes::default();
        let mut webhook = None;
        let mut admin = None;
        let mut subscriptions = Vec::new();
        let mut data_paths = DataPaths::default();
        let mut names = BTreeMap::new();
        for (var, binding) in bindings {
            let suffix = var.strip_prefix(SUBSCRIPTION_PREFIX);
            match (binding, suffix) {
                (_, Some(suffix)) => {
                    let name = subscription_name(var, suffix, &mut names, &mut mistakes);
                    let table = read_table(var, binding, &mut mistakes);
                    if let Some(table) = table {
                        let read =
                            subscription(name, table, bindings, &mut data_paths, &mut mistakes);
                        subscriptions.extend(read);
                    }
                }
                (_, None) if var == WEBHOOK => {
                    webhook = read_table(var, binding, &mut mistakes)
                        .and_then(|table| webhook::read(table, bindings, &mut mistakes));
                }
                (_, None) if var == ADMIN => {
                    admin = read_table(var, binding, &mut mistakes)
                        .and_then(|table| webhook::read_admin(table, bindings, &mut mistakes));
                }
                // The Worker reads no other table, so this one is a slip of the pen.
                (Binding::Json(json), None) if json.starts_with('{') => {
                    mistakes.note(var, Mistake::UnknownVar { nearest: nearest_var(var) });
                }
                _ => {}
            }
        }
        if !bindings.contains_key(WEBHOOK) {
            mistakes.note(WEBHOOK, Mistake::Missing);
        }
        if !bindings.keys().any(|var| var.starts_with(SUBSCRIPTION_PREFIX)) {
            mistakes.note("SUBSCRIPTION_<NAME>", Mistake::NoSubscriptions);
        }
        danger::check_secrets(&mut mistakes);
        let claims_ttl = webhook.as_ref().and_then(|webhook| webhook.claims_expiration_ttl);
        for subscription in &subscriptions {
            danger::check_retries(subscription, claims_ttl, &names, &mut mistakes);
        }
        let (mistakes, warnings) = mistakes.into_parts();
        match webhook {
            Some(webhook) if mistakes.is_empty() => Ok(Self {
                admin,
                warnings,
                subscriptions: Subscriptions::new(subscriptions, data_paths),
                ..webhook
            }),
            _ => Err(mistakes),
        }
    }
}

impl Config {
    /// The names of the methods that `/webhook` takes: those of events, and the handshake's.
    #[must_use]
    pub fn methods(&self) -> Vec<&'static str> {
        self.methods.iter().map(|method| method.as_str()).chain(["OPTIONS"]).collect()
    }

    /// The latest `time` that can be right of an event that comes now (milliseconds since 1970).
    #[must_use]
    pub fn latest(&self, now: u64) -> Moment {
        Moment::from_milliseconds(now.saturating_add(self.clock_tolerance_ms))
    }

    /// After how many milliseconds a claim in the ledger ends that nobody settled.
    #[must_use]
    pub fn claim_ms(&self) -> u64 {
        self.time_budget_ms + CLAIM_GRACE_MS
    }

    /// How many milliseconds the ledger may take for an answer, an eighth of the time budget: after
    /// that, it has failed.
    #[must_use]
    pub fn ledger_ms(&self) -> u64 {
        self.time_budget_ms / 8
    }

    /// How many milliseconds there are until everything must be forwarded, so that there is time left
    /// to tell the ledger.
    #[must_use]
    pub fn forward_ms(&self) -> u64 {
        let is_told = self.dedupe_window_ms.is_some();
        self.time_budget_ms - if is_told { self.ledger_ms() } else { 0 }
    }
}

fn read_table(var: &str, binding: &Binding, mistakes: &mut Mistakes) -> Option<Table> {
    let value = match binding {
        Binding::Json(json) if json.len() > MAX_VAR_BYTES => {
            mistakes.note(var, Mistake::TooLarge { bytes: json.len() });
            return None;
        }
        Binding::Json(json) => serde_json::from_str(json).unwrap_or(Value::Null),
        _ => Value::Null,
    };
    Table::new(var.to_owned(), value, mistakes)
}

/// The var that may have been meant.
fn nearest_var(var: &str) -> Option<String> {
    let (word, rest) = var.split_once('_').unwrap_or((var, ""));
    if nearest(word, [SUBSCRIPTION]).is_some() {
        let name = if rest.is_empty() { "<NAME>" } else { rest };
        return Some(format!("{SUBSCRIPTION_PREFIX}{name}"));
    }
    nearest(var, [WEBHOOK, ADMIN]).map(str::to_owned)
}

/// Whether a subscription can have this name.
pub(crate) fn is_subscription_name(name: &str) -> bool {
    (1..=MAX_SUBSCRIPTION_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `<NAME>` in lower case.
fn subscription_name(
    var: &str,
    suffix: &str,
    names: &mut BTreeMap<String, String>,
    mistakes: &mut Mistakes,
) -> String {
    let name = suffix.to_ascii_lowercase();
    if !is_subscription_name(&name) {
        mistakes.note(var, Mistake::BadSubscriptionName);
    }
    if let Some(other) = names.insert(name.clone(), var.to_owned()) {
        mistakes.note(var, Mistake::SameSubscriptionName { other });
    }
    name
}

fn subscription(
    name: String,
    mut table: Table,
    bindings: &Bindings,
    data_paths: &mut DataPaths,
    mistakes: &mut Mistakes,
) -> Option<Subscription> {
    let active = table.boolean("active", mistakes).unwrap_or(true);
    let event_types = table.names("event_types", mistakes).unwrap_or_default();
    let operations = table.names("operations", mistakes).unwrap_or_default();
    let filters = filter::read(&mut table, data_paths, mistakes);
    let destination = destination::read(&mut table, bindings, mistakes);
    table.finish(mistakes);
    let destination = destination?;
    let holder = destination.holder(&name);
    Some(Subscription { name, active, event_types, operations, filters, destination, holder })
}
