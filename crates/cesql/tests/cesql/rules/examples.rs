//! As a filter (1.2), and the situations of the examples (5).

use super::refusals::{passes, refuses};
use super::{Case, check, given};

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "filter-boolean",
        section: "1.2",
        says: "as a filter, an expression that is not a boolean lets no event through",
        check: || {
            passes("", "true");
            refuses("", "1", "is 1, not a boolean");
            refuses("", "'true'", "is \"true\", not a boolean");
        },
    },
    Case {
        rule: "filter-errors",
        section: "1.2",
        says: "as a filter, an expression with an error lets no event through",
        check: || {
            refuses("", "missing = 'x' OR true", "attribute missing is missing");
            refuses("", "NOT missing", "attribute missing is missing");
            refuses("", "true XOR (1 / 0 = 1)", "division by zero");
        },
    },
    Case {
        rule: "filter-fail-fast",
        section: "1.2, 4.1",
        says: "as a filter, the evaluation ends at the first error",
        check: || {
            refuses("", "1 / 0 + missing > 0", "division by zero");
            check(&[(
                "elsewhere it goes on",
                "1 / 0 + missing > 0",
                "false, MathError, MissingAttributeError",
            )]);
        },
    },
    Case {
        rule: "example-exists",
        section: "5",
        says: "events with a subject",
        check: || {
            given(r#""subject":"x""#, &[("there", "EXISTS subject", "true")]);
            check(&[("not there", "EXISTS subject", "false")]);
        },
    },
    Case {
        rule: "example-or",
        section: "5",
        says: "an extension or the subject has a value",
        check: || {
            const FILTER: &str = "(EXISTS locale AND locale = 'de') OR subject = 'german'";
            given(r#""locale":"de""#, &[("the extension", FILTER, "true")]);
            given(r#""subject":"german""#, &[("the subject", FILTER, "true")]);
            given(r#""locale":"fr","subject":"french""#, &[("neither", FILTER, "false")]);
        },
    },
    Case {
        rule: "example-sequence",
        section: "5",
        says: "a string is compared with a number",
        check: || {
            given(r#""sequence":"10""#, &[("equal", "sequence = 10", "true")]);
            given(r#""sequence":"9""#, &[("not equal", "sequence = 10", "false")]);
        },
    },
    Case {
        rule: "example-hops",
        section: "5",
        says: "two extensions are compared as numbers",
        check: || {
            given(r#""hop":"9","ttl":"10""#, &[("strings", "hop < ttl", "true")]);
            given(r#""hop":11,"ttl":"10""#, &[("one is a number", "hop < ttl", "false")]);
        },
    },
];
