//! Types, attributes and errors (3.1 to 3.3).

use cesql::{ErrorKind, Expression};

use super::Event;
use super::{Case, check, given};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "pure-evaluation",
        section: "1",
        says: "an evaluation changes nothing, and has the same result each time",
        check: || {
            let event = Event::new(r#""n":1"#);
            let expression = Expression::parse("CONCAT(n, missing) = 'x' OR n / 0 = 1").unwrap();
            let first = expression.evaluate(&event);
            assert_eq!(expression.evaluate(&event), first);
        },
    },
    Case {
        rule: "two-outputs",
        section: "1",
        says: "an evaluation returns a boolean, an integer or a string, and a possibly \
               empty set of errors",
        check: || {
            check(&[
                ("a boolean", "1 = 1", "true"),
                ("an integer", "1 + 1", "2"),
                ("a string", "LOWER('A')", r#""a""#),
                ("with an error", "1 / 0", "0, MathError"),
                ("with several", "missing + 1 / 0", "0, MissingAttributeError, MathError"),
            ]);
        },
    },
    Case {
        rule: "integer-32-bits",
        section: "3.1",
        says: "an _Integer_ has 32 bits, with a sign",
        check: || {
            given(
                r#""most":2147483647,"least":-2147483648"#,
                &[
                    ("the greatest", "most", "2147483647"),
                    ("the least", "least", "-2147483648"),
                    ("between them", "most + least", "-1"),
                ],
            );
        },
    },
    Case {
        rule: "string-unicode",
        section: "3.1",
        says: "a _String_ is a sequence of Unicode characters",
        check: || {
            given(
                r#""s":"ä☃😀""#,
                &[
                    ("characters, not bytes", "LENGTH(s)", "3"),
                    ("whole", "RIGHT(s, 1) = '😀'", "true"),
                ],
            );
        },
    },
    Case {
        rule: "zero-values",
        section: "3.1",
        says: "the zero values are the empty string, 0 and `false`",
        check: || {
            check(&[
                ("a string", "SUBSTRING('a', 2)", "\"\", FunctionEvaluationError"),
                ("an integer", "1 / 0", "0, MathError"),
                ("a boolean", "NOT missing", "false, MissingAttributeError"),
            ]);
        },
    },
    Case {
        rule: "uri-and-timestamp-strings",
        section: "3.1",
        says: "URIs, URI-references and timestamps are strings, as they were written",
        check: || {
            given(
                r#""dataschema":"https://example.com/Schema","time":"2025-12-31T04:19:30.80+01:00""#,
                &[
                    ("a URI", "dataschema", r#""https://example.com/Schema""#),
                    ("a URI-reference", "source = 's'", "true"),
                    ("a timestamp", "time", r#""2025-12-31T04:19:30.80+01:00""#),
                ],
            );
        },
    },
    Case {
        rule: "attributes-addressable",
        section: "3.2",
        says: "every attribute and every extension is addressed by its name",
        check: || {
            given(
                r#""subject":"product/1","time":"2025-01-01T00:00:00Z","datacontenttype":"a/b","dataschema":"x:y","locale":"de""#,
                &[
                    ("required", "id", r#""1""#),
                    ("required", "source", r#""s""#),
                    ("required", "type", r#""t""#),
                    ("required", "specversion", r#""1.0""#),
                    ("optional", "subject", r#""product/1""#),
                    ("optional", "time", r#""2025-01-01T00:00:00Z""#),
                    ("optional", "datacontenttype", r#""a/b""#),
                    ("optional", "dataschema", r#""x:y""#),
                    ("an extension", "locale", r#""de""#),
                ],
            );
        },
    },
    Case {
        rule: "attribute-types",
        section: "3.2",
        says: "a boolean or integer attribute has that type, every other attribute is \
               a string",
        check: || {
            given(
                r#""b":true,"i":5,"s":"5""#,
                &[
                    ("a boolean", "b", "true"),
                    ("an integer", "i", "5"),
                    ("a string, though it looks like a number", "s", r#""5""#),
                ],
            );
        },
    },
    Case {
        rule: "missing-zero-value",
        section: "3.2",
        says: "an expression with a missing attribute is the zero value of its type, with a _MissingAttributeError_",
        check: || {
            check(&[
                ("a boolean", "true AND (missing = '')", "false, MissingAttributeError"),
                ("an integer", "missing * 5", "0, MissingAttributeError"),
                ("a string", "LOWER(missing)", "\"\", MissingAttributeError"),
                ("not the opposite of false", "missing != ''", "false, MissingAttributeError"),
                ("not the opposite of false", "NOT missing", "false, MissingAttributeError"),
                ("LIKE", "missing NOT LIKE 'x'", "false, MissingAttributeError"),
                ("IN, on the left", "missing NOT IN (1)", "false, MissingAttributeError"),
                ("IN, in the set", "1 NOT IN (2, missing)", "false, MissingAttributeError"),
                ("an optional attribute too", "subject = ''", "false, MissingAttributeError"),
            ]);
        },
    },
    Case {
        rule: "missing-not-zero",
        section: "3.2",
        says: "the missing attribute itself does not count as a zero value",
        check: || {
            check(&[
                ("no division by zero", "1 / missing", "0, MissingAttributeError"),
                ("nor a remainder of one", "missing % 0", "0, MissingAttributeError"),
                ("the expression around it", "(missing + 1) = 1", "false, MissingAttributeError"),
                ("ABS would be 0", "ABS(missing) + 1", "0, MissingAttributeError"),
            ]);
        },
    },
    Case {
        rule: "missing-alone",
        section: "3.2",
        says: "if no type can be determined, it is `false`",
        check: || check(&[("alone", "missing", "false, MissingAttributeError")]),
    },
    Case {
        rule: "error-list",
        section: "3.3",
        says: "errors are collected, and returned together with the value",
        check: || {
            check(&[
                (
                    "in the order they are met",
                    "CONCAT(INT('a'), missing, 1 / 0)",
                    "\"\", CastError, MissingAttributeError, MathError",
                ),
                (
                    "of all elements of a set",
                    "1 IN ('a', 'b', missing)",
                    "false, CastError, CastError, MissingAttributeError",
                ),
                ("of both operands", "'a' + 'b'", "0, CastError, CastError"),
            ]);
        },
    },
    Case {
        rule: "error-types",
        section: "3.3",
        says: "the seven types of errors are distinguished",
        check: || {
            check(&[
                ("parse", "1 +", "ParseError: found the end at position 3, expected a value"),
                ("math", "1 % 0", "0, MathError"),
                ("cast", "INT('x')", "0, CastError"),
                ("attribute", "-missing", "0, MissingAttributeError"),
                (
                    "function",
                    "LENGHT('x')",
                    "MissingFunctionError: found the unknown function \"LENGHT\" at position 0, \
                     expected LENGTH",
                ),
                ("in a function", "LEFT('x', -1)", "\"x\", FunctionEvaluationError"),
            ]);
            assert_eq!(ErrorKind::Generic.to_string(), "GenericError", "ours: too costly");
        },
    },
    Case {
        rule: "errors-at-compile-time",
        section: "3.3",
        says: "everything that can be checked when the expression is compiled is \
               checked then",
        check: || {
            check(&[
                (
                    "functions",
                    "true OR NOPE()",
                    "MissingFunctionError: found the unknown function \"NOPE\" at position 8, \
                     expected one of LENGTH, CONCAT, CONCAT_WS, LOWER, UPPER, TRIM, LEFT, RIGHT, \
                     SUBSTRING, ABS, INT, BOOL, STRING, IS_INT, IS_BOOL",
                ),
                (
                    "their arguments",
                    "true OR LEFT('a') = 'a'",
                    "MissingFunctionError: found LEFT with 1 argument at position 8, expected 2 \
                     arguments",
                ),
            ]);
        },
    },
    Case {
        rule: "error-return-value",
        section: "3.3",
        says: "an operation with an error has a value: its own if it has one, \
               otherwise the zero value of its type",
        check: || {
            check(&[
                ("its own", "LEFT('abc', -1)", "\"abc\", FunctionEvaluationError"),
                ("its own", "ABS(-2147483648)", "2147483647, MathError"),
                ("zero of a boolean", "'a' = 1", "false, CastError"),
                ("zero of an integer", "'a' + 1", "0, CastError"),
                ("zero of a string", "CONCAT('x', INT('a'))", "\"\", CastError"),
            ]);
        },
    },
];
