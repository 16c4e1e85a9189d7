//! What environments share although each should have its own.

use crate::Scope;
use crate::declared::{self, Declared};
use crate::environment::Environment;
use crate::file::File;
use crate::report::Findings;

/// Checks each of these environments beside all others of the file. Two that consume one queue cannot both be
/// deployed; two that write to one store mix their events.
pub(super) fn check(
    file: &File<'_>,
    environments: &[Environment<'_>],
    findings: &mut Findings<'_>,
) {
    // Mistakes in the declarations were noted before.
    let mut ignored = Findings::new("");
    let all = file.environments(Scope::All, &mut ignored);
    let checked = |environment: &Environment<'_>| {
        environments.iter().any(|checked| checked.name == environment.name)
    };
    for environment in environments {
        check_routes(environment, findings);
    }
    for (place, environment) in all.iter().enumerate() {
        let before = all.get(..place).unwrap_or_default();
        // Of a pair, the later one is reported, unless only the earlier one is checked.
        for other in before {
            let (of, beside) = match (checked(environment), checked(other)) {
                (true, _) => (environment, other),
                (false, true) => (other, environment),
                (false, false) => continue,
            };
            findings.enter(of.name);
            check_consumers(of, beside, findings);
            let theirs = declared::read(beside, &mut ignored);
            for one in declared::read(of, &mut ignored) {
                check_resource(&one, beside, &theirs, findings);
            }
            findings.enter(None);
        }
    }
}

/// An environment inherits the addresses of the top level, and would take them from it.
fn check_routes(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let Some(name) = environment.name else { return };
    findings.enter(Some(name));
    for field in ["routes", "route"] {
        let is_own = environment.own("routes").or(environment.own("route")).is_some();
        if !is_own && environment.of_top(field).is_some() {
            let message = format!(
                "[env.{name}] inherits {field} of the top level, and takes the address away from it when \
                 it is deployed"
            );
            let help = format!("Write routes = [] in [env.{name}], or routes of its own.");
            findings.mistake(environment.span(), field, message, help);
        }
    }
    findings.enter(None);
}

fn check_resource(
    one: &Declared<'_>,
    beside: &Environment<'_>,
    theirs: &[Declared<'_>],
    findings: &mut Findings<'_>,
) {
    let stores = ["queues.producers", "kv_namespaces", "r2_buckets"];
    if !stores.contains(&one.section) {
        return;
    }
    let same = |other: &&Declared<'_>| {
        other.section == one.section && other.resource.is_some() && other.resource == one.resource
    };
    if let (Some(other), Some(resource)) = (theirs.iter().find(same), one.resource) {
        let message = format!(
            "{} writes to {resource:?}, as {} of {} does",
            one.name,
            other.name,
            title(beside)
        );
        let help = "Give each environment its own, unless they are meant to share it.";
        findings.warn(one.span.clone(), one.section, message, help);
    }
}

fn check_consumers(
    environment: &Environment<'_>,
    beside: &Environment<'_>,
    findings: &mut Findings<'_>,
) {
    let queues = |environment: &Environment<'_>| {
        let entries = environment.entries("queues.consumers").into_iter();
        let named = entries.filter_map(|(span, table)| {
            Some((span, table.get("queue")?.get_ref().as_str()?.to_owned()))
        });
        named.collect::<Vec<_>>()
    };
    let theirs = queues(beside);
    for (span, queue) in queues(environment) {
        if theirs.iter().any(|(_, other)| *other == queue) {
            let message = format!(
                "{} consumes {queue:?} too, but a queue has only one consumer: whichever is deployed \
                 second fails",
                title(beside)
            );
            let name = environment.name.unwrap_or("production");
            let help = format!("Give this environment its own queue, such as \"{queue}-{name}\".");
            findings.mistake(span, "queues.consumers", message, help);
        }
    }
}

/// An environment in a sentence.
fn title(environment: &Environment<'_>) -> String {
    environment.name.map_or_else(|| "the top level".to_owned(), |name| format!("[env.{name}]"))
}
