//! What the journal is told about a request that was refused.

use std::borrow::Cow;

use crate::journal::Refusal;
use crate::outcome::Rejection;
use crate::report::Report;
use crate::request::RequestHead;
use crate::text::shorten;
use crate::trace::{Client, Trace};
use elytra_events::Known as _;

/// What is written about a request that was refused. `None` if that is no business of the journal's.
pub(crate) fn refusal<'r>(
    rejection: &Rejection<'_>,
    report: &'r Report,
    status: u16,
    head: &'r impl RequestHead,
    trace: &'r Trace<'_>,
    now: u64,
) -> Option<Refusal<'r>> {
    let is_recorded = match rejection {
        // Either the events have rows of their own, or no sender is concerned.
        Rejection::Undelivered(_)
        | Rejection::UnderWay(_)
        | Rejection::Operator(_)
        | Rejection::BrokenConfiguration(_)
        | Rejection::BrokenForOperator(_) => false,
        Rejection::NotFound | Rejection::Unauthenticated(_) | Rejection::BadToken(_) => true,
        _ => head.path() == "/webhook",
    };
    if !is_recorded {
        return None;
    }
    let client = trace.turned_away.clone().unwrap_or_else(|| Client::of(head));
    let event = match &*trace.events {
        [event] => Some(event),
        _ => None,
    };
    let text = |text: &'r Option<String>| text.as_deref().map(|text| Cow::Owned(shorten(text)));
    Some(Refusal {
        at: now,
        code: report.code.into(),
        status,
        detail: shorten(&*report.detail).into(),
        reasons: report.reasons.iter().map(|reason| shorten(&**reason).into()).collect(),
        method: shorten(head.method()).into(),
        path: trace.path.map(Cow::Borrowed),
        mode: trace.mode.map(|mode| mode.as_str().into()),
        auth_type: trace.auth_type.map(|auth_type| auth_type.as_str().into()),
        credential: trace.credential().map(Cow::Borrowed),
        client_address: client.address.map(Cow::Owned),
        user_agent: client.user_agent.map(Cow::Owned),
        ray: client.ray.map(Cow::Owned),
        id: event.and_then(|event| text(&event.id)),
        source: event.and_then(|event| text(&event.source)),
        type_: event.and_then(|event| text(&event.type_)),
    })
}
