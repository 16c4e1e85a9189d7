//! Brings the events of a plan to where they are wanted, as far as it gets before the time is up.
//!
//! What is to be done is a list of steps, and a step can lead to others: a large event is stored,
//! then sent; what a queue does not take is spooled.

use std::collections::VecDeque;
use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

use crate::claim::ClaimedPlan;
use crate::destination::{Sending, Step, first_steps};
use crate::limits::MAX_CONNECTIONS;
use crate::platform::Platform;
use crate::times::Times;

/// How many bytes of events the calls under way may have together, unless there is only one: 8 MiB. JavaScript has a
/// copy of the event for each call, of twice as many bytes where a character is not in Latin-1, and an isolate has
/// 128 MB for everything.
pub const MAX_BYTES_UNDER_WAY: usize = 8 * 1024 * 1024;

/// A plan whose events are where they belong, as far as they got.
#[derive(Debug)]
pub(crate) struct ForwardedPlan<'c, 'e>(pub(crate) ClaimedPlan<'c, 'e>);

/// Forwards every event that is to be. One that has come to no end at the deadline (in milliseconds since
/// 1970) is left as it is: nobody knows whether its destination holds the event.
pub(crate) async fn forward<'c, 'e>(
    plan: ClaimedPlan<'c, 'e>,
    times: Times,
    has_spool: bool,
    platform: &impl Platform,
    deadline: u64,
) -> ForwardedPlan<'c, 'e> {
    let sending = Sending { times, has_spool, now: platform.now() };
    let open =
        plan.open.iter().map(|claimed| (claimed.routed.destination, &claimed.routed.dispatch));
    take_all(first_steps(open, &sending), &sending, platform, deadline).await;
    ForwardedPlan(plan)
}

/// Takes all steps, and those they lead to, a few at a time.
async fn take_all(
    first: Vec<Step<'_>>,
    sending: &Sending,
    platform: &impl Platform,
    deadline: u64,
) {
    let mut waiting = VecDeque::from(first);
    let mut under_way = FuturesUnordered::new();
    let mut bytes_under_way = 0;
    let mut time_is_up = pin!(platform.sleep(deadline.saturating_sub(sending.now)));
    loop {
        while under_way.len() < MAX_CONNECTIONS {
            let room = MAX_BYTES_UNDER_WAY.saturating_sub(bytes_under_way);
            let fits = |step: &Step<'_>| bytes_under_way == 0 || step.bytes() <= room;
            let Some(step) = waiting.iter().position(fits).and_then(|at| waiting.remove(at)) else {
                break;
            };
            let bytes = step.bytes();
            bytes_under_way += bytes;
            under_way.push(async move { (bytes, step.take(sending, platform).await) });
        }
        match select(under_way.next(), &mut time_is_up).await {
            Either::Left((Some((bytes, next)), _)) => {
                bytes_under_way -= bytes;
                for step in next {
                    waiting.push_front(step);
                }
            }
            Either::Left((None, _)) | Either::Right(_) => break,
        }
    }
}
