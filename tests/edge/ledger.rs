//! The ledger forgets, and only what it may.

use edge::{Fault, Receiver, Settings, Shard, Sink, event, wait_until};
use elytra_webhooks::ledger::{FORGET_STEP, MAX_RECORDS, SHARDS};

const EVENTS: usize = 40;

/// In 1970, and in 2128.
const LONG_AGO: u64 = 0;
const LONG_AHEAD: u64 = 5_000_000_000_000;

const NOTHING: Shard = Shard { records: 0, oldest: None, has_alarm: false };

fn records(shards: &[Shard]) -> usize {
    shards.iter().map(|shard| shard.records).sum()
}

#[test]
fn forgets_by_alarm() {
    let sink = Sink::start();
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        dedupe_window_seconds = 3600

        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"
        "#,
    )
    .with_secret("TOKEN", "right-token")
    .with_ledger()
    .with_sink(&sink);
    let receiver = Receiver::start(&settings);
    let send = |n: usize| receiver.post(event(&n.to_string(), "product")).send().status;

    // What nobody holds leaves nothing behind.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(send(0), 503);
    assert_eq!(records(&receiver.shards()), 0);
    receiver.fail(&[]);

    // A record for each event, and an alarm where there are any.
    for n in 0..EVENTS {
        assert_eq!(send(n), 202);
    }
    let shards = receiver.shards();
    assert_eq!(records(&shards), EVENTS);
    assert!(shards.iter().all(|shard| shard.records > 0 && shard.has_alarm), "{shards:?}");

    // Within the window an alarm forgets nothing, and is set again.
    receiver.advance(3_000);
    receiver.ring_alarms();
    assert_eq!(receiver.shards(), shards);
    assert_eq!(send(0), 200);

    // After that it forgets all but what came meanwhile.
    assert_eq!(send(EVENTS), 202);
    receiver.advance(1_000);
    receiver.ring_alarms();
    let shards = receiver.shards();
    assert_eq!(records(&shards), 1);
    assert!(shards.iter().all(|shard| shard.has_alarm == (shard.records > 0)), "{shards:?}");

    // What is forgotten is new, and sets the alarm again.
    assert_eq!([send(EVENTS), send(0), send(0)], [200, 202, 200]);
    assert_eq!(sink.messages("EVENTS_QUEUE").len(), EVENTS + 2);
    let shards = receiver.shards();
    assert_eq!(records(&shards), 2);
    assert!(shards.iter().all(|shard| shard.has_alarm == (shard.records > 0)), "{shards:?}");

    // And when nothing is left, no alarm is.
    receiver.advance(4_000);
    receiver.ring_alarms();
    assert_eq!(receiver.shards(), [NOTHING; SHARDS]);

    // One that fails is set again at once: the platform would give it up.
    assert_eq!(send(0), 202);
    let shards = receiver.shards();
    receiver.ring_alarms_in_vain();
    assert_eq!(receiver.shards(), shards);
    assert_eq!(shards.iter().filter(|shard| shard.has_alarm).count(), 1);

    // One that the platform gave up is set again within an hour.
    receiver.lose_alarms();
    assert!(receiver.shards().iter().all(|shard| !shard.has_alarm));
    receiver.advance(3_601);
    assert_eq!(send(0), 202);
    assert_eq!(receiver.shards().iter().filter(|shard| shard.has_alarm).count(), 1);
}

#[test]
fn forgets_many_step_by_step() {
    let receiver = Receiver::start(&Settings::standard().with_ledger());
    let many = 2 * FORGET_STEP + 1;
    receiver.fill_ledger(many, LONG_AGO);
    assert_eq!(records(&receiver.shards()), many);
    // The first alarm is rung, and sets the next ones, which the runtime lets go off.
    receiver.ring_alarms();
    wait_until("all is forgotten", || (receiver.shards() == [NOTHING; SHARDS]).then_some(()));
}

#[test]
fn keeps_a_million_at_most() {
    const TOO_MANY: usize = 3;

    let receiver = Receiver::start(&Settings::standard().with_ledger());
    receiver.fill_ledger(MAX_RECORDS + TOO_MANY, LONG_AHEAD);
    receiver.ring_alarms();
    let first = receiver.shards()[0];
    // Their times are not over, but there are too many of them, and the oldest go.
    let oldest = LONG_AHEAD + TOO_MANY as u64 + 1;
    assert_eq!(first, Shard { records: MAX_RECORDS, oldest: Some(oldest), has_alarm: true });
}
