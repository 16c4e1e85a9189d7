//! Bindings that nothing uses, and what the Worker's own bindings need besides.

use elytra_webhooks::config::Config;
use elytra_webhooks::limits::{CLAIMS, DEAD, DEAD_LETTERS, DELIVERIES, LEDGER, SPOOL};
use toml::de::DeTable;

use super::{did_you_mean, nearest};
use crate::declared::Declared;
use crate::environment::{Environment, texts};
use crate::file::Value;
use crate::report::Findings;

/// The class that the Worker exports for `LEDGER`.
const LEDGER_CLASS: &str = "Ledger";

/// Where the Worker's code begins if it is built from its source.
const MAIN: &str = "src/cloudflare/executor/main.mjs";

/// The command that builds it, and checks what wrangler deploys.
const BUILD: &str = "cargo xtask build";

/// The bindings that the Worker uses by itself.
const OWN: [&str; 6] = [LEDGER, CLAIMS, SPOOL, DELIVERIES, DEAD_LETTERS, DEAD];

/// Other kinds of bindings, which the Worker does not use.
const UNUSED: [&str; 10] = [
    "d1_databases",
    "hyperdrive",
    "vectorize",
    "analytics_engine_datasets",
    "ai",
    "browser",
    "send_email",
    "workflows",
    "mtls_certificates",
    "pipelines",
];

