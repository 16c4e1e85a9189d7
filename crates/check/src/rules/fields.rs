//! Fields that wrangler does not know. It ignores them with a warning, and what is in them never reaches the
//! Worker.

use toml::de::DeTable;

use super::{did_you_mean, nearest};
use crate::report::Findings;

/// The fields of wrangler's configuration, version 4, as its `config-schema.json` has them.
pub const WRANGLER_FIELDS: [&str; 91] = [
    "$schema",
    "env",
    "durable_objects",
    "name",
    "account_id",
    "compatibility_date",
    "compatibility_flags",
    "main",
    "find_additional_modules",
    "preserve_file_names",
    "base_dir",
    "workers_dev",
    "preview_urls",
    "routes",
    "route",
    "tsconfig",
    "jsx_factory",
    "jsx_fragment",
    "migrations",
    "exports",
    "triggers",
    "limits",
    "rules",
    "build",
    "no_bundle",
    "minify",
    "keep_names",
    "first_party_worker",
    "logfwdr",
    "logpush",
    "upload_source_maps",
    "placement",
    "assets",
    "observability",
    "access",
    "cache",
    "compliance_region",
    "python_modules",
    "previews",
    "define",
    "vars",
    "secrets",
    "workflows",
    "cloudchamber",
    "containers",
    "kv_namespaces",
    "send_email",
    "queues",
    "connect",
    "r2_buckets",
    "d1_databases",
    "vectorize",
    "ai_search_namespaces",
    "ai_search",
    "agent_memory",
    "hyperdrive",
    "services",
    "analytics_engine_datasets",
    "browser",
    "analytics",
    "ai",
    "images",
    "media",
    "stream",
    "version_metadata",
    "unsafe",
    "mtls_certificates",
    "tail_consumers",
    "streaming_tail_consumers",
    "dispatch_namespaces",
    "pipelines",
    "k2",
    "secrets_store_secrets",
    "artifacts",
    "unsafe_hello_world",
    "flagship",
    "ratelimits",
    "worker_loaders",
    "vpc_services",
    "vpc_networks",
    "dev",
    "keep_vars",
    "alias",
    "pages_build_output_dir",
    "send_metrics",
    "dependencies_instrumentation",
    "site",
    "wasm_modules",
    "text_blobs",
    "data_blobs",
    "addresses",
];

/// The fields of the tables that hold lists.
const INNER: [(&str, &[&str]); 4] = [
    ("queues", &["producers", "consumers"]),
    ("durable_objects", &["bindings"]),
    ("triggers", &["crons"]),
    ("secrets", &["required"]),
];

/// Checks the names in the top level or in `[env.<environment>]`.
pub(super) fn check(environment: Option<&str>, table: &DeTable<'_>, findings: &mut Findings<'_>) {
    let prefix = environment.map(|name| format!("env.{name}.")).unwrap_or_default();
    for (outer, known) in INNER {
        let inner = table.get(outer).and_then(|inner| inner.get_ref().as_table());
        for key in inner.into_iter().flat_map(DeTable::keys) {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let nearest = nearest(name, known.iter().copied());
                let message =
                    format!("unknown field, which wrangler ignores{}", did_you_mean(nearest));
                let path = format!("{prefix}{outer}.{name}");
                findings.mistake(key.span(), &path, message, "Rename or remove it.");
            }
        }
    }
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if WRANGLER_FIELDS.contains(&name) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let (message, help) = if is_var(name) {
            let right = format!("{prefix}vars.{}", name.to_ascii_uppercase());
            (
                format!(
                    "this is not in vars, so the Worker never sees it: did you mean {right:?}?"
                ),
                format!("Write [{right}]."),
            )
        } else if environment.is_none() && is_environment(table, name) {
            let right = format!("env.{name}");
            (
                format!("unknown field, which wrangler ignores, did you mean {right:?}?"),
                format!("Write [{right}] and [{right}.vars]."),
            )
        } else {
            let nearest = nearest(name, WRANGLER_FIELDS);
            (
                format!("unknown field, which wrangler ignores{}", did_you_mean(nearest)),
                "Rename or remove it.".to_owned(),
            )
        };
        findings.mistake(key.span(), &path, message, help);
    }
}

/// Whether what has this name looks like an environment.
fn is_environment(table: &DeTable<'_>, name: &str) -> bool {
    let inner = table.get(name).and_then(|inner| inner.get_ref().as_table());
    inner.is_some_and(|inner| inner.contains_key("vars"))
}

/// Whether this is, or was meant to be, the name of one of the Worker's vars.
fn is_var(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["WEBHOOK", "ADMIN", "JOURNAL"].contains(&&*name) || name.starts_with("SUBSCRIPTION")
}
