//! What a sender of events must know: what to present, and which events somebody wants.

use std::collections::BTreeMap;

use elytra_events::Known;
use elytra_webhooks::auth::{AuthType, DEFAULT_API_KEY_HEADER};
use elytra_webhooks::subscription::Subscription;
use toml::de::DeTable;

use crate::environment::Environment;
use crate::file::File;
use crate::report::Findings;
use crate::{Report, Scope, config};

/// What a sender of events must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// What it must present, one of these. Empty if anybody may send. Who replaces a secret lists the new one last.
    pub credentials: Vec<Presented>,
    /// The methods that are accepted, in capital letters; at least one.
    pub methods: Vec<&'static str>,
    /// The event types that an active subscription wants. Empty if one wants all of them.
    pub event_types: Vec<&'static str>,
    /// The operations that an active subscription wants. Empty if one wants all of them.
    pub operations: Vec<&'static str>,
    /// Whether any subscription is active.
    pub is_wanted: bool,
    /// How many events a batch may have.
    pub max_batch_events: usize,
}

/// What a sender presents: the names of the secrets, never the secrets themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// HTTP Bearer (RFC 6750).
    Bearer {
        /// The secret with the token.
        token: String,
    },
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The secret with the user name.
        username: String,
        /// The secret with the password.
        password: String,
    },
    /// A key in a header.
    ApiKey {
        /// The secret with the key.
        api_key: String,
        /// The header.
        header_name: String,
    },
}

impl Presented {
    /// The names of the secrets.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Bearer { token: name } | Self::ApiKey { api_key: name, .. } => vec![name],
            Self::Basic { username, password } => vec![username, password],
        }
    }
}

/// What a sender must know, from the text of a `wrangler.toml`. Any secret that it names counts as set.
///
/// # Errors
///
/// As [`config`].
pub fn sender(text: &str, environment: Option<&str>) -> Result<Sender, Report> {
    let config = config(text, environment, &BTreeMap::new())?;
    let active: Vec<_> = config.subscriptions.iter().filter(|one| one.active).collect();
    let receiver = &config.receiver;
    let auth_type = receiver.authentication.auth_type();
    Ok(Sender {
        credentials: credentials(text, environment, auth_type).unwrap_or_default(),
        methods: receiver.methods.iter().map(|method| method.as_str()).collect(),
        event_types: union(&active, |one| &one.event_types),
        operations: union(&active, |one| &one.operations),
        is_wanted: !active.is_empty(),
        max_batch_events: receiver.max_batch_events,
    })
}

/// The names that any of the subscriptions selects, in their usual order. Empty if one selects all.
fn union<T: Known + PartialEq + Copy + 'static>(
    active: &[&Subscription],
    selected: impl Fn(&Subscription) -> &Vec<T>,
) -> Vec<&'static str> {
    if active.iter().any(|one| selected(one).is_empty()) {
        return Vec::new();
    }
    let is_selected = |name: &&T| active.iter().any(|one| selected(one).contains(*name));
    T::ALL.iter().filter(is_selected).map(|name| name.as_str()).collect()
}

/// The names in `auth`, which the Worker has found to be right.
fn credentials(text: &str, environment: Option<&str>, kind: AuthType) -> Option<Vec<Presented>> {
    let mut findings = Findings::new(text);
    let file = File::parse(text, &mut findings)?;
    let scope = environment.map_or(Scope::TopLevel, Scope::Environment);
    let environments = file.environments(scope, &mut findings);
    let [environment] = environments.as_slice() else { return None };
    let auth = webhook(environment)?.get("auth")?.get_ref();
    let one = |table: &DeTable<'_>| presented(table, kind);
    match auth.as_table() {
        Some(table) => one(table).map(|one| vec![one]),
        None => auth.as_array()?.iter().map(|item| one(item.get_ref().as_table()?)).collect(),
    }
}

fn webhook<'f>(environment: &Environment<'f>) -> Option<&'f DeTable<'f>> {
    let (_, _, table) = environment.tables().find(|(var, _, _)| *var == "WEBHOOK")?;
    table.get_ref().as_table()
}

fn presented(table: &DeTable<'_>, kind: AuthType) -> Option<Presented> {
    let text = |field: &str| Some(table.get(field)?.get_ref().as_str()?.to_owned());
    Some(match kind {
        AuthType::Bearer => Presented::Bearer { token: text("token")? },
        AuthType::Basic => {
            Presented::Basic { username: text("username")?, password: text("password")? }
        }
        AuthType::ApiKey => Presented::ApiKey {
            api_key: text("api_key")?,
            header_name: text("header_name").unwrap_or_else(|| DEFAULT_API_KEY_HEADER.to_owned()),
        },
        AuthType::None | AuthType::Access => return None,
    })
}
