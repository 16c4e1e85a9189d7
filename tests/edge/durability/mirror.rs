//! KV with one key per object, which holds the newest event.

use std::thread;

use edge::{Calls, Fault, KvEntry, Settings, wait_until};

use super::{CLAIM_SECONDS, PATIENT, QUICK, Stage, assert_failed_and_held, comes, json, webhook};

const KEY: &str = "state/product/4711";

/// How many events of one object arrive at once.
const EVENTS: usize = 30;

pub(super) fn mirror(time_budget_ms: u64) -> Settings {
    webhook(time_budget_ms).with_vars(
        r#"
        [vars.SUBSCRIPTION_STATE]
        kv = { binding = "EVENTS_KV", key = "object", tombstone_ttl = 3600 }
        "#,
    )
}

/// The mirror, with an operator.
pub(super) fn operated_mirror() -> Settings {
    mirror(PATIENT).with_secret("ADMIN_TOKEN", "admin-token").with_vars(
        r#"
        [vars.ADMIN]
        auth_type = "bearer"
        auth = { token = "ADMIN_TOKEN" }
        "#,
    )
}

/// Resets the object.
#[track_caller]
pub(super) fn reset(stage: &Stage) {
    let reset = stage.receiver.post("").path("/objects/reset?object=product/4711");
    let reset = reset.header("authorization", "Bearer admin-token").send();
    assert_eq!((reset.status, &*reset.code()), (200, "reset"), "{}", reset.body);
}

/// An event of the object with this time, which is also its id.
pub(super) fn state(time: &str, operation: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{time}","source":"elytra-pim","type":"com.elytra.product","time":"{time}","operation":"{operation}","data":{{"objectId":4711,"objectType":"product"}}}}"#
    )
}

