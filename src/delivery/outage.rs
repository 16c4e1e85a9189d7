//! Messages that arrive while the configuration is broken, or while `CLAIMS` fails, wait until that
//! is over.
//!
//! A queue counts its deliveries of a message, and gives up after a hundred. So the Worker does not
//! return the message: it sends a new one that carries the number of actual calls, and then
//! acknowledges the old one. The new message also gets a new retention period.

use std::cmp::min;

use super::consume::CALL_MS;
use super::{Disposition, Received};
use crate::jobs::Job;
use crate::limits::{DEAD_LETTERS, DELIVERIES, MAX_QUEUE_EVENT_BYTES};
use crate::message::{DeadMessage, DeliveryMessage, Message};
use crate::platform::{Clock, Queues, within};

/// The first delay of a waiting message, in seconds. It doubles each time.
pub const WAIT_SECONDS: u64 = 60;

/// The first delay, in seconds, if no queue takes a new message and the old one is returned. It
/// doubles each time.
pub const RETURN_SECONDS: u64 = 300;

/// The longest delay of either kind, in seconds: an hour. A hundred of them exceed the four days
/// for which a queue keeps a message.
pub const MAX_WAIT_SECONDS: u64 = 3_600;

/// Makes a message wait. A message that is not ours is returned to the queue too: it can be stored
/// only with a valid configuration.
pub async fn wait(received: &Received, platform: &(impl Queues + Clock)) -> Disposition {
    wait_with_delay(received, platform).await.0
}

/// Makes a message wait, and returns the delay in seconds.
pub(super) async fn wait_with_delay(
    received: &Received,
    platform: &(impl Queues + Clock),
) -> (Disposition, u64) {
    if let Some((queues, text, waits)) = next(received) {
        let delay_seconds = backoff(WAIT_SECONDS, waits);
        for queue in queues {
            let sent = platform.send_later(queue, &text, delay_seconds);
            if within(platform, CALL_MS, sent).await.is_ok() {
                return (Disposition::Ack, delay_seconds);
            }
        }
    }
    let redeliveries = received.attempts.saturating_sub(1);
    let delay_seconds = backoff(RETURN_SECONDS, redeliveries);
    (Disposition::Retry { delay_seconds }, delay_seconds)
}

/// The new message, the queues to try in order, and how often it has waited before. The queues have
/// fixed names, so this needs no configuration.
fn next(received: &Received) -> Option<(&'static [&'static str], String, u32)> {
    match Message::read(received.text.as_deref()?).ok()? {
        Message::Delivery(message, event) => {
            let DeliveryMessage { calls, waits, .. } = message;
            let calls = calls.saturating_add(received.attempts.saturating_sub(1));
            let next = DeliveryMessage { calls, waits: waits.saturating_add(1), ..message };
            // The consumer of the dead letters delivers this message as well.
            Some((&[DELIVERIES, DEAD_LETTERS], next.print(event), waits))
        }
        Message::Dead(message, event) => {
            let waits = message.waits;
            let next = DeadMessage { waits: waits.saturating_add(1), ..message };
            Some((&[DEAD_LETTERS], next.print_within(MAX_QUEUE_EVENT_BYTES, event), waits))
        }
        Message::Job(line) => {
            let job = Job::read(line).ok()?;
            let waits = job.waits;
            let next = Job { waits: waits.saturating_add(1), ..job };
            // In the other queue, it would count as given up.
            Some((&[DELIVERIES], next.print() + "\n", waits))
        }
    }
}

/// This many seconds, doubled each time, at most [`MAX_WAIT_SECONDS`].
fn backoff(seconds: u64, times: u32) -> u64 {
    min(seconds.saturating_mul(1_u64.checked_shl(times).unwrap_or(u64::MAX)), MAX_WAIT_SECONDS)
}
