//! The Worker's bindings become a [`Config`], or a list of everything that is wrong with them.

mod authentication;
mod destination;
mod error;
mod table;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub use error::{BindingKind, ConfigError, Mistake};

use crate::auth::Authentication;
use crate::names::{Known, names, nearest};
use crate::subscription::Subscription;
use table::{Mistakes, Table};

/// What a var may hold, in bytes of JSON: Cloudflare's limit of 5 KB for an environment variable.
pub const MAX_VAR_BYTES: usize = 5 * 1024;

/// The least that `max_body_bytes` can be: an intermediary must forward events of 64 KiB
/// (CloudEvents core section 5, "Size Limits").
pub const LEAST_MAX_BODY_BYTES: u64 = 64 * 1024;

/// The most that `max_body_bytes` can be: the largest value KV holds, 25 MiB, beyond which no
/// destination takes an event.
pub const MOST_MAX_BODY_BYTES: u64 = 25 * 1024 * 1024;

/// `max_body_bytes` where it is not set: 1 MiB.
pub const DEFAULT_MAX_BODY_BYTES: u64 = 1024 * 1024;

/// The least `expiration_ttl` KV takes, in seconds.
pub const LEAST_EXPIRATION_TTL: u64 = 60;

/// How long a subscription's name may be, so that there is room for the event in a KV key.
const MAX_SUBSCRIPTION_NAME_BYTES: usize = 64;

const WEBHOOK: &str = "WEBHOOK";
const SUBSCRIPTION: &str = "SUBSCRIPTION";
const SUBSCRIPTION_PREFIX: &str = "SUBSCRIPTION_";

/// A configuration that holds together: every name in it is known, every binding is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What a caller must present.
    pub authentication: Authentication,
    /// The HTTP methods an event may come with; at least one.
    pub methods: Vec<Method>,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// Who wants which events; at least one, in the order of their names.
    pub subscriptions: Vec<Subscription>,
}

names! {
    /// The HTTP methods an event may come with.
    pub enum Method {
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
    }
}

/// What stands behind a name in the Worker's `env`.
#[derive(Clone, PartialEq, Eq)]
pub enum Binding {
    /// A var that is a table or a list, as JSON text.
    Json(String),
    /// A var or a secret that is a string; the two cannot be told apart.
    Text(String),
    /// A queue to send to.
    Queue,
    /// A KV namespace.
    Kv,
    /// Anything else, by the name of its class.
    Other(String),
}

/// The Worker's `env`, by the names of the bindings.
pub type Bindings = BTreeMap<String, Binding>;

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
        let mut subscriptions = Vec::new();
        let mut names = BTreeMap::new();
        for (var, binding) in bindings {
            let suffix = var.strip_prefix(SUBSCRIPTION_PREFIX);
            match (binding, suffix) {
                (_, Some(suffix)) => {
                    let name = subscription_name(var, suffix, &mut names, &mut mistakes);
                    let table = read_table(var, binding, &mut mistakes);
                    if let Some(table) = table {
                        subscriptions.extend(subscription(name, table, bindings, &mut mistakes));
                    }
                }
                (_, None) if var == WEBHOOK => {
                    webhook = read_table(var, binding, &mut mistakes)
                        .and_then(|table| webhook_settings(table, bindings, &mut mistakes));
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
        match (webhook, mistakes.into_vec()) {
            (Some(webhook), mistakes) if mistakes.is_empty() => {
                Ok(Self { subscriptions, ..webhook })
            }
            (_, mistakes) => Err(mistakes),
        }
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
    nearest(var, [WEBHOOK]).map(str::to_owned)
}

/// Reads `WEBHOOK`; the subscriptions are still missing from what it returns.
fn webhook_settings(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Config> {
    let authentication = authentication::read(&mut table, bindings, mistakes);
    let methods = table.names("methods", mistakes).unwrap_or_else(|| Method::ALL.to_vec());
    if methods.is_empty() {
        mistakes.note(table.path_of("methods"), Mistake::NoMethods);
    }
    let max_body_bytes = table
        .integer("max_body_bytes", LEAST_MAX_BODY_BYTES..=MOST_MAX_BODY_BYTES, mistakes)
        .unwrap_or(DEFAULT_MAX_BODY_BYTES);
    table.finish(mistakes);
    Some(Config {
        authentication: authentication?,
        methods,
        max_body_bytes: usize::try_from(max_body_bytes).ok()?,
        subscriptions: Vec::new(),
    })
}

/// `<NAME>` in lower case.
fn subscription_name(
    var: &str,
    suffix: &str,
    names: &mut BTreeMap<String, String>,
    mistakes: &mut Mistakes,
) -> String {
    let name = suffix.to_ascii_lowercase();
    let is_good = (1..=MAX_SUBSCRIPTION_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_good {
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
    mistakes: &mut Mistakes,
) -> Option<Subscription> {
    let active = table.boolean("active", mistakes).unwrap_or(true);
    let event_types = table.names("event_types", mistakes).unwrap_or_default();
    let operations = table.names("operations", mistakes).unwrap_or_default();
    let destination = destination::read(&mut table, bindings, mistakes);
    table.finish(mistakes);
    Some(Subscription { name, active, event_types, operations, destination: destination? })
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(json) => f.debug_tuple("Json").field(json).finish(),
            // It may be a secret.
            Self::Text(_) => f.write_str("Text(..)"),
            Self::Queue => f.write_str("Queue"),
            Self::Kv => f.write_str("Kv"),
            Self::Other(class) => f.debug_tuple("Other").field(class).finish(),
        }
    }
}
