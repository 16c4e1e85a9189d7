//! Operators (3.4), but for `LIKE`.

use super::{Case, check, given};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "not-operator",
        section: "3.4.1",
        says: "`NOT x` is the opposite of the boolean `x`",
        check: || {
            check(&[
                ("true", "NOT TRUE", "false"),
                ("false", "NOT FALSE", "true"),
                ("twice", "NOT NOT TRUE", "true"),
                ("a string is cast", "NOT 'true'", "false"),
                ("a number is cast", "NOT 10", "false"),
                ("a number is cast", "NOT 0", "true"),
                ("no boolean", "NOT 'x'", "false, CastError"),
            ]);
        },
    },
    Case {
        rule: "minus-operator",
        section: "3.4.1",
        says: "`-x` is the negative of the integer `x`",
        check: || {
            check(&[
                ("of an expression", "-(5)", "-5"),
                ("of a number, apart", "- 5", "-5"),
                ("of a negative one", "--5", "5"),
                ("of a string", "-'5'", "-5"),
                ("twice", "--'5'", "5"),
                ("of a boolean", "-TRUE", "-1"),
                ("no number", "-'x'", "0, CastError"),
            ]);
            given(r#""n":7"#, &[("of an attribute", "-n", "-7")]);
        },
    },
    Case {
        rule: "equal-boolean",
        section: "3.4.2",
        says: "`x = y` of booleans; `x != y` and `x <> y` are `NOT (x = y)`",
        check: || {
            check(&[
                ("equal", "TRUE = TRUE", "true"),
                ("not", "TRUE = FALSE", "false"),
                ("opposite", "TRUE != FALSE", "true"),
                ("opposite", "TRUE <> TRUE", "false"),
            ]);
        },
    },
    Case {
        rule: "equal-integer",
        section: "3.4.2",
        says: "the same for integers",
        check: || {
            check(&[
                ("equal", "7 = 7", "true"),
                ("not", "7 = -7", "false"),
                ("opposite", "7 != -7", "true"),
                ("opposite", "7 <> 7", "false"),
            ]);
        },
    },
    Case {
        rule: "equal-string",
        section: "3.4.2",
        says: "the same for strings, case-sensitively",
        check: || {
            check(&[
                ("equal", "'a' = \"a\"", "true"),
                ("case", "'a' = 'A'", "false"),
                ("length", "'a' = 'ab'", "false"),
                ("not as numbers", "'7' = '07'", "false"),
                ("opposite", "'a' != 'A'", "true"),
                ("opposite", "'a' <> 'a'", "false"),
            ]);
        },
    },
    Case {
        rule: "logic-operators",
        section: "3.4.2",
        says: "`AND`, `OR` and `XOR` of booleans",
        check: || {
            check(&[
                ("and", "FALSE AND FALSE", "false"),
                ("and", "FALSE AND TRUE", "false"),
                ("and", "TRUE AND FALSE", "false"),
                ("and", "TRUE AND TRUE", "true"),
                ("or", "FALSE OR FALSE", "false"),
                ("or", "FALSE OR TRUE", "true"),
                ("or", "TRUE OR FALSE", "true"),
                ("or", "TRUE OR TRUE", "true"),
                ("xor", "FALSE XOR FALSE", "false"),
                ("xor", "FALSE XOR TRUE", "true"),
                ("xor", "TRUE XOR FALSE", "true"),
                ("xor", "TRUE XOR TRUE", "false"),
                ("operands are cast", "'true' AND 5", "true"),
                ("no boolean", "true AND 'yes'", "false, CastError"),
            ]);
        },
    },
    Case {
        rule: "order-operators",
        section: "3.4.2",
        says: "`<`, `<=`, `>` and `>=` compare integers",
        check: || {
            check(&[
                ("less", "1 < 2", "true"),
                ("less", "2 < 2", "false"),
                ("or equal", "2 <= 2", "true"),
                ("or equal", "3 <= 2", "false"),
                ("greater", "-1 > -2", "true"),
                ("greater", "2 > 2", "false"),
                ("or equal", "2 >= 2", "true"),
                ("or equal", "1 >= 2", "false"),
                ("strings are cast, and not compared as strings", "'10' > '9'", "true"),
                ("no numbers", "'b' > 'a'", "false, CastError, CastError"),
            ]);
        },
    },
    Case {
        rule: "multiply-add-subtract",
        section: "3.4.2",
        says: "`*`, `+` and `-` of integers",
        check: || {
            check(&[
                ("product", "-3 * 4", "-12"),
                ("sum", "4 + -5", "-1"),
                ("difference", "4 - 5", "-1"),
                ("operands are cast", "'4' * TRUE", "4"),
                ("strings are not joined", "'a' + 'b'", "0, CastError, CastError"),
            ]);
        },
    },
    Case {
        rule: "division-truncates",
        section: "3.4.2",
        says: "`x / y` is rounded toward 0",
        check: || {
            check(&[
                ("down", "7 / 2", "3"),
                ("up", "-7 / 2", "-3"),
                ("up", "7 / -2", "-3"),
                ("down", "-7 / -2", "3"),
            ]);
        },
    },
    Case {
        rule: "remainder-sign",
        section: "3.4.2",
        says: "`x % y` has the sign of `x`",
        check: || {
            check(&[
                ("positive", "7 % 3", "1"),
                ("negative", "-7 % 3", "-1"),
                ("positive", "7 % -3", "1"),
                ("none", "6 % 3", "0"),
                ("none, though the quotient is beyond 32 bits", "-2147483648 % -1", "0"),
            ]);
        },
    },
    Case {
        rule: "division-by-zero",
        section: "3.4.2",
        says: "`x / 0` and `x % 0` are 0, with a _MathError_",
        check: || {
            check(&[
                ("quotient", "5 / 0", "0, MathError"),
                ("remainder", "5 % 0", "0, MathError"),
                ("a zero by cast", "5 / FALSE", "0, MathError"),
            ]);
        },
    },
    Case {
        rule: "exists-operator",
        section: "3.4.4",
        says: "`EXISTS x` is true if the event has the attribute, whatever its value",
        check: || {
            given(
                r#""subject":"x","empty":"","no":false"#,
                &[
                    ("optional", "EXISTS subject", "true"),
                    ("optional, missing", "EXISTS time", "false"),
                    ("extension, empty", "EXISTS empty", "true"),
                    ("extension, false", "EXISTS no", "true"),
                    ("no error where it is missing", "NOT EXISTS other", "true"),
                ],
            );
        },
    },
    Case {
        rule: "exists-required",
        section: "3.4.4",
        says: "`EXISTS` is true for the required attributes",
        check: || {
            check(&[(
                "all four",
                "EXISTS id AND EXISTS source AND EXISTS type AND EXISTS specversion",
                "true",
            )]);
        },
    },
    Case {
        rule: "in-operator",
        section: "3.4.5",
        says: "`x IN (…)` is true if `x` equals an element; `NOT IN` is the opposite",
        check: || {
            given(
                r#""operation":"modify""#,
                &[
                    ("strings", "operation IN ('add', 'modify')", "true"),
                    ("strings", "operation IN ('add', 'remove')", "false"),
                    ("opposite", "operation NOT IN ('add', 'remove')", "true"),
                    ("opposite", "operation NOT IN ('modify')", "false"),
                    ("case", "operation IN ('MODIFY')", "false"),
                    ("attributes", "'modify' IN (id, operation)", "true"),
                    ("integers", "3 IN (1, 2, 3)", "true"),
                    ("booleans", "TRUE IN (FALSE)", "false"),
                ],
            );
        },
    },
    Case {
        rule: "in-casts",
        section: "3.4.5, 3.7",
        says: "the elements are cast to the type of `x`",
        check: || {
            check(&[
                ("to a string", "'1' IN (1)", "true"),
                ("to a string", "'01' IN (1)", "false"),
                ("to a string", "'true' IN (TRUE)", "true"),
                ("to an integer", "1 IN ('01')", "true"),
                ("to an integer", "1 IN (TRUE)", "true"),
                ("to a boolean", "TRUE IN ('TRUE')", "true"),
                ("to a boolean", "TRUE IN (2)", "true"),
                ("not castable", "1 IN (2, 'x')", "false, CastError"),
            ]);
        },
    },
];
