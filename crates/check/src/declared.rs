//! The bindings that a file declares.

use elytra_webhooks::config::Binding;
use toml::de::DeTable;

use crate::environment::Environment;
use crate::file::{Span, Value};
use crate::report::Findings;
use crate::rules::{WRANGLER_FIELDS, did_you_mean, nearest};

/// A binding that the file declares.
pub(crate) struct Declared<'f> {
    /// Its name in the Worker's `env`.
    pub(crate) name: &'f str,
    /// What it is bound to.
    pub(crate) binding: Binding,
    /// The queue, namespace id, bucket or Worker. `None` if the file leaves it to wrangler.
    pub(crate) resource: Option<&'f str>,
    /// Where it is declared.
    pub(crate) span: Span,
    /// The list that it is in, such as `queues.producers`.
    pub(crate) section: &'static str,
    /// All of its fields.
    pub(crate) table: &'f DeTable<'f>,
}

/// A list of bindings in the file.
struct Section {
    /// Its path.
    path: &'static str,
    binding: Binding,
    /// The field with the binding's name.
    name: &'static str,
    /// The field with what is bound.
    resource: &'static str,
    /// The other fields that wrangler knows.
    others: &'static [&'static str],
}

/// All lists of bindings that the Worker can use, with wrangler's fields.
const SECTIONS: [Section; 6] = [
    Section {
        path: "queues.producers",
        binding: Binding::Queue,
        name: "binding",
        resource: "queue",
        others: &["delivery_delay", "remote"],
    },
    Section {
        path: "kv_namespaces",
        binding: Binding::Kv,
        name: "binding",
        resource: "id",
        others: &["preview_id", "remote"],
    },
    Section {
        path: "r2_buckets",
        binding: Binding::R2,
        name: "binding",
        resource: "bucket_name",
        others: &["preview_bucket_name", "jurisdiction", "remote"],
    },
    Section {
        path: "durable_objects.bindings",
        binding: Binding::DurableObject,
        name: "name",
        resource: "class_name",
        others: &["script_name", "environment"],
    },
    Section {
        path: "services",
        binding: Binding::Service,
        name: "binding",
        resource: "service",
        others: &["environment", "entrypoint", "props", "cross_account_grant", "remote"],
    },
    Section {
        path: "ratelimits",
        binding: Binding::RateLimit,
        name: "name",
        resource: "namespace_id",
        others: &["simple"],
    },
];

/// The lists whose bindings need not say what is bound: wrangler then creates it.
const PROVISIONED: [&str; 2] = ["kv_namespaces", "r2_buckets"];

/// Notes a list that is something else, because wrangler would refuse it, and nothing in it would be checked.
pub(crate) fn check_shape(environment: &Environment<'_>, path: &str, findings: &mut Findings<'_>) {
    let outer = path.split('.').next().unwrap_or_default();
    let table = environment.own(outer).filter(|_| path.contains('.'));
    let expected = |value: &Value<'_>, path: &str, expected: &str, findings: &mut Findings<'_>| {
        let message = format!("expected {expected}");
        findings.mistake(value.span(), path, message, format!("Write it as [[{path}]]."));
    };
    if let Some(table) = table.filter(|table| !table.get_ref().is_table()) {
        expected(table, outer, "a table", findings);
    }
    let is_list = |list: &Value<'_>| {
        list.get_ref()
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.get_ref().is_table()))
    };
    if let Some(list) = environment.section(path).filter(|list| !is_list(list)) {
        expected(list, path, "a list of tables", findings);
    }
}

/// Reads the bindings. Notes those without a name, those with the same name, and unknown fields.
pub(crate) fn read<'f>(
    environment: &Environment<'f>,
    findings: &mut Findings<'_>,
) -> Vec<Declared<'f>> {
    let mut declared: Vec<Declared<'f>> = Vec::new();
    for section in &SECTIONS {
        check_shape(environment, section.path, findings);
        for (index, (span, table)) in environment.entries(section.path).into_iter().enumerate() {
            let path = format!("{}[{index}]", section.path);
            check_fields(section, &path, table, findings);
            let Some(name) = table.get(section.name).and_then(|name| name.get_ref().as_str())
            else {
                let message = format!("{} is missing", section.name);
                findings.mistake(
                    span,
                    &path,
                    message,
                    "Name the binding, as the tables in vars do.",
                );
                continue;
            };
            if let Some(other) = declared.iter().find(|other| other.name == name) {
                let message = format!("{name:?} is bound in {} too", other.section);
                findings.mistake(span.clone(), &path, message, "Rename one of the two.");
            }
            let resource = table.get(section.resource).and_then(|field| field.get_ref().as_str());
            if resource.is_none() && !PROVISIONED.contains(&section.path) {
                let message = format!("{} is missing", section.resource);
                findings.mistake(span.clone(), &path, message, "Say what is bound.");
            }
            let (binding, section) = (section.binding.clone(), section.path);
            declared.push(Declared { name, binding, resource, span, section, table });
        }
    }
    declared
}

fn check_fields(section: &Section, path: &str, table: &DeTable<'_>, findings: &mut Findings<'_>) {
    let known =
        || [section.name, section.resource].into_iter().chain(section.others.iter().copied());
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if !known().any(|known| known == name) {
            let message = format!("unknown field{}", did_you_mean(nearest(name, known())));
            let path = format!("{path}.{name}");
            // A name is more likely to be that of the binding.
            let is_of_top = name != "name" && WRANGLER_FIELDS.contains(&name);
            let help = if is_of_top {
                "Move it above the first table: below it belongs to this one."
            } else {
                "Rename or remove it."
            };
            findings.mistake(key.span(), &path, message, help);
        }
    }
}
