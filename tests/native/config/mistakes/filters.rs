//! What can be wrong with filters: each mistake with the subscription, the path in the filter and the reason.

use std::iter;

use elytra_webhooks::filter::{MAX_FILTER_DEPTH, MAX_FILTERS, MAX_PATH_BYTES, MAX_PATH_DEPTH};

use super::super::{json, with};
use super::check;

/// `SUBSCRIPTION_A` with these filters has these mistakes.
#[track_caller]
fn filters(why: &str, filters: &str, expected: &[&str]) {
    let fields = json(&format!(r#"{{"queue":"EVENTS_QUEUE","filters":{filters}}}"#));
    let expected: Vec<_> =
        expected.iter().map(|mistake| format!("SUBSCRIPTION_A.filters{mistake}")).collect();
    let expected: Vec<_> = expected.iter().map(|mistake| &**mistake).collect();
    check(why, &with("SUBSCRIPTION_A", fields), &expected);
}

#[test]
fn filters_are_a_list_of_tables_with_one_dialect_each() {
    for value in ["{}", "null", "5", "\"exact\"", r#"{"exact":{"id":"1"}}"#] {
        filters("section 3.2.1: an array", value, &[": expected a list of filters"]);
    }
    for value in ["[]", "null", "5", "\"exact\""] {
        filters("an element", &format!("[{value}]"), &["[0]: expected a table"]);
    }
    let none = "[0]: found no dialect, expected one of exact, prefix, suffix, all, any, not, sql";
    filters("none", "[{}]", &[none]);
    let two = "[0]: found \"exact\" and \"sql\" in one table, expected one dialect";
    filters("ambiguous", r#"[{"exact":{"id":"1"},"sql":"TRUE"}]"#, &[two]);
    filters(
        "and an unknown one",
        r#"[{"exact":{"id":"1"},"esql":"TRUE","not":{"exact":{"id":"1"}}}]"#,
        &[
            "[0]: found \"esql\" and \"exact\" and \"not\" in one table, expected one dialect",
            "[0].esql: unknown dialect, did you mean \"sql\"?",
        ],
    );
}

#[test]
fn unknown_dialects_come_with_a_suggestion() {
    let unknown = |name: &str, nearest: &str| {
        let expected = format!("[1].{name}: unknown dialect, did you mean \"{nearest}\"?");
        let value = format!(r#"[{{"exact":{{"id":"1"}}}},{{"{name}":{{}}}}]"#);
        filters("section 3.2.4: what is not supported is refused", &value, &[&*expected]);
    };
    unknown("exakt", "exact");
    unknown("Exact", "exact");
    unknown("cesql", "sql");
    unknown("prefixes", "prefix");
    filters(
        "nothing is near",
        r#"[{"https://example.com/dialect":1}]"#,
        &[
            "[0].https://example.com/dialect: unknown dialect, expected exact, prefix, suffix, all, any, not, sql",
        ],
    );
}

#[test]
fn names_and_values_of_a_comparison() {
    for dialect in ["exact", "prefix", "suffix"] {
        let comparison = |why, value: &str, expected: &str| {
            let expected = format!("[0].{dialect}{expected}");
            filters(why, &format!(r#"[{{"{dialect}":{value}}}]"#), &[&*expected]);
        };
        comparison("a text", "\"id\"", ": expected a table");
        comparison("nothing to compare", "{}", ": expected at least one attribute");
        comparison(
            "section 3.2.4.1.1: not empty",
            r#"{"":"x"}"#,
            ": the name of an attribute must not be empty",
        );
        comparison("section 3.2.4.1.1: not empty", r#"{"id":""}"#, ".id: must not be empty");
        for value in ["null", "[\"a\"]"] {
            let value = format!(r#"{{"id":{value}}}"#);
            comparison("values are strings", &value, ".id: expected a string");
        }
        for value in ["4711", "-1.50", "true", "false"] {
            let value = format!(r#"{{"data.objectId":{value}}}"#);
            let expected =
                ".data.objectId: expected a string; put numbers, true and false in quotes too";
            comparison("as TOML has them", &value, expected);
        }
        comparison(
            "TOML makes tables of a name with dots",
            r#"{"data":{"objectData":{"locale":"de"}}}"#,
            ".data: expected a string; put a name that contains dots in quotes",
        );
    }
}

#[test]
fn names_are_those_of_attributes_or_ours() {
    let expected = "expected the name of an attribute (lower-case letters and digits only), object.type, object.id, or a path such as data.objectId";
    let name = |name: &str, nearest: &str| {
        let nearest =
            if nearest.is_empty() { String::new() } else { format!(", did you mean {nearest:?}?") };
        let expected = format!("[0].exact.{name}: {expected}{nearest}");
        filters("no such name", &format!(r#"[{{"exact":{{"{name}":"x"}}}}]"#), &[&*expected]);
    };
    name("Subject", "subject");
    name("dataContentType", "datacontenttype");
    name("event_type", "eventtype");
    name("object.typ", "object.type");
    name("objectId!", "object.id");
    name("ü", "");
    name("subject ", "subject");
    name("datas.x", "");
}

#[test]
fn data_are_not_compared_as_a_whole() {
    let expected = "[0].exact.data: data cannot be compared as a whole, expected a path to a member, such as data.objectId";
    filters("it is not clear how", r#"[{"exact":{"data":"x"}}]"#, &[expected]);
}

#[test]
fn paths_have_bounds() {
    let path = |why, path: &str, expected: &str| {
        let expected = format!("[0].exact.{path}: {expected}");
        filters(why, &format!(r#"[{{"exact":{{"{path}":"x"}}}}]"#), &[&*expected]);
    };
    for empty in ["data.", "data..a", "data.a.", "data.a..b", "data.."] {
        path("an empty name", empty, "a part of the path is empty");
    }
    assert_eq!((MAX_PATH_DEPTH, MAX_PATH_BYTES), (16, 256));
    let deep = |depth: usize| format!("data{}", ".a".repeat(depth));
    path("too deep", &deep(17), "the path is too deep, expected at most 16 members");
    let long = |bytes: usize| format!("data.{}", "a".repeat(bytes - 5));
    path("too long", &long(257), "the path is too long, expected at most 256 bytes");
    for path in [deep(16), long(256)] {
        let fields =
            format!(r#"{{"queue":"EVENTS_QUEUE","filters":[{{"exact":{{"{path}":"x"}}}}]}}"#);
        super::super::accept("both bounds", &with("SUBSCRIPTION_A", json(&fields)));
    }
}

#[test]
fn filters_in_filters() {
    for dialect in ["all", "any"] {
        let nested = |why, value: &str, expected: &str| {
            let expected = format!("[0].{dialect}{expected}");
            filters(why, &format!(r#"[{{"{dialect}":{value}}}]"#), &[&*expected]);
        };
        nested("section 3.2.4.1.1: at least one", "[]", ": expected at least one filter");
        nested("a list", r#"{"exact":{"id":"1"}}"#, ": expected a list of filters");
        nested("of filters", "[1]", "[0]: expected a table");
        nested(
            "inside",
            r#"[{"exact":{"id":"1"}},{"exact":{"id":""}}]"#,
            "[1].exact.id: must not be empty",
        );
    }
    filters("one filter", r#"[{"not":[{"exact":{"id":"1"}}]}]"#, &["[0].not: expected a table"]);
    filters("inside", r#"[{"not":{"exact":{"id":""}}}]"#, &["[0].not.exact.id: must not be empty"]);
}

#[test]
fn an_expression_is_compiled_when_it_is_read() {
    filters("a text", r#"[{"sql":{}}]"#, &["[0].sql: expected a string"]);
    filters("an empty one", r#"[{"sql":""}]"#, &["[0].sql: must not be empty"]);
    let error = cesql::Expression::parse("type = (").unwrap_err();
    filters(
        "section 3.2.4.1.2: invalid ones are refused",
        r#"[{"any":[{"sql":"type = ("}]}]"#,
        &[&*format!("[0].any[0].sql: {error}")],
    );
}

#[test]
fn nesting_and_number_have_bounds() {
    assert_eq!((MAX_FILTER_DEPTH, MAX_FILTERS), (8, 128));
    let nested = |depth: usize| {
        let open = r#"{"not":"#.repeat(depth - 1);
        format!(r#"[{open}{{"exact":{{"id":"1"}}}}{}]"#, "}".repeat(depth - 1))
    };
    let place = format!("[0]{}: filters may be nested at most 8 deep", ".not".repeat(8));
    filters("too deep", &nested(9), &[&*place]);
    let many = |count: usize| {
        let filters: Vec<_> = iter::repeat_n(r#"{"exact":{"id":"1"}}"#, count).collect();
        format!("[{}]", filters.join(","))
    };
    filters("too many", &many(129), &[": 129 filters, but a subscription may have at most 128"]);
    let inside = format!(r#"[{{"any":{}}}]"#, many(128));
    filters(
        "nested ones count",
        &inside,
        &[": 129 filters, but a subscription may have at most 128"],
    );
    for filters in [nested(8), many(128)] {
        let fields = format!(r#"{{"queue":"EVENTS_QUEUE","filters":{filters}}}"#);
        super::super::accept("both bounds", &with("SUBSCRIPTION_A", json(&fields)));
    }
}

#[test]
fn all_mistakes_in_filters_are_reported_at_once() {
    filters(
        "in the order of the list",
        r#"[{"exakt":{"id":"1"}},{"any":[{"prefix":{"id":"","Type":"x"}},{"suffix":{}}]},7,{"not":{"all":[]}}]"#,
        &[
            "[0].exakt: unknown dialect, did you mean \"exact\"?",
            "[1].any[0].prefix.Type: expected the name of an attribute (lower-case letters and digits only), object.type, object.id, or a path such as data.objectId, did you mean \"type\"?",
            "[1].any[0].prefix.id: must not be empty",
            "[1].any[1].suffix: expected at least one attribute",
            "[2]: expected a table",
            "[3].not.all: expected at least one filter",
        ],
    );
}
