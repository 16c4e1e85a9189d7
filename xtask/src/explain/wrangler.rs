//! Reads the configuration from a `wrangler.toml`, as the Worker would once its secrets are set.

use elytra_webhooks::config::{Binding, Bindings, Config};
use toml::{Table, Value};

/// The fields of a table of credentials that name secrets.
const SECRETS: [&str; 4] = ["token", "username", "password", "api_key"];

/// Reads the text of a `wrangler.toml`. It has no secrets, so those that it names count as set.
///
/// # Errors
///
/// The text is not TOML, or the configuration has these errors.
pub(super) fn config(text: &str) -> Result<Config, String> {
    let file: Table = text.parse().map_err(|error| format!("{error}"))?;
    let mut bindings = Bindings::new();
    let vars = file.get("vars").and_then(Value::as_table);
    for (name, value) in vars.into_iter().flatten() {
        let binding = match value {
            Value::String(text) => Binding::Text(text.clone()),
            other => Binding::Json(serde_json::to_string(other).unwrap_or_default()),
        };
        bindings.insert(name.clone(), binding);
    }
    let queues = file.get("queues").and_then(|queues| queues.get("producers"));
    bind(&mut bindings, queues, "binding", &Binding::Queue);
    bind(&mut bindings, file.get("kv_namespaces"), "binding", &Binding::Kv);
    bind(&mut bindings, file.get("r2_buckets"), "binding", &Binding::R2);
    let objects = file.get("durable_objects").and_then(|objects| objects.get("bindings"));
    bind(&mut bindings, objects, "name", &Binding::DurableObject);
    bind(&mut bindings, file.get("ratelimits"), "name", &Binding::RateLimit);
    bind(&mut bindings, file.get("services"), "binding", &Binding::Service);
    for (_, var) in vars.into_iter().flatten() {
        set_secrets(&mut bindings, var.get("auth"));
        set_secrets(&mut bindings, var.get("webhook").and_then(|webhook| webhook.get("auth")));
    }
    Config::from_bindings(&bindings).map_err(|mistakes| {
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        mistakes.join("\n  ")
    })
}

fn bind(bindings: &mut Bindings, entries: Option<&Value>, name: &str, kind: &Binding) {
    for entry in entries.and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = entry.get(name).and_then(Value::as_str) {
            bindings.insert(name.to_owned(), kind.clone());
        }
    }
}

/// Sets every secret that `auth` names. `auth` is a table of credentials or a list of them.
fn set_secrets(bindings: &mut Bindings, auth: Option<&Value>) {
    let Some(auth) = auth else { return };
    let tables = auth.as_array().map_or(std::slice::from_ref(auth), Vec::as_slice);
    for name in tables.iter().flat_map(|table| SECRETS.map(|secret| table.get(secret))) {
        if let Some(name) = name.and_then(Value::as_str) {
            bindings
                .entry(name.to_owned())
                .or_insert_with(|| Binding::Text(format!("the secret that is set as {name}")));
        }
    }
}
