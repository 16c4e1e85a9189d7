//! The order of evaluation (3.6).

use super::{Case, check, given, outcome};

/// An expression means the same as one with parentheses, whatever its attributes are, and for some
/// not the same as another one.
#[track_caller]
fn means(cases: &[(&str, &str, &str)]) {
    const VALUES: [&str; 6] = ["true", "false", "1", "2", r#""x""#, r#""true""#];
    let events = || {
        let pairs = VALUES.iter().flat_map(|a| VALUES.iter().map(move |b| (a, b)));
        let all = pairs.flat_map(|(a, b)| VALUES.iter().map(move |c| (a, b, c)));
        all.map(|(a, b, c)| format!(r#""a":{a},"b":{b},"c":{c}"#))
    };
    for (text, meant, not_meant) in cases {
        for event in events() {
            assert_eq!(outcome(&event, text), outcome(&event, meant), "{text}");
        }
        let differs = |event: String| outcome(&event, text) != outcome(&event, not_meant);
        assert!(events().any(differs), "{text} could be {not_meant}");
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "not-first",
        section: "3.6",
        says: "`NOT` binds tighter than every binary operator, including `=`",
        check: || {
            means(&[
                ("NOT a = b", "(NOT a) = b", "NOT (a = b)"),
                ("NOT a AND b", "(NOT a) AND b", "NOT (a AND b)"),
                ("NOT a LIKE 'x'", "(NOT a) LIKE 'x'", "NOT (a LIKE 'x')"),
                ("NOT a IN (b)", "(NOT a) IN (b)", "NOT (a IN (b))"),
                ("NOT a + b", "(NOT a) + b", "NOT (a + b)"),
            ]);
            check(&[("EXISTS has but one operand", "NOT EXISTS subject", "true")]);
        },
    },
    Case {
        rule: "minus-second",
        section: "3.6",
        says: "so does `-` before an operand",
        check: || {
            means(&[
                ("-a + b", "(-a) + b", "-(a + b)"),
                ("-a LIKE 'x'", "(-a) LIKE 'x'", "-(a LIKE 'x')"),
                ("-a IN (b)", "(-a) IN (b)", "-(a IN (b))"),
            ]);
        },
    },
    Case {
        rule: "like-exists-in-third",
        section: "3.6",
        says: "`LIKE`, `EXISTS` and `IN` bind tighter than arithmetic",
        check: || {
            means(&[
                ("a + b LIKE 'x'", "a + (b LIKE 'x')", "(a + b) LIKE 'x'"),
                ("a * b IN (1)", "a * (b IN (1))", "(a * b) IN (1)"),
                ("a * b NOT IN (1)", "a * (b NOT IN (1))", "(a * b) NOT IN (1)"),
                ("a = b LIKE 'x'", "a = (b LIKE 'x')", "(a = b) LIKE 'x'"),
                ("EXISTS a = b", "(EXISTS a) = b", "b = (EXISTS a)"),
                ("a LIKE 'x' IN (b)", "(a LIKE 'x') IN (b)", "a IN (b) LIKE 'x'"),
            ]);
            check(&[("one", "1 + 2 IN (2)", "2"), ("the other", "(1 + 2) IN (2)", "false")]);
        },
    },
    Case {
        rule: "arithmetic-precedence",
        section: "3.6",
        says: "then `*`, `/` and `%`, then `+` and `-`",
        check: || {
            check(&[
                ("product first", "4 * 2 + 4 / 2", "10"),
                ("product first", "2 + 3 * 4", "14"),
                ("remainder first", "7 - 5 % 3", "5"),
                ("parentheses", "4 * (2 + 4) / 2", "12"),
            ]);
        },
    },
    Case {
        rule: "comparison-precedence",
        section: "3.6",
        says: "then comparisons",
        check: || {
            check(&[
                ("arithmetic first", "1 + 2 = 3", "true"),
                ("arithmetic first", "10 > 3 * 3", "true"),
                ("logic last", "1 = 1 AND 2 = 2", "true"),
            ]);
        },
    },
    Case {
        rule: "logic-last",
        section: "3.6",
        says: "then `AND`, `OR` and `XOR`, which have the same precedence",
        check: || {
            means(&[
                ("a OR b AND c", "(a OR b) AND c", "a OR (b AND c)"),
                ("a XOR b AND c", "(a XOR b) AND c", "a XOR (b AND c)"),
                ("a AND b OR c", "(a AND b) OR c", "a AND (b OR c)"),
            ]);
            check(&[
                ("not as in SQL", "TRUE OR TRUE AND FALSE", "false"),
                ("as in SQL", "TRUE OR (TRUE AND FALSE)", "true"),
            ]);
        },
    },
    Case {
        rule: "left-to-right",
        section: "3.6",
        says: "operators with the same precedence are evaluated from left to right",
        check: || {
            check(&[
                ("differences", "10 - 4 - 3", "3"),
                ("quotients", "100 / 10 / 5", "2"),
                ("both kinds", "2 * 7 / 3 * 3", "12"),
                ("comparisons", "3 = 3 = TRUE", "true"),
                ("comparisons", "5 > 4 = 1", "true"),
            ]);
        },
    },
    Case {
        rule: "and-short-circuit",
        section: "3.4.2, 3.6",
        says: "if the left operand of `AND` is false, the right one is not evaluated",
        check: || {
            check(&[
                ("not evaluated", "false AND (1 / 0 = 1)", "false"),
                ("nor cast", "false AND 'x'", "false"),
                ("evaluated", "true AND (1 / 0 = 1)", "false, MathError"),
                ("evaluated", "true AND (1 / 0 != 1)", "false, MathError"),
                (
                    "a failed one is false",
                    "missing AND (1 / 0 = 1)",
                    "false, MissingAttributeError",
                ),
                ("the next one is", "false AND missing OR true", "true"),
            ]);
            given(r#""a":"1""#, &[("it is for this", "EXISTS b AND b = 1 OR a = 1", "true")]);
        },
    },
    Case {
        rule: "or-short-circuit",
        section: "3.4.2, 3.6",
        says: "if the left operand of `OR` is true, the right one is not evaluated",
        check: || {
            check(&[
                ("not evaluated", "true OR (1 / 0 = 1)", "true"),
                ("nor cast", "true OR 'x'", "true"),
                ("evaluated", "false OR (1 / 0 = 1)", "false, MathError"),
                ("evaluated", "false OR (1 / 0 != 1)", "false, MathError"),
                (
                    "behind a failed one",
                    "missing OR (1 / 0 = 1)",
                    "false, MissingAttributeError, MathError",
                ),
                ("the next one is", "true OR missing AND false", "false"),
            ]);
        },
    },
    Case {
        rule: "xor-no-short-circuit",
        section: "3.4.2",
        says: "`XOR` needs both operands",
        check: || {
            check(&[
                ("true", "true XOR (1 / 0 = 1)", "false, MathError"),
                ("false", "false XOR (1 / 0 = 1)", "false, MathError"),
            ]);
        },
    },
];
