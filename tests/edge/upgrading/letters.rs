//! Dead letters, and the jobs that act on many.

use edge::Asked;
use serde_json::{Value, json};

use super::{Upgraded, encode, large, text};

impl Upgraded {
    /// The ids of all dead letters that are listed.
    #[track_caller]
    pub(super) fn listed(&self) -> Vec<String> {
        let listed = self.ask("GET", "/dead-letters?limit=1000", "", "dead_letters");
        let letters = listed["dead_letters"].as_array().unwrap().iter();
        letters.map(|letter| letter["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The id of the dead letter of the event with this id.
    #[track_caller]
    pub(super) fn letter(&self, event: &str) -> String {
        let mut letters = self.stored.kv["DEAD"].iter();
        let letter = letters.find(|(_, entry)| entry.metadata["event"]["id"] == event);
        letter.expect("it is in DEAD").0.clone()
    }

    /// Acts on the dead letter of the event with this id.
    #[track_caller]
    pub(super) fn act(&self, action: &str, event: &str) -> Value {
        let code = if action == "delete" { "deleted" } else { "redriven" };
        let id = self.letter(event);
        let done =
            self.ask("POST", &format!("/dead-letters/{action}?id={}", encode(&id)), "", code);
        assert_eq!(done[code], json!([id]), "{}: {done}", self.version);
        done
    }
}

#[test]
fn dead_letters_are_listed_and_shown() {
    for upgraded in Upgraded::from_each() {
        let stored = upgraded.stored.kv["DEAD"].keys().filter(|key| !key.starts_with('.'));
        let stored: Vec<_> = stored.cloned().collect();
        assert_eq!(stored.len(), 9, "five of them of the job");
        assert_eq!(upgraded.listed(), stored, "{}", upgraded.version);
        let listed = upgraded.ask("GET", "/dead-letters?event=dead%201", "", "dead_letters");
        let [one] = &listed["dead_letters"].as_array().unwrap()[..] else { panic!("{listed}") };
        assert_eq!((&one["subscription"], &one["cause"]), (&json!("shop"), &json!("status")));
        assert_eq!((&one["status"], &one["attempts"]), (&json!(400), &json!(1)));
        let id = encode(&upgraded.letter("dead 1"));
        let shown = upgraded.ask("GET", &format!("/dead-letters?id={id}"), "", "dead_letter");
        assert_eq!(shown["answer"]["body"], r#"{"error":"no such product"}"#, "{shown}");
        assert_eq!(shown["event"], serde_json::from_str::<Value>(&text("dead 1")).unwrap());
    }
}

#[test]
fn dead_letters_are_sent_again_and_deleted() {
    for upgraded in Upgraded::from_each() {
        let cases = [
            ("dead 1", text("dead 1")),
            ("large and dead", large("large and dead", "product_text")),
        ];
        for (id, event) in cases {
            upgraded.act("redrive", id);
            let [message] = &upgraded.sink.take_messages("DELIVERIES")[..] else { panic!("one") };
            assert_eq!(upgraded.receiver.consume(&[(message, 1)]), [Asked::Ack]);
            assert_eq!(upgraded.shop.take_orders()[0].text(), event, "{}", upgraded.version);
        }
        upgraded.act("delete", "dead 2");
        let left: Vec<_> =
            upgraded.listed().into_iter().filter(|id| id.starts_with("shop")).collect();
        assert_eq!(left, [upgraded.letter("dead 3")], "{}", upgraded.version);
    }
}

#[test]
fn a_job_goes_on() {
    for upgraded in Upgraded::from_each() {
        let jobs = upgraded.ask("GET", "/dead-letters/jobs", "", "jobs");
        let states: Vec<_> =
            jobs["jobs"].as_array().unwrap().iter().map(|job| &job["state"]).collect();
        assert_eq!(states, ["running", "finished"], "{}: {jobs}", upgraded.version);
        let is_job = |message: &&super::stored::Message| message.body.starts_with(r#"{"job":"#);
        let message = upgraded.stored.queues["DELIVERIES"].iter().find(is_job).unwrap();
        assert_eq!(upgraded.receiver.consume(&[(&message.body, 1)]), [Asked::Ack]);
        let job: Value = serde_json::from_str(&message.body).unwrap();
        let id = encode(job["job"].as_str().unwrap());
        let job = upgraded.ask("GET", &format!("/dead-letters/jobs?id={id}"), "", "job");
        let job = &job["job"];
        assert_eq!((&job["state"], &job["deleted"]), (&json!("finished"), &json!(105)), "{job}");
        assert!(upgraded.listed().iter().all(|id| !id.starts_with("bulk")), "{}", upgraded.version);
    }
}
