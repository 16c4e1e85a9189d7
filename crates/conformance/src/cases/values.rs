//! What is in attributes.

use super::BASELINE;
use crate::case::Level::Must;
use crate::case::{Case, Group, Level};
use crate::make::{Maker, quoted};
use crate::section::{JSON_TYPES, Section, TYPES};

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    Case::new(Group::Values, id, section, level, says).needing(BASELINE)
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let extension = |json: &str| make.event().with("tried", json).post();
    let subject = |json: &str| make.event().with("subject", json).post();
    vec![
        case("boolean", TYPES, Must, "an extension can be `true` or `false`")
            .accepts("`true`", extension("true"))
            .accepts("`false`", extension("false")),
        case("integer", TYPES, Must, "an extension can be an integer of 32 bits")
            .accepts("`0`", extension("0"))
            .accepts("`2147483647`", extension("2147483647"))
            .accepts("`-2147483648`", extension("-2147483648")),
        case("integer-range", TYPES, Must, "an integer has at most 32 bits")
            .refuses("`2147483648`", extension("2147483648"))
            .refuses("`-2147483649`", extension("-2147483649"))
            .refuses("`1` and 30 zeros", extension("1000000000000000000000000000000")),
        case("integer-fraction", JSON_TYPES, Must, "a number has no fraction")
            .refuses("`1.5`", extension("1.5")),
        case(
            "integer-spelling",
            JSON_TYPES,
            Must,
            "a number is written as an integer, without a point or an exponent",
        )
        .refuses("`1.0`", extension("1.0"))
        .refuses("`1e3`", extension("1e3")),
        case("no-object", TYPES, Must, "no attribute is an object")
            .refuses("an object", extension(r#"{"a":1}"#)),
        case("no-array", TYPES, Must, "no attribute is an array")
            .refuses("an array", extension("[1]")),
        case("string-unicode", TYPES, Must, "a string can have any character that is not excluded")
            .accepts("`Größe 😀`", subject("\"Gr\u{f6}\u{df}e \u{1f600}\""))
            .accepts("a pair of surrogates", subject(r#""\ud83d\ude00""#))
            .accepts("U+00A0 and U+FFFD", subject(r#""\u00a0\ufffd""#)),
        case("string-control", TYPES, Must, "a string has no control characters")
            .refuses("U+0000", subject(r#""a\u0000b""#))
            .refuses("U+000A", subject(r#""a\nb""#))
            .refuses("U+0085", subject(r#""a\u0085b""#)),
        case("string-noncharacter", TYPES, Must, "a string has no noncharacters")
            .refuses("U+FDD0", subject(r#""\ufdd0""#))
            .refuses("U+FFFF", subject(r#""\uffff""#))
            .refuses("U+1FFFE", subject(&quoted("\u{1fffe}"))),
        case("string-surrogate", TYPES, Must, "a string has no surrogate without its other half")
            .refuses("U+DEAD", subject(r#""\udead""#))
            .refuses("the halves the wrong way round", subject(r#""\ude00\ud83d""#)),
    ]
}
