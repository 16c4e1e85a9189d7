//! Events as headers and a body.

use super::{BASELINE, BINARY};
use crate::case::Level::{Must, Should};
use crate::case::{Case, Expect, Group, Level};
use crate::make::{Maker, quoted};
use crate::section::{
    BINARY_CONTENT_TYPE, BINARY_DATA, CONTENT_MODES, EVENT_DATA, EXTENSIONS, HEADER_NAMES,
    HTTP_DATA, ID, NAMES, RFC_9110_MEDIA_TYPE, SIZE_LIMITS, SOURCE, SPECVERSION, Section, TIME,
    TYPE,
};

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    let needed = if id == BINARY { BASELINE } else { BINARY };
    Case::new(Group::Binary, id, section, level, says).needing(needed)
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let mut cases = data(make);
    cases.extend(attributes(make));
    cases
}

fn data(make: &Maker) -> Vec<Case> {
    let of = |content_type: &str, data: &[u8]| make.binary().of(content_type, data).post();
    let large = quoted(&"x".repeat(64_000 - "\"\"".len()));
    vec![
        case(BINARY, CONTENT_MODES, Should, "a plain valid event in binary mode is accepted")
            .accepts("a plain event", make.binary().post()),
        case(
            "binary-json",
            BINARY_CONTENT_TYPE,
            Must,
            "data can be of any media type that is JSON, with parameters too",
        )
        .accepts("`application/json; charset=utf-8`", of("application/json; charset=utf-8", b"{}"))
        .accepts("`application/vnd.elytra+json`", of("application/vnd.elytra+json", b"{}")),
        case(
            "binary-content-type-case",
            RFC_9110_MEDIA_TYPE,
            Must,
            "media types are the same in upper and lower case",
        )
        .accepts("`Application/JSON`", of("Application/JSON", b"{}")),
        case("binary-scalar", HTTP_DATA, Must, "data can be any JSON, not only an object")
            .accepts("`null`", of("application/json", b"null"))
            .accepts("`0`", of("application/json", b"0"))
            .accepts("a string", of("application/json", b"\"text\"")),
        case("binary-text", BINARY_DATA, Must, "data can be text")
            .accepts("`text/plain`", of("text/plain", b"hello")),
        case("binary-bytes", BINARY_DATA, Must, "data can be any bytes")
            .accepts("bytes that are not UTF-8", of("application/octet-stream", b"\x00\xff\xfe{")),
        case("binary-no-data", EVENT_DATA, Must, "an event can have no data").step(
            "no body",
            make.binary().empty().post(),
            Expect::AcceptedUnless(
                "refused, as HTTP webhook §2.1 allows for requests without a body",
            ),
        ),
        case(
            "binary-json-broken",
            HTTP_DATA,
            Must,
            "data that are announced as JSON are JSON; a receiver may leave them unread",
        )
        .step(
            "data that break off",
            of("application/json", b"{"),
            Expect::RefusedUnless("data are not read"),
        ),
        case("binary-64-kib", SIZE_LIMITS, Should, "an event of 64 KiB is accepted")
            .accepts("data of 64,000 bytes", of("application/json", large.as_bytes())),
    ]
}

fn attributes(make: &Maker) -> Vec<Case> {
    let with = |name: &str, value: &str| make.binary().with(name, value).post();
    let without = |name: &str| make.binary().without(name).post();
    vec![
        case(
            "binary-datacontenttype",
            BINARY_CONTENT_TYPE,
            Must,
            "there is no `ce-datacontenttype`",
        )
        .refuses("`ce-datacontenttype`", with("datacontenttype", "application/json")),
        case("binary-id-missing", ID, Must, "`ce-id` is required")
            .refuses("no `ce-id`", without("id")),
        case("binary-source-missing", SOURCE, Must, "`ce-source` is required")
            .refuses("no `ce-source`", without("source")),
        case("binary-type-missing", TYPE, Must, "`ce-type` is required")
            .refuses("no `ce-type`", without("type")),
        case("binary-specversion-missing", SPECVERSION, Must, "`ce-specversion` is required")
            .refuses("no `ce-specversion`", without("specversion")),
        case(
            "binary-specversion-unknown",
            SPECVERSION,
            Must,
            "this version is `1.0`, and no other",
        )
        .refuses("`1.1`", with("specversion", "1.1")),
        case("binary-empty", ID, Must, "the required attributes are not empty")
            .refuses("an empty `ce-id`", with("id", ""))
            .refuses("an empty `ce-source`", with("source", ""))
            .refuses("an empty `ce-type`", with("type", "")),
        case("binary-time", TIME, Must, "`ce-time` can be any timestamp").accepts(
            "nanoseconds and an offset",
            with("time", "2025-12-31T04:19:30.860984129+01:00"),
        ),
        case("binary-time-invalid", TIME, Must, "`ce-time`, if present, is a timestamp")
            .refuses("`yesterday`", with("time", "yesterday")),
        case(
            "binary-extension",
            EXTENSIONS,
            Must,
            "an event can have extensions that nobody knows",
        )
        .accepts("a string", with("unheardof", "x"))
        .accepts("a number", with("unheardof", "-42"))
        .accepts("a boolean", with("unheardof", "true")),
        case("binary-name-empty", HEADER_NAMES, Must, "an attribute has a name: `ce-` is none")
            .refuses("a header named `ce-`", with("", "x")),
        case(
            "binary-name-punctuation",
            NAMES,
            Must,
            "a name has letters and digits, and nothing else",
        )
        .refuses("`ce-event-type`", with("event-type", "x")),
        case("binary-name-data", NAMES, Must, "no attribute is named `data`")
            .refuses("`ce-data`", with("data", "x")),
    ]
}
