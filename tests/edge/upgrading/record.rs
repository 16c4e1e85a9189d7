//! Records what a version stores, from the real Worker.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use edge::{Asked, Fault, Receiver, Reply, Settings, Shop, Sink, raw_post, wait_until};
use serde_json::{Value, json};

use super::stored::{Message, Stored};
use super::{JOURNAL, LATEST, VERSIONS, ask, event, large, product, settings, state, text};

/// How many letters a job deletes that has made its first step, of a hundred.
const LETTERS: usize = 105;

/// A configuration error.
const BROKEN: &str = "[vars.SUBSCRIPTION_BROKEN]\nqueue = \"NOWHERE\"\n";

/// How many events the journal must have before it is recorded.
const JOURNALED: usize = 20;

/// The Worker that is recorded, in the course of the scenes.
struct Recorder {
    receiver: Receiver,
    sink: Sink,
    shop: Shop,
    settings: Settings,
    has_journal: bool,
    /// How often messages were delivered that are in a queue, by their text.
    attempts: BTreeMap<String, u32>,
}

#[test]
fn record() {
    let Ok(version) = env::var("RECORD") else {
        // Whoever names a version must also keep it.
        assert!(VERSIONS.into_iter().all(|version| Stored::read(version).recorded_at > 0));
        return;
    };
    let checkout = env::var_os("CHECKOUT").map(PathBuf::from);
    let mut recorder = Recorder::start(checkout.as_deref());
    recorder.events();
    recorder.states();
    recorder.spool();
    recorder.deliveries();
    recorder.letters();
    recorder.job();
    recorder.finish(&version);
    assert!(
        VERSIONS.contains(&&*version),
        "name {version} in VERSIONS, and as LATEST, now {LATEST}"
    );
}

impl Recorder {
    fn start(checkout: Option<&Path>) -> Self {
        let (shop, sink) = (Shop::open(), Sink::start());
        let mut settings = settings(&shop, &sink);
        let has_journal = checkout.is_none_or(|checkout| checkout.join("src/journal.rs").exists());
        if let Some(checkout) = checkout {
            settings = settings.of_checkout(checkout);
        }
        if has_journal {
            settings = settings.with_vars(JOURNAL);
        }
        let receiver = Receiver::start(&settings);
        Self { receiver, sink, shop, settings, has_journal, attempts: BTreeMap::new() }
    }

    #[track_caller]
    fn send(&self, event: &str, status: u16) {
        let answer = self.receiver.post(event).send();
        assert_eq!(answer.status, status, "{}", answer.body);
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = ask(&self.receiver, method, path, &body);
        assert!(answer.status < 300, "{path}: {}", answer.body);
        answer.json()
    }

