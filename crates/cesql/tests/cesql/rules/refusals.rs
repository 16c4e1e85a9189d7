//! What is said of an event that does not pass, for those who read logs at night.

use cesql::{Expression, Refusal, SeenAttribute};

use super::Event;

fn decide(members: &str, text: &str) -> Result<(), Refusal> {
    Expression::parse(text).unwrap().matches(&Event::new(members))
}

#[track_caller]
pub(super) fn passes(members: &str, text: &str) {
    assert_eq!(decide(members, text), Ok(()), "{text}");
}

#[track_caller]
pub(super) fn refuses(members: &str, text: &str, expected: &str) {
    assert_eq!(decide(members, text).expect_err(text).to_string(), expected, "{text}");
}

#[test]
fn the_first_clause_that_is_false_is_told_with_what_it_saw() {
    let members = r#""operation":"modify","locale":"de","n":5,"b":false"#;
    refuses(
        members,
        "operation = 'add'",
        r#"is false: operation = 'add', where operation is "modify""#,
    );
    refuses(
        members,
        "locale = 'de' AND n > 7 AND operation = 'add'",
        "is false: n > 7, where n is 5",
    );
    refuses(members, "locale = 'de' AND (n = 5 AND b)", "is false: b, where b is false");
    refuses(
        members,
        "EXISTS locale AND EXISTS other",
        "is false: EXISTS other, where other is missing",
    );
    refuses(
        members,
        "locale IN ('en', 'fr') OR operation LIKE 'a%' OR locale = 'it'",
        "is false: locale IN ('en', 'fr') OR operation LIKE 'a%' OR locale = 'it', where locale is \
         \"de\" and operation is \"modify\"",
    );
    refuses(members, "n = 5 XOR n = 5", "is false: n = 5 XOR n = 5, where n is 5");
    refuses(members, "1 = 2", "is false: 1 = 2");
    refuses(
        members,
        "LOWER(locale) = 'x'",
        r#"is false: LOWER(locale) = 'x', where locale is "de""#,
    );
    refuses(members, "false AND missing = 'x'", "is false: FALSE");
}

#[test]
fn a_value_that_is_no_boolean_is_told() {
    refuses("", "id", r#"is "1", not a boolean"#);
    refuses("", "2 + 3", "is 5, not a boolean");
    passes("", "2 + 3 AND true");
    refuses("", "true AND 0", "is false: 0");
}

#[test]
fn the_first_error_is_told() {
    let members = r#""locale":"de""#;
    refuses(members, "subject = 'x' AND missing = 'y'", "attribute subject is missing");
    refuses(members, "locale > 5", r#""de" cannot be cast to Integer"#);
    refuses(members, "NOT locale = 'de'", r#""de" cannot be cast to Boolean"#);
    refuses(members, "2147483647 + LENGTH(locale) > 0", "2147483647 + 2 is not within 32 bits");
    refuses(members, "-(-2147483648) > 0", "-(-2147483648) is not within 32 bits");
    refuses(members, "ABS(-2147483648) > 0", "ABS(-2147483648) is not within 32 bits");
    refuses(members, "LEFT(locale, -3) = ''", "LEFT cannot take -3 characters");
    refuses(members, "SUBSTRING(locale, 1, -3) = ''", "SUBSTRING cannot take -3 characters");
    refuses(members, "SUBSTRING(locale, 5) = ''", "SUBSTRING cannot begin at 5 of 2 characters");
    let long = format!(r#""s":"{}""#, "x".repeat(600_000));
    refuses(&long, "LOWER(s) = s", "the evaluation costs more than 1000000");
}

#[test]
fn it_stays_one_line_of_a_bearable_length() {
    let members = format!(r#""s":"{}""#, "é".repeat(10_000));
    let value = format!("{:?}…", "é".repeat(64));
    refuses(&members, "s = 'x'", &format!("is false: s = 'x', where s is {value}"));
    refuses(&members, "s > 5", &format!("{value} cannot be cast to Integer"));
    refuses(&members, "s", &format!("is {value}, not a boolean"));
    refuses(
        "",
        r"'\n' LIKE 'x' OR type = 'a\b'",
        r#"is false: '\n' LIKE 'x' OR type = 'a\b', where type is "t""#,
    );

    let names = |count| (0..count).map(|n| format!("a{n} = '{n}'")).collect::<Vec<_>>();
    let values = |count| (0..count).map(|n| format!(r#""a{n}":"x""#)).collect::<Vec<_>>();
    let refusal = decide(&values(50).join(","), &names(50).join(" OR ")).unwrap_err().to_string();
    let (clause, seen) = refusal.split_once("…, where ").unwrap();
    assert_eq!(clause.len(), "is false: ".len() + 160);
    assert_eq!(seen.matches(" is ").count(), 8, "{seen}");
}

#[test]
fn a_line_break_in_a_literal_does_not_break_the_line() {
    refuses("", "type = 'a\nb'", r#"is false: type = 'a\nb', where type is "t""#);
}

#[test]
fn the_parts_can_be_told_apart_too() {
    let seen = |name: &str, value: Option<&str>| SeenAttribute {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    };
    assert_eq!(
        decide(r#""n":5"#, "true AND (EXISTS other OR n = 6)"),
        Err(Refusal::False {
            clause: "EXISTS other OR n = 6".to_owned(),
            seen: vec![seen("other", None), seen("n", Some("5"))],
        })
    );
    assert_eq!(decide("", "5"), Err(Refusal::NotBoolean("5".to_owned())));
}
