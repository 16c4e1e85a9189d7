//! Jobs are listed, stopped and resumed, and wait while nothing can be done.

use elytra_webhooks::delivery::{Disposition, Received, consume, wait};
use elytra_webhooks::jobs::STEP_LETTERS;
use elytra_webhooks::operator::jobs::PAGE_JOBS;
use serde_json::{Value, json};

use super::super::access::check_bad_query;
use super::{
    Answer, Memory, QUEUE, Request, ask, bury_all, config, delivered, drive, form_encoded,
    hand_out, job, jobs, operator, redrive, shown, take_jobs,
};
use crate::memory::Fault;

/// A job that has made its first step, and the message of the next one.
fn started(memory: &Memory, steps: usize) -> (Value, String) {
    bury_all(memory, "shop", (steps - 1) * STEP_LETTERS + 1);
    let answer = ask(Ok(&config()), redrive("subscription=shop"), memory);
    let message = take_jobs(memory).remove(0);
    (job(&answer), message)
}

fn order(action: &str, job: &Value) -> Request {
    let query = format!("id={}", form_encoded(job["id"].as_str().unwrap()));
    match action {
        "stop" => operator("POST", "/dead-letters/jobs/stop", &query),
        _ => operator("POST", "/dead-letters/jobs/resume", &query),
    }
}

fn code(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.body.parse::<Value>().unwrap()["code"].clone())
}

#[test]
fn they_are_listed() {
    let memory = Memory::default();
    bury_all(&memory, "shop", 1);
    let mut expected = Vec::new();
    for _ in 0..PAGE_JOBS + 3 {
        memory.time.pass(1_000);
        expected.insert(0, job(&ask(Ok(&config()), redrive("subscription=shop"), &memory)));
    }
    let page = |query: &str| {
        let answer = ask(Ok(&config()), jobs(query), &memory);
        assert_eq!(code(&answer), (200, json!("jobs")));
        answer.body.parse::<Value>().unwrap()
    };
    let first = page("");
    assert_eq!(first["jobs"], json!(expected[..PAGE_JOBS]), "the newest first");
    let next = page(&format!("cursor={}", form_encoded(first["cursor"].as_str().unwrap())));
    assert_eq!((&next["jobs"], &next["cursor"]), (&json!(expected[PAGE_JOBS..]), &json!(null)));
    let kept = memory.namespace("DEAD");
    assert!(kept.iter().all(|(_, stored)| stored.expiration_ttl == Some(604_800)), "for a week");
}

#[test]
fn one_is_stopped_and_resumed() {
    let memory = Memory::default();
    let (job, message) = started(&memory, 3);
    let answer = ask(Ok(&config()), order("stop", &job), &memory);
    assert_eq!(code(&answer), (200, json!("stopped")));
    let (disposition, line) = hand_out(&config(), &memory, &message, 1);
    assert_eq!((disposition, &line["state"]), (Disposition::Ack, &json!("stopped")));
    assert_eq!(delivered(&memory).len(), STEP_LETTERS, "nothing more");
    assert_eq!(shown(&memory, &job)["state"], "stopped");
    assert_eq!(code(&ask(Ok(&config()), order("stop", &job), &memory)), (409, json!("job_ended")));

    memory.time.pass(1_000);
    let answer = ask(Ok(&config()), order("resume", &job), &memory);
    assert_eq!(code(&answer), (200, json!("resumed")));
    assert_eq!(super::job(&answer)["state"], "running");
    assert_eq!(drive(&config(), &memory).last().unwrap()["state"], "finished");
    assert_eq!(delivered(&memory), (0..=2 * STEP_LETTERS).collect::<Vec<_>>(), "each once");
    let job = shown(&memory, &job);
    let redriven = json!(2 * STEP_LETTERS + 1);
    assert_eq!((&job["state"], &job["redriven"]), (&json!("finished"), &redriven));
    for action in ["stop", "resume"] {
        let answer = ask(Ok(&config()), order(action, &job), &memory);
        assert_eq!(code(&answer), (409, json!("job_ended")), "{action}");
    }
}

/// A queue that lost its message, and then delivers it after all.
#[test]
fn a_job_whose_message_is_lost_is_resumed() {
    let memory = Memory::default();
    let (job, lost) = started(&memory, 3);
    assert_eq!(shown(&memory, &job)["state"], "running", "nobody knows better");
    memory.time.pass(1_000);
    assert_eq!(code(&ask(Ok(&config()), order("resume", &job), &memory)).0, 200);
    let (disposition, line) = hand_out(&config(), &memory, &lost, 1);
    assert_eq!((disposition, &line["state"]), (Disposition::Ack, &json!("superseded")));
    assert_eq!(delivered(&memory).len(), STEP_LETTERS, "it does nothing");
    assert_eq!(drive(&config(), &memory).last().unwrap()["state"], "finished");
    assert_eq!(delivered(&memory), (0..=2 * STEP_LETTERS).collect::<Vec<_>>(), "each once");
}

