//! Which attributes there are.

use super::BASELINE;
use crate::case::Level::{Must, Should};
use crate::case::{Case, Expect, Group, Level};
use crate::make::Maker;
use crate::section::{
    DATACONTENTTYPE, DATASCHEMA, EXTENSIONS, ID, JSON_TYPES, NAMES, RFC_3986_REFERENCE, SOURCE,
    SPECVERSION, SUBJECT, Section, TYPE,
};

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    Case::new(Group::Attributes, id, section, level, says).needing(BASELINE)
}

/// A required attribute, its section, and its three cases.
type Required = (&'static str, Section, [(&'static str, &'static str); 3]);

const REQUIRED: [Required; 4] = [
    (
        "id",
        ID,
        [
            ("id-missing", "`id` is required"),
            ("id-null", "`null` means that `id` is missing"),
            ("id-empty", "`id` is not empty"),
        ],
    ),
    (
        "source",
        SOURCE,
        [
            ("source-missing", "`source` is required"),
            ("source-null", "`null` means that `source` is missing"),
            ("source-empty", "`source` is not empty"),
        ],
    ),
    (
        "specversion",
        SPECVERSION,
        [
            ("specversion-missing", "`specversion` is required"),
            ("specversion-null", "`null` means that `specversion` is missing"),
            ("specversion-empty", "`specversion` is not empty"),
        ],
    ),
    (
        "type",
        TYPE,
        [
            ("type-missing", "`type` is required"),
            ("type-null", "`null` means that `type` is missing"),
            ("type-empty", "`type` is not empty"),
        ],
    ),
];

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let mut cases: Vec<_> = REQUIRED.iter().flat_map(|one| required(make, one)).collect();
    cases.extend(of_versions_and_references(make));
    cases.extend(optional(make));
    cases.extend(names(make));
    cases
}

fn required(make: &Maker, (name, section, texts): &Required) -> [Case; 3] {
    let [missing, null, empty] = *texts;
    [
        case(missing.0, *section, Must, missing.1)
            .refuses(format!("no `{name}`"), make.event().without(name).post()),
        case(null.0, JSON_TYPES, Must, null.1)
            .refuses(format!("`{name}: null`"), make.event().with(name, "null").post()),
        case(empty.0, *section, Must, empty.1)
            .refuses(format!("an empty `{name}`"), make.event().with(name, "\"\"").post()),
    ]
}

fn of_versions_and_references(make: &Maker) -> Vec<Case> {
    let with = |name: &str, json: &str| make.event().with(name, json).post();
    vec![
        case("specversion-unknown", SPECVERSION, Must, "this version is `1.0`, and no other")
            .refuses("`1.1`", with("specversion", "\"1.1\""))
            .refuses("`2.0`", with("specversion", "\"2.0\"")),
        case(
            "specversion-old",
            SPECVERSION,
            Must,
            "an event of version 0.3 is not one of version 1.0",
        )
        .step(
            "`0.3`",
            with("specversion", "\"0.3\""),
            Expect::RefusedUnless("version 0.3 is accepted too"),
        ),
        case(
            "attribute-not-a-string",
            JSON_TYPES,
            Must,
            "the attributes of the specification are strings",
        )
        .refuses("`specversion: 1.0`", with("specversion", "1.0"))
        .refuses("`id: 1`", with("id", "1"))
        .refuses("`type: true`", with("type", "true"))
        .refuses("`subject: 1`", with("subject", "1")),
        case(
            "source-reference",
            RFC_3986_REFERENCE,
            Must,
            "`source` can be any URI-reference, relative or absolute",
        )
        .accepts("`/a/b?c=d#e`", with("source", "\"/a/b?c=d#e\""))
        .accepts(
            "`urn:uuid:…`",
            with("source", "\"urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66\""),
        )
        .accepts("`1-555-123-4567`", with("source", "\"1-555-123-4567\"")),
        case("source-not-a-reference", SOURCE, Must, "`source` is a URI-reference")
            .refuses("a space in it", with("source", "\"a b\""))
            .refuses("a broken `%` in it", with("source", "\"/a%zz\"")),
    ]
}

fn optional(make: &Maker) -> Vec<Case> {
    let with = |name: &str, json: &str| make.event().with(name, json).post();
    vec![
        case("null-is-absent", JSON_TYPES, Must, "an optional attribute that is `null` is absent")
            .accepts("`subject: null`", with("subject", "null"))
            .accepts("`time: null`", with("time", "null"))
            .accepts("an extension that is `null`", with("absent", "null")),
        case("subject-empty", SUBJECT, Must, "`subject`, if present, is not empty")
            .refuses("an empty `subject`", with("subject", "\"\"")),
        case("dataschema", DATASCHEMA, Must, "`dataschema` can be any absolute URI")
            .accepts("`https:`", with("dataschema", "\"https://schemas.example/a?b=c\""))
            .accepts("`urn:`", with("dataschema", "\"urn:example:schema:1\"")),
        case(
            "dataschema-invalid",
            DATASCHEMA,
            Must,
            "`dataschema`, if present, is an absolute URI",
        )
        .refuses("a relative reference", with("dataschema", "\"schemas/a\""))
        .refuses("an empty one", with("dataschema", "\"\"")),
        case(
            "datacontenttype",
            DATACONTENTTYPE,
            Must,
            "`datacontenttype` can have parameters, a suffix, and letters of any case",
        )
        .accepts(
            "`Application/JSON; charset=UTF-8`",
            with("datacontenttype", "\"Application/JSON; charset=UTF-8\""),
        )
        .accepts(
            "`application/vnd.elytra+json`",
            with("datacontenttype", "\"application/vnd.elytra+json\""),
        ),
        case(
            "datacontenttype-invalid",
            DATACONTENTTYPE,
            Must,
            "`datacontenttype`, if present, is a media type",
        )
        .refuses("`nonsense`", with("datacontenttype", "\"nonsense\""))
        .refuses("an empty one", with("datacontenttype", "\"\"")),
    ]
}

fn names(make: &Maker) -> Vec<Case> {
    let with = |name: &str, json: &str| make.event().with(name, json).post();
    vec![
        case("extension", EXTENSIONS, Must, "an event can have extensions that nobody knows")
            .accepts("`unheardof`", with("unheardof", "\"x\"")),
        case(
            "name-long",
            NAMES,
            Should,
            "a name should have at most 20 characters, but may have more",
        )
        .accepts("a name of 26", with("abcdefghijklmnopqrstuvwxyz", "\"x\"")),
        case("name-digits", NAMES, Must, "a name can begin with a digit")
            .accepts("`1st`", with("1st", "\"x\"")),
        case("name-upper-case", NAMES, Must, "a name has no upper-case letters")
            .refuses("`eventType`", with("eventType", "\"x\"")),
        case("name-punctuation", NAMES, Must, "a name has letters and digits, and nothing else")
            .refuses("`event_type`", with("event_type", "\"x\""))
            .refuses("`event-type`", with("event-type", "\"x\"")),
        case("name-not-ascii", NAMES, Must, "the letters of a name are those of ASCII")
            .refuses("`größe`", with("gr\u{f6}\u{df}e", "\"x\"")),
        case("name-empty", NAMES, Must, "a name is not empty")
            .refuses("an empty name", with("", "\"x\"")),
    ]
}
