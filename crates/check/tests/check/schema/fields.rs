//! The schema has the fields that the Worker reads, with its bounds and defaults, and those that the document
//! explains.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use elytra_webhooks::config::{Config, Mistake};
use serde_json::{Map, Value, json};

use super::{configure, file, published, scenes, validator};
use crate::read;

/// The mistakes at a place, or in it.
fn mistakes(vars: &Value, path: &str) -> Vec<Mistake> {
    let mistakes = configure(vars).map_or_else(|broken| broken.mistakes, |_| Vec::new());
    mistakes
        .into_iter()
        .filter(|error| {
            let rest = error.path.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
        .map(|error| error.mistake)
        .collect()
}

#[test]
fn every_field_is_one_that_the_worker_reads() {
    let schema = published();
    let mut is_read = BTreeMap::new();
    for scene in scenes() {
        for field in scene.fields(&schema).keys() {
            // No field is a list of lists.
            let found = mistakes(&scene.set(field, json!([[[]]])), &scene.path(field));
            let is_unknown = |mistake: &Mistake| matches!(mistake, Mistake::UnknownField { .. });
            let reads = !found.is_empty() && !found.iter().any(is_unknown);
            *is_read.entry((scene.schema, field.clone())).or_insert(false) |= reads;
        }
    }
    let unread: Vec<_> = is_read.iter().filter(|(_, is_read)| !**is_read).collect();
    assert!(unread.is_empty(), "{unread:?}");
    assert!(is_read.len() > 60, "{} fields", is_read.len());
}

#[test]
fn a_field_that_nobody_reads_is_refused() {
    let validator = validator();
    for scene in scenes() {
        let vars = scene.set("tokn", json!("TOKEN"));
        let found = mistakes(&vars, &scene.path("tokn"));
        assert!(!found.is_empty(), "{vars}");
        assert!(!validator.is_valid(&file(&vars)), "{vars}");
    }
}

/// The names with which the Worker's code reads fields.
fn read_by_the_worker() -> BTreeSet<String> {
    const METHODS: [&str; 13] = [
        ".boolean(\"",
        ".integer(\"",
        ".bounded(\"",
        ".number(\"",
        ".string(\"",
        ".strings(\"",
        ".required_string(\"",
        ".required_name(\"",
        ".name(\"",
        ".names(\"",
        ".take(\"",
        "secret(&muttable,\"",
        "constFIELD:&str=\"",
    ];
    let mut names = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = fs::read_to_string(path).unwrap();
                let code: String = code.split_whitespace().collect();
                for method in METHODS {
                    let rests = code.split(method).skip(1);
                    names.extend(rests.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
                }
            }
        }
    }
    names
}

#[test]
fn every_field_that_the_worker_reads_is_there() {
    let schema = published();
    let fields: BTreeSet<_> = scenes()
        .iter()
        .flat_map(|scene| scene.fields(&schema).keys().cloned().collect::<Vec<_>>())
        .collect();
    let read = read_by_the_worker();
    let absent: Vec<_> = read.difference(&fields).collect();
    assert!(absent.is_empty(), "{absent:?}");
    assert!(read.len() > 40, "{} are read: {read:?}", read.len());
}

#[test]
fn every_number_has_the_bounds_of_the_worker() {
    let schema = published();
    let mut checked = BTreeSet::new();
    for scene in scenes() {
        for (field, of_field) in scene.fields(&schema) {
            let (Some(least), Some(most)) =
                (of_field["minimum"].as_u64(), of_field["maximum"].as_u64())
            else {
                continue;
            };
            let found = mistakes(&scene.set(&field, json!(-1)), &scene.path(&field));
            let bounds = found.iter().find_map(|mistake| match mistake {
                Mistake::OutOfRange { least, most } => Some((*least, *most)),
                Mistake::NotBetween { least, most } => Some(((*least).into(), (*most).into())),
                _ => None,
            });
            assert_eq!(bounds, Some((least, most)), "{}", scene.path(&field));
            checked.insert((scene.schema, field));
        }
    }
    assert!(checked.len() >= 18, "{checked:?}");
}

/// A configuration without the tables as they were written.
fn meaning(vars: &Value) -> Option<Config> {
    configure(vars).ok().map(|config| Config { tables: Map::new(), ..config })
}

/// To write a default changes nothing.
#[test]
fn every_default_is_that_of_the_worker() {
    let schema = published();
    let mut checked = BTreeMap::new();
    for scene in scenes() {
        let without = meaning(&scene.vars);
        for (field, of_field) in scene.fields(&schema) {
            let Some(default) = of_field.get("default") else { continue };
            let is_checked = checked.entry((scene.schema, field.clone())).or_insert(false);
            if scene.has(&field) {
                continue;
            }
            if let Some(with) = meaning(&scene.set(&field, default.clone())) {
                assert_eq!(Some(with), without, "{} = {default}", scene.path(&field));
                *is_checked = true;
            }
        }
    }
    let unchecked: Vec<_> = checked.iter().filter(|(_, is_checked)| !**is_checked).collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
    assert!(checked.len() > 25, "{} defaults", checked.len());
}

/// What an editor shows about each.
#[test]
fn every_field_has_a_description() {
    let schema = published();
    for scene in scenes() {
        for (field, of_field) in scene.fields(&schema) {
            let description = of_field["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{}: {description:?}", scene.path(&field));
        }
    }
}

/// The fields in the table of a section of the document.
fn documented(document: &str, section: &str) -> BTreeSet<String> {
    let heading = format!(" {section}");
    let lines =
        document.lines().skip_while(|line| !(line.starts_with('#') && line.ends_with(&heading)));
    let lines = lines.skip(1).take_while(|line| !line.starts_with('#'));
    let cells = lines.filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split(", "));
    names.map(|name| name.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_fields_are_those_of_the_document() {
    let document = read("docs/configuration.md");
    let schema = published();
    let fields = |name: &str| {
        let table = schema["definitions"][name]["properties"].as_object();
        table.unwrap().keys().cloned().collect::<BTreeSet<String>>()
    };
    for (section, name) in [
        ("`[vars.WEBHOOK]`", "ElytraWebhook"),
        ("`[vars.SUBSCRIPTION_<NAME>]`", "ElytraSubscription"),
        ("`kv`", "ElytraKv"),
        ("`r2`", "ElytraR2"),
        ("`webhook`", "ElytraHttpDestination"),
        ("`service`", "ElytraService"),
        ("`[vars.ADMIN]`", "ElytraAdmin"),
        ("`[vars.JOURNAL]`", "ElytraJournal"),
    ] {
        let mut expected = fields(name);
        if name == "ElytraHttpDestination" {
            expected.extend(fields("ElytraRetry").iter().map(|field| format!("retry.{field}")));
        }
        assert_eq!(documented(&document, section), expected, "{section}");
    }
}
