//! Brings the events of a plan to where they are wanted, as far as it gets before the time is up.
//!
//! What is to be done is a list of steps, and a step can lead to others: a large event is stored,
//! then sent; what a queue does not take is spooled.

mod kv;
mod newest;
mod queue;

use std::collections::VecDeque;
use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

pub use newest::{BUSY_MS, PUT_AGAIN_MS, PUT_TRIES, REMEMBER_OBJECTS_MS, STORED_AHEAD_MS, reset};
pub use queue::SEND_AGAIN_MS;

use crate::config::Config;
use crate::large::LargeEvent;
use crate::limits::MAX_CONNECTIONS;
use crate::plan::{Plan, Progress};
use crate::platform::{BindingError, Platform};
use kv::Put;
use newest::Newest;
use queue::Message;

/// How many bytes of events the calls under way may have together, unless there is only one: 8 MiB. JavaScript has a
/// copy of the event for each call, of twice as many bytes where a character is not in Latin-1, and an isolate has
/// 128 MB for everything.
pub const MAX_BYTES_UNDER_WAY: usize = 8 * 1024 * 1024;

/// One call to a binding, or a few that must follow each other.
enum Step<'p> {
    /// Stores an event that is too large for its queues, and then sends these messages.
    Store(&'p LargeEvent<'p>, Vec<(&'p str, Message<'p>)>),
    /// Sends messages to a queue.
    Send(&'p str, Vec<Message<'p>>),
    /// Spools a message that a queue did not take.
    Spool(&'p str, Message<'p>, BindingError),
    /// Writes an event in KV.
    Put(Put<'p>),
    /// Writes an object's newest state in KV.
    PutNewest(Newest<'p>),
}

/// What a step came to: deliveries that have come so far, and the steps it leads to.
#[derive(Default)]
struct Done<'p> {
    progress: Vec<(usize, Progress)>,
    next: Vec<Step<'p>>,
}

/// Makes every delivery that is planned. One that has come to no end at the deadline (in milliseconds
/// since 1970) stays planned: nobody knows whether its destination holds the event.
pub async fn forward(
    plan: &mut Plan<'_, '_>,
    config: &Config,
    platform: &impl Platform,
    deadline: u64,
) {
    let now = platform.now();
    let mut progress = Vec::new();
    let mut waiting = VecDeque::from(first_steps(plan, config, now));
    let mut under_way = FuturesUnordered::new();
    let mut bytes_under_way = 0;
    let mut time_is_up = pin!(platform.sleep(deadline.saturating_sub(now)));
    loop {
        while under_way.len() < MAX_CONNECTIONS {
            let room = MAX_BYTES_UNDER_WAY.saturating_sub(bytes_under_way);
            let fits = |step: &Step<'_>| bytes_under_way == 0 || step.bytes() <= room;
            let Some(step) = waiting.iter().position(fits).and_then(|at| waiting.remove(at)) else {
                break;
            };
            let bytes = step.bytes();
            bytes_under_way += bytes;
            under_way.push(async move { (bytes, take(step, config, platform).await) });
        }
        match select(under_way.next(), &mut time_is_up).await {
            Either::Left((Some((bytes, done)), _)) => {
                bytes_under_way -= bytes;
                progress.extend(done.progress);
                done.next.into_iter().for_each(|step| waiting.push_front(step));
            }
            Either::Left((None, _)) | Either::Right(_) => break,
        }
    }
    drop(under_way);
    for (delivery, progress) in progress {
        plan.note(delivery, progress);
    }
}

fn first_steps<'p>(plan: &'p Plan<'_, '_>, config: &Config, now: u64) -> Vec<Step<'p>> {
    let mut steps = queue::steps(plan, now);
    steps.extend(kv::steps(plan));
    steps.extend(newest::steps(plan, config, now));
    steps
}

async fn take<'p>(step: Step<'p>, config: &Config, platform: &impl Platform) -> Done<'p> {
    match step {
        Step::Store(large, messages) => queue::store(large, messages, platform).await,
        Step::Send(queue, messages) => queue::send(queue, messages, config, platform).await,
        Step::Spool(queue, message, why) => queue::spool(queue, &message, why, platform).await,
        Step::Put(put) => kv::put(&put, platform).await,
        Step::PutNewest(newest) => newest::put(&newest, config, platform).await,
    }
}

impl Step<'_> {
    /// How many bytes of an event it has; none that count where these fit in a queue's message.
    fn bytes(&self) -> usize {
        match self {
            Self::Store(large, _) => large.entry.value.len(),
            Self::Send(..) | Self::Spool(..) => 0,
            Self::Put(put) => put.bytes(),
            Self::PutNewest(newest) => newest.bytes(),
        }
    }
}

impl Done<'_> {
    /// All of these deliveries have come so far.
    fn all(deliveries: &[usize], progress: &Progress) -> Self {
        let progress = deliveries.iter().map(|delivery| (*delivery, progress.clone())).collect();
        Self { progress, next: Vec::new() }
    }
}
