//! What the CloudEvents specifications ask of a receiver: one case for each rule, and the list of
//! them in `docs/cloudevents.md`, which is written from here.

mod attributes;
mod batch;
mod binary;
mod headers;
mod json;
mod modes;
mod time;
mod values;
mod webhook;

use std::fs;
use std::path::{Path, PathBuf};

use elytra_events::http::Mode;
use elytra_events::{CloudEvent, InvalidEvent};
use test_support::{self as rules, Rules, test_rules};

use crate::support::{Head, decode_one, event};

type Case = rules::Case<Check>;

enum Check {
    /// It holds where this does not panic.
    Here(fn()),
    /// Only the real runtime can show it: the test of `tests/edge` that does.
    Edge(&'static str),
}
use Check::{Edge, Here};

impl rules::Check for Check {
    fn holds(&self) -> bool {
        match self {
            Here(check) => check.holds(),
            Edge(_) => true,
        }
    }

    fn test(&self, file: &str) -> String {
        match self {
            Here(check) => check.test(file),
            Edge(name) => {
                let (file, function) = name.rsplit_once("::").unwrap();
                format!("`tests/edge/{}.rs::{function}`", file.replace("::", "/"))
            }
        }
    }
}

const RULES: Rules<Check> = Rules {
    package: env!("CARGO_MANIFEST_DIR"),
    folder: "tests/native/checklist",
    command: "cargo test --test native checklist",
    document: "docs/cloudevents.md",
    head: "# The rules of CloudEvents, and the test of each\n\n\
         `UPDATE_DOCS=1 cargo test --test native checklist` writes this list. `cargo test` fails if a \
         rule is broken\nor the list is out of date. Sections are those of the CloudEvents 1.0.2 \
         specifications: \"core\" is `spec.md`, whose\nsections have no numbers; \"JSON format\", \
         \"HTTP binding\" and \"http-webhook\" are the documents published with it.\n\"Ours\" is \
         what we add.\n",
    files: &[
        ("attributes", "Attributes", attributes::CASES),
        ("values", "Values of attributes", values::CASES),
        ("time", "Time", time::CASES),
        ("json", "The JSON format", json::CASES),
        ("batch", "Batches", batch::CASES),
        ("modes", "Modes", modes::CASES),
        ("binary", "Binary mode", binary::CASES),
        ("headers", "Values of headers", headers::CASES),
        ("webhook", "Web hooks", webhook::CASES),
    ],
};

test_rules!(RULES);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file and the function of a test on the real runtime: `binary::header` of `tests/edge`.
fn edge_test(name: &str) -> (PathBuf, &str) {
    let (file, function) = name.rsplit_once("::").unwrap();
    let file = format!("tests/edge/{}.rs", file.replace("::", "/"));
    (root().join(file), function)
}

#[test]
fn every_test_on_the_real_runtime_is_there() {
    for rule in RULES.all() {
        let Edge(name) = rule.check else { continue };
        let (file, function) = edge_test(name);
        let text = fs::read_to_string(&file).unwrap_or_default();
        let is_there = text.contains(&format!("#[test]\nfn {function}("));
        assert!(is_there, "{}: {name} is not in {}", rule.rule, file.display());
    }
}

/// An event with these members is valid, and kept as it came.
#[track_caller]
fn accept(members: &str) {
    let text = event(members);
    match CloudEvent::from_json(&text) {
        Ok(event) => assert_eq!(event.as_json(), text),
        Err(invalid) => panic!("{members}: {invalid:?}"),
    }
}

/// Faults as attribute and code.
fn codes(invalid: &InvalidEvent) -> Vec<(Option<&str>, &'static str)> {
    invalid.violations.iter().map(|fault| (fault.attribute.as_deref(), fault.code())).collect()
}

/// An event with these members has one fault: this one, of this attribute.
#[track_caller]
fn refuse(members: &str, attribute: &str, code: &str) {
    refuse_text(&event(members), attribute, code);
}

/// An event of this text has one fault.
#[track_caller]
fn refuse_text(text: &str, attribute: &str, code: &str) {
    match CloudEvent::from_json(text) {
        Ok(_) => panic!("accepted {text}"),
        Err(invalid) => assert_eq!(codes(&invalid), [(Some(attribute), code)], "{text}"),
    }
}

/// What a binary event becomes in JSON.
#[track_caller]
fn binary(head: &Head, body: &[u8]) -> String {
    decode_one(Mode::Binary, head, body).unwrap().as_json().to_owned()
}

/// A binary event has one fault.
#[track_caller]
fn refuse_binary(head: &Head, body: &[u8], attribute: &str, code: &str) {
    let invalid = decode_one(Mode::Binary, head, body).unwrap_err();
    assert_eq!(codes(&invalid), [(Some(attribute), code)], "{head:?}");
}
