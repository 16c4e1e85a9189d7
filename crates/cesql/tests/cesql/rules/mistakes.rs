//! What is said of an expression that cannot be compiled: where, what stands there, and what
//! should. The rules beside this hold many more.

use cesql::Expression;

#[track_caller]
fn says(cases: &[(&str, &str, &str)]) {
    for (why, text, expected) in cases {
        let error = Expression::parse(text).expect_err(why);
        assert_eq!(error.to_string(), *expected, "{why}: {text}");
        assert!(error.position <= text.chars().count(), "{why}: {text}");
    }
}

#[test]
fn a_mistake_is_found_where_it_is() {
    says(&[
        ("nothing at all", "", "found the end at position 0, expected a value"),
        ("white space", "  \n ", "found the end at position 4, expected a value"),
        ("an operator alone", "= 1", "found \"=\" at position 0, expected a value"),
        ("no operand", "id =", "found the end at position 4, expected a value"),
        ("no operand, in the middle", "id = AND", "found \"AND\" at position 5, expected a value"),
        ("two values", "id 'a'", "found \"'a'\" at position 3, expected an operator or the end"),
        (
            "positions are characters",
            "'ä☃' id",
            "found \"id\" at position 5, expected an operator or the end",
        ),
        ("NOT alone", "id NOT", "found the end at position 6, expected LIKE or IN after NOT"),
        (
            "NOT before another operator",
            "id NOT = 1",
            "found \"=\" at position 7, expected LIKE or IN after NOT",
        ),
        (
            "a plus is no operator of one operand",
            "+id",
            "found \"+\" at position 0, expected a value",
        ),
        ("nor apart from its digits", "+ 5", "found \"+\" at position 0, expected a value"),
    ]);
}

#[test]
fn characters_of_other_languages_are_told() {
    const EXPECTED: &str = "expected a name, a number, a string or an operator";
    says(&[
        ("an exclamation mark", "!id", &format!("found '!' at position 0, {EXPECTED}")),
        ("a semicolon", "id = '1';", &format!("found ';' at position 8, {EXPECTED}")),
        ("two bars", "id = '1' || id = '2'", &format!("found '|' at position 9, {EXPECTED}")),
        ("a point", "data.objectId", &format!("found '.' at position 4, {EXPECTED}")),
        ("a fraction", "1.5", &format!("found '.' at position 1, {EXPECTED}")),
        ("another quote", "id = `a`", &format!("found '`' at position 5, {EXPECTED}")),
        ("a typographic quote", "id = ‘a’", &format!("found '‘' at position 5, {EXPECTED}")),
        (
            "a space of another kind",
            "id\u{a0}= 1",
            &format!("found '\\u{{a0}}' at position 2, {EXPECTED}"),
        ),
        ("NUL", "\0", &format!("found '\\0' at position 0, {EXPECTED}")),
    ]);
}

#[test]
fn a_function_is_suggested() {
    says(&[
        (
            "an S more",
            "SUBSTRINGS(id, 1) = 'a'",
            "found the unknown function \"SUBSTRINGS\" at position 0, expected SUBSTRING",
        ),
        (
            "in any case",
            "1 = lenght(id)",
            "found the unknown function \"lenght\" at position 4, expected LENGTH",
        ),
        (
            "too few",
            "1 < RIGHT(id)",
            "found RIGHT with 1 argument at position 4, expected 2 arguments",
        ),
        (
            "too many",
            "TRIM(id, 'x')",
            "found TRIM with 2 arguments at position 0, expected 1 argument",
        ),
    ]);
}

#[test]
fn what_is_long_is_shortened() {
    says(&[(
        "a word",
        &"x".repeat(100).to_uppercase(),
        &format!(
            "found \"{}\"… at position 0, expected the name of an attribute, in lower-case letters \
             and digits",
            "X".repeat(64)
        ),
    )]);
}
