//! Messages that are handed out while the configuration is broken, or while `CLAIMS` does not give what they
//! refer to: they wait until that is over.
//!
//! A queue counts how often it hands a message out, and gives it up after a hundred times. So a message
//! is not handed back: a new one is sent for it, which remembers how often the webhook was really called,
//! and only then the old one is done with. The new one is also kept for as long as any new message is.

use std::cmp::min;

use super::consume::CALL_MS;
use super::{Disposition, Received};
use crate::limits::{DEAD_LETTERS, DELIVERIES};
use crate::message::{DeadMessage, DeliveryMessage, Message};
use crate::platform::{Clock, Queues, within};

/// After how many seconds a message is handed out again the first time; each time, it is twice as long.
pub const WAIT_SECONDS: u64 = 60;

/// The same, where no queue takes a new message, and the old one is handed back.
pub const HAND_BACK_SECONDS: u64 = 300;

/// The most seconds of either: an hour. A hundred times cover more than the four days for which a queue
/// keeps a message.
pub const MOST_WAIT_SECONDS: u64 = 3_600;

/// Lets a message wait. What is none of ours is handed back, too: only with a configuration can it be
/// kept.
pub async fn wait(received: &Received, platform: &(impl Queues + Clock)) -> Disposition {
    wait_aloud(received, platform).await.0
}

/// The same, with the number of seconds after which there is something to hand out.
pub(super) async fn wait_aloud(
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
    let hand_outs = received.attempts.saturating_sub(1);
    let delay_seconds = backoff(HAND_BACK_SECONDS, hand_outs);
    (Disposition::Retry { delay_seconds }, delay_seconds)
}

/// The message that is sent for this one, the queues that it may be sent to, the first that takes it, and
/// how often it has waited before. Their names are fixed, so no configuration is needed to know them.
fn next(received: &Received) -> Option<(&'static [&'static str], String, u32)> {
    match Message::read(received.text.as_deref()?).ok()? {
        Message::Delivery(message, event) => {
            let DeliveryMessage { calls, waits, .. } = message;
            let calls = calls.saturating_add(received.attempts.saturating_sub(1));
            let next = DeliveryMessage { calls, waits: waits.saturating_add(1), ..message };
            // Whoever consumes the dead letters delivers this as well.
            Some((&[DELIVERIES, DEAD_LETTERS], next.print(event), waits))
        }
        Message::Dead(message, event) => {
            let waits = message.waits;
            let next = DeadMessage { waits: waits.saturating_add(1), ..message };
            Some((&[DEAD_LETTERS], next.print(event), waits))
        }
    }
}

/// So many seconds, twice as many each time, an hour at most.
fn backoff(seconds: u64, times: u32) -> u64 {
    min(seconds.saturating_mul(1_u64.checked_shl(times).unwrap_or(u64::MAX)), MOST_WAIT_SECONDS)
}
