//! The documents: every link leads somewhere, the README is short, and no figure contradicts another
//! or the constant it stands for.

mod costs;
mod fields;
mod figures;
mod journal;
mod links;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How long the README may be, in bytes. Everything else has a page in `docs/`.
const MAX_README_BYTES: usize = 12 * 1024;

/// Folders with files that are installed or generated, not ours.
const NOT_OURS: [&str; 4] = ["build", "dist", "node_modules", "target"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A document, by its path below the root.
#[track_caller]
fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every Markdown file of the project, by its path below the root.
fn documents() -> BTreeMap<String, String> {
    let mut folders: Vec<PathBuf> = vec![root().to_owned()];
    let mut documents = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !NOT_OURS.contains(&&*name) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let below = path.strip_prefix(root()).unwrap().display().to_string();
                documents.insert(below, fs::read_to_string(&path).unwrap());
            }
        }
    }
    documents
}

/// A number as the documents print it, with commas between thousands.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    let head = Some(head.to_owned()).filter(|head| !head.is_empty());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[test]
fn the_readme_is_short() {
    let bytes = read("README.md").len();
    assert!(bytes <= MAX_README_BYTES, "README.md has {bytes} bytes, not {MAX_README_BYTES}");
}

/// A page that nobody finds helps nobody.
#[test]
fn the_readme_leads_to_every_page() {
    let readme = read("README.md");
    for name in documents().keys().filter(|name| name.starts_with("docs/")) {
        assert!(readme.contains(&format!("({name})")), "README.md has no link to {name}");
    }
}

#[test]
fn numbers_have_commas() {
    for (number, expected) in
        [(0, "0"), (999, "999"), (1_000, "1,000"), (65_536, "65,536"), (315_360_000, "315,360,000")]
    {
        assert_eq!(with_commas(number), expected);
    }
}

/// What compiles and is tested elsewhere.
#[test]
fn the_code_for_consumers_is_that_of_the_examples() {
    let lines = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let sources = [
        "examples/consumer/src/lib.rs",
        "examples/consumer-ts/src/index.ts",
        "tests/edge/typescript/documents.ts",
    ];
    let sources = sources.map(|source| lines(&read(source)));
    let document = read("docs/consumers.md");
    let blocks: Vec<_> = document.split("\n```").skip(1).step_by(2).collect();
    assert_eq!(blocks.len(), 3, "two ways to read a message, and the type of an object");
    for block in blocks {
        let (_, code) = block.split_once('\n').unwrap();
        let code = lines(code);
        let is_there = |source: &Vec<_>| source.windows(code.len()).any(|part| part == code);
        assert!(sources.iter().any(is_there), "this is in no example:{block}");
    }
}
