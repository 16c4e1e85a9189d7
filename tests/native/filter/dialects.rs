//! What the Subscriptions specification says of filters (sections 3.2.1 and 3.2.4).

use super::{check, read};
use test_support::Case;

const EVENT: &str = r#""subject":"shop/7/de","eventtype":"product","operation":"modify""#;

/// Filters that an event of ours meets, or does not.
#[track_caller]
fn met(filters: &str, expected: bool) {
    check(filters, filters, EVENT, expected);
}

/// Filters with which there is no configuration, and the mistake that is told.
#[track_caller]
fn refused(filters: &str, expected: &str) {
    let mistakes = read(&[filters]).expect_err(filters);
    let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told, [format!("SUBSCRIPTION_0.filters{expected}")], "{filters}");
}

/// Neither names nor values of a comparison are empty.
#[track_caller]
fn not_empty(dialect: &str) {
    let nothing = format!("[0].{dialect}: the name of an attribute must not be empty");
    refused(&format!(r#"[{{"{dialect}":{{"":"x"}}}}]"#), &nothing);
    let nothing = format!("[0].{dialect}.type: must not be empty");
    refused(&format!(r#"[{{"{dialect}":{{"type":""}}}}]"#), &nothing);
}

const FILTERS: &str = "3.2.1, filters";
const GENERAL: &str = "3.2.4";
const DIALECTS: &str = "3.2.4.1";
const MANDATORY: &str = "3.2.4.1.1";
const OPTIONAL: &str = "3.2.4.1.2";

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "filters-absent",
        section: FILTERS,
        says: "without filters, or with an empty list, every event passes",
        check: || {
            met("[]", true);
            check("nor does the event need anything", "[]", "", true);
        },
    },
    Case {
        rule: "filters-conjunction",
        section: GENERAL,
        says: "an event passes if it meets every filter of the list, and only then",
        check: || {
            let (yes, no) = (r#"{"exact":{"type":"t"}}"#, r#"{"exact":{"type":"u"}}"#);
            met(&format!("[{yes},{yes}]"), true);
            met(&format!("[{yes},{no}]"), false);
            met(&format!("[{no},{yes}]"), false);
        },
    },
    Case {
        rule: "dialect-encoding",
        section: DIALECTS,
        says: "a filter is an object with one member, whose name is the dialect",
        check: || {
            refused(
                "[{}]",
                "[0]: found no dialect, expected one of exact, prefix, suffix, all, any, not, sql",
            );
            refused(
                r#"[{"exact":{"id":"1"},"sql":"TRUE"}]"#,
                r#"[0]: found "exact" and "sql" in one table, expected one dialect"#,
            );
        },
    },
    Case {
        rule: "dialect-unknown",
        section: GENERAL,
        says: "an unsupported dialect is an error when the subscription is created",
        check: || {
            refused(
                r#"[{"sufix":{"id":"1"}}]"#,
                r#"[0].sufix: unknown dialect, did you mean "suffix"?"#,
            );
        },
    },
    Case {
        rule: "exact-all",
        section: MANDATORY,
        says: "`exact` is met if every attribute named has exactly the value",
        check: || {
            met(r#"[{"exact":{"subject":"shop/7/de","operation":"modify"}}]"#, true);
            met(r#"[{"exact":{"subject":"shop/7/de","operation":"add"}}]"#, false);
            met(r#"[{"exact":{"subject":"shop/7"}}]"#, false);
            met(r#"[{"exact":{"partitionkey":"x"}}]"#, false);
        },
    },
    Case {
        rule: "exact-case",
        section: MANDATORY,
        says: "`exact` is case-sensitive",
        check: || met(r#"[{"exact":{"subject":"Shop/7/de"}}]"#, false),
    },
    Case {
        rule: "exact-not-empty",
        section: MANDATORY,
        says: "neither a name nor a value in `exact` is empty",
        check: || not_empty("exact"),
    },
    Case {
        rule: "prefix-all",
        section: MANDATORY,
        says: "`prefix` is met if every attribute named starts with the value",
        check: || {
            met(r#"[{"prefix":{"subject":"shop/","operation":"mod"}}]"#, true);
            met(r#"[{"prefix":{"subject":"shop/","operation":"dify"}}]"#, false);
            met(r#"[{"prefix":{"subject":"shop/7/de/"}}]"#, false);
            met(r#"[{"prefix":{"partitionkey":"x"}}]"#, false);
        },
    },
    Case {
        rule: "prefix-case",
        section: MANDATORY,
        says: "`prefix` is case-sensitive",
        check: || met(r#"[{"prefix":{"subject":"SHOP/"}}]"#, false),
    },
    Case {
        rule: "prefix-not-empty",
        section: MANDATORY,
        says: "neither a name nor a value in `prefix` is empty",
        check: || not_empty("prefix"),
    },
    Case {
        rule: "suffix-all",
        section: MANDATORY,
        says: "`suffix` is met if every attribute named ends with the value",
        check: || {
            met(r#"[{"suffix":{"subject":"/de","operation":"ify"}}]"#, true);
            met(r#"[{"suffix":{"subject":"/de","operation":"mod"}}]"#, false);
            met(r#"[{"suffix":{"subject":"/shop/7/de"}}]"#, false);
            met(r#"[{"suffix":{"partitionkey":"x"}}]"#, false);
        },
    },
    Case {
        rule: "suffix-case",
        section: MANDATORY,
        says: "`suffix` is case-sensitive",
        check: || met(r#"[{"suffix":{"subject":"/DE"}}]"#, false),
    },
    Case {
        rule: "suffix-not-empty",
        section: MANDATORY,
        says: "neither a name nor a value in `suffix` is empty",
        check: || not_empty("suffix"),
    },
    Case {
        rule: "all-each",
        section: MANDATORY,
        says: "`all` is a list of filters, and is met if each of them is",
        check: || {
            let (yes, no) = (r#"{"exact":{"type":"t"}}"#, r#"{"exact":{"type":"u"}}"#);
            met(&format!(r#"[{{"all":[{yes}]}}]"#), true);
            met(&format!(r#"[{{"all":[{yes},{yes}]}}]"#), true);
            met(&format!(r#"[{{"all":[{yes},{no}]}}]"#), false);
            refused(&format!(r#"[{{"all":{yes}}}]"#), "[0].all: expected a list of filters");
        },
    },
    Case {
        rule: "all-not-empty",
        section: MANDATORY,
        says: "`all` has at least one filter",
        check: || refused(r#"[{"all":[]}]"#, "[0].all: expected at least one filter"),
    },
    Case {
        rule: "any-one",
        section: MANDATORY,
        says: "`any` is a list of filters, and is met if one of them is",
        check: || {
            let (yes, no) = (r#"{"exact":{"type":"t"}}"#, r#"{"exact":{"type":"u"}}"#);
            met(&format!(r#"[{{"any":[{no},{yes}]}}]"#), true);
            met(&format!(r#"[{{"any":[{yes},{yes}]}}]"#), true);
            met(&format!(r#"[{{"any":[{no},{no}]}}]"#), false);
            refused(&format!(r#"[{{"any":{yes}}}]"#), "[0].any: expected a list of filters");
        },
    },
    Case {
        rule: "any-not-empty",
        section: MANDATORY,
        says: "`any` has at least one filter",
        check: || refused(r#"[{"any":[]}]"#, "[0].any: expected at least one filter"),
    },
    Case {
        rule: "not-inverse",
        section: MANDATORY,
        says: "`not` has one filter, and is met if that filter is not",
        check: || {
            met(r#"[{"not":{"exact":{"type":"t"}}}]"#, false);
            met(r#"[{"not":{"exact":{"type":"u"}}}]"#, true);
            met(r#"[{"not":{"not":{"exact":{"type":"t"}}}}]"#, true);
            met(r#"[{"not":{"exact":{"partitionkey":"x"}}}]"#, true);
            refused(r#"[{"not":[{"exact":{"type":"t"}}]}]"#, "[0].not: expected a table");
        },
    },
    Case {
        rule: "sql-true",
        section: OPTIONAL,
        says: "`sql` is a string with an expression, and is met if the expression is \
               true",
        check: || {
            met(r#"[{"sql":"subject LIKE 'shop/%'"}]"#, true);
            met(r#"[{"sql":"subject LIKE 'other/%'"}]"#, false);
            refused(r#"[{"sql":true}]"#, "[0].sql: expected a string");
        },
    },
    Case {
        rule: "sql-error",
        section: OPTIONAL,
        says: "`sql` is not met if an error occurs, even if the value is true",
        check: || {
            met(r#"[{"sql":"missing = 'x'"}]"#, false);
            met(r#"[{"sql":"1 / 0 = 0"}]"#, false);
        },
    },
    Case {
        rule: "sql-invalid",
        section: OPTIONAL,
        says: "an invalid expression is an error when the subscription is created",
        check: || {
            refused(
                r#"[{"sql":"type ="}]"#,
                "[0].sql: found the end at position 6, expected a value",
            );
        },
    },
    Case {
        rule: "sql-no-boolean",
        section: "Ours",
        says: "the specification casts the value of `sql` to a boolean; here, another \
               type is not met, because its author meant something else, and the \
               reason says so",
        check: || {
            check("a text that says so", r#"[{"sql":"subject"}]"#, r#""subject":"true""#, false);
            check(
                "BOOL says that it is meant",
                r#"[{"sql":"BOOL(subject)"}]"#,
                r#""subject":"true""#,
                true,
            );
        },
    },
    Case {
        rule: "comparison-not-empty",
        section: "Ours",
        says: "`exact`, `prefix` and `suffix` name at least one attribute",
        check: || {
            for dialect in ["exact", "prefix", "suffix"] {
                let mistake = format!("[0].{dialect}: expected at least one attribute");
                refused(&format!(r#"[{{"{dialect}":{{}}}}]"#), &mistake);
            }
        },
    },
    Case {
        rule: "names-in-data",
        section: "Ours",
        says: "`object.type`, `object.id` and paths after `data.` are names in \
               `exact`, `prefix` and `suffix`",
        check: || {
            let data =
                r#""data":{"objectType":"product","objectId":4711,"objectData":{"locale":"de"}}"#;
            for (name, value) in [
                ("object.type", "product"),
                ("object.id", "4711"),
                ("data.objectData.locale", "de"),
            ] {
                for dialect in ["exact", "prefix", "suffix"] {
                    let filters =
                        |value: &str| format!(r#"[{{"{dialect}":{{"{name}":"{value}"}}}}]"#);
                    check(name, &filters(value), data, true);
                    check(name, &filters("x"), data, false);
                    check(name, &filters(value), "", false);
                }
            }
        },
    },
];
