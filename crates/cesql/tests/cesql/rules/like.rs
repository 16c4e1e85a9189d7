//! `LIKE` (3.4.3).

use proptest::prelude::*;

use super::{Case, check, given, outcome};
use test_support::property;

/// Whether a text is like a pattern, each in single quotes.
#[track_caller]
fn like(cases: &[(&str, &str, &str, bool)]) {
    for (why, text, pattern, expected) in cases {
        check(&[
            (why, &format!("'{text}' LIKE '{pattern}'"), &expected.to_string()),
            (why, &format!("'{text}' NOT LIKE '{pattern}'"), &(!expected).to_string()),
        ]);
    }
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "like-whole",
        section: "3.4.3",
        says: "`x LIKE pattern` is true if all of `x` matches; `NOT LIKE` is the \
               opposite",
        check: || {
            like(&[
                ("the same", "abc", "abc", true),
                ("a part is not enough", "abc", "b", false),
                ("nor is the beginning", "abc", "ab", false),
                ("nor the end", "abc", "bc", false),
                ("empty", "", "", true),
                ("empty", "a", "", false),
                ("empty", "", "a", false),
            ]);
        },
    },
    Case {
        rule: "like-percent",
        section: "3.4.3",
        says: "`%` is any number of characters, including none",
        check: || {
            like(&[
                ("prefix", "com.elytra.product", "com.elytra.%", true),
                ("prefix", "org.elytra.product", "com.elytra.%", false),
                ("suffix", "com.elytra.product", "%.product", true),
                ("suffix", "com.elytra.products", "%.product", false),
                ("contained", "com.elytra.product", "%elytra%", true),
                ("contained", "com.elytra.product", "%Elytra%", false),
                ("none", "abc", "a%b%c", true),
                ("some", "a-b--c", "a%b%c", true),
                ("the order counts", "a-c-b", "a%b%c", false),
                ("everything", "", "%", true),
                ("everything", "x", "%%", true),
                ("what is before must not be what is behind", "aba", "aba%aba", false),
                ("nor twice in the middle", "xabx", "x%ab%ab%x", false),
                ("the last place counts at the end", "a-b-b", "a%b", true),
                ("a later place where the first does not do", "aXbaYb", "a%Yb", true),
            ]);
        },
    },
    Case {
        rule: "like-underscore",
        section: "3.4.3",
        says: "`_` is exactly one character",
        check: || {
            like(&[
                ("one", "abc", "a_c", true),
                ("none", "ac", "a_c", false),
                ("two", "abbc", "a_c", false),
                ("itself", "a_c", "a_c", true),
                ("a character, not a byte", "a☃c", "a_c", true),
                ("alone", "😀", "_", true),
                ("alone", "", "_", false),
                ("at least two", "abc", "__%", true),
                ("at least two", "a", "%__", false),
                ("at the end", "abcd", "%c_", true),
                ("at the end", "abc", "%c_", false),
                ("in the middle", "xxaybzz", "%a_b%", true),
                ("in the middle, a later place", "aabaxb", "a%_xb", true),
                ("in the middle, not there", "xxabzz", "%a_b%", false),
            ]);
        },
    },
    Case {
        rule: "like-case",
        section: "3.4.3",
        says: "every other character stands for itself, case-sensitively",
        check: || {
            like(&[
                ("case", "aBc", "_b%", false),
                ("a star", "ab", "_b*", false),
                ("a star", "ab*", "_b*", true),
                ("signs of regular expressions", "a.c", "a.c", true),
                ("signs of regular expressions", "abc", "a.c", false),
                ("signs of regular expressions", "a(b)[c]^$+?", "a(b)[c]^$+?", true),
                ("a line break", "a\nb", "a_b", true),
            ]);
        },
    },
    Case {
        rule: "like-escapes",
        section: "3.4.3",
        says: "a backslash before `%` or `_` makes it an ordinary character",
        check: || {
            like(&[
                ("percent", "abc%", r"abc\%", true),
                ("percent", "abcd", r"abc\%", false),
                ("underscore", "a_c", r"a\_c", true),
                ("underscore", "abc", r"a\_c", false),
                ("both kinds", "10%_x", r"%\%\__", true),
                ("both kinds", "10a_x", r"%\%\__", false),
            ]);
        },
    },
    Case {
        rule: "like-backslash",
        section: "3.4.3",
        says: "a backslash before anything else is a backslash",
        check: || {
            like(&[
                ("itself", r"a\b", r"a\b", true),
                ("itself", "ab", r"a\b", false),
                ("two are two", r"a\\b", r"a\\b", true),
                ("the quote is the literal's affair", r"it\'s", r"it\'s", true),
            ]);
        },
    },
    Case {
        rule: "like-casts",
        section: "3.4.3",
        says: "a value that is not a string is cast to one",
        check: || {
            check(&[
                ("an integer", "234 LIKE '23_'", "true"),
                ("a negative one", "-7 LIKE '-%'", "true"),
                ("a boolean", "TRUE LIKE 'tr%'", "true"),
                ("a boolean", "FALSE LIKE 'F%'", "false"),
            ]);
            given(r#""n":120"#, &[("an attribute", "n LIKE '12%'", "true")]);
        },
    },
];

/// The definition by the letter, which takes its time.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['%', pattern @ ..], _) => (0..=text.len()).any(|n| is_like(&text[n..], pattern)),
        (['\\', escaped @ ('%' | '_'), pattern @ ..], [first, text @ ..]) => {
            first == escaped && is_like(text, pattern)
        }
        (['_', pattern @ ..], [_, text @ ..]) => is_like(text, pattern),
        ([wanted, pattern @ ..], [first, text @ ..]) => first == wanted && is_like(text, pattern),
        _ => false,
    }
}

#[test]
fn like_is_what_its_definition_says() {
    // Few letters, so that there are many matches, and many near ones.
    let letters = |pattern: &str| pattern.chars().collect::<Vec<_>>();
    property(("[ab☃%_]{0,9}", r"([ab☃%_]|\\%|\\_|\\a){0,7}"), |(text, pattern)| {
        let expected = is_like(&letters(&text), &letters(&pattern));
        assert_eq!(outcome("", &format!("'{text}' LIKE '{pattern}'")), expected.to_string());
    });
    // A pattern that is made of its text.
    let hide = |(text, holes): (String, Vec<u8>)| {
        let holes = holes.into_iter().chain(std::iter::repeat(0));
        let pattern: String = text
            .chars()
            .zip(holes)
            .map(|(letter, hole)| match hole {
                0 => letter.to_string(),
                1 => "_".to_owned(),
                2 => "%".to_owned(),
                _ => format!("%{letter}"),
            })
            .collect();
        (text, pattern)
    };
    let texts = ("[ab☃]{0,12}", proptest::collection::vec(0..4_u8, 0..12)).prop_map(hide);
    property(texts, |(text, pattern)| {
        assert_eq!(outcome("", &format!("'{text}' LIKE '{pattern}'")), "true", "{pattern}");
    });
}
