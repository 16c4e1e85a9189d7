//! What environments share although each should have its own.

use crate::declared::{self, Declared};
use crate::environment::Environment;
use crate::file::File;
use crate::report::Findings;

/// Checks every pair of environments of which one is checked. Two environments that consume one queue cannot both
/// be deployed; two that write to one store mix their events.
pub(super) fn check(
    file: &File<'_>,
    environments: &[Environment<'_>],
    findings: &mut Findings<'_>,
) {
    let top = Environment::top_level(&file.root);
    for environment in environments.iter().filter(|one| one.name.is_some()) {
        findings.enter(environment.name);
        check_consumers(environment, &top, findings);
        // Mistakes in the declarations were noted before.
        let mut ignored = Findings::new("");
        let of_top = declared::read(&top, &mut ignored);
        for one in declared::read(environment, &mut ignored) {
            check_resource(&one, &of_top, findings);
        }
        findings.enter(None);
    }
}

fn check_resource(one: &Declared<'_>, of_top: &[Declared<'_>], findings: &mut Findings<'_>) {
    let stores = ["queues.producers", "kv_namespaces", "r2_buckets"];
    if !stores.contains(&one.section) {
        return;
    }
    let same = |other: &&Declared<'_>| {
        other.section == one.section && other.resource.is_some() && other.resource == one.resource
    };
    if let (Some(other), Some(resource)) = (of_top.iter().find(same), one.resource) {
        let message =
            format!("{} writes to {resource:?}, as {} of the top level does", one.name, other.name);
        let help = "Give each environment its own, unless they are meant to share it.";
        findings.warn(one.span.clone(), one.section, message, help);
    }
}

fn check_consumers(
    environment: &Environment<'_>,
    top: &Environment<'_>,
    findings: &mut Findings<'_>,
) {
    let queues = |environment: &Environment<'_>| {
        let entries = environment.entries("queues.consumers").into_iter();
        let named = entries.filter_map(|(span, table)| {
            Some((span, table.get("queue")?.get_ref().as_str()?.to_owned()))
        });
        named.collect::<Vec<_>>()
    };
    let of_top = queues(top);
    for (span, queue) in queues(environment) {
        if of_top.iter().any(|(_, other)| *other == queue) {
            let message = format!(
                "the top level consumes {queue:?} too, but a queue has only one consumer: whichever is \
                 deployed second fails"
            );
            let help = format!("Give this environment its own queue, such as \"{queue}-staging\".");
            findings.mistake(span, "queues.consumers", message, help);
        }
    }
}
