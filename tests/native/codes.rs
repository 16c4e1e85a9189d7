//! The codes that others rely on, in answers, dead letters, the journal, jobs and replays, and the names in the
//! configuration. `codes.txt` has all that there have ever been. One can be added, but none is renamed or removed, and
//! none changes its meaning.
//!
//! `UPDATE_DOCS=1 cargo test --test native codes` adds the new ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use elytra_events::Known as _;
use elytra_webhooks::delivery::Cause;
use elytra_webhooks::journal::State;

use crate::house::rust_files;

/// The file, below the root.
const CODES: &str = "tests/native/codes.txt";

/// What the codes of a kind are in, and the functions that return them: a file, and how the function begins.
const FUNCTIONS: [(&str, &str, &str); 9] = [
    ("answers", "src/outcome.rs", "pub fn report(&self) -> Report"),
    ("answers", "src/operator/error.rs", "fn report(&self) -> Report"),
    ("answers", "src/fate.rs", "pub fn code(self) -> &'static str"),
    ("reasons why a subscription does not want an event", "src/subscription.rs", CODE),
    ("notices", "src/trace.rs", CODE),
    ("violations", "crates/elytra-events/src/event/violation.rs", CODE),
    ("causes of dead letters", "src/delivery/answer.rs", CODE),
    ("states of jobs", "src/jobs/job.rs", AS_STR),
    ("states of replays", "src/replay/job.rs", AS_STR),
];

const CODE: &str = "pub fn code(&self) -> &'static str";

const AS_STR: &str = "pub fn as_str(self) -> &'static str";

/// The codes of each kind.
type Codes = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether a text is written like a code.
fn is_code(text: &str) -> bool {
    let words = text.split('_');
    text.len() > 1
        && words.clone().all(|word| !word.is_empty())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The strings in the functions that begin so, which look like codes. A function ends where its indentation does.
#[track_caller]
fn codes_in(text: &str, beginning: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for (start, _) in text.match_indices(beginning) {
        let body = text.split_at(start).1.split("\n    }\n").next().unwrap();
        codes.extend(
            body.split('"').skip(1).step_by(2).filter(|text| is_code(text)).map(str::to_owned),
        );
    }
    assert!(!codes.is_empty(), "{beginning}");
    codes
}

/// The names of the variants of an enum, as serde writes them.
#[track_caller]
fn variants(text: &str, beginning: &str) -> BTreeSet<String> {
    let body = text.split_once(beginning).unwrap().1.split("\n}\n").next().unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let lines = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    lines
        .map(|line| {
            let name = line.split([' ', '(', ',']).next().unwrap();
            let mut snake = String::new();
            for c in name.chars() {
                if c.is_ascii_uppercase() && !snake.is_empty() {
                    snake.push('_');
                }
                snake.push(c.to_ascii_lowercase());
            }
            snake
        })
        .collect()
}

/// The codes in the source.
fn today() -> Codes {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let mut codes = Codes::new();
    for (kind, file, beginning) in FUNCTIONS {
        codes.entry(kind.to_owned()).or_default().append(&mut codes_in(&read(file), beginning));
    }
    let fates = State::ALL.iter().map(|state| state.as_str().to_owned());
    codes.insert("fates in the journal".to_owned(), fates.collect());
    let lines = variants(&read("src/journal/line.rs"), "pub enum What<'l> {\n");
    codes.insert("lines in the journal".to_owned(), lines);
    let names = names_in_tables(&read("docs/configuration.md"));
    codes.insert("names in the configuration".to_owned(), names);
    codes
}

/// The names in the tables of a document, as far as they are in the first column.
fn names_in_tables(text: &str) -> BTreeSet<String> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let names = cells.flat_map(|cell| cell.split('`').step_by(2));
    names.filter(|name| is_code(name)).map(str::to_owned).collect()
}

fn print(codes: &Codes) -> String {
    let mut text = String::new();
    for (kind, codes) in codes {
        let _ =
            write!(text, "[{kind}]\n{}\n\n", codes.iter().cloned().collect::<Vec<_>>().join("\n"));
    }
    text.trim_end().to_owned() + "\n"
}

#[track_caller]
fn read(text: &str) -> Codes {
    let mut codes = Codes::new();
    let mut kind = String::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(new) => new.clone_into(&mut kind),
            None => drop(codes.entry(kind.clone()).or_default().insert(line.to_owned())),
        }
    }
    codes
}

#[test]
fn none_is_removed_or_renamed() {
    let today = today();
    let kept = read(&fs::read_to_string(root().join(CODES)).unwrap_or_default());
    for (kind, codes) in &kept {
        let none = BTreeSet::new();
        let gone: Vec<_> = codes.difference(today.get(kind).unwrap_or(&none)).collect();
        assert!(gone.is_empty(), "{kind}: others rely on {gone:?}, which are gone");
    }
    if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(root().join(CODES), print(&today)).unwrap();
    } else {
        assert_eq!(kept, today, "run UPDATE_DOCS=1 cargo test --test native codes");
    }
}

/// A function that returns codes, and is not read here, could change them.
#[test]
fn all_functions_that_return_codes_are_read() {
    let files = rust_files("src").into_iter().chain(rust_files("crates/elytra-events/src"));
    for (file, text) in files {
        for line in text.lines().map(str::trim) {
            let returns_codes = line.starts_with("pub fn code(") || line.contains(" -> Report {");
            let is_private = !line.starts_with("pub fn");
            let is_read =
                FUNCTIONS.iter().any(|(_, read, begins)| *read == file && line.starts_with(begins));
            assert!(!returns_codes || is_private || is_read, "{file}: {line}");
        }
    }
}

/// What is read off the source is what the code says.
#[test]
fn the_source_is_read_as_it_is() {
    let today = today();
    let causes: BTreeSet<_> = Cause::CODES.map(str::to_owned).into();
    assert_eq!(today["causes of dead letters"], causes);
    assert!(
        today["lines in the journal"]
            .is_superset(&["received".to_owned(), "replayed".to_owned()].into())
    );
    assert!(
        today["answers"].is_superset(&["accepted".to_owned(), "no_such_event".to_owned()].into())
    );
    assert_eq!(
        codes_in(
            "pub fn code() {\n \"a_b\" \"A sentence.\" \"9_c\"\n    }\n \"d_e\"",
            "pub fn code"
        )
        .len(),
        2
    );
}

/// A code that nobody explains is of no use.
#[test]
fn every_code_of_an_answer_is_documented() {
    let documents = ["docs/http.md", "docs/operating.md"];
    let text: String =
        documents.map(|name| fs::read_to_string(root().join(name)).unwrap()).concat();
    let missing: Vec<_> = today()["answers"]
        .iter()
        .filter(|code| !text.contains(&format!("`{code}`")))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
