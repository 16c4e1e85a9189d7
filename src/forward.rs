//! Forwards the events of a plan to their destinations, until the deadline.
//!
//! The work is a list of steps, and a step can add others: after a large event is stored, its message is sent;
//! after a queue fails, its messages are spooled.

use std::collections::VecDeque;
use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

use crate::claim::ClaimedPlan;
use crate::destination::{Replaying, Sending, Step, first_steps};
use crate::limits::MAX_CONNECTIONS;
use crate::platform::Platform;
use crate::times::Times;

/// The total size of the events that calls in flight may have, in bytes: 8 MiB. A single call may exceed it.
/// JavaScript holds a copy of the event for each call, which is twice as large if any character is outside
/// Latin-1, and an isolate has only 128 MB for everything.
pub const MAX_BYTES_IN_FLIGHT: usize = 8 * 1024 * 1024;

/// A plan after forwarding. Its dispatches that had a result before the deadline have progress.
#[derive(Debug)]
pub(crate) struct ForwardedPlan<'c, 'e>(pub(crate) ClaimedPlan<'c, 'e>);

/// Forwards every open dispatch. At the deadline, in milliseconds since 1970, dispatches without a result are
/// left without progress. Their destinations may or may not hold the event.
pub(crate) async fn forward<'c, 'e>(
    plan: ClaimedPlan<'c, 'e>,
    times: Times,
    has_spool: bool,
    replay: Option<Replaying<'_>>,
    platform: &impl Platform,
    deadline: u64,
) -> ForwardedPlan<'c, 'e> {
    let sending = Sending { times, has_spool, now: platform.now(), replay };
    let open = plan.open.iter().map(|routed| (routed.destination, &routed.dispatch));
    take_all(first_steps(open, &sending), &sending, platform, deadline).await;
    ForwardedPlan(plan)
}

/// Takes all steps, and those they add, a few at a time.
async fn take_all(
    first: Vec<Step<'_>>,
    sending: &Sending<'_>,
    platform: &impl Platform,
    deadline: u64,
) {
    let mut waiting = VecDeque::from(first);
    let mut in_flight = FuturesUnordered::new();
    let mut bytes_in_flight = 0;
    let mut time_is_up = pin!(platform.sleep(deadline.saturating_sub(sending.now)));
    loop {
        while in_flight.len() < MAX_CONNECTIONS {
            let room = MAX_BYTES_IN_FLIGHT.saturating_sub(bytes_in_flight);
            let fits = |step: &Step<'_>| bytes_in_flight == 0 || step.bytes() <= room;
            let Some(step) = waiting.iter().position(fits).and_then(|at| waiting.remove(at)) else {
                break;
            };
            let bytes = step.bytes();
            bytes_in_flight += bytes;
            in_flight.push(async move { (bytes, step.take(sending, platform).await) });
        }
        match select(in_flight.next(), &mut time_is_up).await {
            Either::Left((Some((bytes, next)), _)) => {
                bytes_in_flight -= bytes;
                for step in next {
                    waiting.push_front(step);
                }
            }
            Either::Left((None, _)) | Either::Right(_) => break,
        }
    }
}
