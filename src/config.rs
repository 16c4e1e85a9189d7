//! Turns the Worker's bindings into a [`Config`], or into a list of all mistakes in them.

mod admin;
mod danger;
mod filter;
mod journal;
mod line;
mod receiver;
mod shown;
mod stores;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use journal::{JournalSettings, RETENTION_DAYS};
pub use line::ConfigLine;
pub use receiver::{BODY_TIMEOUT_MS, MAX_BATCH_EVENTS, MAX_BODY_BYTES, Method, Receiver};
pub use stores::{DEFAULT_CLAIMS_EXPIRATION_TTL, LEDGER_SHARDS, Stores};

pub use crate::filter::FilterMistake;
pub use crate::vars::{
    Binding, BindingKind, Bindings, ConfigError, Danger, MAX_VAR_BYTES, Mistake,
};

use crate::auth::Admin;
use crate::destination::Destination;
use crate::filter::DataPaths;
use crate::names::nearest;
use crate::subscription::{Subscription, Subscriptions};
use crate::vars::{ADMIN, JOURNAL, Mistakes, Table, WEBHOOK};

/// The longest subscription name. It leaves room for the event in a KV key.
pub const MAX_SUBSCRIPTION_NAME_BYTES: usize = 64;

const SUBSCRIPTION: &str = "SUBSCRIPTION";
/// What the name of each subscription's var begins with.
pub const SUBSCRIPTION_PREFIX: &str = "SUBSCRIPTION_";

/// A valid configuration: every name in it is known, and every binding exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Which requests the Worker accepts.
    pub receiver: Receiver,
    /// What an operator must present. `None` switches off the operator's endpoints.
    pub admin: Option<Admin>,
    /// At least one subscription, sorted by name.
    pub subscriptions: Subscriptions,
    /// The bindings that the Worker uses itself.
    pub stores: Stores,
    /// What the journal keeps. `None` switches it off.
    pub journal: Option<JournalSettings>,
    /// What is valid, but dangerous unless it is intended.
    pub warnings: Vec<ConfigError>,
    /// The tables as they were written, by their vars, without what may be secret.
    pub tables: Map<String, Value>,
}

/// A configuration with mistakes. The Worker lets nobody in with it, except an operator who asks what is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// All mistakes; at least one.
    pub mistakes: Vec<ConfigError>,
    /// What an operator must present. `None` if `ADMIN` itself has mistakes: it may let in who is none.
    pub admin: Option<Admin>,
}

impl Broken {
    fn new(mistakes: Vec<ConfigError>, admin: Option<Admin>) -> Self {
        let is_of_admin = |mistake: &ConfigError| {
            let var = |path: &str| path.split('.').next() == Some(ADMIN);
            let shares = |other: &Danger| match other {
                Danger::SharedWithSenders { other, .. }
                | Danger::SharedWithDestination { other, .. } => var(other),
                _ => false,
            };
            var(&mistake.path)
                || matches!(&mistake.mistake, Mistake::Danger(danger) if shares(danger))
        };
        let admin = admin.filter(|_| !mistakes.iter().any(is_of_admin));
        Self { mistakes, admin }
    }
}

impl Config {
    /// Reads the vars `WEBHOOK`, `ADMIN`, `JOURNAL` and `SUBSCRIPTION_<NAME>`, and looks up every binding and
    /// secret they name.
    ///
    /// # Errors
    ///
    /// All mistakes.
    pub fn from_bindings(bindings: &Bindings) -> Result<Self, Broken> {
        let mut mistakes = Mistakes::default();
        let mut webhook = None;
        let mut admin = None;
        let mut journal = None;
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
                        .map(|table| read_webhook(table, bindings, &mut mistakes));
                }
                (_, None) if var == ADMIN => {
                    admin = read_table(var, binding, &mut mistakes)
                        .and_then(|table| admin::read(table, bindings, &mut mistakes));
                }
                (_, None) if var == JOURNAL => {
                    journal = read_table(var, binding, &mut mistakes)
                        .map(|table| journal::read(table, bindings, &mut mistakes));
                }
                // The Worker reads no other table, so this is a typo.
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
        let claims_ttl = webhook.as_ref().and_then(|(_, stores)| stores.claims_expiration_ttl);
        for subscription in &subscriptions {
            danger::check_retries(subscription, claims_ttl, &names, &mut mistakes);
        }
        let (mistakes, warnings) = mistakes.into_parts();
        match webhook {
            Some((Some(receiver), stores)) if mistakes.is_empty() => {
                let subscriptions = Subscriptions::new(subscriptions, data_paths);
                let tables = shown::tables(bindings);
                Ok(Self { receiver, admin, subscriptions, stores, journal, warnings, tables })
            }
            // Without the senders' secrets, nobody knows whether the operator's is one of them.
            Some((None, _)) | None => Err(Broken::new(mistakes, None)),
            Some((Some(_), _)) => Err(Broken::new(mistakes, admin)),
        }
    }
}

fn read_webhook(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> (Option<Receiver>, Stores) {
    let receiver = Receiver::read(&mut table, bindings, mistakes);
    let stores = Stores::read(&mut table, bindings, mistakes);
    table.finish(mistakes);
    (receiver, stores)
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

/// The var that was probably meant.
fn nearest_var(var: &str) -> Option<String> {
    let (word, rest) = var.split_once('_').unwrap_or((var, ""));
    if nearest(word, [SUBSCRIPTION]).is_some() {
        let name = if rest.is_empty() { "<NAME>" } else { rest };
        return Some(format!("{SUBSCRIPTION_PREFIX}{name}"));
    }
    nearest(var, [WEBHOOK, ADMIN, JOURNAL]).map(str::to_owned)
}

/// Whether this is a valid subscription name.
pub(crate) fn is_subscription_name(name: &str) -> bool {
    (1..=MAX_SUBSCRIPTION_NAME_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns `<NAME>` in lower case. Notes a mistake if it is invalid or not unique.
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
    let destination = Destination::read(&mut table, bindings, mistakes);
    table.finish(mistakes);
    let destination = destination?;
    let holder = destination.holder(&name);
    Some(Subscription { name, active, event_types, operations, filters, destination, holder })
}
