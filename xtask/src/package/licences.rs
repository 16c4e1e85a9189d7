//! The licences of the crates that are compiled into the package: those that are not Apache-2.0, which is ours, demand
//! that their text comes with every copy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::command::keep_stdout;
use crate::tools::TARGET;
use crate::{Error, Result, Tools};

/// The packages that are compiled.
const ROOTS: [&str; 2] = ["elytra-webhooks", "elytra-webhooks-cli-node"];

/// Our own licence. A crate that can be had under it needs no other text.
const OURS: &str = "Apache-2.0";

/// How the files with licences begin, in capital letters.
const FILES: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    manifest_path: String,
    /// None for a crate of this workspace.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for a normal dependency.
    kind: Option<String>,
}

/// The text for the package.
///
/// # Errors
/// cargo fails, or a crate says neither that it can be had under our licence, nor has the text of its own.
pub(super) fn licences(tools: &Tools) -> Result<String> {
    let mut cargo = tools.wasm_cargo()?;
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]);
    let text = keep_stdout(&mut cargo, "see the error above")?;
    let metadata: Metadata = serde_json::from_str(&text)
        .map_err(|cause| Error::new(format!("cargo's metadata cannot be read: {cause}")))?;
    let compiled = compiled(&metadata);
    let mut as_ours = Vec::new();
    let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &metadata.packages {
        if package.source.is_none() || !compiled.contains(&*package.id) {
            continue;
        }
        let Package { name, version, license, manifest_path, .. } = package;
        let license = license.as_deref().unwrap_or("no licence");
        let title = format!("{name} {version} ({license})");
        if license.contains(OURS) {
            as_ours.push(title);
            continue;
        }
        let texts = texts(Path::new(manifest_path));
        if texts.is_empty() {
            return Err(Error::new(format!("{title} has no text of its licence")));
        }
        others.entry(texts).or_default().push(title);
    }
    let mut text = String::from(
        "The Worker and the command line are compiled from these crates, too.\n\nUnder the Apache License 2.0, \
         whose text is in LICENSE:\n\n",
    );
    for title in as_ours {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {title}");
    }
    for (own, titles) in others {
        let titles = titles.join("\n");
        let _ = write!(text, "\n{}\n\n{titles}\n\n{}\n", "-".repeat(80), own.trim());
    }
    Ok(text)
}

/// The packages that are compiled for the target, beginning with ours.
fn compiled(metadata: &Metadata) -> BTreeSet<&str> {
    let is_root = |package: &&Package| ROOTS.contains(&&*package.name);
    let mut next: Vec<&str> =
        metadata.packages.iter().filter(is_root).map(|package| &*package.id).collect();
    let mut found = BTreeSet::new();
    while let Some(id) = next.pop() {
        if !found.insert(id) {
            continue;
        }
        let node = metadata.resolve.nodes.iter().find(|node| node.id == id);
        let dependencies = node.into_iter().flat_map(|node| &node.deps);
        let is_normal =
            |dependency: &&Dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none());
        next.extend(dependencies.filter(is_normal).map(|dependency| &*dependency.pkg));
    }
    found
}

/// The texts of the licences beside a manifest, in the order of their names.
fn texts(manifest: &Path) -> String {
    let folder = manifest.parent().unwrap_or(manifest);
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            FILES.iter().any(|beginning| name.starts_with(beginning))
        })
        .collect();
    files.sort();
    files.iter().filter_map(|path| fs::read_to_string(path).ok()).collect::<Vec<_>>().join("\n\n")
}
