//! Whatever the expression and the event: nothing panics, nothing goes on for long, and what is
//! printed can be read again.

use std::fmt::Write as _;

use cesql::{Expression, MAX_COST, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use test_support::property;

use super::Event;

/// The attributes that events and expressions here have.
const NAMES: [&str; 8] = ["id", "type", "subject", "time", "locale", "n", "flag", "9x"];

/// A string literal with all that is special in one.
fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"'([ab5%_☃"]|\\.|\\'){0,8}'"#,
        r#""([ab5%_☃']|\\.|\\"){0,8}""#,
        select(vec!["'true'", "'12'", "'-3'", "'x'", "''"]).prop_map(str::to_owned),
    ]
}

/// The text of an expression, in any of the ways it may be written.
pub(super) fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        literal(),
        any::<i32>().prop_map(|integer| integer.to_string()),
        (-3..9_i32).prop_map(|integer| integer.to_string()),
        (0..9_i32).prop_map(|integer| format!("+{integer}")),
        select(vec!["true", "FALSE"]).prop_map(str::to_owned),
        select(NAMES.to_vec()).prop_map(str::to_owned),
        select(NAMES.to_vec()).prop_map(|name| format!("exists {name}")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let binary = select(vec![
            "=", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", " AND ", " or ",
            " XOR ",
        ]);
        let unary = select(vec!["NOT ", "-", "- ", "--"]);
        let function = select(vec![
            "LENGTH",
            "CONCAT",
            "concat_ws",
            "LOWER",
            "UPPER",
            "TRIM",
            "LEFT",
            "RIGHT",
            "SUBSTRING",
            "ABS",
            "INT",
            "BOOL",
            "STRING",
            "IS_INT",
            "IS_BOOL",
        ]);
        prop_oneof![
            (inner.clone(), vec((binary, inner.clone()), 1..4)).prop_map(|(first, rest)| {
                rest.iter().fold(first, |mut text, (operator, operand)| {
                    write!(text, "{operator}{operand}").unwrap();
                    text
                })
            }),
            (unary, inner.clone()).prop_map(|(operator, operand)| operator.to_owned() + &operand),
            inner.clone().prop_map(|inner| format!("({inner})")),
            (inner.clone(), any::<bool>(), literal()).prop_map(|(operand, negated, pattern)| {
                format!("{operand}{} LIKE {pattern}", if negated { " NOT" } else { "" })
            }),
            (inner.clone(), any::<bool>(), vec(inner.clone(), 1..4)).prop_map(
                |(operand, negated, set)| {
                    let not = if negated { "\tNot" } else { "" };
                    format!("{operand}{not} IN ({})", set.join(" , "))
                }
            ),
            (function, vec(inner, 0..4)).prop_map(|(function, arguments)| {
                format!("{function}({})", arguments.join(","))
            }),
        ]
    })
}

