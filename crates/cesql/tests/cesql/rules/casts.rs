//! Type casting (3.7).

use super::{Case, check, given};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "integer-to-string",
        section: "3.7",
        says: "an integer becomes its decimal digits without leading zeros, after a \
               minus if it is negative",
        check: || {
            check(&[
                ("positive", "STRING(5)", r#""5""#),
                ("leading zeros", "STRING(005)", r#""5""#),
                ("negative", "STRING(-5)", r#""-5""#),
                ("zero", "STRING(-0)", r#""0""#),
                ("the least", "STRING(-2147483648)", r#""-2147483648""#),
            ]);
        },
    },
    Case {
        rule: "integer-to-boolean",
        section: "3.7",
        says: "0 becomes `false`, every other integer `true`",
        check: || {
            check(&[
                ("zero", "BOOL(0)", "false"),
                ("one", "BOOL(1)", "true"),
                ("others", "BOOL(-50)", "true"),
            ]);
        },
    },
    Case {
        rule: "string-to-integer",
        section: "3.7",
        says: "a string becomes an integer if it is decimal digits after an optional \
               sign, within 32 bits; otherwise 0, with a _CastError_",
        check: || {
            check(&[
                ("digits", "INT('15')", "15"),
                ("minus", "INT('-15')", "-15"),
                ("plus", "INT('+15')", "15"),
                ("leading zeros", "INT('0015')", "15"),
                ("the greatest", "INT('2147483647')", "2147483647"),
                ("one more", "INT('2147483648')", "0, CastError"),
                ("the least", "INT('-2147483648')", "-2147483648"),
                ("one less", "INT('-2147483649')", "0, CastError"),
                ("letters", "INT('15a')", "0, CastError"),
                ("nothing", "INT('')", "0, CastError"),
                ("a sign alone", "INT('-')", "0, CastError"),
                ("white space", "INT(' 15')", "0, CastError"),
                ("other digits", "INT('١')", "0, CastError"),
                ("a fraction", "INT('1.0')", "0, CastError"),
                ("a boolean's name", "INT('true')", "0, CastError"),
            ]);
        },
    },
    Case {
        rule: "string-to-boolean",
        section: "3.7",
        says: "a string becomes a boolean if it is `true` or `false` in any case; \
               otherwise `false`, with a _CastError_",
        check: || {
            check(&[
                ("true", "BOOL('true')", "true"),
                ("any case", "BOOL('TrUe')", "true"),
                ("false", "BOOL('FALSE')", "false"),
                ("anything else", "BOOL('yes')", "false, CastError"),
                ("nothing", "BOOL('')", "false, CastError"),
                ("a number", "BOOL('1')", "false, CastError"),
                ("white space", "BOOL('true ')", "false, CastError"),
            ]);
        },
    },
    Case {
        rule: "boolean-to-integer",
        section: "3.7",
        says: "`true` becomes 1, `false` 0",
        check: || {
            check(&[
                ("true", "INT(TRUE)", "1"),
                ("false", "INT(FALSE)", "0"),
                ("in arithmetic", "5 + TRUE", "6"),
            ]);
        },
    },
    Case {
        rule: "boolean-to-string",
        section: "3.7",
        says: "a boolean becomes `true` or `false`, in lower case",
        check: || {
            check(&[
                ("true", "STRING(TRUE)", r#""true""#),
                ("false", "STRING(FALSE)", r#""false""#),
                ("however it was written", "TRUE = \"true\" AND FALSE = \"false\"", "true"),
                ("and not as it was", "TRUE = \"TRUE\" OR FALSE = \"FALSE\"", "false"),
            ]);
        },
    },
    Case {
        rule: "cast-identity",
        section: "3.7",
        says: "a value of the required type is not changed",
        check: || {
            check(&[
                ("an integer", "INT(-1)", "-1"),
                ("a boolean", "BOOL(TRUE)", "true"),
                ("a string", "STRING('x')", r#""x""#),
            ]);
        },
    },
    Case {
        rule: "cast-both-operands",
        section: "3.7",
        says: "an operator with only one definition casts both operands",
        check: || {
            check(&[
                ("arithmetic", "'5' + '3'", "8"),
                ("order", "'5' < '10'", "true"),
                ("logic", "'true' AND 'true'", "true"),
            ]);
        },
    },
    Case {
        rule: "cast-by-right-operand",
        section: "3.7",
        says: "`=`, `!=` and `<>` cast the left operand to the type of the right one",
        check: || {
            check(&[
                ("to a boolean", "'TRUE' = true", "true"),
                ("to a string", "true = 'TRUE'", "false"),
                ("to an integer", "'05' = 5", "true"),
                ("to a string", "5 = '05'", "false"),
                ("to a boolean", "2 = TRUE", "true"),
                ("to an integer", "TRUE = 2", "false"),
                ("to an integer", "'05' != 5", "false"),
                ("to a string", "5 <> '05'", "true"),
                ("not castable", "'x' = 5", "false, CastError"),
                ("not castable", "'x' != 5", "false, CastError"),
                ("every integer is a string", "5 = 'x'", "false"),
            ]);
            given(
                r#""sequence":"10","n":10"#,
                &[
                    ("an attribute", "sequence = 10", "true"),
                    ("an attribute on the right", "n = sequence", "true"),
                    ("an attribute on the right", "sequence = n", "true"),
                ],
            );
        },
    },
    Case {
        rule: "cast-inside-out",
        section: "3.7",
        says: "operands are evaluated before they are cast",
        check: || {
            given(r#""sequence":"5""#, &[("sum, then string", "LENGTH(sequence + 10)", "2")]);
        },
    },
];