/// An event of the object without `time`.
pub(super) fn state_without_time(id: &str) -> String {
    state(id, "modify").replace(&format!(r#""time":"{id}","#), "")
}

pub(super) fn entry(stage: &Stage) -> KvEntry {
    let mut kv = stage.receiver.kv();
    assert_eq!(kv.len(), 1);
    kv.remove(KEY).expect("the object has a key")
}

fn puts(stage: &Stage) -> usize {
    // The first call reads what KV holds.
    stage.receiver.calls("EVENTS_KV").calls - 1
}

/// `key = "object"`: an older event arrives after a newer one
/// | 202
/// | the newer one stays
#[test]
fn an_older_state() {
    let stage = Stage::new(mirror(PATIENT));
    let newer = state("2026-01-01T12:00:00.000000002+01:00", "modify");
    let older = state("2026-01-01T11:00:00.000000001Z", "modify");
    stage.send(&newer, 202, "accepted");
    stage.send(&older, 202, "accepted");
    assert_eq!(entry(&stage).value, newer);
    assert_eq!(puts(&stage), 1);
}

/// `key = "object"`: KV refuses two writes within a second
/// | 202 after a second
/// | the second or third attempt writes it
#[test]
fn a_state_too_soon() {
    let stage = Stage::new(mirror(PATIENT));
    let event = state("2026-01-01T00:00:00Z", "modify");
    stage.receiver.fail(&[Fault::fail("EVENTS_KV").on("put").times(2)]);
    stage.send(&event, 202, "accepted");
    assert_eq!(entry(&stage).value, event);
    assert_eq!(puts(&stage), 3);
}

/// `key = "object"`: KV keeps failing
/// | 503
/// | KV keeps what it has; when the sender retries, the event is written
#[test]
fn a_state_that_kv_does_not_take() {
    let stage = Stage::new(mirror(PATIENT));
    let [first, second] = ["1", "2"].map(|n| state(&format!("2026-01-0{n}T00:00:00Z"), "modify"));
    stage.send(&first, 202, "accepted");
    stage.receiver.fail(&[Fault::fail("EVENTS_KV").on("put")]);
    let answer = stage.send(&second, 503, "undelivered");
    assert_failed_and_held(&answer, &json!(["state"]), &json!([]));
    assert_eq!(entry(&stage).value, first);

    stage.repair();
    stage.send(&second, 202, "accepted");
    assert_eq!(entry(&stage).value, second);
}

/// `key = "object"`: KV gives no answer
/// | 503 when `time_budget_ms` is over
/// | KV may hold it; another event of the object waits a second more for its turn
#[test]
fn a_state_that_hangs() {
    let stage = Stage::new(mirror(QUICK));
    let event = state("2026-01-01T00:00:00Z", "modify");
    stage.receiver.fail(&[Fault::late("EVENTS_KV").on("put")]);
    stage.send(&event, 503, "undelivered");

    // A newer event waits for its turn, which comes when the claim has expired.
    stage.repair();
    let newer = state("2026-01-02T00:00:00Z", "modify");
    stage.receiver.advance(CLAIM_SECONDS);
    stage.send(&newer, 202, "accepted");
    stage.send(&event, 202, "accepted");
    assert_eq!(entry(&stage).value, newer);
}

/// `key = "object"`: the ledger fails
/// | 503
/// | nothing is written: nothing else knows which event is newer
#[test]
fn a_state_without_the_ledger() {
    let stage = Stage::new(mirror(PATIENT));
    let event = state("2026-01-01T00:00:00Z", "modify");
    stage.receiver.fail(&[Fault::fail("LEDGER")]);
    stage.send(&event, 503, "undelivered");
    assert!(stage.reasons(1).contains("state: the ledger: "), "{}", stage.reasons(1));
    assert_eq!(stage.receiver.calls("EVENTS_KV").calls, 0);

    stage.repair();
    stage.send(&event, 202, "accepted");
    assert_eq!(entry(&stage).value, event);
}

/// `key = "object"`: the ledger fails to record what KV took
/// | 503
/// | KV holds it; when the sender retries after the claim has ended, it is written again
#[test]
fn a_state_that_is_not_noted() {
    let stage = Stage::new(mirror(PATIENT));
    let event = state("2026-01-01T00:00:00Z", "modify");
    // The event and the object are claimed. Then settling the object fails.
    stage.receiver.fail(&[Fault::fail("LEDGER").after(2).times(1)]);
    stage.send(&event, 503, "undelivered");
    assert_eq!(entry(&stage).value, event);

    stage.receiver.advance(CLAIM_SECONDS);
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(entry(&stage).value, event);
    assert_eq!(stage.receiver.calls("EVENTS_KV"), Calls { calls: 4, ..Calls::default() });
}

/// `key = "object"`: an older event arrives after a `remove`
/// | 202
/// | the `remove` stays, for `tombstone_ttl`
#[test]
fn a_tombstone() {
    let stage = Stage::new(mirror(PATIENT));
    stage.send(&state("2026-01-01T00:00:00Z", "modify"), 202, "accepted");
    assert_eq!(entry(&stage).expiration, None);
    let remove = state("2026-01-03T00:00:00Z", "remove");
    stage.send(&remove, 202, "accepted");
    stage.send(&state("2026-01-02T00:00:00Z", "modify"), 202, "accepted");
    let KvEntry { value, expiration, .. } = entry(&stage);
    assert_eq!(value, remove);
    assert!(expiration.is_some());
}

/// `key = "object"`: thirty events of one object arrive at once, in any order
/// | 202, or 503 until it is the event's turn
/// | in the end, the newest is there
#[test]
fn many_states_at_once() {
    let stage = Stage::new(mirror(QUICK));
    let mut events: Vec<_> = (0..EVENTS)
        .map(|n| {
            state(&format!("2026-01-01T{:02}:00:00.{n:09}+{:02}:00", n % 12, n % 12), "modify")
        })
        .collect();
    let newest = events[EVENTS - 1].clone();
    fastrand::Rng::with_seed(7).shuffle(&mut events);
    thread::scope(|scope| {
        for event in &events {
            scope.spawn(|| {
                wait_until("the event is accepted", || {
                    let status = stage.receiver.post(&**event).send().status;
                    assert!([200, 202, 503].contains(&status), "{status}");
                    (status < 300).then_some(())
                });
            });
        }
    });
    assert_eq!(entry(&stage).value, newest);
}

/// `key = "object"`: the process dies before it records what KV took of an event without `time`
/// | no answer
/// | KV holds it; an older event that arrives next does not replace it
#[test]
fn a_death_after_a_state_without_time() {
    let mut stage = Stage::new(mirror(PATIENT));
    let without = state_without_time("1");
    stage.receiver.fail(&[Fault::late("EVENTS_KV").on("put")]);
    let unanswered = comes(&stage, &without);
    stage.die("EVENTS_KV");
    assert_eq!(unanswered.answer().status(), None);
    stage.receiver.advance(CLAIM_SECONDS);
    stage.send(&state("2020-01-01T00:00:00Z", "modify"), 202, "accepted");
    assert_eq!(entry(&stage).value, without);
}

/// `key = "object"`: an event's clock is years ahead
/// | 202, with the notice `time_in_future`
/// | it is ordered by its arrival, and later events replace it
#[test]
fn a_clock_that_is_ahead() {
    let stage = Stage::new(mirror(PATIENT));
    let ahead = stage.send(&state("9999-12-31T00:00:00Z", "modify"), 202, "accepted");
    assert_eq!(ahead.json()["notices"][0]["code"], "time_in_future");
    assert!(entry(&stage).metadata["effective_time"].as_str().unwrap() < "9000");
    stage.receiver.advance(60);
    let later = state_without_time("1");
    stage.send(&later, 202, "accepted");
    assert_eq!(entry(&stage).value, later);
}

/// `key = "object"`: an operator deletes an object's key by hand, and resets the object
/// | 202
/// | the next event is written, even if it is older
#[test]
fn a_key_that_was_deleted_by_hand() {
    let stage = Stage::new(operated_mirror());
    stage.send(&state("2025-01-02T00:00:00Z", "modify"), 202, "accepted");
    stage.receiver.delete_kv("EVENTS_KV", KEY);
    let older = state("2025-01-01T00:00:00Z", "modify");
    let answer = stage.send(&older, 202, "accepted");
    assert_eq!(answer.json()["superseded"], json!(["state"]), "the ledger decides");
    reset(&stage);
    let again = older.replace("elytra-pim", "elytra-pim/2");
    stage.send(&again, 202, "accepted");
    assert_eq!(entry(&stage).value, again);
}

/// `key = "object"`: the process dies before it records what KV took
/// | no answer
/// | KV holds it; an older event that arrives next does not replace it
#[test]
fn a_state_and_a_process_that_dies() {
    let mut stage = Stage::new(mirror(PATIENT));
    stage.send(&state("2026-01-01T00:00:00Z", "add"), 202, "accepted");
    let newer = state("2026-01-03T00:00:00Z", "modify");
    stage.receiver.fail(&[Fault::late("EVENTS_KV").on("put")]);
    let unanswered = comes(&stage, &newer);
    stage.die("EVENTS_KV");
    assert_eq!(unanswered.answer().status(), None);

    stage.receiver.advance(CLAIM_SECONDS);
    stage.send(&state("2026-01-02T00:00:00Z", "modify"), 202, "accepted");
    assert_eq!(entry(&stage).value, newer);
    stage.send(&newer, 202, "accepted");
    assert_eq!(entry(&stage).value, newer);
}
