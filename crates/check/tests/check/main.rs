//! What `check` finds, and what it does not.

mod environments;
mod mistakes;
#[cfg(test)]
mod schema;
mod secrets;
mod syntax;
mod warnings;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use elytra_webhooks_check::{Finding, Report, Scope, check};

/// A file of the project.
fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    fs::read_to_string(path).unwrap_or_default()
}

/// A complete configuration, in the few lines that one needs, with a webhook.
const GOOD: &str = r#"name = "shop-events"
main = "src/cloudflare/executor/main.mjs"
compatibility_date = "2026-11-01"
build.command = "cargo xtask build"
[observability]
enabled = true
redact_query_string = true

[secrets]
required = ["ELYTRA_TOKEN", "SHOP_TOKEN"]

[vars.WEBHOOK]
auth_type = "bearer"
auth = { token = "ELYTRA_TOKEN" }
dedupe_window_seconds = 86_400

[vars.SUBSCRIPTION_PRODUCTS]
event_types = ["product"]
queue = "PRODUCT_EVENTS"

[vars.SUBSCRIPTION_SHOP]
webhook = { url = "https://shop.example.com", auth_type = "bearer", auth = { token = "SHOP_TOKEN" } }

[[queues.producers]]
binding = "PRODUCT_EVENTS"
queue = "product-events"

[[queues.producers]]
binding = "DELIVERIES"
queue = "deliveries"

[[queues.consumers]]
queue = "deliveries"
max_retries = 100
dead_letter_queue = "dead-letters"

[[queues.producers]]
binding = "DEAD_LETTERS"
queue = "dead-letters"

[[queues.consumers]]
queue = "dead-letters"
max_retries = 100

[[kv_namespaces]]
binding = "DEAD"

[[kv_namespaces]]
binding = "SPOOL"

[triggers]
crons = ["* * * * *"]

[[durable_objects.bindings]]
name = "LEDGER"
class_name = "Ledger"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Ledger"]
"#;

/// [`GOOD`] with a text replaced, which must be in it.
#[track_caller]
fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "{old:?} is in the configuration");
    GOOD.replace(old, new)
}

/// [`GOOD`] with more lines at its end.
fn and(more: &str) -> String {
    format!("{GOOD}{more}")
}

/// This many more subscriptions.
fn subscriptions(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = write!(text, "[vars.SUBSCRIPTION_{number}]\nqueue = \"PRODUCT_EVENTS\"\n");
    }
    text
}

/// What is found in a text, if all files exist.
fn found(text: &str) -> Report {
    check(text, Scope::All, |_| true)
}

/// What `check` prints about these findings, two lines each, without the name of the file.
fn lines(findings: &[Finding]) -> Vec<String> {
    let report = Report { mistakes: findings.to_vec(), ..Report::default() };
    let printed = report.print("wrangler.toml").replace(": mistake: ", ": ");
    printed.lines().map(|line| line.replace("wrangler.toml:", "")).collect()
}

/// Findings without what to do about them: `<line>: <path>: <message>`.
fn heads(findings: &[Finding]) -> Vec<String> {
    let head = |finding: &Finding| {
        let Finding { line, path, message, environment, .. } = finding;
        let environment = environment.as_ref().map(|name| format!("[env.{name}] "));
        format!("{line}: {}{path}: {message}", environment.unwrap_or_default())
    };
    findings.iter().map(head).collect()
}

/// Checks that exactly these mistakes are printed for a text.
#[track_caller]
fn mistakes(why: &str, text: &str, expected: &[&str]) {
    let found = lines(&found(text).mistakes);
    assert_eq!(found, expected, "{why}");
}

/// Checks that exactly these warnings are printed for a text, and no mistakes.
#[track_caller]
fn warnings(why: &str, text: &str, expected: &[&str]) {
    let report = found(text);
    assert!(report.mistakes.is_empty(), "{why}: {:?}", report.mistakes);
    let found = lines(&report.warnings);
    assert_eq!(found, expected, "{why}");
}

#[test]
fn what_is_right_has_no_findings() {
    warnings("the configuration of these tests", GOOD, &[]);
    warnings("the shipped one", &read("wrangler.toml"), &[]);
    let readme = read("README.md");
    let (_, shown) = readme.split_once("\n```toml\n").expect("a configuration");
    let (shown, _) = shown.split_once("\n```\n").expect("its end");
    warnings("the README's", shown, &[]);
}
