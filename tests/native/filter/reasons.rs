//! The reason why a filter does not match: the clause that did not hold, and what it saw.

use elytra_events::CloudEvent;
use elytra_webhooks::filter::{DataPaths, View};
use elytra_webhooks::text::MAX_REPEATED_CHARACTERS;

use super::{read, wants};
use crate::support::event;

#[track_caller]
fn check(why: &str, filters: &str, members: &str, expected: &str) {
    let config = read(&[filters]).unwrap_or_else(|mistakes| panic!("{why}: {mistakes:?}"));
    let mismatch = wants(&config, &event(members)).remove(0).expect_err(why);
    assert_eq!(mismatch.code(), "filter_not_matched", "{why}");
    assert_eq!(mismatch.to_string(), expected, "{why}");
}

#[test]
fn a_comparison_shows_what_it_saw() {
    let subject = |why, dialect: &str, members: &str, expected: &str| {
        check(why, &format!(r#"[{{"{dialect}":{{"subject":"y"}}}}]"#), members, expected);
    };
    let x = r#""subject":"x""#;
    subject("exact", "exact", x, r#"filters[0].exact: subject is "x", not "y""#);
    subject(
        "prefix",
        "prefix",
        x,
        r#"filters[0].prefix: subject is "x", and does not begin with "y""#,
    );
    subject(
        "suffix",
        "suffix",
        x,
        r#"filters[0].suffix: subject is "x", and does not end with "y""#,
    );
    subject("absent", "exact", "", r#"filters[0].exact: subject is absent, not "y""#);
    subject(
        "absent",
        "suffix",
        "",
        r#"filters[0].suffix: subject is absent, and does not end with "y""#,
    );
    check(
        "the first key that does not match",
        r#"[{"exact":{"id":"1","source":"q","type":"q"}}]"#,
        "",
        r#"filters[0].exact: source is "s", not "q""#,
    );
    check(
        "the first filter of the list",
        r#"[{"exact":{"id":"1"}},{"exact":{"id":"2"}},{"exact":{"id":"3"}}]"#,
        "",
        r#"filters[1].exact: id is "1", not "2""#,
    );
    subject(
        "what breaks lines is escaped",
        "exact",
        r#""subject":"a\"b\\\u2028""#,
        r#"filters[0].exact: subject is "a\"b\\\u{2028}", not "y""#,
    );
}

#[test]
fn data_is_shown_as_it_is_compared() {
    let path = |data: &str, seen: &str| {
        check(
            "what the path leads to",
            r#"[{"exact":{"data.a":"y"}}]"#,
            data,
            &format!(r#"filters[0].exact: data.a is {seen}, not "y""#),
        );
    };
    path("", "absent");
    path(r#""data":{"b":1}"#, "absent");
    path(r#""data":{"a":"x"}"#, "\"x\"");
    path(r#""data":{"a":1.50}"#, "\"1.50\"");
    path(r#""data":{"a":false}"#, "\"false\"");
    path(r#""data":{"a":null}"#, "null");
    path(r#""data":{"a":{"secret":1}}"#, "an object");
    path(r#""data":{"a":["secret"]}"#, "an array");
    path(r#""data":{"a":"x","a":"y"}"#, "present more than once");
    for (id, seen) in [("1.5", "a number"), ("true", "a boolean"), ("\"x\"", "\"x\"")] {
        check(
            "an object's id",
            r#"[{"exact":{"object.id":"1"}}]"#,
            &format!(r#""data":{{"objectId":{id}}}"#),
            &format!(r#"filters[0].exact: object.id is {seen}, not "1""#),
        );
    }
}

#[test]
fn a_nested_clause_has_its_path() {
    check(
        "all",
        r#"[{"all":[{"exact":{"id":"1"}},{"prefix":{"id":"2"}}]}]"#,
        "",
        r#"filters[0].all[1].prefix: id is "1", and does not begin with "2""#,
    );
    check(
        "any: none did, and the first is told",
        r#"[{"any":[{"exact":{"id":"2"}},{"exact":{"id":"3"}}]}]"#,
        "",
        r#"filters[0].any: none of 2 filters match, the first: id is "1", not "2""#,
    );
    check(
        "any of one",
        r#"[{"any":[{"exact":{"id":"2"}}]}]"#,
        "",
        r#"filters[0].any[0].exact: id is "1", not "2""#,
    );
    check("not", r#"[{"not":{"exact":{"id":"1"}}}]"#, "", r#"filters[0].not.exact: id is "1""#);
    check(
        "not, with two keys: both count",
        r#"[{"not":{"exact":{"id":"1","type":"t"}}}]"#,
        "",
        r#"filters[0].not.exact: id is "1" and type is "t""#,
    );
    check(
        "not a prefix",
        r#"[{"not":{"prefix":{"source":"s"}}}]"#,
        "",
        r#"filters[0].not.prefix: source is "s", and begins with "s""#,
    );
    check(
        "not a suffix",
        r#"[{"not":{"suffix":{"source":"s"}}}]"#,
        "",
        r#"filters[0].not.suffix: source is "s", and ends with "s""#,
    );
    check(
        "not any: the one that matches",
        r#"[{"not":{"any":[{"exact":{"id":"2"}},{"exact":{"id":"1"}}]}}]"#,
        "",
        r#"filters[0].not.any[1].exact: id is "1""#,
    );
    check(
        "not all: they all do",
        r#"[{"not":{"all":[{"exact":{"id":"1"}},{"exact":{"type":"t"}}]}}]"#,
        "",
        r#"filters[0].not.all: all 2 filters match, the first: id is "1""#,
    );
    check(
        "not not",
        r#"[{"not":{"not":{"exact":{"id":"2"}}}}]"#,
        "",
        r#"filters[0].not.not.exact: id is "1", not "2""#,
    );
    check(
        "an expression that is true",
        r#"[{"not":{"sql":"TRUE"}}]"#,
        "",
        "filters[0].not.sql: is true",
    );
}

#[test]
fn an_expression_gives_its_own_reason() {
    let expression = cesql::Expression::parse("FALSE").unwrap();
    let text = event("");
    let event = CloudEvent::from_json(&text).unwrap();
    let refusal = expression.matches(&View::new(&event, &DataPaths::default()));
    let expected = format!("filters[0].sql: {}", refusal.unwrap_err());
    check("in its own words", r#"[{"sql":"FALSE"}]"#, "", &expected);
}

#[test]
fn long_texts_are_cut_as_in_the_log() {
    let long = "é".repeat(MAX_REPEATED_CHARACTERS + 1);
    let cut = format!("\"{}\"…", "é".repeat(MAX_REPEATED_CHARACTERS));
    let whole = "é".repeat(MAX_REPEATED_CHARACTERS);
    for (seen, told) in [(&long, &cut), (&whole, &format!("\"{whole}\""))] {
        check(
            "an attribute",
            r#"[{"exact":{"subject":"y"}}]"#,
            &format!(r#""subject":"{seen}""#),
            &format!(r#"filters[0].exact: subject is {told}, not "y""#),
        );
        check(
            "something in data",
            r#"[{"exact":{"data.a":"y"}}]"#,
            &format!(r#""data":{{"a":"{seen}"}}"#),
            &format!(r#"filters[0].exact: data.a is {told}, not "y""#),
        );
        check(
            "what the filter wants",
            &format!(r#"[{{"exact":{{"id":"{seen}"}}}}]"#),
            "",
            &format!(r#"filters[0].exact: id is "1", not {told}"#),
        );
    }
}