pub(super) fn check(
    environment: &Environment<'_>,
    declared: &[Declared<'_>],
    config: Option<&Config>,
    findings: &mut Findings<'_>,
) {
    check_use(environment, declared, config, findings);
    if let Some(spool) = declared.iter().find(|one| one.name == SPOOL)
        && !has_crons(environment)
    {
        let message = "there is no cron trigger, so nothing ever drains the spool";
        let help = "Add [triggers] with crons = [\"* * * * *\"].";
        findings.mistake(spool.span.clone(), SPOOL, message, help);
    }
    if let Some(ledger) = declared.iter().find(|one| one.name == LEDGER) {
        check_ledger(environment, ledger, findings);
    }
    check_build(environment, findings);
    check_namespaces(declared, findings);
    if let Some(observability) = environment.inherited("observability") {
        check_observability(observability, findings);
    }
}

fn check_use(
    environment: &Environment<'_>,
    declared: &[Declared<'_>],
    config: Option<&Config>,
    findings: &mut Findings<'_>,
) {
    let mut named = Vec::new();
    for (_, _, value) in environment.tables() {
        texts(value, &mut named);
    }
    for one in declared {
        if named.contains(&one.name) || OWN.contains(&one.name) {
            continue;
        }
        let missing = OWN.into_iter().filter(|own| declared.iter().all(|other| other.name != *own));
        let message =
            format!("nothing uses {:?}{}", one.name, did_you_mean(nearest(one.name, missing)));
        let help = "Name it in a subscription, or remove the binding.";
        findings.warn(one.span.clone(), one.section, message, help);
    }
    for section in UNUSED {
        if let Some(value) = environment.own(section) {
            let message = "the Worker uses no bindings of this kind";
            findings.warn(value.span(), section, message, "Remove them.");
        }
    }
    let ledger = declared.iter().find(|one| one.name == LEDGER);
    if let (Some(ledger), Some(config)) = (ledger, config) {
        let mirrors = config.subscriptions.iter().any(|one| one.destination.holds_objects());
        let dedupes = config.receiver.times.dedupe_window_ms.is_some();
        if !dedupes && !mirrors && config.journal.is_none() {
            let message = "nothing uses LEDGER: without dedupe_window_seconds, an event that is sent \
                           again is forwarded again";
            let help = "Set dedupe_window_seconds in WEBHOOK, or remove the binding.";
            findings.warn(ledger.span.clone(), LEDGER, message, help);
        }
    }
}

fn has_crons(environment: &Environment<'_>) -> bool {
    let triggers = environment.inherited("triggers").and_then(|one| one.get_ref().as_table());
    let crons = triggers.and_then(|triggers| triggers.get("crons"));
    crons.and_then(|crons| crons.get_ref().as_array()).is_some_and(|crons| !crons.is_empty())
}

fn check_ledger(environment: &Environment<'_>, ledger: &Declared<'_>, findings: &mut Findings<'_>) {
    // The class of another Worker is that Worker's to create.
    if ledger.table.contains_key("script_name") {
        let message = "the ledger of another Worker";
        let help = "Remove script_name: a ledger belongs to one Worker.";
        findings.mistake(ledger.span.clone(), LEDGER, message, help);
        return;
    }
    if ledger.resource != Some(LEDGER_CLASS) {
        let found = ledger.resource.map(|class| format!("{class:?}")).unwrap_or_default();
        let message = format!("class_name is {found}, but the Worker exports {LEDGER_CLASS:?}");
        let help = format!("Write class_name = {LEDGER_CLASS:?}.");
        findings.mistake(ledger.span.clone(), LEDGER, message, help);
        return;
    }
    let migrations = environment.inherited("migrations").and_then(|one| one.get_ref().as_array());
    let steps = || migrations.into_iter().flatten().filter_map(|step| step.get_ref().as_table());
    let lists = |step: &DeTable<'_>, field: &str| {
        let classes = step.get(field).and_then(|classes| classes.get_ref().as_array());
        classes.into_iter().flatten().any(|class| class.get_ref().as_str() == Some(LEDGER_CLASS))
    };
    let deletes = |step: &&DeTable<'_>| lists(step, "deleted_classes");
    let creates = |step: &&DeTable<'_>| lists(step, "new_sqlite_classes");
    // Who wants to begin anew creates it once more.
    if steps().rfind(|step| deletes(step) || creates(step)).is_some_and(|step| deletes(&step)) {
        let message = "a migration deletes its class, and everything that it remembers";
        let help = "Remove deleted_classes from [[migrations]].";
        findings.mistake(ledger.span.clone(), LEDGER, message, help);
        return;
    }
    let renames = |step: &DeTable<'_>| step.contains_key("renamed_classes");
    if steps().any(|step| renames(step) || creates(&step)) {
        return;
    }
    let (message, help) = if steps().any(|step| lists(step, "new_classes")) {
        (
            "its migration has new_classes, but the ledger needs SQLite",
            "Rename new_classes to new_sqlite_classes in [[migrations]].",
        )
    } else {
        (
            "there is no migration that creates its class",
            "Add [[migrations]] with tag = \"v1\" and new_sqlite_classes = [\"Ledger\"].",
        )
    };
    findings.mistake(ledger.span.clone(), LEDGER, message, help);
}

/// Without its build command, the Worker of the last build would be deployed, and nothing would be checked.
fn check_build(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let Some(main) = environment.inherited("main") else { return };
    let is_source = main.get_ref().as_str().is_some_and(|main| main.ends_with(MAIN));
    let build = environment.inherited("build").and_then(|build| build.get_ref().as_table());
    if !is_source {
        return;
    }
    let command = build.and_then(|build| build.get("command"));
    let help = "Write command = \"cargo xtask build\" in [build], as the shipped file does.";
    match command.map(|command| (command, command.get_ref().as_str().unwrap_or_default())) {
        None => {
            let message =
                "missing, so wrangler deploys what was built before, and does not check this file";
            findings.warn(main.span(), "build.command", message, help);
        }
        Some((command, text)) if !text.contains(BUILD) => {
            let message = "not `cargo xtask build`, so wrangler may deploy this file unchecked";
            findings.warn(command.span(), "build.command", message, help);
        }
        Some(_) => {}
    }
}

/// What the Worker keeps for itself must not lie among other things: it lists and deletes what it finds there.
fn check_namespaces(declared: &[Declared<'_>], findings: &mut Findings<'_>) {
    let namespaces = || declared.iter().filter(|one| one.section == "kv_namespaces");
    for (place, one) in namespaces().enumerate() {
        let same = |other: &&Declared<'_>| {
            let is_own = OWN.contains(&one.name) || OWN.contains(&other.name);
            is_own && one.resource.is_some() && one.resource == other.resource
        };
        if let Some(other) = namespaces().take(place).find(same) {
            let message = format!("{} is the same namespace as {}", one.name, other.name);
            let help = "Give each a namespace of its own.";
            findings.mistake(one.span.clone(), one.section, message, help);
        }
    }
}

fn check_observability(observability: &Value<'_>, findings: &mut Findings<'_>) {
    let Some(table) = observability.get_ref().as_table() else { return };
    let is = |field: &str| table.get(field).and_then(|value| value.get_ref().as_bool());
    if is("enabled") == Some(false) {
        let message = "Cloudflare keeps no log, so nobody can look up what became of an event";
        findings.warn(observability.span(), "observability", message, "Write enabled = true.");
    } else if is("redact_query_string") != Some(true) {
        let message = "Cloudflare's log shows tokens that arrive in the query";
        let help = "Write redact_query_string = true.";
        findings.warn(observability.span(), "observability", message, help);
    }
}
