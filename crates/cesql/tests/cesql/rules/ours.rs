//! What the specification leaves open, and how it is here; the bounds.

use cesql::{EvaluationError, Expression, MAX_COST, MAX_DEPTH, MAX_LENGTH};

use super::Event;
use super::{Case, check, given, outcome};

/// An expression that this many levels of something are around.
fn nested(before: &str, levels: usize, behind: &str) -> String {
    format!("{}1{}", before.repeat(levels), behind.repeat(levels))
}

/// What is nested is possible to the bound, and not beyond; nothing overflows, however deep.
#[track_caller]
fn bounded(why: &str, before: &str, behind: &str, levels: usize) {
    Expression::parse(&nested(before, levels, behind)).unwrap_or_else(|e| panic!("{why}: {e}"));
    for levels in [levels + 1, 1000] {
        let text = nested(before, levels, behind);
        let error = Expression::parse(&text).unwrap_err().to_string();
        let expected =
            if text.len() > MAX_LENGTH { "the end of it before that" } else { "at most 32" };
        assert!(error.ends_with(expected), "{why}: {error}");
    }
}

/// Runs on half of the stack that the Worker has.
fn on_a_small_stack(check: fn()) {
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(check).unwrap();
    thread.join().unwrap();
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "overflow-math-error",
        section: "Ours",
        says: "a result that does not fit in 32 bits is 0, with a _MathError_; nothing \
               wraps around",
        check: || {
            check(&[
                ("sum", "2147483647 + 1", "0, MathError"),
                ("difference", "-2147483648 - 1", "0, MathError"),
                ("product", "65536 * 65536", "0, MathError"),
                ("quotient", "-2147483648 / -1", "0, MathError"),
                ("negative", "-(-2147483648)", "0, MathError"),
                ("almost", "2147483646 + 1", "2147483647"),
            ]);
        },
    },
    Case {
        rule: "failed-operand",
        section: "Ours",
        says: "an operation with a failed operand is the zero value of its type whatever the error, as 3.2 says of missing attributes",
        check: || {
            check(&[
                ("a sum", "1 / 0 + 5", "0, MathError"),
                ("a comparison", "1 / 0 = 0", "false, MathError"),
                ("a comparison", "1 != 1 / 0", "false, MathError"),
                ("a function", "CONCAT('a', LEFT('b', -1))", "\"\", FunctionEvaluationError"),
            ]);
        },
    },
    Case {
        rule: "in-ends-at-equal",
        section: "Ours",
        says: "`IN` stops at the first element that is equal; an error before it \
               counts, one after it does not",
        check: || {
            check(&[
                ("before", "1 IN ('x', 1)", "false, CastError"),
                ("behind", "1 IN (1, 'x')", "true"),
            ]);
        },
    },
    Case {
        rule: "string-backslash",
        section: "Ours",
        says: "in a string, a backslash belongs to the next character; both are kept, \
               unless that is the string's quote",
        check: || {
            check(&[
                ("both stay", r"LENGTH('a\b')", "3"),
                ("two are two", r"LENGTH('a\\')", "3"),
                ("the other quote", r#"LENGTH('\"')"#, "2"),
                (
                    "so the last character is not a single one",
                    r"'a\'",
                    "ParseError: found a string without an end, begun by ' at position 0, expected \
                     a closing '",
                ),
            ]);
        },
    },
    Case {
        rule: "data-is-no-attribute",
        section: "Ours",
        says: "`data` is refused when the expression is compiled, since no attribute can have that name",
        check: || {
            const ERROR: &str = "expected an attribute, which data is not";
            given(
                r#""data":"x""#,
                &[
                    (
                        "read",
                        "data = 'x'",
                        &format!("ParseError: found \"data\" at position 0, {ERROR}"),
                    ),
                    (
                        "asked for",
                        "EXISTS data",
                        &format!("ParseError: found \"data\" at position 7, {ERROR}"),
                    ),
                ],
            );
        },
    },
    Case {
        rule: "keywords-are-reserved",
        section: "Ours",
        says: "an attribute with the name of a keyword cannot be addressed",
        check: || {
            given(
                r#""in":"x","true":"y""#,
                &[
                    (
                        "an operator",
                        "in",
                        "ParseError: found \"in\" at position 0, expected a value",
                    ),
                    ("a literal", "true", "true"),
                ],
            );
        },
    },
    Case {
        rule: "function-int-bool-string",
        section: "Ours",
        says: "`INT`, `BOOL` and `STRING`, which 3.7 mentions but does not define, \
               cast their argument",
        check: || {
            check(&[
                ("integer", "INT('1')", "1"),
                ("boolean", "BOOL('false')", "false"),
                ("string", "STRING(1)", r#""1""#),
            ]);
        },
    },
    Case {
        rule: "function-is-int-is-bool",
        section: "Ours",
        says: "`IS_INT` and `IS_BOOL`, from a draft of the specification, are true if \
               their argument can be cast",
        check: || {
            check(&[
                ("an integer", "IS_INT(5)", "true"),
                ("a string of digits", "IS_INT('-5')", "true"),
                ("another string", "IS_INT('5a')", "false"),
                ("a boolean, which 3.7 can cast", "IS_INT(TRUE)", "true"),
                ("a boolean", "IS_BOOL(FALSE)", "true"),
                ("its name", "IS_BOOL('True')", "true"),
                ("another string", "IS_BOOL('yes')", "false"),
                ("an integer", "IS_BOOL(5)", "true"),
                ("of a missing attribute", "IS_INT(missing)", "false, MissingAttributeError"),
            ]);
        },
    },
    Case {
        rule: "no-functions-of-users",
        section: "Ours",
        says: "only built-in functions exist: 3.5 recommends user-defined ones, but \
               does not require them",
        check: || {
            check(&[(
                "another",
                "FIRST_OF(1)",
                "MissingFunctionError: found the unknown function \"FIRST_OF\" at position 0, expected \
                 one of LENGTH, CONCAT, CONCAT_WS, LOWER, UPPER, TRIM, LEFT, RIGHT, SUBSTRING, ABS, \
                 INT, BOOL, STRING, IS_INT, IS_BOOL",
            )]);
        },
    },
    Case {
        rule: "error-position",
        section: "Ours",
        says: "a parse error names what was found, its position and what was expected; \
               the position is the number of characters before it, so the first \
               character is at 0",
        check: || {
            check(&[
                ("the first", "= 1", "ParseError: found \"=\" at position 0, expected a value"),
                (
                    "characters, not bytes",
                    "'Größe' !",
                    "ParseError: found '!' at position 8, expected a name, a number, a string or an \
                     operator",
                ),
                (
                    "a function, where its name begins",
                    "'ß' = LEFT('ä')",
                    "MissingFunctionError: found LEFT with 1 argument at position 6, expected 2 \
                     arguments",
                ),
                ("the end", "id =\n", "ParseError: found the end at position 5, expected a value"),
            ]);
        },
    },
    Case {
        rule: "bound-of-length",
        section: "Ours",
        says: "an expression has at most 4,096 bytes, not counting white space between \
               its parts",
        check: || {
            let longest = format!("'{}'", "x".repeat(MAX_LENGTH - 2));
            assert_eq!(outcome("", &format!("LENGTH(id){}", " ".repeat(9999))), "1");
            Expression::parse(&longest).unwrap();
            let many = format!("{}1", "1+".repeat(MAX_LENGTH / 2 - 1));
            assert_eq!(outcome("", &many), (MAX_LENGTH / 2).to_string(), "the longest sum");
            let error = Expression::parse(&format!("NOT {longest}")).unwrap_err();
            assert_eq!(
                error.to_string(),
                "found the expression going on beyond 4096 bytes at position 4, expected the end \
                 of it before that",
            );
        },
    },
    Case {
        rule: "bound-of-depth",
        section: "Ours",
        says: "parentheses, calls and unary operators are nested at most 32 levels \
               deep; chains of operators are not bounded",
        check: || {
            bounded("parentheses", "(", ")", MAX_DEPTH - 1);
            bounded("calls", "ABS(", ")", MAX_DEPTH - 1);
            bounded("sets", "1 IN (", ")", MAX_DEPTH - 1);
            bounded("NOT", "NOT ", "", MAX_DEPTH - 1);
            bounded("minus", "-(", ")", (MAX_DEPTH - 1) / 2);
            bounded("LIKE", "", " LIKE '1'", MAX_DEPTH - 1);
            bounded("IN", "", " IN (1)", MAX_DEPTH - 1);
            on_a_small_stack(|| {
                // Every level of parentheses holds operators of all levels of precedence.
                let (before, behind) = ("NOT 0 OR 2 = 1 + 2 * -(", ") LIKE 'x'");
                let expression = nested(before, MAX_DEPTH / 2 - 1, behind);
                assert_eq!(outcome("", &expression), "true");
                let expression = nested("false OR 2 = 1 + 1 * (", MAX_DEPTH - 1, ")");
                assert_eq!(outcome("", &expression), "true");
                let error = Expression::parse(&nested("NOT -(", 600, ")")).unwrap_err();
                assert!(error.to_string().ends_with("at most 32"), "{error}");
            });
            let many = format!("{}id = '1'", "id = '2' OR ".repeat(300));
            assert_eq!(outcome("", &many), "true", "chains");
        },
    },
    Case {
        rule: "bound-of-cost",
        section: "Ours",
        says: "an evaluation that would cost more than 1,000,000 operations and bytes of strings ends with a _GenericError_",
        check: || {
            let long = "ab".repeat(100_000);
            let event = Event::new(&format!(r#""s":"{long}","n":"{}""#, "0".repeat(200_000)));
            let cost = |expression: &str| {
                let expression = Expression::parse(expression).unwrap();
                let evaluation = expression.evaluate(&event);
                assert!(evaluation.cost <= MAX_COST);
                let is_match = expression.matches(&event).is_ok();
                assert_eq!(is_match, evaluation.errors.is_empty(), "as a filter too");
                evaluation.errors
            };
            let within = [
                "CONCAT(s, s, s, s) != ''",
                "s = s AND s = s AND s = s",
                "s LIKE '%ab%ab%ab%'",
                "s LIKE 'ab%_b'",
                "LENGTH(s) = 200000",
                "n = 0 AND n = 0",
            ];
            for expression in within {
                assert_eq!(cost(expression), [], "{expression}");
            }
            let beyond = [
                "CONCAT(s, s, s, s, s, s) != ''",
                "s = s AND s = s AND s = s AND s = s AND s = s AND s = s",
                "s LIKE '%a__a__a%'",
                "s LIKE '%xx%xx%xx%xx%xx%xx%'",
                "LOWER(LOWER(LOWER(s))) != ''",
                "n = 0 AND n = 0 AND n = 0 AND n = 0 AND n = 0 AND n = 0",
            ];
            for expression in beyond {
                assert_eq!(cost(expression), [EvaluationError::TooCostly], "{expression}");
            }
        },
    },
];
