//! The configuration as an operator may see it: the tables as they were written, without what may be secret.

use serde_json::{Map, Value};

use super::{SUBSCRIPTION_PREFIX, is_subscription_name};
use crate::vars::{ADMIN, Binding, Bindings, JOURNAL, WEBHOOK};

/// What is shown instead of something that may be secret.
const HIDDEN: &str = "(hidden)";

/// The tables that the Worker reads, by their vars. `auth` names secrets, and what is not the name of one is hidden; so are
/// the query of a URL and what comes before its host.
pub(super) fn tables(bindings: &Bindings) -> Map<String, Value> {
    let is_read = |var: &str| {
        [WEBHOOK, ADMIN, JOURNAL].contains(&var)
            || var.strip_prefix(SUBSCRIPTION_PREFIX).is_some_and(is_subscription_name)
    };
    let mut tables = Map::new();
    for (var, binding) in bindings.iter().filter(|(var, _)| is_read(var)) {
        if let Binding::Json(json) = binding
            && let Ok(mut table) = serde_json::from_str(json)
        {
            hide(&mut table, bindings);
            tables.insert(var.clone(), table);
        }
    }
    tables
}

/// Hides what may be secret in a table and the tables in it.
fn hide(table: &mut Value, bindings: &Bindings) {
    let Value::Object(fields) = table else { return };
    for (name, value) in fields {
        match (&**name, value) {
            ("auth", auth) => hide_auth(auth, bindings),
            ("url", Value::String(url)) => *url = shown_url(url),
            (_, value) => hide(value, bindings),
        }
    }
}

/// Hides all texts that are not the name of a secret, except the name of a header.
fn hide_auth(auth: &mut Value, bindings: &Bindings) {
    match auth {
        Value::Array(items) => items.iter_mut().for_each(|item| hide_auth(item, bindings)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name != "header_name" {
                    hide_auth(value, bindings);
                }
            }
        }
        Value::String(text) if !matches!(bindings.get(text), Some(Binding::Text(_))) => {
            HIDDEN.clone_into(text);
        }
        _ => {}
    }
}

/// A URL without its query, its fragment, and credentials.
fn shown_url(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (shown, rest) = url.split_at(end);
    let rest = if rest.is_empty() { String::new() } else { format!("?{HIDDEN}") };
    let authority = shown.find("://").map_or(0, |at| at + 3);
    let (scheme, shown) = shown.split_at(authority);
    let (authority, path) = shown.split_at(shown.find('/').unwrap_or(shown.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{host}{path}{rest}")
}