    /// An event that has arrived, one that is missing somewhere, one that is too large for a queue, one that nobody
    /// wants, and requests that were refused.
    fn events(&self) {
        self.send(&product("held"), 202);
        self.send(&product("held"), 200);
        self.send(&event("for the server", "shortcut"), 202);
        self.receiver.fail(&[Fault::fail("EVENTS_KV")]);
        self.send(&product("partly held"), 503);
        self.receiver.fail(&[]);
        self.send(&large("large", "product"), 202);
        self.send(&event("unwanted", "catalog_content"), 200);
        let refused = self.receiver.post(product("stranger"));
        assert_eq!(refused.header("authorization", "Bearer wrong-token").send().status, 401);
        self.send(r#"{"specversion":"1.0","id":"invalid"}"#, 400);
    }

    /// Objects: one that was modified, one that was removed, one whose state did not get into KV, and one that was
    /// reset.
    fn states(&self) {
        self.send(&state(1, "2026-01-01T12:00:00.5Z", "modify"), 202);
        self.send(&state(2, "2026-01-01T12:00:00Z", "remove"), 202);
        self.send(&state(3, "2026-01-01T11:00:00Z", "modify"), 202);
        self.receiver.fail(&[Fault::fail("MIRROR").on("put")]);
        self.send(&state(3, "2026-01-01T12:00:00Z", "modify"), 503);
        self.receiver.fail(&[]);
        self.send(&state(4, "2026-01-01T12:00:00Z", "modify"), 202);
        self.ask("POST", "/objects/reset?object=document/4", &Value::Null);
    }

    /// Messages in the spool: new ones, one that its queue has refused once, and one that was set aside.
    fn spool(&self) {
        for round in 1..=5 {
            self.receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
            if round == 1 {
                self.send(&product("set aside"), 202);
            }
            if round == 5 {
                self.send(&product("refused once"), 202);
            }
            self.send(&product(&format!("drained {round}")), 202);
            let faults = ["set aside", "refused once"];
            self.receiver.fail(&faults.map(|text| Fault::fail("EVENTS_QUEUE").of(text)));
            self.receiver.run_cron();
        }
        self.receiver.fail(&[Fault::fail("EVENTS_QUEUE"), Fault::fail("DELIVERIES")]);
        self.send(&product("spooled"), 202);
        self.send(&large("large and spooled", "product"), 202);
        self.send(&text("spooled for the service"), 202);
        self.receiver.fail(&[]);
        let keys = self.receiver.kv_of("SPOOL");
        let aside = keys.keys().filter(|key| key.starts_with("~aside/")).count();
        assert_eq!((keys.len(), aside), (5, 1), "{:?}", keys.keys());
    }

    /// Deliveries in flight: one that was never made, one that has failed twice, one that has waited since the
    /// configuration broke, and one of a large event.
    fn deliveries(&mut self) {
        self.send(&text("new"), 202);
        self.send(&large("large for the service", "product_text"), 202);
        self.send(&text("failing"), 202);
        self.shop.answer(|_| Reply::status(503));
        let failing = self.message("DELIVERIES", "failing");
        for attempts in [1, 2] {
            let asked = self.receiver.consume(&[(&failing, attempts)]);
            assert!(matches!(asked[..], [Asked::Retry(_)]), "{asked:?}");
            self.attempts.insert(failing.clone(), attempts);
        }
        self.shop.answer(|_| Reply::status(204));

        self.send(&text("waiting"), 202);
        let waiting = &*self.take("DELIVERIES", "waiting").remove(0);
        self.receiver.restart_with(&self.settings.clone().with_vars(BROKEN));
        assert_eq!(self.receiver.consume(&[(waiting, 3)]), [Asked::Ack]);
        self.receiver.restart_with(&self.settings);
    }

    /// Dead letters: some in `DEAD`, one of them large, one that was sent again, and one on its way to `DEAD`.
    fn letters(&self) {
        self.shop.answer(|_| Reply::status(400).body("{\"error\":\"no such product\"}"));
        for id in ["dead 1", "dead 2", "dead 3", "sent again", "dying"] {
            self.send(&text(id), 202);
        }
        self.send(&large("large and dead", "product_text"), 202);
        for id in ["dead 1", "dead 2", "dead 3", "large and dead", "sent again", "dying"] {
            for message in self.take("DELIVERIES", id) {
                assert_eq!(self.receiver.consume(&[(&message, 1)]), [Asked::Ack]);
            }
            if id != "dying" {
                let letter = &*self.take("DEAD_LETTERS", id).remove(0);
                assert_eq!(self.receiver.consume(&[(letter, 1)]), [Asked::Ack]);
            }
        }
        self.shop.answer(|_| Reply::status(204));
        let redriven = self.ask("POST", "/dead-letters/redrive?event=sent%20again", &Value::Null);
        assert_eq!(redriven["redriven"].as_array().map(Vec::len), Some(1), "{redriven}");
    }

    /// A job that has deleted a hundred letters of some more.
    fn job(&self) {
        let entry = |number: usize| {
            let died_at = 1_764_547_200_000 + number;
            let key = format!("bulk/{died_at}/{number:043}");
            let line = json!({
                "subscription": "bulk", "accepted_at": died_at, "died_at": died_at, "attempts": 1,
                "cause": "timeout", "reason": "too slow", "status": null,
            });
            let metadata = json!({
                "subscription": "bulk", "cause": "timeout", "attempts": 1, "accepted_at": died_at,
                "died_at": died_at, "event": {},
            });
            (key, format!("{line}\n{number}"), metadata)
        };
        let entries: Vec<_> = (0..LETTERS).map(entry).collect();
        self.receiver.fill_kv("DEAD", &entries);
        let deleted = self.ask("POST", "/dead-letters/delete?subscription=bulk", &Value::Null);
        assert_eq!(deleted["job"]["state"], "running", "{deleted}");
    }

    /// Two replays, one of them running, and an event that is being forwarded; then everything is written down.
    fn finish(self, version: &str) {
        let Self { receiver, sink, has_journal, attempts, .. } = &self;
        let hanging = Fault::hang("EVENTS_QUEUE").of("being forwarded");
        receiver.fail(&[hanging]);
        let connection = receiver.raw(&raw_post(
            &[
                ("Content-Type", b"application/cloudevents+json"),
                ("Content-Length", product("being forwarded").len().to_string().as_bytes()),
            ],
            product("being forwarded").as_bytes(),
        ));
        receiver.wait_until_hanging("EVENTS_QUEUE", 1);
        if *has_journal {
            self.replays();
        }
        let bindings = ["DELIVERIES", "DEAD_LETTERS", "EVENTS_QUEUE"];
        let queues = bindings.map(|binding| {
            let messages = sink.messages(binding).into_iter().map(|body| Message {
                attempts: attempts.get(&body).copied().unwrap_or_default(),
                body,
            });
            (binding.to_owned(), messages.collect())
        });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        Stored::of(receiver, now.try_into().unwrap(), queues.into()).write(version);
        drop(connection);
    }

    fn replays(&self) {
        let (receiver, shown) = (&self.receiver, |path: &str, name: &str| {
            self.ask("GET", path, &Value::Null)[name].as_array().unwrap().clone()
        });
        wait_until("the journal has been written", || {
            let refusals = shown("/refusals?limit=100", "refusals");
            let events = shown("/events?limit=100", "events");
            let dead = shown("/events?id=large%20and%20dead", "events").pop()?;
            let dead = dead["subscriptions"].as_array()?.iter().any(|one| one["fate"] == "dead");
            (refusals.len() == 2 && events.len() >= JOURNALED && dead).then_some(())
        });
        // The counts are written, too.
        receiver.ring_alarms();
        let body = json!({"filter": {"event_type": "product_text"}, "events_per_second": 1});
        let paused = self.ask("POST", "/replays", &body)["replay"]["id"].clone();
        self.ask("POST", &format!("/replays/{}/pause", paused.as_str().unwrap()), &Value::Null);
        let body = json!({"filter": {"event_type": "product"}, "events_per_second": 1});
        self.ask("POST", "/replays", &body);
    }

    /// The message of a queue that is about the event with this id.
    #[track_caller]
    fn message(&self, binding: &str, id: &str) -> String {
        let id = format!(r#""id":"{id}""#);
        self.sink.messages(binding).into_iter().find(|text| text.contains(&id)).unwrap()
    }

    /// Takes the messages of a queue that are about the event with this id.
    fn take(&self, binding: &str, id: &str) -> Vec<String> {
        let id = format!(r#""id":"{id}""#);
        self.sink.take_messages_if(binding, |text| text.contains(&id))
    }
}
