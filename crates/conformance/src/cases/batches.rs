//! Several events at once.

use super::{BASELINE, BATCHES};
use crate::case::Level::Must;
use crate::case::{Case, Expect, Group, Level};
use crate::make::{BATCH, Maker, batch};
use crate::request::Request;
use crate::section::{
    BATCHED, BATCHED_CONTENT_TYPE, BATCHED_DATA, JSON_BATCH, RFC_9110_MEDIA_TYPE, Section,
};

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    let needed = if id == BATCHES { BASELINE } else { BATCHES };
    Case::new(Group::Batches, id, section, level, says).needing(needed)
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let event = || make.event();
    let invalid = || make.event().without("type");
    let json = |text: &str| Request::post(BATCH, text);
    let of_type = |content_type: &str| Request::post(content_type, format!("[{}]", event().json()));
    vec![
        case(BATCHES, BATCHED, Must, "a batch is accepted, or batches are not supported").step(
            "two events",
            batch([event(), event()]),
            Expect::AcceptedUnless("batches are optional, and not supported"),
        ),
        case("batch-empty", BATCHED_DATA, Must, "a batch can be empty")
            .accepts("an empty array", json("[]")),
        case(
            "batch-content-type",
            BATCHED_CONTENT_TYPE,
            Must,
            "the media type can have a parameter, with or without a space before it",
        )
        .accepts("`; charset=UTF-8`", of_type("application/cloudevents-batch+json; charset=UTF-8"))
        .accepts("`;charset=utf-8`", of_type("application/cloudevents-batch+json;charset=utf-8")),
        case(
            "batch-content-type-case",
            RFC_9110_MEDIA_TYPE,
            Must,
            "media types are the same in upper and lower case",
        )
        .accepts(
            "`Application/CloudEvents-Batch+JSON`",
            of_type("Application/CloudEvents-Batch+JSON"),
        ),
        case("batch-array", JSON_BATCH, Must, "a batch is a JSON array")
            .refuses("an event that is not in an array", json(&event().json()))
            .refuses("`null`", json("null"))
            .refuses("an array that breaks off", json("[")),
        case("batch-elements", JSON_BATCH, Must, "each element is an event")
            .step("a number among them", json("[1]"), Expect::RefusedOrReported)
            .step("an array among them", json("[[]]"), Expect::RefusedOrReported)
            .step("`null` among them", json("[null]"), Expect::RefusedOrReported),
        case(
            "batch-invalid-event",
            JSON_BATCH,
            Must,
            "each event is checked, not only the first: an invalid one is refused or reported",
        )
        .step("the first is invalid", batch([invalid(), event()]), Expect::RefusedOrReported)
        .step(
            "the last is invalid",
            batch([event(), event(), invalid()]),
            Expect::RefusedOrReported,
        ),
    ]
}
