//! Credentials and consent.

use super::BASELINE;
use super::http::allows_post;
use crate::answer::Received;
use crate::case::Level::{Must, Should};
use crate::case::{Case, Check, Expect, Group, Level, NO_CONSENT, is_refusal};
use crate::make::Maker;
use crate::options::Presented;
use crate::request::{Method, Request};
use crate::section::{
    ALLOWED_ORIGIN, ALLOWED_RATE, AUTHORIZATION, RFC_9110_401, Section, VALIDATION_RESPONSE,
};

fn case(id: &'static str, section: Section, level: Level, says: &'static str) -> Case {
    Case::new(Group::Access, id, section, level, says).needing(BASELINE)
}

pub(super) fn cases(make: &Maker) -> Vec<Case> {
    let unauthorized = |case: Case, expect: Expect| match make.options.presented {
        Presented::Something => {
            case.step("no credentials", make.event().post().without_credentials(), expect)
        }
        Presented::Nothing => case,
    };
    let origin = &make.options.origin;
    let ask = || {
        Request::new(Method::Options, None)
            .with("webhook-request-origin", origin)
            .with("webhook-request-rate", "120")
    };
    vec![
        unauthorized(
            case("no-credentials", AUTHORIZATION, Must, "nobody gets in without credentials"),
            Expect::Checked("a 4xx", turned_away),
        ),
        unauthorized(
            case("challenge", RFC_9110_401, Must, "a 401 has `WWW-Authenticate`"),
            Expect::Checked("WWW-Authenticate", challenge),
        ),
        case(
            "options",
            VALIDATION_RESPONSE,
            Should,
            "the answer to `OPTIONS` has `Allow` with `POST`, or is 405",
        )
        .step(
            "a question for consent",
            ask(),
            Expect::Checked("Allow with POST, or 405", options),
        ),
        case(
            "consent-origin",
            ALLOWED_ORIGIN,
            Must,
            "consent is for the origin that asked, or for all",
        )
        .step("a question for consent", ask(), Expect::Consent(origin.clone())),
        case(
            "consent-rate",
            ALLOWED_RATE,
            Must,
            "consent for an origin that named a rate has a rate: a positive number or `*`",
        )
        .step(
            "a question for consent",
            ask(),
            Expect::Checked("WebHook-Allowed-Rate: a positive integer, or *", rate),
        ),
        case(
            "consent-whole",
            VALIDATION_RESPONSE,
            Must,
            "a rate without an origin is no consent: both are there, or neither",
        )
        .step(
            "a question for consent",
            ask(),
            Expect::Checked("WebHook-Allowed-Origin beside WebHook-Allowed-Rate", whole),
        ),
    ]
}

fn turned_away(received: &Received) -> Check {
    if is_refusal(received.status) {
        Check::Right
    } else {
        Check::Wrong(received.status.to_string())
    }
}

fn challenge(received: &Received) -> Check {
    match received.status {
        401 if received.header("www-authenticate").is_some() => Check::Right,
        401 => Check::Wrong("401 without WWW-Authenticate".to_owned()),
        status => Check::NotApplicable(format!("the status is {status}")),
    }
}

fn options(received: &Received) -> Check {
    if received.status == 405 || allows_post(received) {
        return Check::Right;
    }
    Check::Wrong(format!("{}, {}", received.status, received.header_text("Allow")))
}

fn rate(received: &Received) -> Check {
    if received.header("webhook-allowed-origin").is_none() {
        return Check::NotApplicable(NO_CONSENT.to_owned());
    }
    let rate = received.header("webhook-allowed-rate").unwrap_or_default().trim();
    let is_number = rate.bytes().all(|byte| byte.is_ascii_digit());
    let is_positive = rate.bytes().any(|byte| byte != b'0');
    if rate == "*" || (is_number && is_positive) {
        Check::Right
    } else {
        Check::Wrong(received.header_text("WebHook-Allowed-Rate"))
    }
}

fn whole(received: &Received) -> Check {
    let has = |name: &str| received.header(name).is_some();
    match (has("webhook-allowed-origin"), has("webhook-allowed-rate")) {
        (true, true) => Check::Right,
        (false, false) => Check::NotApplicable(NO_CONSENT.to_owned()),
        (true, false) => Check::Wrong("no WebHook-Allowed-Rate".to_owned()),
        (false, true) => Check::Wrong("no WebHook-Allowed-Origin".to_owned()),
    }
}
