//! The ledger forgets only what it may.

use std::thread;
use std::time::Duration;

use edge::{Fault, Receiver, Settings, Shard, Sink, event, raw_post, wait_until};
use elytra_webhooks::ledger::{FORGET_STEP, MAX_RECORDS};

const EVENTS: usize = 40;

/// As many as the harness looks at.
const SHARDS: usize = 8;

/// In 1970, and in 2128.
const LONG_AGO: u64 = 0;
const LONG_AHEAD: u64 = 5_000_000_000_000;

/// Longer than an object without work stays in memory.
const LULL: Duration = Duration::from_secs(13);

const NOTHING: Shard = Shard { records: 0, oldest: None, has_alarm: false };

fn records(shards: &[Shard]) -> usize {
    shards.iter().map(|shard| shard.records).sum()
}

/// Each row that is written costs money, and most of the time of a shard.
#[test]
fn writes_a_row_for_each_new_event_and_none_for_others() {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        dedupe_window_seconds = 3600

        [vars.SUBSCRIPTION_ARCHIVE]
        kv = { binding = "EVENTS_KV" }

        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"
        "#,
    )
    .with_secret("TOKEN", "right-token")
    .with_ledger();
    let receiver = Receiver::start(&settings);
    let send = |id: &str| receiver.post(event(id, "product")).send().status;
    // The first event also decides how many shards there are.
    assert_eq!(send("0"), 202);
    let _ = receiver.rows_written();
    assert_eq!((send("1"), receiver.rows_written()), (202, 1), "a new event, for both");
    assert_eq!((send("1"), receiver.rows_written()), (200, 0), "a duplicate");
    receiver.fail(&[Fault::fail("EVENTS_QUEUE"), Fault::fail("EVENTS_KV")]);
    assert_eq!((send("2"), receiver.rows_written()), (503, 0), "an event that nothing holds");
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!((send("2"), receiver.rows_written()), (503, 1), "one that one of them holds");
    receiver.fail(&[]);
    assert_eq!((send("2"), receiver.rows_written()), (202, 1), "the other holds it now, too");
    let events: Vec<_> = (0..30).map(|id| event(&format!("batch {id}"), "product")).collect();
    let batch = receiver.post(format!("[{}]", events.join(",")));
    let batch = batch.header("content-type", "application/cloudevents-batch+json");
    assert_eq!((batch.send().status, receiver.rows_written()), (202, 30), "a batch");
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
        ledger_shards = 8

        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"
        "#,
    )
    .with_secret("TOKEN", "right-token")
    .with_ledger()
    .with_sink(&sink);
    let receiver = Receiver::start(&settings);
    let send = |n: usize| receiver.post(event(&n.to_string(), "product")).send().status;

    // An event that nothing holds leaves no record behind.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(send(0), 503);
    assert_eq!(records(&receiver.shards()), 0);
    receiver.fail(&[]);

    // There is a record for each event, and an alarm while there are records.
    for n in 0..EVENTS {
        assert_eq!(send(n), 202);
    }
    let shards = receiver.shards();
    assert_eq!(records(&shards), EVENTS);
    assert!(shards.iter().all(|shard| shard.records > 0 && shard.has_alarm), "{shards:?}");

    // Within the window, an alarm deletes nothing, and is set again.
    receiver.advance(3_000);
    receiver.ring_alarms();
    assert_eq!(receiver.shards(), shards);
    assert_eq!(send(0), 200);

    // After the window, it deletes everything except newer records.
    assert_eq!(send(EVENTS), 202);
    receiver.advance(1_000);
    receiver.ring_alarms();
    let shards = receiver.shards();
    assert_eq!(records(&shards), 1);
    assert!(shards.iter().all(|shard| shard.has_alarm == (shard.records > 0)), "{shards:?}");

    // A forgotten event counts as new, and sets the alarm again.
    assert_eq!([send(EVENTS), send(0), send(0)], [200, 202, 200]);
    assert_eq!(sink.messages("EVENTS_QUEUE").len(), EVENTS + 2);
    let shards = receiver.shards();
    assert_eq!(records(&shards), 2);
    assert!(shards.iter().all(|shard| shard.has_alarm == (shard.records > 0)), "{shards:?}");

    // When nothing is left, no alarm is set.
    receiver.advance(4_000);
    receiver.ring_alarms();
    assert_eq!(receiver.shards(), [NOTHING; SHARDS]);

    // An alarm that fails is set again immediately, because the platform would drop it.
    assert_eq!(send(0), 202);
    let shards = receiver.shards();
    receiver.ring_alarms_in_vain();
    assert_eq!(receiver.shards(), shards);
    assert_eq!(shards.iter().filter(|shard| shard.has_alarm).count(), 1);

    // An alarm that the platform dropped is set again within an hour.
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
    // The test runs the first alarm, which sets the next ones, which the runtime runs.
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
    // They have not expired, but there are too many of them, so the oldest are deleted.
    let oldest = LONG_AHEAD + TOO_MANY as u64 + 1;
    assert_eq!(first, Shard { records: MAX_RECORDS, oldest: Some(oldest), has_alarm: true });
}

/// Every event to a queue, with deduplication and these fields.
fn deduplicating(fields: &str) -> Settings {
    let webhook = "[vars.WEBHOOK]\nauth_type = \"bearer\"\nauth = { token = \"TOKEN\" }\n";
    let stream = "[vars.SUBSCRIPTION_STREAM]\nqueue = \"EVENTS_QUEUE\"\n";
    Settings::new(format!("{webhook}dedupe_window_seconds = 86400\n{fields}\n{stream}"))
        .with_secret("TOKEN", "right-token")
        .with_ledger()
}

