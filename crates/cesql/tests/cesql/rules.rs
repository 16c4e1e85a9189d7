//! One case for each rule of the specification, and the list of them in `RULES.md`, which is written from here; what parse errors and refusals say; properties of any expression.

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

use std::collections::BTreeMap;

use cesql::{Attributes, Expression, Value};
use serde_json::Value as Json;
use test_support::{Case, Rules, test_rules};

const RULES: Rules = Rules {
    package: env!("CARGO_MANIFEST_DIR"),
    folder: "tests/cesql/rules",
    command: "cargo test --package cesql",
    document: "RULES.md",
    head: "# The rules of CESQL, and the test of each\n\n\
         `UPDATE_DOCS=1 cargo test --package cesql` writes this list. `cargo test` fails if a rule is \
         broken or the list is\nout of date. Sections are those of the CloudEvents SQL Expression \
         Language 1.0.0. \"Ours\" is what we add, and how we\nread what the specification leaves \
         open.\n",
    files: &[
        ("syntax", "Syntax", syntax::CASES),
        ("errors", "Types, attributes and errors", errors::CASES),
        ("operators", "Operators", operators::CASES),
        ("like", "LIKE", like::CASES),
        ("functions", "Functions", functions::CASES),
        ("precedence", "Precedence and short circuits", precedence::CASES),
        ("casts", "Type casting", casts::CASES),
        ("examples", "Filters and examples", examples::CASES),
        ("ours", "Ours", ours::CASES),
    ],
};

/// An event, by its attributes.
struct Event(BTreeMap<String, Value<'static>>);

impl Event {
    /// One with these attributes, as members of a JSON object, besides those that every event must
    /// have.
    fn new(members: &str) -> Self {
        let attributes: BTreeMap<String, Json> =
            serde_json::from_str(&test_support::event(members)).unwrap();
        Self(attributes.into_iter().map(|(name, json)| (name, value(json))).collect())
    }
}

impl Attributes for Event {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        self.0.get(name).cloned()
    }
}

fn value(json: Json) -> Value<'static> {
    match json {
        Json::Bool(boolean) => Value::Boolean(boolean),
        Json::Number(number) => Value::Integer(number.as_i64().unwrap().try_into().unwrap()),
        Json::String(text) => Value::String(text.into()),
        other => panic!("{other} is no attribute"),
    }
}

/// What becomes of an expression for an event with these members besides those that every event
/// must have: the value, and the kinds of errors behind it; or else the parse error.
fn outcome(members: &str, text: &str) -> String {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return format!("{}: {error}", error.kind),
    };
    let printed = expression.to_string();
    assert_eq!(Expression::parse(&printed), Ok(expression.clone()), "{text} printed as {printed}");

    let event = Event::new(members);
    let evaluation = expression.evaluate(&event);
    let is_match = evaluation.value == Value::Boolean(true) && evaluation.errors.is_empty();
    assert_eq!(expression.matches(&event).is_ok(), is_match, "1.2: as a filter, {text}");

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

test_rules!(RULES);
