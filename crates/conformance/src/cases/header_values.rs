//! How headers are decoded. Most of these values are valid, or not, only if they are decoded as they
//! should be.

use super::BINARY;
use crate::case::Level::{Must, Should};
use crate::case::{Case, Group};
use crate::make::Maker;
use crate::section::{HEADER_VALUES, SOURCE, Section, TYPES};

/// The id of a case, its section, what it says, and headers: attributes with values.
type Row = (&'static str, Section, &'static str, &'static [(&'static str, &'static str)]);

const ACCEPTED: [Row; 6] = [
    (
        "header-percent",
        HEADER_VALUES,
        "values are percent-decoded, also where the encoding was not needed",
        &[("time", "2025-12-31T04%3A19%3A30Z"), ("specversion", "1%2E0")],
    ),
    (
        "header-lower-case",
        HEADER_VALUES,
        "the digits after `%` can be in lower case",
        &[("time", "2025-12-31T04%3a19%3a30Z"), ("specversion", "1%2e0")],
    ),
    (
        "header-quoted",
        HEADER_VALUES,
        "a value can be in double quotes, which are removed",
        &[("specversion", "\"1.0\""), ("time", "\"2025-12-31T04:19:30Z\"")],
    ),
    (
        "header-backslash",
        HEADER_VALUES,
        "within quotes, a backslash stands for the character after it",
        &[("specversion", "\"1\\.0\"")],
    ),
    (
        "header-quoted-percent",
        HEADER_VALUES,
        "a value in quotes is percent-decoded too, after they are removed",
        &[("specversion", "\"1%2E0\"")],
    ),
    (
        "header-unicode",
        HEADER_VALUES,
        "any character can be percent-encoded, U+FFFD too",
        &[("subject", "Gr%C3%B6%C3%9Fe%20%F0%9F%98%80%20%25%22"), ("subject", "%EF%BF%BD")],
    ),
];

const REFUSED: [Row; 8] = [
    (
        "header-decoded-once",
        HEADER_VALUES,
        "values are percent-decoded once, not twice",
        &[("time", "2025-12-31T04%253A19%253A30Z"), ("specversion", "1%252E0")],
    ),
    (
        "header-unquoted-first",
        HEADER_VALUES,
        "quotes are removed before percent-decoding, so encoded ones are part of the value",
        &[("specversion", "%221.0%22")],
    ),
    (
        "header-overlong",
        HEADER_VALUES,
        "an encoding that is longer than it has to be is not UTF-8",
        &[("subject", "%C0%A0"), ("subject", "a%E0%80%AFb")],
    ),
    (
        "header-not-utf-8",
        HEADER_VALUES,
        "what is percent-encoded is UTF-8",
        &[("subject", "%FF"), ("subject", "caf%E9"), ("subject", "%E2%82")],
    ),
    (
        "header-surrogate",
        HEADER_VALUES,
        "a surrogate is not UTF-8, not even with its other half",
        &[("subject", "%ED%A0%80"), ("subject", "%ED%A0%BD%ED%B8%80")],
    ),
    (
        "header-control",
        TYPES,
        "a decoded value has no control characters",
        &[("subject", "a%0Ab"), ("subject", "a%00b"), ("subject", "a%C2%85b")],
    ),
    (
        "header-noncharacter",
        TYPES,
        "a decoded value has no noncharacters",
        &[("subject", "%EF%BF%BF")],
    ),
    (
        "header-decoded-source",
        SOURCE,
        "a decoded value keeps the rules of its attribute",
        &[("source", "a%20b")],
    ),
];

/// The specification says that senders encode each `%`, not what becomes of one that starts nothing.
const MALFORMED: Row = (
    "header-percent-broken",
    HEADER_VALUES,
    "two hexadecimal digits follow each `%`; what else was meant cannot be known",
    &[("subject", "100%"), ("subject", "%4"), ("subject", "%zz")],
);

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let case = |row: &Row, level| {
        let (id, section, says, _) = *row;
        Case::new(Group::HeaderValues, id, section, level, says).needing(needed(id))
    };
    let what = |name: &str, value: &str| format!("`ce-{name}: {value}`");
    let with = |name: &str, value: &str| make.binary().with(name, value).post();
    let accepting = |row: &Row| {
        row.3.iter().fold(case(row, Must), |case, (name, value)| {
            case.accepts(what(name, value), with(name, value))
        })
    };
    let refusing = |row: &Row, level| {
        row.3.iter().fold(case(row, level), |case, (name, value)| {
            case.refuses(what(name, value), with(name, value))
        })
    };
    let accepted = ACCEPTED.iter().map(accepting);
    let refused = REFUSED.iter().map(|row| refusing(row, Must));
    accepted.chain(refused).chain([refusing(&MALFORMED, Should)]).collect()
}

/// What a case builds on. Who takes any version shows nothing by taking an encoded one, and who does
/// not decode at all shows nothing by refusing what is encoded twice.
fn needed(id: &str) -> &'static str {
    match id {
        "header-percent"
        | "header-lower-case"
        | "header-quoted"
        | "header-backslash"
        | "header-quoted-percent" => "binary-specversion-unknown",
        "header-decoded-once" => "header-percent",
        "header-unquoted-first" => "header-quoted",
        _ => BINARY,
    }
}
