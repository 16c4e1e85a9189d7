//! The straight line: the path of an event, from the request to its fate.
//!
//! Nothing here knows Cloudflare. The request's head, its body and the bindings are traits, so the
//! same line runs in tests and in the Worker.

use crate::access::{allow, authenticate, limit_rate};
use crate::body::{ReadBody, read};
use crate::claim::claim;
use crate::config::{Broken, Config};
use crate::fate::FateKind;
use crate::forward::forward;
use crate::large::check_datarefs;
use crate::outcome::{Outcome, Rejection};
use crate::plan::Plan;
use crate::platform::Platform;
use crate::recording::{Occasion, Recording};
use crate::request::{Body, RequestHead};
use crate::settle::settle;
use crate::trace::{Client, Trace};
use elytra_events::http;

/// The path of an event. Only the result of each step leads into the next.
///
/// # Errors
///
/// The first step that failed. Unless it is the last, nothing was forwarded.
pub async fn receive<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    // 1. A broken configuration lets nobody in.
    let config = config?;

    // 2. The method is allowed for events.
    allow(head, config.receiver.methods())?;

    // 3. The caller is authenticated, and within its rate limit. Nothing of the body has been read
    // yet.
    let arrived_at = platform.now();
    let caller = authenticate(&config.receiver.authentication, head, trace)?;
    limit_rate(config, &caller, platform).await?;

    // 4. The content type is supported. Then the body is read, up to the limit.
    let ReadBody { mode, bytes, reservation: _held, has_room_for_texts } =
        read(&caller, head, body, config, platform, trace).await?;

    // 5. The body holds valid events: one, or any number in a batch.
    let events = http::decode(mode, head, &bytes, config.receiver.max_batch_events)
        .and_then(|events| check_datarefs(&events, mode).map(|()| events))
        .inspect_err(|invalid| trace.invalid(invalid))?;
    trace.events(&events, Some(config.receiver.times.latest(platform.now())));

    // 6. Each goes to the subscriptions that want it, and every destination can hold it.
    let times = config.receiver.times;
    let plan = Plan::new(&config.subscriptions, &events).fit(
        mode,
        config.stores.claims_expiration_ttl,
        times,
    )?;

    // 7. What a destination already holds is not forwarded again. The time budget starts here,
    // after the body: otherwise a slow line would never get an event through.
    let deadline = platform.now() + times.forward_ms();
    let plan = claim(plan, times, platform).await;

    // 8. The events are forwarded to all other destinations, within the time budget.
    let plan = forward(plan, times, config.stores.has_spool, None, platform, deadline).await;

    // 9. The ledger remembers the result, the journal records it, and the sender gets the answer.
    let client = config.journal.map(|_| Client::of(head));
    let recording = config.journal.zip(client.as_ref()).map(|(settings, client)| Recording {
        keeps_texts: settings.body_retention_ms.is_some() && has_room_for_texts,
        at: arrived_at,
        occasion: Occasion::Received { mode, credential: caller.credential(), client },
    });
    let (fates, failures) = settle(plan, times, recording, platform).await;
    trace.ledger_failures = failures;
    match fates.kind() {
        FateKind::Undelivered => Err(Rejection::Undelivered(fates)),
        FateKind::UnderWay => Err(Rejection::UnderWay(fates)),
        FateKind::Accepted | FateKind::Duplicate | FateKind::Ignored => Ok(Outcome::Served(fates)),
    }
}
