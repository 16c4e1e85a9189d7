//! `data` and `data_base64`.

use super::BASELINE;
use crate::case::Level::Must;
use crate::case::{Case, Group, Level};
use crate::make::Maker;
use crate::section::{EVENT_DATA, JSON_DATA, JSON_READING, Section};

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    Case::new(Group::Data, id, section, level, says).needing(BASELINE)
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let bare = || make.event().without("data");
    let data = |json: &str| bare().with("data", json).post();
    let base64 = |json: &str| {
        let event = bare().with("datacontenttype", "\"application/octet-stream\"");
        event.with("data_base64", json).post()
    };
    vec![
        case("data-absent", EVENT_DATA, Must, "an event can have no data")
            .accepts("no `data`", bare().post()),
        case(
            "data-any",
            JSON_DATA,
            Must,
            "data can be any JSON, also what programs take for nothing",
        )
        .accepts("`null`", data("null"))
        .accepts("`0`", data("0"))
        .accepts("`false`", data("false"))
        .accepts("an empty string", data("\"\""))
        .accepts("an empty array", data("[]")),
        case("data-numbers", JSON_DATA, Must, "numbers in data have any size and spelling")
            .accepts("40 digits", data("1234567890123456789012345678901234567890"))
            .accepts("`1e400`", data("1e400"))
            .accepts("`-0.0`", data("-0.0")),
        case(
            "data-string",
            JSON_READING,
            Must,
            "a string in data that are JSON is a string, and is not read as JSON again",
        )
        .accepts(
            "`\"{\"`, announced as JSON",
            bare().with("datacontenttype", "\"application/json\"").with("data", "\"{\"").post(),
        )
        .accepts("`\"{\"`, not announced", data("\"{\"")),
        case("data-text", JSON_DATA, Must, "data that are not JSON are a string")
            .accepts(
                "a text",
                bare().with("datacontenttype", "\"text/plain\"").with("data", "\"hello\"").post(),
            )
            .accepts(
                "XML",
                bare()
                    .with("datacontenttype", "\"application/xml\"")
                    .with("data", "\"<a/>\"")
                    .post(),
            ),
        case("data-base64", JSON_READING, Must, "bytes are in `data_base64`")
            .accepts("three bytes", base64("\"AP97\""))
            .accepts("one byte, with its padding", base64("\"/w==\""))
            .accepts("no bytes", base64("\"\"")),
        case("data-base64-invalid", JSON_READING, Must, "`data_base64` is base64")
            .refuses("`***`", base64("\"***\""))
            .refuses("a length that cannot be", base64("\"AP97A\"")),
        case("data-base64-string", JSON_READING, Must, "`data_base64` is a string")
            .refuses("a number", base64("1"))
            .refuses("an object", base64("{}")),
        case("data-twice", JSON_DATA, Must, "`data` and `data_base64` exclude each other")
            .refuses("both", bare().with("data", "\"a\"").with("data_base64", "\"YQ==\"").post()),
    ]
}
