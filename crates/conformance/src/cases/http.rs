//! Methods, sizes and statuses.

use super::BASELINE;
use crate::answer::Received;
use crate::case::Level::{Must, Should};
use crate::case::{Case, Check, Expect, Group, Level, is_success};
use crate::make::{Maker, STRUCTURED};
use crate::request::{Method, Request};
use crate::section::{
    DELIVERY_RESPONSE, RFC_9110_405, RFC_9110_413, RFC_9110_METHODS, SIZE_LIMITS, Section,
};

/// The least size of an event that is accepted, in bytes (core, Size Limits).
const LEAST_SIZE: usize = 64 * 1024;

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    Case::new(Group::Http, id, section, level, says).needing(BASELINE)
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let event = || make.event();
    let propfind = || Request::new(Method::Propfind, None);
    let large = event().padded(make.options.large_body_bytes);
    vec![
        case(
            "success-status",
            DELIVERY_RESPONSE,
            Must,
            "an accepted event is answered with 200, 201, 202 or 204",
        )
        .step(
            "a plain event",
            event().post(),
            Expect::Checked("200, 201, 202 or 204", success),
        ),
        case(
            "success-content-type",
            DELIVERY_RESPONSE,
            Must,
            "a 200 or 201 that says something has a `Content-Type`",
        )
        .step(
            "a plain event",
            event().post(),
            Expect::Checked("a Content-Type", content_type),
        ),
        case(
            "success-without-payload",
            DELIVERY_RESPONSE,
            Must,
            "an answer without a body is 201, 202 or 204",
        )
        .step(
            "a plain event",
            event().post(),
            Expect::Checked("201, 202 or 204", no_payload),
        ),
        case(
            "no-redirect",
            DELIVERY_RESPONSE,
            Must,
            "no answer is a redirect, not even for an invalid event",
        )
        .step(
            "an event without `type`",
            event().without("type").post(),
            Expect::Checked("no 3xx", no_redirect),
        ),
        case("size-64-kib", SIZE_LIMITS, Should, "an event of 64 KiB is accepted")
            .accepts("an event of 65,536 bytes", padded(make, LEAST_SIZE)),
        case(
            "size-too-large",
            RFC_9110_413,
            Must,
            "a body that is too large is refused with 413, and crashes nothing",
        )
        .step(
            format!("a body of {} bytes", large.len()),
            Request::post(STRUCTURED, large),
            Expect::TooLarge,
        )
        .accepts("a plain event after it", event().post()),
        case(
            "method",
            RFC_9110_METHODS,
            Should,
            "a method that delivers no events is answered with 405, or 501",
        )
        .step("`PROPFIND`", propfind(), Expect::Checked("405 or 501", method)),
        case("method-allow", RFC_9110_405, Must, "a 405 has `Allow`, which lists the methods")
            .step("`PROPFIND`", propfind(), Expect::Checked("Allow with POST", allow)),
    ]
}

fn padded(make: &Maker, bytes: usize) -> Request {
    Request::post(STRUCTURED, make.event().padded(bytes))
}

fn success(received: &Received) -> Check {
    match received.status {
        200 | 201 | 202 | 204 => Check::Right,
        status => Check::Wrong(status.to_string()),
    }
}

fn content_type(received: &Received) -> Check {
    match received.status {
        200 | 201 if received.body.is_empty() => {
            Check::NotApplicable("the answer has no body".to_owned())
        }
        200 | 201 if received.header("content-type").is_some() => Check::Right,
        200 | 201 => Check::Wrong(format!("{} without a Content-Type", received.status)),
        status if is_success(status) => Check::NotApplicable(format!("the status is {status}")),
        status => Check::Wrong(status.to_string()),
    }
}

fn no_payload(received: &Received) -> Check {
    match received.status {
        status if !is_success(status) => Check::Wrong(status.to_string()),
        _ if !received.body.is_empty() => Check::NotApplicable("the answer has a body".to_owned()),
        201 | 202 | 204 => Check::Right,
        status => Check::Wrong(format!("{status} without a body")),
    }
}

fn no_redirect(received: &Received) -> Check {
    match received.status {
        status @ 300..400 => Check::Wrong(status.to_string()),
        _ => Check::Right,
    }
}

fn method(received: &Received) -> Check {
    match received.status {
        405 | 501 => Check::Right,
        status => Check::Wrong(status.to_string()),
    }
}

fn allow(received: &Received) -> Check {
    match received.status {
        405 if allows_post(received) => Check::Right,
        405 => Check::Wrong(received.header_text("Allow")),
        status => Check::NotApplicable(format!("the status is {status}")),
    }
}

/// Whether `Allow` lists the method of deliveries.
pub(super) fn allows_post(received: &Received) -> bool {
    let allowed = received.header("allow").unwrap_or_default();
    allowed.split(',').any(|method| method.trim() == Method::Post.as_str())
}
