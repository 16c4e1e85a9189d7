//! What only the file shows, and not the Worker's `env`.

mod bindings;
mod fields;
mod queues;
mod shared;
mod vars;

use elytra_webhooks::config::Config;

use crate::declared::Declared;
use crate::environment::Environment;
use crate::file::File;
use crate::report::Findings;
use crate::secrets::Secret;

pub use fields::WRANGLER_FIELDS;

/// Checks the names at the top level and in each `[env.<name>]`.
pub(crate) fn top_level(file: &File<'_>, findings: &mut Findings<'_>) {
    fields::check(None, &file.root, findings);
    for (name, table) in file.named() {
        if let Some(table) = table.get_ref().as_table() {
            findings.enter(Some(name));
            fields::check(Some(name), table, findings);
            findings.enter(None);
        }
    }
}

/// Checks one environment. The configuration is `None` if it has mistakes.
pub(crate) fn environment(
    environment: &Environment<'_>,
    declared: &[Declared<'_>],
    secrets: &[Secret],
    config: Option<&Config>,
    findings: &mut Findings<'_>,
) {
    vars::check(environment, secrets, findings);
    bindings::check(environment, declared, config, findings);
    queues::check(environment, declared, config, findings);
}

/// Checks that the Worker's code is where `main` says.
pub(crate) fn main(
    environment: &Environment<'_>,
    exists: impl Fn(&str) -> bool,
    findings: &mut Findings<'_>,
) {
    let Some(main) = environment.inherited("main") else {
        let message = "missing, so there is no Worker to run";
        let help = "Write main = \"src/index.js\", or in a checkout \"src/cloudflare/executor/main.mjs\", relative to this file.";
        findings.mistake(environment.span(), "main", message, help);
        return;
    };
    if let Some(path) = main.get_ref().as_str()
        && !exists(path)
    {
        let message = format!("there is no file {path:?}");
        let help = "Write where the Worker's code is, relative to this file: src/index.js in a project of npm, and \
                    src/cloudflare/executor/main.mjs in a checkout.";
        findings.mistake(main.span(), "main", message, help);
    }
}

/// Checks what environments must not share.
pub(crate) fn between(
    file: &File<'_>,
    environments: &[Environment<'_>],
    findings: &mut Findings<'_>,
) {
    shared::check(file, environments, findings);
}

/// The candidate that is most similar to the name, if any is similar enough.
pub(crate) fn nearest<'n>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    elytra_webhooks::names::nearest(name, candidates)
}

/// The end of a message about an unknown name, with the suggestion that was found, if any.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    elytra_webhooks::names::did_you_mean(nearest)
}
