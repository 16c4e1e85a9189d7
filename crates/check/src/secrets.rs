//! The secrets that a configuration names, and the list `secrets.required`.

use elytra_webhooks::config::Binding;
use serde::Serialize;

use crate::environment::Environment;
use crate::file::{Span, Value};
use crate::report::Findings;
use crate::rules::{did_you_mean, nearest};

/// The fields of a table of credentials that name secrets.
const FIELDS: [&str; 4] = ["token", "username", "password", "api_key"];

/// A secret that must be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// The environment that needs it. `None` for the top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The fields that name it, such as `WEBHOOK.auth.token`.
    pub used_by: Vec<String>,
}

impl Secret {
    /// A value for it. Each secret has another one, because secrets that are the same can be a mistake.
    pub(crate) fn stand_in(&self) -> Binding {
        Binding::Text(format!("the-secret-that-is-set-as-{}", self.name))
    }
}

/// All secrets that the tables name, sorted by name, even those whose name must be the secret itself.
pub(crate) fn named(environment: &Environment<'_>) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    for (path, _, name) in fields(environment) {
        match secrets.iter_mut().find(|secret| secret.name == name) {
            Some(secret) => secret.used_by.push(path),
            None => secrets.push(Secret {
                name: name.to_owned(),
                environment: environment.name.map(str::to_owned),
                used_by: vec![path],
            }),
        }
    }
    secrets.sort_by(|a, b| a.name.cmp(&b.name));
    secrets
}

/// Every field that names a secret: its path, its place, and the name.
fn fields<'f>(environment: &Environment<'f>) -> Vec<(String, Span, &'f str)> {
    let mut found = Vec::new();
    for (var, _, value) in environment.tables() {
        let Some(table) = value.get_ref().as_table() else { continue };
        if let Some(auth) = table.get("auth") {
            credentials(&format!("{var}.auth"), auth, &mut found);
        }
        let webhook = table.get("webhook").and_then(|webhook| webhook.get_ref().as_table());
        if let Some(auth) = webhook.and_then(|webhook| webhook.get("auth")) {
            credentials(&format!("{var}.webhook.auth"), auth, &mut found);
        }
    }
    found
}

/// `auth` is a table of credentials, or a list of them.
fn credentials<'f>(path: &str, auth: &'f Value<'f>, found: &mut Vec<(String, Span, &'f str)>) {
    if let Some(items) = auth.get_ref().as_array() {
        for (index, item) in items.iter().enumerate() {
            credentials(&format!("{path}[{index}]"), item, found);
        }
        return;
    }
    let Some(table) = auth.get_ref().as_table() else { return };
    for field in FIELDS {
        if let Some(value) = table.get(field)
            && let Some(name) = value.get_ref().as_str()
        {
            found.push((format!("{path}.{field}"), value.span(), name));
        }
    }
}

/// Whether this is how the names of secrets are written by custom, rather than a secret itself. Capitals and digits
/// alone can be a secret in base32.
fn is_customary(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let has_digits = name.contains(|c: char| c.is_ascii_digit());
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(is_of_name)
        && (name.contains('_') || name.len() <= MAX_WORD && !has_digits)
}

/// The longest name in capitals without an underscore.
const MAX_WORD: usize = 16;

/// The names in `secrets.required`, and their places.
fn listed<'f>(environment: &Environment<'f>) -> Vec<(&'f str, Span)> {
    let list = environment.section("secrets.required");
    let items = list.and_then(|list| list.get_ref().as_array());
    let items = items.into_iter().flatten();
    items.filter_map(|item| Some((item.get_ref().as_str()?, item.span()))).collect()
}

/// The secrets that can be shown: their names are customary, or listed as names. Any other may be the secret
/// itself, which somebody wrote in the place of its name.
pub(crate) fn shown(environment: &Environment<'_>, mut secrets: Vec<Secret>) -> Vec<Secret> {
    let listed = listed(environment);
    let is_listed = |name: &str| listed.iter().any(|(other, _)| *other == name);
    secrets.retain(|secret| is_customary(&secret.name) || is_listed(&secret.name));
    secrets
}

/// A message in which no secret is that somebody wrote in the place of its name.
pub(crate) fn hide(environment: &Environment<'_>, secrets: &[Secret], message: String) -> String {
    let shown = shown(environment, secrets.to_vec());
    let hidden = secrets.iter().filter(|secret| !shown.contains(secret) && !secret.name.is_empty());
    hidden.fold(message, |message, secret| {
        // Messages quote it, with escapes.
        message.replace(&format!("{:?}", secret.name), "\"...\"").replace(&secret.name, "...")
    })
}

/// Checks where the secrets are, and that `secrets.required` lists them.
pub(crate) fn check(
    environment: &Environment<'_>,
    secrets: &[Secret],
    findings: &mut Findings<'_>,
) {
    let shown = shown(environment, secrets.to_vec());
    for (path, span, name) in fields(environment) {
        if !shown.iter().any(|secret| secret.name == name) {
            let example = match path.split('.').next() {
                Some("WEBHOOK") => "ELYTRA_TOKEN",
                Some("ADMIN") => "ADMIN_TOKEN",
                _ => "SHOP_TOKEN",
            };
            let message = format!(
                "expected the name of a secret, such as {example:?}, not the secret itself"
            );
            let help = "Put the secret with `npx wrangler secret put <NAME>`, and replace it if it was here: \
                        it was in a file. If this is a name, list it in secrets.required.";
            findings.mistake(span, &path, message, help);
        } else if let Some((_, span, _)) = environment.tables().find(|(var, ..)| *var == name) {
            let message =
                format!("this is the secret of {path}, and anybody who sees this file sees it");
            let help = format!(
                "Remove it from vars, and put a new one with `npx wrangler secret put {name}`."
            );
            findings.mistake(span, name, message, help);
        }
    }
    check_required(environment, &shown, findings);
}

/// Checks `secrets.required`, which makes `wrangler deploy` refuse to deploy without them.
fn check_required(environment: &Environment<'_>, secrets: &[Secret], findings: &mut Findings<'_>) {
    let (table, list) = (environment.own("secrets"), environment.section("secrets.required"));
    let listed = listed(environment);
    let needed = || secrets.iter().map(|secret| &*secret.name);
    let missing: Vec<_> =
        needed().filter(|name| !listed.iter().any(|(other, _)| other == name)).collect();
    let fix = || {
        let names: Vec<_> = needed().map(|name| format!("{name:?}")).collect();
        format!("Write `required = [{}]`, or run `check --fix`.", names.join(", "))
    };
    if !missing.is_empty() {
        let span = list.or(table).map_or_else(|| environment.span(), Value::span);
        let names = missing.join(", ");
        let message = format!(
            "{names} is missing, so the Worker could be deployed without it, and would refuse every call"
        );
        let path = match environment.name {
            Some(name) => format!("env.{name}.secrets.required"),
            None => "secrets.required".to_owned(),
        };
        findings.mistake(span, &path, message, fix());
    }
    for (name, span) in &listed {
        if !needed().any(|needed| needed == *name) {
            let unused = needed().filter(|name| missing.contains(name));
            let message = format!("nothing uses {name}{}", did_you_mean(nearest(name, unused)));
            findings.warn(span.clone(), "secrets.required", message, fix());
        }
    }
}
