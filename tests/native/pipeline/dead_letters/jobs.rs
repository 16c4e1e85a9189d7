//! What an operator asks for in one call continues on its own.

mod faults;
mod orders;

use elytra_webhooks::config::Config;
use elytra_webhooks::delivery::{Cause, Disposition, Received, consume};
use elytra_webhooks::jobs::{BLOCKED_SECONDS, MAX_BLOCKED, STEP_LETTERS, STEP_MS};
use elytra_webhooks::operator::OPERATOR_CLAIM_MS;
use futures_util::future::join;
use serde_json::{Value, json};

use super::super::answer_to;
use super::{
    Answer, Memory, Request, ask, bury, bury_all, config, delete, form_encoded, letter, operator,
    redrive,
};
use crate::memory::{START, status};
use crate::support::event;

/// The name of the queue bound as `DELIVERIES`.
const QUEUE: &str = "deliveries";

fn is_job(message: &str) -> bool {
    message.starts_with(r#"{"job":"#)
}

/// Takes the messages of jobs from `DELIVERIES`, those with a delay too, whose time then passes.
fn take_jobs(memory: &Memory) -> Vec<String> {
    let messages = memory.take_queue("DELIVERIES");
    let (mut jobs, others): (Vec<_>, Vec<_>) = messages.into_iter().partition(|text| is_job(text));
    memory.put_queue("DELIVERIES", others);
    if jobs.is_empty() {
        for (queue, text, seconds) in memory.later.borrow_mut().drain(..) {
            assert!(queue == "DELIVERIES" && is_job(&text), "{queue}: {text}");
            memory.time.pass(seconds * 1_000);
            jobs.push(text);
        }
    }
    jobs
}

/// Delivers a message of a job. Returns its log line.
fn hand_out(config: &Config, memory: &Memory, text: &str, attempts: u32) -> (Disposition, Value) {
    let received = Received { text: Some(text.to_owned()), attempts, queue: QUEUE.to_owned() };
    let (disposition, line) = memory.time.run(consume(&received, config, memory));
    (disposition, line.to_json().parse().unwrap())
}

/// Delivers the messages of jobs until there are none. Returns their log lines.
fn drive(config: &Config, memory: &Memory) -> Vec<Value> {
    drive_with(config, memory, Vec::new())
}

/// The same, with these messages, which were delivered before.
fn drive_with(config: &Config, memory: &Memory, mut waiting: Vec<String>) -> Vec<Value> {
    let mut lines = Vec::new();
    loop {
        waiting.extend(take_jobs(memory));
        let Some(text) = waiting.pop() else { return lines };
        let (disposition, line) = hand_out(config, memory, &text, 1);
        lines.push(line);
        assert!(lines.len() < 1_000, "it goes on for ever: {lines:?}");
        if let Disposition::Retry { delay_seconds } = disposition {
            memory.time.pass(delay_seconds * 1_000);
            waiting.push(text);
        }
    }
}

/// The job in an answer.
fn job(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body.parse::<Value>().unwrap()["job"].clone()
}

/// A job, as an operator sees it.
fn shown(memory: &Memory, job: &Value) -> Value {
    let id = form_encoded(job["id"].as_str().unwrap());
    let answer = ask(Ok(&config()), jobs(&format!("id={id}")), memory);
    self::job(&answer)
}

fn jobs(query: &str) -> Request {
    operator("GET", "/dead-letters/jobs", query)
}

/// The numbers of a job: what it has done, what it had done before, what is stuck, what it looked at.
fn counts(job: &Value) -> [u64; 4] {
    let done = if job["action"] == "redrive" { "redriven" } else { "deleted" };
    [done, "already_sent", "stuck", "looked_at"].map(|name| job[name].as_u64().unwrap())
}

/// The ids of the events in `DELIVERIES`, sorted.
fn delivered(memory: &Memory) -> Vec<usize> {
    let messages = memory.queue("DELIVERIES");
    let mut ids: Vec<_> = messages
        .iter()
        .filter(|text| !is_job(text))
        .map(|text| {
            let event: Value = text.split_once('\n').unwrap().1.parse().unwrap();
            event["id"].as_str().unwrap().parse().unwrap()
        })
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn one_call_is_enough() {
    let memory = Memory::default();
    let count = 2 * STEP_LETTERS + 7;
    let ids = bury_all(&memory, "shop", count);
    let others = bury_all(&memory, "shop_b", 3);
    let started = memory.time.now();
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    let body: Value = answer.body.parse().unwrap();
    assert_eq!(body["redriven"], json!(ids[..STEP_LETTERS]), "the first step, the oldest first");
    assert_eq!(body["cursor"], json!(null), "an old client's loop ends");
    let job = job(&answer);
    assert_eq!(shown(&memory, &job), job, "it is published at once");
    let id = job["id"].as_str().unwrap();
    assert!(id.starts_with(&format!("{started}/")), "{id}");
    let expected = json!({
        "id": id, "action": "redrive", "filter": {"subscription": "shop"}, "by": "ADMIN_TOKEN",
        "started_at": started,
        "started_time": elytra_webhooks::when::to_rfc3339(started), "state": "running",
        "redriven": STEP_LETTERS, "already_sent": 0, "under_way": 0, "stuck": 0,
        "looked_at": STEP_LETTERS,
    });
    assert_eq!(job, expected);

    let lines = drive(&config(), &memory);
    let [middle, last] = &lines[..] else { panic!("two more steps: {lines:?}") };
    let line = |state: &str, done: usize| {
        json!({
            "outcome": "step", "job": id, "action": "redrive", "state": state, "redriven": done,
            "already_sent": 0, "under_way": 0, "stuck": 0, "looked_at": done, "milliseconds": 0,
        })
    };
    assert_eq!(*middle, line("running", 2 * STEP_LETTERS));
    assert_eq!(*last, line("finished", count));
    let job = shown(&memory, &job);
    assert_eq!(
        (&job["state"], counts(&job)),
        (&json!("finished"), [count as u64, 0, 0, count as u64])
    );
    assert_eq!(delivered(&memory), (0..count).collect::<Vec<_>>(), "each once");
    let left: Vec<_> = memory.letters().into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, others, "and no others");
}

#[test]
fn what_is_meant_is_deleted() {
    let memory = Memory::default();
    let gone = |number: usize| number.is_multiple_of(2);
    let mut kept = Vec::new();
    for number in 0..3 * STEP_LETTERS {
        let cause = if gone(number) { Cause::Gone } else { Cause::Timeout };
        let id = bury(&memory, "shop", number as u64, &cause, &letter(number));
        if !gone(number) || number >= 2 * STEP_LETTERS {
            kept.push(id);
        }
    }
    let until = elytra_webhooks::when::to_rfc3339(START + 2 * STEP_LETTERS as u64);
    let answer = ask(Ok(&config()), delete(&format!("cause=gone&until={until}")), &memory);
    let body: Value = answer.body.parse().unwrap();
    assert_eq!(body["code"], "deleted");
    assert_eq!(body["deleted"].as_array().unwrap().len(), STEP_LETTERS);
    assert!(answer.log.contains(r#""deleted":100,"dead_letters":["shop/"#), "{}", answer.log);
    drive(&config(), &memory);
    assert_eq!(memory.queue("DELIVERIES"), <[String; 0]>::default(), "none is sent");
    let left: Vec<_> = memory.letters().into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, kept);
    let job = shown(&memory, &job(&answer));
    assert_eq!(job["filter"], json!({"cause": "gone", "until": until}));
    assert_eq!(
        (&job["state"], job["deleted"].as_u64()),
        (&json!("finished"), Some(STEP_LETTERS as u64))
    );
}

#[test]
fn one_is_deleted() {
    let memory = Memory::default();
    let ids = bury_all(&memory, "shop", 2);
    let request = || delete(&format!("id={}", form_encoded(&ids[0])));
    let answer = ask(Ok(&config()), request(), &memory);
    assert_eq!(answer.body, format!(r#"{{"code":"deleted","deleted":["{}"]}}"#, ids[0]));
    assert_eq!(memory.namespace("DEAD").len(), 1, "and there is no job");
    memory.forget_ledger();
    assert_eq!(ask(Ok(&config()), request(), &memory).status, 404, "it is gone");
}

/// A redrive whose events die at once must not redrive them in circles.
#[test]
fn what_dies_again_is_left_alone() {
    let memory = Memory::default();
    let count = STEP_LETTERS + 1;
    bury_all(&memory, "shop", count);
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    // While the job is at work, the shop refuses what it gets.
    let mut steps = Vec::new();
    loop {
        let jobs = take_jobs(&memory);
        for message in memory.take_queue("DELIVERIES") {
            memory.answers(crate::delivery::URL, [status(422)]);
            super::hand_out(&config(), &memory, &message, 1);
        }
        for message in memory.take_queue("DEAD_LETTERS") {
            assert_eq!(super::hand_out(&config(), &memory, &message, 1).outcome(), "stored");
        }
        if jobs.is_empty() {
            break;
        }
        for text in jobs {
            steps.push(hand_out(&config(), &memory, &text, 1));
        }
        memory.time.pass(10);
    }
    let job = shown(&memory, &job(&answer));
    assert_eq!((counts(&job)[0], memory.letters().len()), (count as u64, count), "{steps:?}");
}

/// Letters that are stuck are met once, however many steps follow.
#[test]
fn what_is_stuck_is_passed_by() {
    let memory = Memory::default();
    for number in 0..2 * STEP_LETTERS {
        memory.store("DEAD", &format!("shop/{number:013}"), "anything");
    }
    let count = STEP_LETTERS + 1;
    bury_all(&memory, "shop", count);
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    let lines = drive(&config(), &memory);
    assert_eq!(lines[0]["reasons"].as_array().unwrap().len(), 10, "the line names some");
    let job = shown(&memory, &job(&answer));
    let all = (2 * STEP_LETTERS + count) as u64;
    assert_eq!(counts(&job), [count as u64, 0, 2 * STEP_LETTERS as u64, all]);
    assert_eq!(memory.letters().len(), 2 * STEP_LETTERS);
}

/// With the ledger, two jobs send each letter once, and both come to their end.
#[test]
fn two_jobs_at_once() {
    let memory = Memory::with_latency(10);
    let count = 2 * STEP_LETTERS + 5;
    bury_all(&memory, "shop", count);
    let config = config();
    let ask_ = || answer_to(Ok(&config), redrive("subscription=shop"), &memory);
    let (one, other) = memory.time.run(join(ask_(), ask_()));
    assert_ne!(job(&one)["id"], job(&other)["id"]);
    loop {
        let jobs = take_jobs(&memory);
        if jobs.is_empty() {
            break;
        }
        let received = |text: &String| Received {
            text: Some(text.clone()),
            attempts: 1,
            queue: QUEUE.to_owned(),
        };
        let received: Vec<_> = jobs.iter().map(received).collect();
        let steps = received.iter().map(|received| consume(received, &config, &memory));
        memory.time.run(futures_util::future::join_all(steps));
    }
    assert_eq!(delivered(&memory), (0..count).collect::<Vec<_>>(), "each once");
    assert_eq!(memory.letters().len(), 0);
    for answer in [one, other] {
        assert_eq!(shown(&memory, &job(&answer))["state"], "finished");
    }
}

/// Whoever claimed a letter may have died, so the job comes back to it when the claim has ended.
#[test]
fn what_is_under_way_is_waited_for() {
    let memory = Memory::with_latency(10);
    bury_all(&memory, "shop", 3);
    let config = config();
    // It dies after it has claimed them.
    let died = answer_to(Ok(&config), redrive("subscription=shop"), &memory);
    assert!(memory.time.run_for(25, died).is_none());
    assert_eq!(memory.count("LEDGER", "claim"), 1);
    let answer = ask(Ok(&config), redrive("subscription=shop"), &memory);
    let body: Value = answer.body.parse().unwrap();
    assert_eq!(body["under_way"].as_array().unwrap().len(), 3);
    assert_eq!(memory.later.borrow()[0].2, BLOCKED_SECONDS);
    const { assert!(BLOCKED_SECONDS * 1_000 > OPERATOR_CLAIM_MS, "then it is free") };
    let lines = drive(&config, &memory);
    assert_eq!(lines.last().unwrap()["state"], "finished", "{lines:?}");
    assert_eq!(delivered(&memory), [0, 1, 2]);
}

#[test]
fn without_a_ledger_it_works_too() {
    let config = super::without_ledger();
    let memory = Memory::default();
    let count = STEP_LETTERS + 1;
    bury_all(&memory, "shop", count);
    assert_eq!(ask(Ok(&config), redrive("subscription=shop"), &memory).status, 200);
    drive(&config, &memory);
    assert_eq!(delivered(&memory), (0..count).collect::<Vec<_>>());
    let calls =
        |binding: &str| memory.calls.borrow().iter().filter(|c| c.binding == binding).count();
    assert_eq!(calls("LEDGER"), 0);
}

/// Messages of a queue go in few calls, within its limits, which the queue in memory checks.
#[test]
fn a_step_sends_in_few_calls() {
    let memory = Memory::default();
    bury_all(&memory, "shop", STEP_LETTERS);
    ask(Ok(&config()), redrive("subscription=shop"), &memory);
    assert_eq!(memory.count("DELIVERIES", "send"), 1);
    assert_eq!((memory.count("LEDGER", "claim"), memory.count("LEDGER", "settle")), (1, 1));
    let memory = Memory::default();
    for number in 0..5 {
        let text = event(&format!(r#""data":"{}""#, "x".repeat(110_000)));
        let text = text.replace(r#""id":"1""#, &format!(r#""id":"{number}""#));
        bury(&memory, "shop", number, &Cause::Gone, &text);
    }
    ask(Ok(&config()), redrive("subscription=shop"), &memory);
    assert_eq!((memory.count("DELIVERIES", "send"), delivered(&memory).len()), (3, 5));
}

/// A step ends long before the claims on its letters do, however slow the bindings are.
#[test]
fn a_step_has_a_time_limit() {
    let memory = Memory::with_latency(400);
    bury_all(&memory, "shop", STEP_LETTERS);
    let started = memory.time.now();
    let answer = ask(Ok(&config()), redrive("subscription=shop"), &memory);
    let took = memory.time.now() - started;
    assert!((STEP_MS..OPERATOR_CLAIM_MS / 2).contains(&took), "{took} ms");
    let [redriven, ..] = counts(&job(&answer));
    assert!((10..90).contains(&redriven), "{redriven}");
    let lines = drive(&config(), &memory);
    assert_eq!(lines.last().unwrap()["state"], "finished", "{lines:?}");
    assert_eq!(delivered(&memory), (0..STEP_LETTERS).collect::<Vec<_>>(), "each once");
}

/// A letter that others claim again and again does not hold up the rest for ever.
#[test]
fn what_is_always_under_way_is_left_to_the_others() {
    let memory = Memory::with_latency(10);
    let ids = bury_all(&memory, "shop", 3);
    let config = config();
    let others_claim = || {
        let request = redrive(&format!("id={}", form_encoded(&ids[1])));
        assert!(memory.time.run_for(15, answer_to(Ok(&config), request, &memory)).is_none());
    };
    others_claim();
    let answer = ask(Ok(&config), redrive("subscription=shop"), &memory);
    assert_eq!(delivered(&memory), [0], "those before it are sent");
    let mut lines = Vec::new();
    for _ in 0..MAX_BLOCKED {
        let text = take_jobs(&memory).remove(0);
        others_claim();
        lines.push(hand_out(&config, &memory, &text, 1).1);
    }
    drive(&config, &memory);
    assert_eq!(delivered(&memory), [0, 2], "{lines:?}");
    let job = shown(&memory, &job(&answer));
    assert_eq!((&job["state"], &job["under_way"]), (&json!("finished"), &json!(1)), "{lines:?}");
    assert_eq!(job["looked_at"], 3);
}
