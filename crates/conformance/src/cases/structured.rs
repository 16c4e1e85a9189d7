//! Events as one JSON document, and how that is told from everything else.

use super::BASELINE;
use crate::case::Level::{Must, Should};
use crate::case::{Case, Expect, Group, Level};
use crate::make::{Maker, STRUCTURED, quoted};
use crate::request::Request;
use crate::section::{
    CONTEXT_ATTRIBUTES, DELIVERY_RESPONSE, EVENT_FORMATS, JSON_ENVELOPE, MAPPING,
    RFC_8259_ENCODING, RFC_8259_PARSERS, RFC_9110_MEDIA_TYPE, STRUCTURED_CONTENT_TYPE,
    STRUCTURED_HEADERS, Section,
};

/// How deep data are nested where that is tried.
const DEPTH: usize = 10_000;

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    let case = Case::new(Group::Structured, id, section, level, says);
    if id == BASELINE { case } else { case.needing(BASELINE) }
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let event = || make.event();
    let of_type = |content_type: &str| Request::post(content_type, event().json());
    let json = |text: String| Request::post(STRUCTURED, text);
    vec![
        case(BASELINE, EVENT_FORMATS, Must, "a plain valid event in JSON is accepted")
            .accepts("a plain event", event().post()),
        case(
            "content-type-parameters",
            STRUCTURED_CONTENT_TYPE,
            Must,
            "the media type can have a parameter, with or without a space before it",
        )
        .accepts("`; charset=UTF-8`", of_type("application/cloudevents+json; charset=UTF-8"))
        .accepts("`;charset=utf-8`", of_type("application/cloudevents+json;charset=utf-8")),
        case(
            "content-type-quotes",
            RFC_9110_MEDIA_TYPE,
            Must,
            "the value of a parameter can be in quotes",
        )
        .accepts(
            "`charset=\"utf-8\"`",
            of_type(r#"application/cloudevents+json; charset="utf-8""#),
        ),
        case(
            "content-type-case",
            RFC_9110_MEDIA_TYPE,
            Must,
            "media types are the same in upper and lower case",
        )
        .accepts("`Application/CloudEvents+JSON`", of_type("Application/CloudEvents+JSON")),
        case(
            "unknown-format",
            DELIVERY_RESPONSE,
            Must,
            "an event in a format that is not understood is answered with 415",
        )
        .step(
            "`application/cloudevents+x-unknown`",
            of_type("application/cloudevents+x-unknown"),
            Expect::UnknownFormat,
        ),
        case(
            "not-an-event",
            MAPPING,
            Must,
            "what has neither the media type nor the headers of an event is none",
        )
        .refuses("a text without `ce-` headers", Request::post("text/plain", "hello")),
        case(
            "headers-beside",
            STRUCTURED_HEADERS,
            Must,
            "the headers of binary mode can be there too; the event is in the body",
        )
        .accepts("the same attributes as headers", beside(make)),
        case("json-broken", JSON_ENVELOPE, Must, "the body is JSON, and nothing else")
            .refuses("a body that breaks off", json("{".to_owned()))
            .refuses("an empty body", json(String::new()))
            .refuses("text after the event", json(event().json() + "x")),
        case("json-object", JSON_ENVELOPE, Must, "an event is a JSON object")
            .refuses("an array", json(format!("[{}]", event().json())))
            .refuses("`null`", json("null".to_owned()))
            .refuses("a string", json("\"event\"".to_owned())),
        case("json-utf-8", RFC_8259_ENCODING, Must, "JSON is encoded in UTF-8")
            .refuses("a byte that is not UTF-8, in `subject`", not_utf8(make)),
        case("attribute-twice", CONTEXT_ATTRIBUTES, Must, "each attribute appears at most once")
            .refuses("`id` twice", event().and("id", "\"other\"").post())
            .refuses(
                "`subject` twice",
                event().and("subject", "\"a\"").and("subject", "\"b\"").post(),
            ),
        case(
            "json-deep",
            RFC_8259_PARSERS,
            Should,
            "data that are nested 10,000 deep are accepted or refused, and crash nothing",
        )
        .step("the nested data", nested(make), Expect::Answered)
        .accepts("a plain event after it", event().post()),
    ]
}

fn beside(make: &Maker) -> Request {
    let id = format!("{}-beside", make.options.run_id);
    let mut headers = make.binary().with("id", &id).post().headers;
    headers.retain(|(name, _)| name != "content-type");
    let mut request = make.event().with("id", &quoted(&id)).post();
    request.headers.extend(headers);
    request
}

fn not_utf8(make: &Maker) -> Request {
    let json = make.event().with("subject", "\"caf?\"").json();
    let bytes = json.bytes().map(|byte| if byte == b'?' { 0xe9 } else { byte });
    Request::post(STRUCTURED, bytes.collect::<Vec<_>>())
}

fn nested(make: &Maker) -> Request {
    let data = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    make.event().with("data", &data).post()
}
