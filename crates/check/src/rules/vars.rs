//! Cloudflare's limits for vars.

use elytra_webhooks::config::MAX_VAR_BYTES;

use crate::environment::{Environment, to_json};
use crate::report::Findings;
use crate::secrets::Secret;

/// How many vars and secrets a Worker can have on the paid plan
/// (<https://developers.cloudflare.com/workers/platform/limits/#environment-variables>).
const MAX_VARS: usize = 128;

/// The same on the free plan.
const MAX_VARS_FREE: usize = 64;

pub(super) fn check(
    environment: &Environment<'_>,
    secrets: &[Secret],
    findings: &mut Findings<'_>,
) {
    for (name, span, value) in environment.tables() {
        let json = to_json(value.get_ref());
        // The Worker itself finds a table that is too large.
        let bytes = json.as_str().map_or(0, str::len);
        if bytes > MAX_VAR_BYTES {
            let message = format!("{bytes} bytes, but a var may have at most {MAX_VAR_BYTES}");
            findings.mistake(span, name, message, "Shorten it.");
        }
    }
    let count = environment.tables().count() + secrets.len();
    let last = environment.tables().max_by_key(|(_, span, _)| span.start);
    let Some((_, span, _)) = last else { return };
    if count > MAX_VARS {
        let message = format!("{count} vars and secrets, but a Worker can have at most {MAX_VARS}");
        let help = "Combine subscriptions, or deploy a second Worker for some of them.";
        findings.mistake(span, "vars", message, help);
    } else if count > MAX_VARS_FREE {
        let message = format!(
            "{count} vars and secrets, but on the free plan a Worker can have at most {MAX_VARS_FREE}"
        );
        findings.warn(span, "vars", message, "Combine subscriptions, or use the paid plan.");
    }
}
