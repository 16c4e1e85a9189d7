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

use elytra_webhooks::CloudEvent;
use elytra_webhooks::cesql::{Expression, Value};

use crate::rules::{Case, Rules, test_rules};
use crate::support::event;

const RULES: Rules = Rules {
    folder: "cesql",
    document: "docs/cesql.md",
    head: "# The rules of CESQL, and the test of each\n\n\
         Written by `UPDATE_DOCS=1 cargo test --test native cesql`; a rule that breaks, and a list \
         that is not up to date, fail\n`cargo test`. Sections are those of the CloudEvents SQL \
         Expression Language 1.0.0. \"Ours\" is what we add, and how we\nread what the \
         specification leaves open.\n",
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

test_rules!(RULES);
