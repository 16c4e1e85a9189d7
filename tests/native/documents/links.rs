//! Every link leads somewhere: to a file that exists and, after `#`, to a heading in it. So does every
//! path of a file of ours that is written as code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use fluent_uri::Uri;

use super::{documents, root};

/// The links that lead nowhere, each with its document and line.
fn broken(documents: &BTreeMap<String, String>, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in documents {
        for (number, line) in prose(text) {
            for target in targets(line) {
                if let Some(why) = problem(name, target, documents, &exists) {
                    found.push(format!("{name}:{number}: {target}: {why}"));
                }
            }
        }
    }
    found
}

/// Why a link in this document leads nowhere.
fn problem(
    document: &str,
    target: &str,
    documents: &BTreeMap<String, String>,
    exists: &impl Fn(&Path) -> bool,
) -> Option<String> {
    if target.contains("://") {
        // Nothing is requested: it may be out of reach here.
        let uri = Uri::parse(target).ok();
        let scheme = uri.as_ref().map(|uri| uri.scheme().as_str());
        let host = uri.as_ref().and_then(Uri::authority).map(|authority| authority.host());
        let is_good =
            matches!(scheme, Some("http" | "https")) && host.is_some_and(|host| !host.is_empty());
        return (!is_good).then(|| "not an http URL".to_owned());
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(p, a)| (p, Some(a)));
    let path = if path.is_empty() { PathBuf::from(document) } else { resolve(document, path)? };
    if !exists(&path) {
        return Some(format!("there is no {}", path.display()));
    }
    let anchor = anchor?;
    let Some(text) = documents.get(&*path.to_string_lossy()) else {
        return Some(format!("{} has no headings", path.display()));
    };
    (!anchors(text).contains(anchor)).then(|| format!("no heading of {} fits", path.display()))
}

/// A path below the root, as seen from a document. One that leads out of the project stays as it is,
/// and does not exist.
fn resolve(document: &str, path: &str) -> Option<PathBuf> {
    let mut resolved = Path::new(document).parent()?.to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir if resolved.pop() => {}
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    Some(resolved)
}

/// The lines outside fenced blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_fenced = false;
    text.lines().zip(1..).filter_map(move |(line, number)| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        (!is_fenced && !is_fence).then_some((number, line))
    })
}

/// Where the links of a line lead; what is in backticks is code.
fn targets(line: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("](") {
        let is_code = before.matches('`').count() % 2 == 1;
        // A title after the target is allowed, and so are angle brackets around it.
        let target = behind.split([')', ' ']).next().unwrap_or_default();
        if !is_code {
            targets.push(target.trim_matches(['<', '>']));
        }
        rest = if is_code { behind.split_once('`').map_or("", |(_, rest)| rest) } else { behind };
    }
    if let Some((_, target)) = line.split_once("]: ").filter(|_| line.starts_with('[')) {
        targets.push(target.trim());
    }
    targets
}

/// The folders whose files documents name as code, from the root of the project.
const FOLDERS: [&str; 9] =
    [".cargo/", "bench/", "crates/", "docs/", "examples/", "fuzz/", "src/", "tests/", "xtask/"];

/// The paths written as code that do not exist, each with its document and line. The changelog may
/// name what is gone.
fn missing_paths(
    documents: &BTreeMap<String, String>,
    exists: impl Fn(&Path) -> bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in documents.iter().filter(|(name, _)| *name != "CHANGELOG.md") {
        for (number, line) in prose(text) {
            for code in line.split('`').skip(1).step_by(2) {
                // A test may be named after its file.
                let path = code.split("::").next().unwrap_or_default();
                let is_path = FOLDERS.iter().any(|folder| path.starts_with(folder));
                let is_pattern = path.contains(['<', '*', ' ']);
                if is_path && !is_pattern && !exists(Path::new(path)) {
                    found.push(format!("{name}:{number}: there is no {path}"));
                }
            }
        }
    }
    found
}

/// The anchors of a document's headings, by GitHub's rule: lower case, without punctuation, hyphens
/// for spaces, and a number at the end of one that is repeated.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut times = BTreeMap::new();
    let headings = prose(text).filter_map(|(_, line)| {
        let heading = line.trim_start_matches('#');
        heading.strip_prefix(' ').filter(|_| line.starts_with('#'))
    });
    let anchors = headings.map(|heading| {
        let is_kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        let anchor: String = heading.trim().chars().filter(is_kept).collect();
        let anchor = anchor.to_lowercase().replace(' ', "-");
        let count = times.entry(anchor.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { anchor } else { format!("{anchor}-{}", *count - 1) }
    });
    anchors.collect()
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    assert!(documents.len() > 15, "they are found: {:?}", documents.keys());
    let links = documents.values().flat_map(|text| prose(text)).map(|(_, line)| targets(line));
    assert!(links.flatten().count() > 50, "so are their links");
    let found = broken(&documents, |path| root().join(path).exists());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_path_exists() {
    // What belongs to a crate of its own names files of that crate.
    let mut documents = documents();
    documents.retain(|name, _| !name.starts_with("crates/"));
    let found = missing_paths(&documents, |path| root().join(path).exists());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let readme =
        "`src/lib.rs` `src/no.rs` src/no.rs `src/<kind>.rs` `tests/a.rs::b`\n`no.rs` `docs/`\n";
    let documents = [("README.md", readme), ("CHANGELOG.md", "`src/no.rs`")];
    let documents = documents.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let exists = |path: &Path| ["src/lib.rs", "docs/"].map(Path::new).contains(&path);
    assert_eq!(
        missing_paths(&documents, exists),
        ["README.md:1: there is no src/no.rs", "README.md:1: there is no tests/a.rs"]
    );
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let readme = "\
# The `[vars.A_B]`, twice
[a](docs/http.md) [b](docs/http.md#one-two-1) [c](#the-varsa_b-twice) [d](https://example.com/a#b) `[e](no.txt)`
```
[f](no.txt)
```
[g](docs/no.txt) and [h](docs/http.md#three)
[i](https://) [j](src/lib.rs#L1) `x` [k](../outside.txt) [l](#one)
[m]: no.txt
";
    let page = "## One, two!\n## One two\n[up](../README.md) [self](#one-two) [here](./http.md)\n";
    let documents = [("README.md", readme), ("docs/http.md", page)];
    let documents = documents.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let exists =
        |path: &Path| ["README.md", "docs/http.md", "src/lib.rs"].map(Path::new).contains(&path);
    assert_eq!(
        broken(&documents, exists),
        [
            "README.md:6: docs/no.txt: there is no docs/no.txt",
            "README.md:6: docs/http.md#three: no heading of docs/http.md fits",
            "README.md:7: https://: not an http URL",
            "README.md:7: src/lib.rs#L1: src/lib.rs has no headings",
            "README.md:7: ../outside.txt: there is no ../outside.txt",
            "README.md:7: #one: no heading of README.md fits",
            "README.md:8: no.txt: there is no no.txt",
        ]
    );
}
