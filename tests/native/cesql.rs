//! CESQL: one case for each rule of the specification, and the list of them in `docs/cesql.md`,
//! which is written from here; what parse errors and refusals say; properties of any expression.

mod casts;
mod errors;
mod examples;
mod functions;
mod like;
mod mistakes;
mod operators;
mod ours;
mod precedence;
mod properties;
mod refusals;
mod syntax;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use elytra_webhooks::CloudEvent;
use elytra_webhooks::cesql::{Expression, Value};

use crate::support::event;

/// A rule, and what shows that it holds.
struct Case {
    /// Its stable name.
    rule: &'static str,
    /// The section of the specification that it comes from.
    section: &'static str,
    /// What it says, in our own words.
    says: &'static str,
    /// It holds where this does not panic.
    check: fn(),
}

/// The rules of a file: its name below `cesql`, what they are about, and they themselves.
const CASES: &[(&str, &str, &[Case])] = &[
    ("syntax", "Syntax", syntax::CASES),
    ("errors", "Types, attributes and errors", errors::CASES),
    ("operators", "Operators", operators::CASES),
    ("like", "LIKE", like::CASES),
    ("functions", "Functions", functions::CASES),
    ("precedence", "Precedence and short circuits", precedence::CASES),
    ("casts", "Type casting", casts::CASES),
    ("examples", "Filters and examples", examples::CASES),
    ("ours", "Ours", ours::CASES),
];

/// What becomes of an expression for an event with these members besides those that every event
/// must have: the value, and the kinds of errors behind it; or else the parse error.
fn outcome(members: &str, text: &str) -> String {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return format!("{}: {error}", error.kind),
    };
    let printed = expression.to_string();
    assert_eq!(Expression::parse(&printed), Ok(expression.clone()), "{text} printed as {printed}");

    let json = event(members);
    let event = CloudEvent::from_json(&json).unwrap();
    let evaluation = expression.evaluate(&event);
    let is_match = evaluation.value == Value::Boolean(true) && evaluation.errors.is_empty();
    assert_eq!(expression.matches(&event).is_ok(), is_match, "1.2: as a filter, {text}");
    assert_eq!(event.as_json(), json, "1: the event is not changed");

    let errors = evaluation.errors.iter().map(|error| format!(", {}", error.kind()));
    evaluation.value.to_string() + &errors.collect::<String>()
}

/// Checks expressions for the event with these members: why, the expression, and its outcome.
#[track_caller]
fn given(members: &str, cases: &[(&str, &str, &str)]) {
    for (why, text, expected) in cases {
        assert_eq!(outcome(members, text), *expected, "{why}: {text}");
    }
}

/// Checks expressions for the event that has nothing but what it must have.
#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    given("", cases);
}

fn rules() -> impl Iterator<Item = &'static Case> {
    CASES.iter().flat_map(|(_, _, rules)| *rules)
}

#[test]
fn every_rule_holds() {
    let broken = rules().filter(|rule| catch_unwind(rule.check).is_err());
    let broken: Vec<_> = broken.map(|rule| rule.rule).collect();
    assert_eq!(broken, [""; 0], "each tells above what it found");
}

#[test]
fn each_rule_has_a_name_of_its_own() {
    let names: BTreeSet<_> = rules().map(|rule| rule.rule).collect();
    assert_eq!(names.len(), rules().count());
    for Case { rule, section, says, .. } in rules() {
        let is_good = rule.bytes().all(|b| b.is_ascii_lowercase() || b"-0123456789".contains(&b));
        assert!(is_good && rule.contains('-'), "{rule}");
        assert!(!says.contains(['|', '\n']) && !section.contains('|'), "{rule}");
    }
}

/// The list of the rules, as it stands in `docs/cesql.md`.
fn list() -> String {
    let mut list = String::from(
        "# The rules of CESQL, and the test of each\n\n\
         Written by `UPDATE_DOCS=1 cargo test --test native cesql`; a rule that breaks, and a list \
         that is not up to date, fail\n`cargo test`. Sections are those of the CloudEvents SQL \
         Expression Language 1.0.0. \"Ours\" is what we add, and how we\nread what the \
         specification leaves open.\n",
    );
    for (file, title, rules) in CASES {
        write!(list, "\n## {title}\n\n| rule | says | section | test |\n|---|---|---|---|\n")
            .unwrap();
        for Case { rule, section, says, .. } in *rules {
            let test = format!("`tests/native/cesql/{file}.rs`");
            writeln!(list, "| `{rule}` | {says} | {section} | {test} |").unwrap();
        }
    }
    list
}

#[test]
fn the_list_of_the_rules_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cesql.md");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, list()).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == list(), "run UPDATE_DOCS=1 cargo test --test native cesql");
}
