//! What an expression is made of (2).

use super::{Case, check, given};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "keywords-case",
        section: "2",
        says: "keywords and the names of functions are case-insensitive",
        check: || {
            given(
                r#""hop":"3","ttl":"9""#,
                &[
                    ("lower", "int(hop) < int(ttl) and not (hop = 4)", "true"),
                    ("upper", "INT(hop) < INT(ttl) AND NOT (hop = 4)", "true"),
                    ("mixed", "iNt(hop) < Int(ttl) aNd nOt (hop = 4)", "true"),
                    ("or, xor", "false Or true xOr false", "true"),
                    ("like, in, exists", "hop lIKe '3' and hop In (3) and eXists hop", "true"),
                    ("an underscore in a name", "concat_ws('-', hop, ttl)", r#""3-9""#),
                ],
            );
        },
    },
    Case {
        rule: "parentheses-closed",
        section: "2.1",
        says: "parentheses contain an expression, and are closed",
        check: || {
            check(&[
                ("an expression", "((1))", "1"),
                (
                    "not closed",
                    "(1",
                    "ParseError: found the end at position 2, expected an operator or )",
                ),
                (
                    "not opened",
                    "1)",
                    "ParseError: found \")\" at position 1, expected an operator or the end",
                ),
                ("empty", "()", "ParseError: found \")\" at position 1, expected a value"),
            ]);
        },
    },
    Case {
        rule: "identifier-characters",
        section: "2.2",
        says: "an identifier is an attribute's name: lower-case letters and digits",
        check: || {
            const EXPECTED: &str =
                "expected the name of an attribute, in lower-case letters and digits";
            given(
                r#""ab1":"x","2c":"y""#,
                &[
                    ("letters and digits", "ab1", r#""x""#),
                    ("a digit may be the first", "2c", r#""y""#),
                    (
                        "no capital",
                        "eventType",
                        &format!("ParseError: found \"eventType\" at position 0, {EXPECTED}"),
                    ),
                    (
                        "no underscore",
                        "1 = my_name",
                        &format!("ParseError: found \"my_name\" at position 4, {EXPECTED}"),
                    ),
                    (
                        "no other letter",
                        "größe",
                        "ParseError: found 'ö' at position 2, expected a name, a number, a string \
                         or an operator",
                    ),
                ],
            );
        },
    },
    Case {
        rule: "identifier-length",
        section: "2.2",
        says: "an identifier should have at most 20 characters; longer ones are \
               accepted",
        check: || {
            given(
                r#""abcdefghijklmnopqrstuvwxyz":1"#,
                &[("26", "abcdefghijklmnopqrstuvwxyz", "1")],
            );
        },
    },
    Case {
        rule: "integer-literal",
        section: "2.2",
        says: "an integer is digits after an optional sign",
        check: || {
            check(&[
                ("none", "42", "42"),
                ("minus", "-42", "-42"),
                ("plus", "+42", "42"),
                ("leading zeros", "007", "7"),
                ("behind an operator a sign is a literal's", "1 - -2", "3"),
                ("behind an operand it is the operator, spaces or not", "3-2", "1"),
                ("likewise", "3 -2", "1"),
                ("likewise", "3+2", "5"),
            ]);
        },
    },
    Case {
        rule: "integer-range",
        section: "2.2",
        says: "an integer literal fits in 32 bits",
        check: || {
            const EXPECTED: &str = "expected a number from -2147483648 to 2147483647";
            check(&[
                ("the greatest", "2147483647", "2147483647"),
                ("the least", "-2147483648", "-2147483648"),
                (
                    "one more",
                    "2147483648",
                    &format!("ParseError: found \"2147483648\" at position 0, {EXPECTED}"),
                ),
                (
                    "one less",
                    "1 = -2147483649",
                    &format!("ParseError: found \"-2147483649\" at position 5, {EXPECTED}"),
                ),
            ]);
        },
    },
    Case {
        rule: "boolean-literal",
        section: "2.2",
        says: "`true` and `false` are booleans, in any case",
        check: || {
            check(&[
                ("lower", "true", "true"),
                ("upper", "FALSE", "false"),
                ("mixed", "tRuE", "true"),
            ]);
        },
    },
    Case {
        rule: "string-literal",
        section: "2.2",
        says: "a string is in single or double quotes",
        check: || {
            check(&[
                ("single", "'aBc'", r#""aBc""#),
                ("double", r#""aBc""#, r#""aBc""#),
                ("empty", "''", r#""""#),
                ("any characters", "'größer ☃'", r#""größer ☃""#),
                (
                    "not closed",
                    "id = 'abc",
                    "ParseError: found a string without an end, begun by ' at position 5, expected \
                     a closing '",
                ),
                (
                    "closed by the other quote",
                    "\"abc'",
                    "ParseError: found a string without an end, begun by \" at position 0, \
                     expected a closing \"",
                ),
            ]);
        },
    },
    Case {
        rule: "string-escapes",
        section: "2.2",
        says: "inside a string, its own quote is escaped with a backslash; the other \
               quote need not be",
        check: || {
            check(&[
                ("single in single", r"'it\'s'", r#""it's""#),
                ("double in double", r#""a\"b""#, r#""a\"b""#),
                ("double in single", r#"'a"b'"#, r#""a\"b""#),
                ("single in double", r#""it's""#, r#""it's""#),
                ("several", r"'\'\'a\''", r#""''a'""#),
                ("twice, once, none", r"'a\'' = 'a\'' AND 'a' != 'a\''", "true"),
            ]);
        },
    },
    Case {
        rule: "operators-written",
        section: "2.3",
        says: "the operators are `=`, `!=`, `<>`, `>=`, `<=`, `<`, `>`, `+`, `-`, `*`, `/`, `%`, `AND`, `OR`, `XOR`, `NOT`, `LIKE`, `IN` and `EXISTS`, with or without white space",
        check: || {
            check(&[
                ("no space", "1=1", "true"),
                ("no space", "1!=1", "false"),
                ("no space", "1<>1", "false"),
                ("no space", "1>=1", "true"),
                ("no space", "1<=1", "true"),
                ("no space", "1<1", "false"),
                ("no space", "1>1", "false"),
                ("all space there is", "\t1\r\n+ \n1 ", "2"),
                ("no space", "7*2/3%3", "1"),
                ("words", "NOT false AND true OR false XOR false", "true"),
                (
                    "no operator of this name",
                    "1 == 1",
                    "ParseError: found \"=\" at position 3, expected a value",
                ),
                (
                    "no operator at all",
                    "id 1",
                    "ParseError: found \"1\" at position 3, expected an operator or the end",
                ),
            ]);
        },
    },
    Case {
        rule: "like-pattern-literal",
        section: "2.3, 3.4.3",
        says: "the pattern of `LIKE` is a string literal, anything else is a parse error",
        check: || {
            const EXPECTED: &str = "expected a pattern in quotes";
            for (operand, position) in [("id", 8), ("5", 8), ("TRUE", 8), ("('a')", 8)] {
                let found = if operand.starts_with('(') { "(" } else { operand };
                check(&[(
                    "no literal",
                    &format!("id LIKE {operand}"),
                    &format!("ParseError: found {found:?} at position {position}, {EXPECTED}"),
                )]);
            }
        },
    },
    Case {
        rule: "exists-identifier",
        section: "2.3",
        says: "`EXISTS` is followed by an identifier",
        check: || {
            check(&[
                ("an identifier", "EXISTS id", "true"),
                (
                    "a string",
                    "EXISTS 'id'",
                    "ParseError: found \"'id'\" at position 7, expected the name of an attribute",
                ),
                (
                    "an expression",
                    "EXISTS (id)",
                    "ParseError: found \"(\" at position 7, expected the name of an attribute",
                ),
                (
                    "a number",
                    "EXISTS 12",
                    "ParseError: found \"12\" at position 7, expected the name of an attribute, in \
                     lower-case letters and digits",
                ),
            ]);
        },
    },
    Case {
        rule: "set-not-empty",
        section: "2.3, 3.4.5",
        says: "a set has at least one element; its elements are expressions separated \
               by commas",
        check: || {
            check(&[
                ("one", "1 IN (1)", "true"),
                ("expressions", "3 IN (1, 1 + 2)", "true"),
                ("none", "1 IN ()", "ParseError: found \")\" at position 6, expected a value"),
                (
                    "no set",
                    "1 IN 1",
                    "ParseError: found \"1\" at position 5, expected ( and the elements of the set",
                ),
                (
                    "a comma more",
                    "1 IN (1,)",
                    "ParseError: found \")\" at position 8, expected a value",
                ),
            ]);
        },
    },
    Case {
        rule: "function-call",
        section: "2.4",
        says: "a function is called with any number of arguments in parentheses",
        check: || {
            check(&[
                ("none", "CONCAT()", r#""""#),
                ("several", "CONCAT('a', 1, TRUE)", r#""a1true""#),
                ("expressions", "CONCAT(1 + 1, LOWER('A'))", r#""2a""#),
                ("space before the parenthesis", "LOWER ('A')", r#""a""#),
                (
                    "not closed",
                    "CONCAT(1",
                    "ParseError: found the end at position 8, expected an operator, a comma or )",
                ),
            ]);
            given(
                r#""left":"x""#,
                &[("an attribute may have a function's name", "left", r#""x""#)],
            );
        },
    },
];
