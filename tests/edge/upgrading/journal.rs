//! The journal, and replays.

use edge::wait_until;
use serde_json::{Value, json};

use super::stored::Stored;
use super::{Upgraded, VERSIONS, ask, encode, large, product, text};

impl Upgraded {
    /// The only event of the journal with this id, with its history.
    #[track_caller]
    pub(super) fn journaled(&self, id: &str) -> Option<Value> {
        let path = format!("/events?id={}", encode(id));
        let key = self.ask("GET", &path, "", "events")["events"][0]["key"].as_str()?.to_owned();
        Some(self.ask("GET", &format!("/events/{key}"), "", "event"))
    }

    /// From each version that had a journal.
    fn with_journal() -> impl Iterator<Item = Self> {
        journaled_versions().map(Self::from)
    }

    /// A replay, once it has this state.
    #[track_caller]
    fn replay(&self, id: &str, state: &str) -> Value {
        wait_until(&format!("{id} is {state}"), || {
            let replay = self.ask("GET", &format!("/replays/{id}"), "", "replay");
            (replay["replay"]["state"] == state).then(|| replay["replay"].clone())
        })
    }
}

/// The versions that had a journal.
fn journaled_versions() -> impl Iterator<Item = &'static str> {
    VERSIONS.into_iter().filter(|version| *version != "before-the-journal")
}

/// What happened to an event, line by line.
pub(super) fn history(event: &Value) -> Vec<&str> {
    let lines = event["entry"]["history"].as_array().unwrap().iter();
    lines.map(|line| line["what"].as_str().unwrap()).collect()
}

/// The same without replays: the one that is running may have come to the event before it was recorded.
fn history_without_replays(event: &Value) -> Vec<&str> {
    history(event).into_iter().filter(|what| *what != "replayed").collect()
}

#[test]
fn events_are_listed_and_shown_with_history_and_text() {
    for upgraded in Upgraded::with_journal() {
        let stored = upgraded.stored.rows("events").len();
        let listed = upgraded.ask("GET", "/events?limit=1000", "", "events");
        assert_eq!(listed["events"].as_array().unwrap().len(), stored, "{}", upgraded.version);
        let cases = [
            ("held", product("held"), &["received", "received"][..]),
            ("large", large("large", "product"), &["received"]),
            ("drained 1", product("drained 1"), &["received", "drained"]),
            ("dead 1", text("dead 1"), &["received", "attempted", "stored"]),
        ];
        for (id, event, lines) in cases {
            let shown = upgraded.journaled(id).unwrap();
            assert_eq!(history_without_replays(&shown), lines, "{}: {id}", upgraded.version);
            let key = shown["entry"]["key"].as_str().unwrap();
            let text = ask(&upgraded.receiver, "GET", &format!("/events/{key}/text"), "");
            assert_eq!((text.status, text.body), (200, event), "{}: {id}", upgraded.version);
        }
        // By object, by what became of it, by event type.
        for query in ["object=document/2", "subscription=mirror&event_type=document", "id=unwanted"]
        {
            let found = upgraded.ask("GET", &format!("/events?{query}"), "", "events");
            assert_ne!(found["events"], json!([]), "{}: {query}", upgraded.version);
        }
        let refusals = upgraded.ask("GET", "/refusals", "", "refusals");
        let refusals = refusals["refusals"].as_array().unwrap();
        let codes: Vec<_> = refusals.iter().map(|refusal| refusal["code"].as_str()).collect();
        assert_eq!(codes, [Some("invalid_event"), Some("credentials_wrong")]);
        // The counters go on from what was counted.
        let metrics = ask(&upgraded.receiver, "GET", "/metrics", "").body;
        let counts =
            upgraded.stored.rows("journal").into_iter().find(|row| row["name"] == "counts");
        let counts = counts.unwrap()["value"].as_str().unwrap();
        assert!(counts.contains("accepted") && metrics.contains("accepted"), "{metrics}");
    }
}

/// An event that a version journaled goes on with its history.
#[test]
fn a_history_goes_on() {
    for upgraded in Upgraded::from_each() {
        upgraded.send(&product("held"), 200, "duplicate");
        upgraded.act("redrive", "dead 1");
        upgraded.act("delete", "dead 2");
        let before: [&[&str]; 3] =
            if journaled_versions().any(|version| version == upgraded.version) {
                [
                    &["received", "received"],
                    &["received", "attempted", "stored"],
                    &["received", "attempted", "stored"],
                ]
            } else {
                [&[]; 3]
            };
        let after = [("held", "received"), ("dead 1", "redriven"), ("dead 2", "deleted")];
        for (before, (id, what)) in before.into_iter().zip(after) {
            let expected = [before, &[what]].concat();
            wait_until(&format!("{id}: {expected:?}"), || {
                (history_without_replays(&upgraded.journaled(id)?) == expected).then_some(())
            });
        }
    }
}

#[test]
fn replays_go_on() {
    for version in journaled_versions() {
        let upgraded = Upgraded::with(version, Stored::read(version));
        let listed = upgraded.ask("GET", "/replays", "", "replays");
        let replays = listed["replays"].as_array().unwrap();
        let [running, paused] = &replays[..] else { panic!("{listed}") };
        assert_eq!(paused["state"], "paused", "{paused}");
        // It goes on by itself.
        let id = running["id"].as_str().unwrap();
        let done = upgraded.replay(id, "finished");
        assert_eq!([&done["sent"], &done["not_sent"]], [&done["events"], &json!(0)], "{done}");
        assert!(done["events"].as_u64().unwrap() > 5, "{done}");

        let id = paused["id"].as_str().unwrap();
        assert_eq!(upgraded.replay(id, "paused")["sent"], paused["sent"]);
        upgraded.ask("POST", &format!("/replays/{id}/resume"), "", "replay_resumed");
        let done = upgraded.replay(id, "finished");
        assert_eq!([&done["sent"], &done["not_sent"]], [&done["events"], &json!(0)], "{done}");
        // The events reach the service, byte for byte.
        let messages = upgraded.sink.messages("DELIVERIES");
        assert!(messages.iter().any(|message| message.ends_with(&text("failing"))), "{messages:?}");
    }
}

/// An event of the journal is sent again, with a text that another version kept.
#[test]
fn an_event_is_replayed() {
    for upgraded in Upgraded::with_journal() {
        for event in [product("held"), large("large", "product")] {
            let id = if event.len() > 1_000 { "large" } else { "held" };
            let body = json!({"filter": {"id": id}, "events_per_second": 100});
            let started = upgraded.ask("POST", "/replays", &body.to_string(), "replay_started");
            upgraded.replay(started["replay"]["id"].as_str().unwrap(), "finished");
            let stored = upgraded.receiver.kv_of("EVENTS_KV");
            assert_eq!(stored[&format!("archive/elytra-pim/{id}")].value, event);
            let shown = upgraded.journaled(id).unwrap();
            assert!(history(&shown).contains(&"replayed"), "{shown}");
        }
    }
}

#[test]
fn the_journal_forgets() {
    for upgraded in Upgraded::with_journal() {
        assert!(upgraded.receiver.journal_rows() > 0);
        upgraded.receiver.advance(8 * 86_400);
        upgraded.receiver.ring_alarms();
        assert_eq!(upgraded.receiver.journal_rows(), 0, "{}", upgraded.version);
    }
}
