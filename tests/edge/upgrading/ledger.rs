//! What the ledger knows of events and objects.

use elytra_webhooks::destination::REMEMBER_OBJECTS_MS;

use super::{LATEST, Upgraded, event, large, product, state, text};

/// Longer than `dedupe_window_seconds`.
const FORGOTTEN_SECONDS: u64 = 86_401;

/// Longer than any claim.
const CLAIM_SECONDS: u64 = 60;

#[test]
fn a_duplicate_is_still_a_duplicate() {
    for upgraded in Upgraded::from_each() {
        let events = [
            product("held"),
            large("large", "product"),
            product("drained 1"),
            product("spooled"),
            product("set aside"),
            event("for the server", "shortcut"),
            text("new"),
            text("dead 1"),
        ];
        for event in &events {
            upgraded.send(event, 200, "duplicate");
        }
        for queue in ["EVENTS_QUEUE", "DELIVERIES"] {
            assert!(upgraded.sink.messages(queue).is_empty(), "{}: {queue}", upgraded.version);
        }
    }
}

#[test]
fn an_event_goes_only_where_it_is_missing() {
    for upgraded in Upgraded::from_each() {
        let key = "archive/elytra-pim/partly%20held";
        assert!(!upgraded.receiver.kv().contains_key(key));
        upgraded.send(&product("partly held"), 202, "accepted");
        assert!(upgraded.sink.messages("EVENTS_QUEUE").is_empty(), "the queue has it");
        assert_eq!(upgraded.receiver.kv()[key].value, product("partly held"));
        upgraded.send(&product("partly held"), 200, "duplicate");
    }
}

/// Versions that kept claims on disk left them there.
#[test]
fn what_was_being_forwarded_is_claimed_no_longer_than_its_claim() {
    for upgraded in Upgraded::from_each() {
        let event = product("being forwarded");
        if upgraded.version != LATEST {
            upgraded.send(&event, 503, "under_way");
            upgraded.receiver.advance(CLAIM_SECONDS);
        }
        upgraded.send(&event, 202, "accepted");
        assert_eq!(upgraded.sink.messages("EVENTS_QUEUE"), [event]);
    }
}

/// The version before did not note it.
#[test]
fn the_ledger_keeps_its_number_of_shards() {
    for upgraded in Upgraded::from_each() {
        upgraded.send(&product("another"), 202, "accepted");
        let shards = if upgraded.version == LATEST { 1 } else { 8 };
        assert_eq!(upgraded.receiver.numbers_of_shards()[0], Some(shards), "{}", upgraded.version);
    }
}

/// Once the ledger has forgotten an event, it replaces itself, under the same key and with the same metadata.
#[test]
fn keys_in_kv_stay_the_same() {
    for upgraded in Upgraded::from_each() {
        let mut before = upgraded.receiver.kv();
        upgraded.receiver.advance(FORGOTTEN_SECONDS);
        for event in [product("held"), large("large", "product")] {
            upgraded.send(&event, 202, "accepted");
        }
        let mut after = upgraded.receiver.kv();
        // They are written anew, so they live longer.
        before.values_mut().chain(after.values_mut()).for_each(|entry| entry.expiration = None);
        assert_eq!(before, after, "{}", upgraded.version);

        let before = upgraded.receiver.kv_of("MIRROR");
        upgraded.receiver.advance(REMEMBER_OBJECTS_MS / 1_000 + 1);
        upgraded.send(&state(1, "2026-01-01T12:00:00.5Z", "modify"), 202, "accepted");
        assert_eq!(before, upgraded.receiver.kv_of("MIRROR"), "{}", upgraded.version);
    }
}

impl Upgraded {
    /// The time of the state of this object in KV.
    #[track_caller]
    fn time_of(&self, object: u32) -> String {
        let entry = &self.receiver.kv_of("MIRROR")[&format!("mirror/document/{object}")];
        let event: serde_json::Value = serde_json::from_str(&entry.value).unwrap();
        event["time"].as_str().unwrap().to_owned()
    }
}

#[test]
fn an_older_state_does_not_replace_a_newer_one() {
    for upgraded in Upgraded::from_each() {
        let modify = |object: u32, time: &str| {
            upgraded.send(&state(object, time, "modify"), 202, "accepted");
        };
        for object in [1, 2] {
            let before = upgraded.receiver.kv_of("MIRROR");
            modify(object, "2026-01-01T11:00:00Z");
            assert_eq!(before, upgraded.receiver.kv_of("MIRROR"), "{}", upgraded.version);
            modify(object, "2026-01-01T13:00:00Z");
            assert_eq!(upgraded.time_of(object), "2026-01-01T13:00:00Z");
        }
        // What did not get into KV does not count.
        assert_eq!(upgraded.time_of(3), "2026-01-01T11:00:00Z");
        modify(3, "2026-01-01T11:30:00Z");
        assert_eq!(upgraded.time_of(3), "2026-01-01T11:30:00Z", "{}", upgraded.version);
        // After a reset, anything counts.
        modify(4, "2026-01-01T10:00:00Z");
        assert_eq!(upgraded.time_of(4), "2026-01-01T10:00:00Z", "{}", upgraded.version);
    }
}

/// Records of every version expire.
#[test]
fn the_ledger_forgets() {
    for upgraded in Upgraded::from_each() {
        let records = || upgraded.receiver.shards().iter().map(|shard| shard.records).sum();
        let before: usize = records();
        assert_eq!(before, upgraded.stored.rows("records").len());
        upgraded.receiver.advance(REMEMBER_OBJECTS_MS / 1_000 + 1);
        upgraded.receiver.ring_alarms();
        let after: usize = records();
        assert_eq!(after, 0, "{}", upgraded.version);
    }
}