/// A message that arrives from another queue was given up by its own.
#[test]
fn a_job_that_its_queue_gave_up_has_failed() {
    let memory = Memory::default();
    let (job, message) = started(&memory, 4);
    hand_out(&config(), &memory, &message, 1);
    let message = take_jobs(&memory).remove(0);
    let received = Received { text: Some(message), attempts: 1, queue: "dead-letters".to_owned() };
    let (disposition, line) = memory.time.run(consume(&received, &config(), &memory));
    assert_eq!(disposition, Disposition::Ack);
    assert!(line.to_json().contains(r#""state":"failed""#), "{}", line.to_json());
    assert_eq!(memory.letters().len(), STEP_LETTERS + 1, "it is no event, and does nothing more");
    let failed = shown(&memory, &job);
    let reason = "the queue gave up its message; resume the job";
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!(reason)));
    memory.time.pass(1_000);
    assert_eq!(code(&ask(Ok(&config()), order("resume", &job), &memory)).0, 200);
    assert_eq!(drive(&config(), &memory).last().unwrap()["state"], "finished");
    assert_eq!(memory.letters().len(), 0);
}

/// As long as the configuration is broken, the message waits, and costs no attempt.
#[test]
fn a_broken_configuration_only_delays_it() {
    let memory = Memory::default();
    let (_, mut message) = started(&memory, 2);
    let mut delays = Vec::new();
    for _ in 0..10 {
        let received = Received { text: Some(message), attempts: 1, queue: QUEUE.to_owned() };
        assert_eq!(memory.time.run(wait(&received, &memory)), Disposition::Ack);
        let (queue, text, delay) = memory.later.borrow_mut().remove(0);
        assert_eq!(queue, "DELIVERIES");
        delays.push(delay);
        message = text;
    }
    assert_eq!(delays, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600]);
    let (_, line) = hand_out(&config(), &memory, &message, 1);
    assert_eq!(line["state"], "finished");
    // In the other queue, it would count as given up.
    let (_, message) = started(&Memory::default(), 2);
    let memory = Memory::failing(&["DELIVERIES"]);
    let received = Received { text: Some(message), attempts: 1, queue: QUEUE.to_owned() };
    let disposition = memory.time.run(wait(&received, &memory));
    assert_eq!(disposition, Disposition::Retry { delay_seconds: 300 });
    assert_eq!(memory.later.borrow().len(), 0);
}

/// A later version may write other jobs. They are kept, as anything that is not ours.
#[test]
fn what_is_no_job_is_not_lost() {
    let memory = Memory::default();
    for text in ["{\"job\":\"data-canary\"}\n", "{\"job\":1}\n", "{\"job\":\n"] {
        let (disposition, line) = hand_out(&config(), &memory, text, 1);
        assert_eq!((disposition, &line["cause"]), (Disposition::Ack, &json!("not_an_event")));
        assert!(!line.to_string().contains("canary"), "{line}");
        let letter = memory.take_queue("DEAD_LETTERS").remove(0);
        assert!(letter.ends_with(text), "{letter}");
    }
}

#[test]
fn orders_that_cannot_be_followed() {
    let id = "id: expected the id of a job, <milliseconds>/<digest>";
    let memory = Memory::default();
    for value in ["", "x", "shop/1764547200000/x", &"x".repeat(600)] {
        let query = format!("id={value}");
        for request in [
            jobs(&query),
            operator("POST", "/dead-letters/jobs/stop", &query),
            operator("POST", "/dead-letters/jobs/resume", &query),
        ] {
            check_bad_query(value, &ask(Ok(&config()), request, &memory), id);
        }
    }
    for path in ["/dead-letters/jobs/stop", "/dead-letters/jobs/resume"] {
        let answer = ask(Ok(&config()), operator("POST", path, ""), &memory);
        check_bad_query("which one?", &answer, "id: missing");
    }
    assert_eq!(*memory.calls.borrow(), [], "no binding is asked");
    let job = json!({"id": format!("{}/{}", crate::memory::START, "A".repeat(43))});
    for request in [order("stop", &job), order("resume", &job)] {
        assert_eq!(code(&ask(Ok(&config()), request, &memory)), (404, json!("no_such_job")));
    }
    let (job, _) = started(&memory, 2);
    for action in ["stop", "resume"] {
        for method in ["get", "put"] {
            memory.breaks("DEAD", method, Fault::Fails, 1);
            let answer = ask(Ok(&config()), order(action, &job), &memory);
            assert_eq!(code(&answer), (503, json!("dead_letters_failed")), "{action} {method}");
        }
    }
}
