//! Checks a `wrangler.toml` of elytra-webhooks without running it.
//!
//! It finds what the Worker itself would find, by the Worker's own code, and what only the file can show: a
//! table that is not in `vars`, a queue without a consumer, a spool that nothing drains, an environment that
//! lacks what it does not inherit. Every finding says where it is and what to do.
//!
//! It reads the text of the file and nothing else: no other file, no secret, no network.
//!
//! ```
//! use elytra_webhooks_check::{Scope, check};
//!
//! let report = check("[vars.WEBHOOK]\nauth_typ = \"none\"\n", Scope::All, |_| true);
//! let found = report.mistakes.iter().find(|found| found.path == "WEBHOOK.auth_typ").unwrap();
//! assert_eq!((found.line, &*found.message), (2, "unknown field, did you mean \"auth_type\"?"));
//! ```

mod declared;
mod environment;
mod file;
mod remedy;
mod report;
mod rules;
mod schema;
mod secrets;
mod sender;

use std::collections::BTreeMap;

use elytra_webhooks::config::{Binding, Bindings, Broken, Config};

pub use environment::NOT_INHERITED;
pub use report::{Finding, Report};
pub use rules::WRANGLER_FIELDS;
pub use schema::{SchemaError, schema};
pub use secrets::Secret;
pub use sender::{Presented, Sender, sender};

use declared::Declared;
use environment::Environment;
use file::File;
use report::Findings;

/// Which environments of a file to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The top level and every `[env.<name>]`. The top level is left out if it has no `vars` but an environment
    /// has: the file is then only deployed with `--env`.
    All,
    /// What `wrangler deploy` deploys without `--env`: the top level.
    TopLevel,
    /// What `wrangler deploy --env <name>` deploys.
    Environment(&'a str),
}

/// Checks the text of a `wrangler.toml`. `exists` says whether there is a file with this path, relative to the
/// folder of the `wrangler.toml`.
#[must_use]
pub fn check(text: &str, scope: Scope<'_>, exists: impl Fn(&str) -> bool) -> Report {
    let mut findings = Findings::new(text);
    let Some(file) = File::parse(text, &mut findings) else {
        return findings.into_report(Vec::new());
    };
    rules::top_level(&file, &mut findings);
    let environments = file.environments(scope, &mut findings);
    let mut secrets = Vec::new();
    for environment in &environments {
        secrets.extend(check_environment(environment, &mut findings));
        rules::main(environment, &exists, &mut findings);
    }
    rules::between(&file, &environments, &mut findings);
    findings.into_report(secrets)
}

/// Reads the configuration of the top level or of one environment, with these secrets. Any other secret that it
/// names counts as set.
///
/// # Errors
///
/// The text is not TOML, there is no such environment, or the Worker would refuse the configuration. What only
/// the file shows is not an error here.
pub fn config(
    text: &str,
    environment: Option<&str>,
    values: &BTreeMap<String, String>,
) -> Result<Config, Report> {
    let mut findings = Findings::new(text);
    let file = File::parse(text, &mut findings);
    let scope = environment.map_or(Scope::TopLevel, Scope::Environment);
    let environments = file.as_ref().map(|file| file.environments(scope, &mut findings));
    let Some([environment]) = environments.as_deref() else {
        return Err(findings.into_report(Vec::new()));
    };
    findings.enter(environment.name);
    let declared = declared::read(environment, &mut findings);
    let secrets = secrets::named(environment);
    let mut bindings = bindings(environment, &declared, &secrets);
    for secret in &secrets {
        if let (Some(value), Some(binding)) =
            (values.get(&secret.name), bindings.get_mut(&secret.name))
            && matches!(binding, Binding::Text(_))
        {
            *binding = Binding::Text(value.clone());
        }
    }
    Config::from_bindings(&bindings).map_err(|broken| {
        note(&broken, environment, &declared, &secrets, &mut findings);
        findings.into_report(secrets::shown(environment, secrets))
    })
}

fn check_environment(environment: &Environment<'_>, findings: &mut Findings<'_>) -> Vec<Secret> {
    findings.enter(environment.name);
    let declared = declared::read(environment, findings);
    let secrets = secrets::named(environment);
    let bindings = bindings(environment, &declared, &secrets);
    let config = Config::from_bindings(&bindings);
    match &config {
        Ok(config) => {
            for warning in &config.warnings {
                let span = environment.locate(&warning.path, &declared);
                let help = remedy::of(warning, environment);
                let message = secrets::hide(environment, &secrets, warning.mistake.to_string());
                findings.warn(span, &warning.path, message, help);
            }
        }
        Err(broken) => note(broken, environment, &declared, &secrets, findings),
    }
    secrets::check(environment, &secrets, findings);
    rules::environment(environment, &declared, &secrets, config.ok().as_ref(), findings);
    secrets::shown(environment, secrets)
}

/// Notes what the Worker would find.
fn note(
    broken: &Broken,
    environment: &Environment<'_>,
    declared: &[Declared<'_>],
    secrets: &[Secret],
    findings: &mut Findings<'_>,
) {
    for error in &broken.mistakes {
        let span = environment.locate(&error.path, declared);
        let help = remedy::of(error, environment);
        let message = secrets::hide(environment, secrets, error.mistake.to_string());
        findings.mistake_of_worker(span, &error.path, message, help);
    }
}

/// What the Worker would find in its `env`, once the secrets are set.
fn bindings(
    environment: &Environment<'_>,
    declared: &[Declared<'_>],
    secrets: &[Secret],
) -> Bindings {
    let mut bindings = environment.vars();
    bindings.extend(declared.iter().map(|one| (one.name.to_owned(), one.binding.clone())));
    for secret in secrets {
        bindings.entry(secret.name.clone()).or_insert_with(|| secret.stand_in());
    }
    bindings
}