/// Sends the first events, and returns the statuses without repetitions.
fn statuses(receiver: &Receiver) -> Vec<u16> {
    let send = |id| receiver.post(event(&format!("{id}"), "product")).send().status;
    let mut statuses: Vec<_> = (0..EVENTS).map(send).collect();
    statuses.dedup();
    statuses
}

/// How many shards have records.
fn used(receiver: &Receiver) -> usize {
    receiver.shards().iter().filter(|shard| shard.records > 0).count()
}

#[test]
fn keeps_the_number_of_shards_that_it_began_with() {
    for (before, shards, after) in [
        ("ledger_shards = 8", 8, "ledger_shards = 3"),
        ("", 1, "ledger_shards = 8"),
        ("ledger_shards = 2", 2, ""),
    ] {
        let mut receiver = Receiver::start(&deduplicating(before));
        assert_eq!((statuses(&receiver), used(&receiver)), (vec![202], shards));
        receiver.restart_with(&deduplicating(after));
        let why = format!("{before:?}, then {after:?}");
        assert_eq!((statuses(&receiver), used(&receiver)), (vec![200], shards), "{why}");
        let warnings = receiver.warnings();
        let reasons = warnings.iter().flat_map(|line| line["reasons"].as_array().unwrap());
        let reasons = reasons.map(|reason| reason.as_str().unwrap());
        let reasons: Vec<_> = reasons.filter(|reason| reason.contains("ledger")).collect();
        let [reason] = &*reasons else { panic!("{why}: once: {reasons:?}") };
        let expected = format!("WEBHOOK.ledger_shards: the ledger has been used with {shards}, ");
        assert!(reason.starts_with(&expected), "{why}: {reason}");
    }
}

#[test]
fn knows_a_ledger_of_a_version_that_did_not_note_the_number() {
    let mut receiver = Receiver::start(&deduplicating("ledger_shards = 8"));
    assert_eq!((statuses(&receiver), used(&receiver)), (vec![202], 8));
    receiver.forget_number_of_shards();
    assert_eq!(receiver.numbers_of_shards(), [None; SHARDS]);
    receiver.restart_with(&deduplicating(""));
    assert_eq!((statuses(&receiver), used(&receiver)), (vec![200], 8));
}

#[test]
fn each_jurisdiction_has_a_ledger() {
    let mut receiver = Receiver::start(&deduplicating("jurisdiction = \"eu\""));
    receiver.has_jurisdictions(true);
    assert_eq!([statuses(&receiver), statuses(&receiver)], [[202], [200]]);
    assert_eq!(used(&receiver), 0, "the harness looks at those without a jurisdiction");
    for (fields, status, why) in [
        ("jurisdiction = \"us\"", 202, "what is held elsewhere is not known here"),
        ("jurisdiction = \"eu\"", 200, "it is still held there"),
        ("", 202, "nor is it known without a jurisdiction"),
    ] {
        receiver.restart_with(&deduplicating(fields));
        receiver.has_jurisdictions(true);
        assert_eq!(statuses(&receiver), [status], "{fields:?}: {why}");
    }
}

/// workerd throws where a jurisdiction is asked for.
#[test]
fn a_jurisdiction_is_ignored_where_there_are_none() {
    let receiver = Receiver::start(&deduplicating("jurisdiction = \"eu\""));
    assert_eq!([statuses(&receiver), statuses(&receiver)], [[202], [200]]);
    assert_eq!(used(&receiver), 1);
}

/// The newest event of each object to KV, in a ledger of this jurisdiction.
fn mirroring(jurisdiction: &str) -> Settings {
    let webhook = "[vars.WEBHOOK]\nauth_type = \"bearer\"\nauth = { token = \"TOKEN\" }\n";
    let mirror = "[vars.SUBSCRIPTION_MIRROR]\nkv = { binding = \"EVENTS_KV\", key = \"object\" }\n";
    Settings::new(format!("{webhook}jurisdiction = {jurisdiction:?}\n{mirror}"))
        .with_secret("TOKEN", "right-token")
        .with_ledger()
}

/// After a rollback, a ledger is used again that does not know what another one has written meanwhile.
#[test]
fn an_older_event_replaces_no_newer_one_that_another_ledger_wrote() {
    let mut receiver = Receiver::start(&mirroring("eu"));
    for (jurisdiction, day, later) in [("eu", 1, 0), ("us", 3, 61), ("eu", 2, 122)] {
        receiver.restart_with(&mirroring(jurisdiction));
        receiver.has_jurisdictions(true);
        // By then, KV shows what was written before.
        receiver.advance(later);
        let state =
            event(&day.to_string(), "product").replace("2025-12-31", &format!("2026-01-0{day}"));
        assert_eq!(receiver.post(state).send().status, 202, "{jurisdiction}");
    }
    let kv = receiver.kv();
    let held: Vec<_> = kv.values().map(|entry| entry.value.contains("2026-01-03")).collect();
    assert_eq!(held, [true], "the newest event of the object");
}

/// The runtime removes an object from memory that has had nothing to do for ten seconds.
#[test]
fn claims_outlast_a_lull() {
    let sink = Sink::start();
    let receiver = Receiver::start(&deduplicating("time_budget_ms = 30000").with_sink(&sink));
    receiver.fail(&[Fault::hold("EVENTS_QUEUE").times(1)]);
    let (text, length) = (event("1", "product"), event("1", "product").len().to_string());
    let first = receiver.raw(&raw_post(&[("Content-Length", length.as_bytes())], text.as_bytes()));
    receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    thread::sleep(LULL);
    assert_eq!(receiver.post(text).send().status, 503, "it is under way");
    receiver.fail(&[]);
    assert_eq!(first.answer().status(), Some(202));
    assert_eq!(sink.messages("EVENTS_QUEUE").len(), 1);
}