/// Some of the attributes, as the members of a JSON object.
fn any_event() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<bool>().prop_map(|boolean| json!(boolean)),
        any::<i32>().prop_map(|integer| json!(integer)),
        "[ab5%_☃'\"\\\\]{0,12}".prop_map(|text| json!(text)),
        select(vec!["12", "-3", "True", "false", "x"]).prop_map(|text| json!(text)),
    ];
    (vec(proptest::option::of(value), 4), proptest::option::of("[a☃]{1,9}")).prop_map(
        |(values, subject)| {
            let names = ["locale", "n", "flag", "9x"].into_iter().zip(values);
            let mut members: Vec<_> = names
                .filter_map(|(name, value)| Some(format!("{}:{}", json!(name), value?)))
                .collect();
            members.extend(subject.map(|subject| format!(r#""subject":{}"#, json!(subject))));
            members.join(",")
        },
    )
}

#[test]
fn what_is_printed_is_read_as_the_same() {
    property(expression(), |text| {
        // Some have a function with a wrong number of arguments.
        let Ok(expression) = Expression::parse(&text) else { return };
        let printed = expression.to_string();
        assert_eq!(Expression::parse(&printed).as_ref(), Ok(&expression), "{text} as {printed}");
        assert_eq!(Expression::parse(&printed).unwrap().to_string(), printed);
    });
}

#[test]
fn most_of_these_expressions_can_be_compiled() {
    let count = std::cell::Cell::new((0, 0));
    property(expression(), |text| {
        let (good, all) = count.get();
        count.set((good + usize::from(Expression::parse(&text).is_ok()), all + 1));
    });
    let (good, all) = count.get();
    assert!(good * 2 > all, "{good} of {all}: otherwise the properties here show little");
}

#[test]
fn an_evaluation_ends_within_its_bound_and_as_a_filter_it_decides_the_same() {
    property((expression(), any_event()), |(text, members)| {
        let Ok(expression) = Expression::parse(&text) else { return };
        let event = Event::new(&members);
        let evaluation = expression.evaluate(&event);
        assert!(evaluation.cost <= MAX_COST);
        assert_eq!(expression.evaluate(&event), evaluation, "the same outcome each time");
        let is_match = evaluation.value == Value::Boolean(true) && evaluation.errors.is_empty();
        assert_eq!(expression.is_true(&event), is_match, "{text}");
        match expression.matches(&event) {
            Ok(()) => assert!(is_match, "{text}"),
            Err(refusal) => {
                assert!(!is_match, "{text}: {refusal}");
                assert!(!refusal.to_string().contains('\n'), "{refusal}");
            }
        }
        for error in &evaluation.errors {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    });
}

#[test]
fn not_is_the_opposite_where_there_is_no_error() {
    property((expression(), any_event()), |(text, members)| {
        let event = Event::new(&members);
        let parsed = (Expression::parse(&text), Expression::parse(&format!("NOT ({text})")));
        let (Ok(expression), Ok(opposite)) = parsed else { return };
        let (value, opposite) = (expression.evaluate(&event), opposite.evaluate(&event));
        match value.value {
            _ if !value.errors.is_empty() => assert_eq!(opposite.value, Value::Boolean(false)),
            Value::Boolean(boolean) => assert_eq!(opposite.value, Value::Boolean(!boolean)),
            Value::Integer(integer) => assert_eq!(opposite.value, Value::Boolean(integer == 0)),
            Value::String(_) => {}
        }
    });
}

#[test]
fn long_attributes_keep_the_bound() {
    let long = (expression(), "[ab☃ ]{1,5}", 1..200_000_usize, any::<bool>());
    property(long, |(text, part, bytes, is_subject)| {
        let Ok(expression) = Expression::parse(&text) else { return };
        let name = if is_subject { "subject" } else { "locale" };
        let value = part.repeat(bytes / part.len() + 1);
        let event = Event::new(&format!(r#""{name}":"{value}""#));
        let evaluation = expression.evaluate(&event);
        assert!(evaluation.cost <= MAX_COST);
        if let Value::String(text) = evaluation.value {
            assert!(text.len() <= MAX_COST + value.len(), "what was built was paid for");
        }
    });
}

#[test]
fn no_text_panics() {
    let check = |text: String| match Expression::parse(&text) {
        Ok(expression) => {
            assert_eq!(Expression::parse(&expression.to_string()), Ok(expression), "{text}");
        }
        Err(error) => {
            assert!(error.position <= text.chars().count(), "{text}");
            assert!(!error.to_string().contains('\n') && !error.to_string().ends_with('.'));
        }
    };
    property(".{0,80}", check);
    let parts = select(vec![
        "(",
        ")",
        ",",
        "'",
        "\"",
        "\\",
        "a",
        "data",
        "1",
        "99999999999",
        "+",
        "-",
        "*",
        "/",
        "%",
        "=",
        "!=",
        "<",
        ">",
        "<>",
        "NOT",
        "AND",
        "IN",
        "LIKE",
        "EXISTS",
        "LENGTH",
        "CONCAT_WS",
        "'a'",
        "true",
        " ",
        "\n",
        "☃",
        "A_",
    ]);
    property(vec(parts, 0..16).prop_map(|parts| parts.join(" ")), check);
    let parts =
        select(vec!["(", ")", ",", "'", "\"", "\\", "a", "1", "+", "-", "=", "<", "%", "☃"]);
    property(vec(parts, 0..16).prop_map(|parts| parts.concat()), check);
}
