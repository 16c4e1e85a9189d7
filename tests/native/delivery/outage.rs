//! Messages that are delivered while the configuration is broken.

use elytra_webhooks::delivery::{Disposition, MAX_WAIT_SECONDS, RETURN_SECONDS, Received, wait};
use elytra_webhooks::message::{DeadMessage, DeliveryMessage};

use super::consume::{ELYTRA, dead, delivery, hand_out};
use super::{URL, shop};
use crate::memory::{Fault, Memory, status};
use crate::support::event;

/// Delivers a message with this number of attempts while the configuration is broken.
pub(super) fn hand_out_in_outage(memory: &Memory, text: &str, attempts: u32) -> Disposition {
    let received =
        Received { text: Some(text.to_owned()), attempts, queue: "deliveries".to_owned() };
    memory.time.run(wait(&received, memory))
}

/// The message that was sent instead: its queue, its text, and its delay in seconds.
#[track_caller]
fn sent(memory: &Memory) -> (String, String, u64) {
    let mut later = memory.later.borrow_mut();
    assert_eq!(later.len(), 1, "one message for another");
    later.remove(0)
}

#[test]
fn however_long_it_lasts_only_calls_count_and_nothing_is_lost() {
    for outage in [1, 5, 100, 1_000] {
        let memory = Memory::default();
        let mut message = delivery("shop", &event(""));
        // The destination was called twice, and then the configuration broke.
        let mut attempts = 3;
        let mut delays = Vec::new();
        for _ in 0..outage {
            assert_eq!(hand_out_in_outage(&memory, &message, attempts), Disposition::Ack);
            let (queue, next, delay) = sent(&memory);
            assert_eq!(queue, "DELIVERIES");
            assert!(next.ends_with(&event("")), "the event stays as it is: {next}");
            delays.push(delay);
            (message, attempts) = (next, 1);
        }
        let expected = [60, 120, 240, 480, 960, 1_920, 3_600, 3_600];
        let compared = delays.len().min(expected.len());
        assert_eq!(delays[..compared], expected[..compared], "up to an hour");
        assert!(delays.iter().all(|delay| *delay <= MAX_WAIT_SECONDS));

        // The configuration is valid again, but the shop fails: this is the third call of six.
        memory.answers(URL, [status(503)]);
        let consumed = hand_out(&shop(""), &memory, &message, attempts);
        assert_eq!(consumed.outcome(), "retried", "{outage} hand-outs: {}", consumed.log);
        assert!(consumed.log.contains(r#""attempts":3,"#), "{}", consumed.log);
        assert_eq!(consumed.disposition, Disposition::Retry { delay_seconds: 4 });
    }
}

#[test]
fn what_was_tried_in_vain_is_dead_with_the_number_of_its_calls() {
    let memory = Memory::default();
    assert_eq!(hand_out_in_outage(&memory, &delivery("shop", &event("")), 6), Disposition::Ack);
    let (_, message, _) = sent(&memory);
    memory.answers(URL, [status(503)]);
    let consumed = hand_out(&shop(ELYTRA), &memory, &message, 1);
    assert_eq!(consumed.outcome(), "dead", "five calls before, and this is the sixth");
    assert!(memory.queue("DEAD_LETTERS")[0].contains(r#""attempts":6,"#));
}

#[test]
fn a_dead_letter_waits_in_its_own_queue() {
    let memory = Memory::default();
    let mut message = dead("shop", &event(""));
    for delay in [60, 120, 240] {
        assert_eq!(hand_out_in_outage(&memory, &message, 1), Disposition::Ack);
        let (queue, next, found) = sent(&memory);
        assert_eq!((&*queue, found), ("DEAD_LETTERS", delay));
        message = next;
    }
    let consumed = hand_out(&shop(""), &memory, &message, 1);
    assert_eq!(consumed.outcome(), "stored");
    assert_eq!(memory.namespace("DEAD").len(), 1);
}

#[test]
fn where_its_queue_takes_nothing_the_other_one_does() {
    let memory = Memory::failing(&["DELIVERIES"]);
    assert_eq!(hand_out_in_outage(&memory, &delivery("shop", &event("")), 1), Disposition::Ack);
    let (queue, message, _) = sent(&memory);
    assert_eq!(queue, "DEAD_LETTERS");
    memory.answers(URL, [status(200)]);
    assert_eq!(hand_out(&shop(""), &memory, &message, 1).outcome(), "delivered", "from there");

    let memory = Memory::default().with("DELIVERIES", "send_later", Fault::Hangs, 1);
    assert_eq!(hand_out_in_outage(&memory, &delivery("shop", &event("")), 1), Disposition::Ack);
    assert_eq!(sent(&memory).0, "DEAD_LETTERS", "nor does one that hangs hold it up");
}

/// Without any queue, a hundred deliveries must take longer than the four days for which a queue
/// keeps a message.
#[test]
fn where_no_queue_takes_it_it_is_handed_back() {
    let memory = Memory::failing(&["DELIVERIES", "DEAD_LETTERS"]);
    let mut seconds = 0;
    for attempts in 1..=100 {
        let disposition = hand_out_in_outage(&memory, &delivery("shop", &event("")), attempts);
        let Disposition::Retry { delay_seconds } = disposition else { panic!("{disposition:?}") };
        assert!((RETURN_SECONDS..=MAX_WAIT_SECONDS).contains(&delay_seconds));
        seconds += delay_seconds;
    }
    assert!(seconds > 4 * 24 * 3_600, "{seconds} seconds");

    let memory = Memory::default();
    let disposition = hand_out_in_outage(&memory, "nothing of ours", 1);
    assert_eq!(disposition, Disposition::Retry { delay_seconds: RETURN_SECONDS });
    assert_eq!(memory.later.borrow().len(), 0, "its destination is unknown");
}

#[test]
fn no_number_overflows() {
    let most = DeliveryMessage {
        subscription: "shop".into(),
        accepted_at: u64::MAX,
        calls: u32::MAX,
        waits: u32::MAX,
        redrive: true,
        replay: Some("1764547200000-abcdefgh".into()),
    };
    let memory = Memory::default();
    let message = most.print(&event(""));
    assert_eq!(hand_out_in_outage(&memory, &message, u32::MAX), Disposition::Ack);
    let (_, next, delay) = sent(&memory);
    assert_eq!((next, delay), (message, MAX_WAIT_SECONDS));
    memory.answers(URL, [status(503)]);
    assert_eq!(hand_out(&shop(""), &memory, &most.print(&event("")), u32::MAX).outcome(), "dead");
}

/// A later version may add fields to the first line.
#[test]
fn what_is_not_known_in_a_first_line_is_no_harm() {
    let more = |text: &str| text.replacen('{', r#"{"later":{"a":[1]},"#, 1);
    let memory = Memory::default();
    memory.answers(URL, [status(200)]);
    let message = more(&delivery("shop", &event("")));
    assert_eq!(hand_out(&shop(""), &memory, &message, 1).outcome(), "delivered");
    let letter = more(&dead("shop", &event("")));
    assert_eq!(hand_out(&shop(""), &memory, &letter, 1).outcome(), "stored");
    let line = letter.lines().next().unwrap();
    let read: DeadMessage<'_> = serde_json::from_str(line).unwrap();
    assert_eq!((&*read.subscription, read.waits), ("shop", 0));
}
