//! Functions (3.5).

use super::{Case, check, given};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "overloads-by-arity",
        section: "3.5",
        says: "functions with the same name are distinguished by the number of \
               arguments",
        check: || {
            check(&[
                ("two", "SUBSTRING('abcdef', 3)", r#""cdef""#),
                ("three", "SUBSTRING('abcdef', 3, 2)", r#""cd""#),
                (
                    "one",
                    "SUBSTRING('abcdef')",
                    "MissingFunctionError: found SUBSTRING with 1 argument at position 0, \
                     expected 2 or 3 arguments",
                ),
                (
                    "four",
                    "SUBSTRING('abcdef', 1, 2, 3)",
                    "MissingFunctionError: found SUBSTRING with 4 arguments at position 0, \
                     expected 2 or 3 arguments",
                ),
            ]);
        },
    },
    Case {
        rule: "variadic-functions",
        section: "3.5",
        says: "a variadic function takes any number of arguments after its required \
               ones",
        check: || {
            check(&[
                ("none", "CONCAT()", r#""""#),
                ("many", "CONCAT(1, 2, 3, 4, 5, 6, 7, 8, 9)", r#""123456789""#),
                (
                    "not without the delimiter",
                    "CONCAT_WS()",
                    "MissingFunctionError: found CONCAT_WS with 0 arguments at position 0, \
                     expected 1 argument or more",
                ),
            ]);
        },
    },
    Case {
        rule: "function-not-dispatched",
        section: "3.5, 3.3",
        says: "a call that cannot be dispatched is a _MissingFunctionError_, here when \
               the expression is compiled, even if it would never be evaluated",
        check: || {
            check(&[
                (
                    "no such function",
                    "false AND LENGTHS('a') = 1",
                    "MissingFunctionError: found the unknown function \"LENGTHS\" at position 10, \
                     expected LENGTH",
                ),
                (
                    "not with so many arguments",
                    "true OR UPPER() = ''",
                    "MissingFunctionError: found UPPER with 0 arguments at position 8, expected 1 \
                     argument",
                ),
            ]);
        },
    },
    Case {
        rule: "arguments-cast",
        section: "3.5, 3.7",
        says: "arguments are cast to the types of the parameters",
        check: || {
            check(&[
                ("to strings", "LENGTH(TRUE)", "4"),
                ("to integers", "LEFT(12345, '2')", r#""12""#),
                ("to integers", "LEFT('abc', TRUE)", r#""a""#),
                ("not castable", "LEFT('abc', 'x')", "\"\", CastError"),
            ]);
        },
    },
    Case {
        rule: "function-length",
        section: "3.5.1",
        says: "`LENGTH` is the number of characters",
        check: || {
            check(&[
                ("letters", "LENGTH('abc')", "3"),
                ("none", "LENGTH('')", "0"),
                ("characters of several bytes", "LENGTH('ä☃')", "2"),
            ]);
        },
    },
    Case {
        rule: "function-concat",
        section: "3.5.1",
        says: "`CONCAT` joins all of its arguments",
        check: || {
            check(&[
                ("none", "CONCAT()", r#""""#),
                ("one", "CONCAT('a')", r#""a""#),
                ("several", "CONCAT('a', 'b', 'c')", r#""abc""#),
            ]);
        },
    },
    Case {
        rule: "function-concat-ws",
        section: "3.5.1",
        says: "`CONCAT_WS` puts the first argument between the others, not before or \
               after them",
        check: || {
            check(&[
                ("none", "CONCAT_WS('/')", r#""""#),
                ("one", "CONCAT_WS('/', 'a')", r#""a""#),
                ("several", "CONCAT_WS('/', 'a', 'b', 'c')", r#""a/b/c""#),
                ("empty ones too", "CONCAT_WS('/', '', '')", r#""/""#),
            ]);
        },
    },
    Case {
        rule: "function-lower-upper",
        section: "3.5.1",
        says: "`LOWER` and `UPPER` change the case",
        check: || {
            check(&[
                ("lower", "LOWER('AbC1')", r#""abc1""#),
                ("upper", "UPPER('AbC1')", r#""ABC1""#),
                ("not only ASCII", "LOWER('ÄÖ')", r#""äö""#),
                ("it may become longer", "UPPER('ß')", r#""SS""#),
            ]);
        },
    },
    Case {
        rule: "function-trim",
        section: "3.5.1",
        says: "`TRIM` removes Unicode white space from both ends, and nothing else",
        check: || {
            given(
                r#""s":"\u00a0\u2003 a b\u3000 ","w":"\u200ba\u200b""#,
                &[
                    ("both ends", "TRIM('  a b  ')", r#""a b""#),
                    ("one end", "TRIM('a b ')", r#""a b""#),
                    ("nothing", "TRIM('a b')", r#""a b""#),
                    ("everything", "TRIM('   ')", r#""""#),
                    ("Unicode", "TRIM(s)", r#""a b""#),
                    ("no white space", "LENGTH(TRIM(w))", "3"),
                    ("of what was built", "TRIM(CONCAT(' ', 'a', ' '))", r#""a""#),
                ],
            );
        },
    },
    Case {
        rule: "function-left",
        section: "3.5.1",
        says: "`LEFT(x, y)` is the first `y` characters, or `x` if it has fewer",
        check: || {
            check(&[
                ("some", "LEFT('abc', 2)", r#""ab""#),
                ("all", "LEFT('abc', 3)", r#""abc""#),
                ("more", "LEFT('abc', 2147483647)", r#""abc""#),
                ("none", "LEFT('abc', 0)", r#""""#),
                ("characters", "LEFT('ä☃c', 2)", r#""ä☃""#),
                ("negative", "LEFT('abc', -2)", "\"abc\", FunctionEvaluationError"),
            ]);
        },
    },
    Case {
        rule: "function-right",
        section: "3.5.1",
        says: "`RIGHT(x, y)` is the last `y` characters, or `x` where there are fewer",
        check: || {
            check(&[
                ("some", "RIGHT('abc', 2)", r#""bc""#),
                ("all", "RIGHT('abc', 3)", r#""abc""#),
                ("more", "RIGHT('abc', 10)", r#""abc""#),
                ("none", "RIGHT('abc', 0)", r#""""#),
                ("characters", "RIGHT('aä☃', 2)", r#""ä☃""#),
                ("negative", "RIGHT('abc', -2)", "\"abc\", FunctionEvaluationError"),
            ]);
        },
    },
    Case {
        rule: "substring-position",
        section: "3.5.1",
        says: "`SUBSTRING(x, pos)` goes from the character `pos`, counted from 1, to the end",
        check: || {
            check(&[
                ("the first", "SUBSTRING('abcdef', 1)", r#""abcdef""#),
                ("the last", "SUBSTRING('abcdef', 6)", r#""f""#),
                ("characters", "SUBSTRING('ä☃c', 2)", r#""☃c""#),
            ]);
        },
    },
    Case {
        rule: "substring-negative",
        section: "3.5.1",
        says: "a negative position is counted from the end",
        check: || {
            check(&[
                ("the last", "SUBSTRING('abcdef', -1)", r#""f""#),
                ("the first", "SUBSTRING('abcdef', -6)", r#""abcdef""#),
                ("with a length", "SUBSTRING('abcdef', -5, 3)", r#""bcd""#),
            ]);
        },
    },
    Case {
        rule: "substring-zero",
        section: "3.5.1",
        says: "position 0 gives the empty string",
        check: || {
            check(&[
                ("to the end", "SUBSTRING('abc', 0)", r#""""#),
                ("with a length", "SUBSTRING('abc', 0, 2)", r#""""#),
                ("of nothing", "SUBSTRING('', 0)", r#""""#),
            ]);
        },
    },
    Case {
        rule: "substring-outside",
        section: "3.5.1",
        says: "a position outside the string is an error, with the empty string",
        check: || {
            check(&[
                ("behind the end", "SUBSTRING('abc', 4)", "\"\", FunctionEvaluationError"),
                ("before the beginning", "SUBSTRING('abc', -4)", "\"\", FunctionEvaluationError"),
                ("with a length", "SUBSTRING('abc', 4, 1)", "\"\", FunctionEvaluationError"),
                ("with a length", "SUBSTRING('abc', -4, 9)", "\"\", FunctionEvaluationError"),
                ("of nothing", "SUBSTRING('', 1)", "\"\", FunctionEvaluationError"),
                (
                    "as far as it goes",
                    "SUBSTRING('abc', -2147483648)",
                    "\"\", FunctionEvaluationError",
                ),
            ]);
        },
    },
    Case {
        rule: "substring-length",
        section: "3.5.1",
        says: "`SUBSTRING(x, pos, len)` has `len` characters, or as many as there are",
        check: || {
            check(&[
                ("some", "SUBSTRING('abcdef', 2, 3)", r#""bcd""#),
                ("none", "SUBSTRING('abcdef', 2, 0)", r#""""#),
                ("too many", "SUBSTRING('abcdef', 5, 2147483647)", r#""ef""#),
                ("negative", "SUBSTRING('abcdef', 2, -1)", "\"\", FunctionEvaluationError"),
                ("negative at 0", "SUBSTRING('abc', 0, -1)", "\"\", FunctionEvaluationError"),
            ]);
        },
    },
    Case {
        rule: "function-abs",
        section: "3.5.2",
        says: "`ABS` is the absolute value; that of the smallest integer is \
               2147483647, with a _MathError_",
        check: || {
            check(&[
                ("negative", "ABS(-5)", "5"),
                ("positive", "ABS(5)", "5"),
                ("zero", "ABS(0)", "0"),
                ("almost the least", "ABS(-2147483647)", "2147483647"),
                ("the least", "ABS(-2147483648)", "2147483647, MathError"),
            ]);
        },
    },
    Case {
        rule: "function-errors",
        section: "3.5.3",
        says: "a function that fails returns a value of its type",
        check: || {
            check(&[
                ("a string", "LEFT(missing, 1)", "\"\", MissingAttributeError"),
                ("an integer", "LENGTH(missing)", "0, MissingAttributeError"),
                ("a boolean", "BOOL(missing)", "false, MissingAttributeError"),
                (
                    "every argument is evaluated",
                    "SUBSTRING(missing, 'x', 1 / 0)",
                    "\"\", MissingAttributeError, CastError, MathError",
                ),
            ]);
        },
    },
];
