//! Dead letters in bulk: one call, which continues on its own.

use std::collections::BTreeSet;

use edge::{Asked, Fault, Receiver, Shop, wait_until};
use elytra_webhooks::jobs::STEP_LETTERS;
use serde_json::{Value, json};

use super::dead_letters::{ask, encode, ids, letters, list, with_admin};
use super::{PATIENT, Stage, product, settings, subscription, timeout};

/// When the first letter died, in milliseconds since 1970. It is long ago.
const DIED: u64 = 1_764_547_200_000;

/// Puts dead letters into `DEAD`, as the consumer does. Each has its number as the id of its event, and died
/// so many milliseconds after the first. Returns their keys.
pub(super) fn fill(
    receiver: &Receiver,
    count: usize,
    cause: fn(usize) -> &'static str,
) -> Vec<String> {
    let entry = |number: usize| {
        let died_at = DIED + u64::try_from(number).unwrap();
        let key = format!("shop/{died_at}/{number:043}");
        let line = json!({
            "subscription": "shop", "accepted_at": DIED, "died_at": died_at, "attempts": 1,
            "cause": cause(number), "reason": "whatever", "status": null,
        });
        let metadata = json!({
            "subscription": "shop", "cause": cause(number), "attempts": 1, "accepted_at": DIED,
            "died_at": died_at, "event": {"id": number.to_string(), "source": "elytra-pim"},
        });
        (key, format!("{line}\n{}", product(&number.to_string())), metadata)
    };
    let entries: Vec<_> = (0..count).map(entry).collect();
    receiver.fill_kv("DEAD", &entries);
    entries.into_iter().map(|(key, ..)| key).collect()
}

/// The state of a job.
#[track_caller]
fn shown(receiver: &Receiver, id: &str) -> Value {
    let answer = ask(receiver, "GET", &format!("/dead-letters/jobs?id={}", encode(id)));
    assert_eq!((answer.status, &*answer.code()), (200, "job"), "{}", answer.body);
    answer.json()["job"].clone()
}

/// With the local queues, which lose their messages when the process dies.
#[test]
fn two_thousand_by_one_call_interrupted_and_resumed() {
    const COUNT: usize = 2_000;

    let shop = Shop::open();
    let settings = settings().with_ledger();
    let settings = settings.with_vars(&subscription("SHOP", &shop, &timeout(PATIENT)));
    let mut receiver = Receiver::start(&with_admin(settings));
    fill(&receiver, COUNT, |_| "timeout");

    // The message of the fifth step does not get into the queue.
    receiver.fail(&[Fault::hang("DELIVERIES").of("started_at").after(3)]);
    let answer = ask(&receiver, "POST", "/dead-letters/redrive?subscription=shop");
    assert_eq!((answer.status, &*answer.code()), (200, "redriven"), "{}", answer.body);
    let job = answer.json()["job"].clone();
    assert_eq!((&job["state"], &job["redriven"]), (&json!("running"), &json!(STEP_LETTERS)));
    let id = job["id"].as_str().unwrap();
    receiver.wait_until_hanging("DELIVERIES", 1);
    // What is in the local queue would be lost, so the shop gets it first.
    assert_eq!(shop.orders(4 * STEP_LETTERS).len(), 4 * STEP_LETTERS);
    receiver.restart();
    assert_eq!(shown(&receiver, id)["state"], "running", "nobody knows better");
    assert_eq!(letters(&receiver).len(), COUNT - 4 * STEP_LETTERS);

    let answer = ask(&receiver, "POST", &format!("/dead-letters/jobs/resume?id={}", encode(id)));
    assert_eq!((answer.status, &*answer.code()), (200, "resumed"), "{}", answer.body);
    let finished = wait_until("the job is finished", || {
        Some(shown(&receiver, id)).filter(|job| job["state"] == "finished")
    });
    assert_eq!(finished["stuck"], 0, "{finished}");
    let orders = shop.orders(COUNT);
    let delivered: BTreeSet<_> = orders.iter().map(|order| order.text().to_owned()).collect();
    let expected: BTreeSet<_> = (0..COUNT).map(|number| product(&number.to_string())).collect();
    assert!(delivered == expected, "all of them, as they came");
    assert_eq!(orders.len(), COUNT, "each once");
    assert!(letters(&receiver).is_empty());
    let jobs = ask(&receiver, "GET", "/dead-letters/jobs").json();
    assert_eq!(jobs["jobs"], json!([finished]));
    let line = receiver.log(0).into_iter().rfind(|line| line["outcome"] == "step").unwrap();
    assert_eq!((&line["job"], &line["state"]), (&json!(id), &json!("finished")), "{line}");
}

#[test]
fn deleted_by_cause_and_time() {
    let stage = Stage::with(with_admin(settings()), "");
    let count = 3 * STEP_LETTERS;
    let cause = |number: usize| if number.is_multiple_of(2) { "gone" } else { "timeout" };
    let keys = fill(&stage.receiver, count, cause);
    let until = 2 * STEP_LETTERS + 50;
    // 2025-12-01T00:00:00.250Z.
    let path = format!("/dead-letters/delete?cause=gone&until=2025-12-01T00:00:00.{until}Z");
    let answer = ask(&stage.receiver, "POST", &path);
    assert_eq!((answer.status, &*answer.code()), (200, "deleted"), "{}", answer.body);
    let first: Vec<_> = keys.iter().step_by(2).take(STEP_LETTERS).collect();
    assert_eq!(answer.json()["deleted"], json!(first));
    let id = answer.json()["job"]["id"].as_str().unwrap().to_owned();
    let messages = stage.sink.take_messages("DELIVERIES");
    assert_eq!(stage.consume(&messages), [Asked::Ack], "the next step is the last");
    let kept = keys.iter().enumerate();
    let kept = kept.filter(|(number, _)| number % 2 == 1 || *number >= until);
    let kept: Vec<_> = kept.map(|(_, key)| key).collect();
    assert_eq!(letters(&stage.receiver).keys().collect::<Vec<_>>(), kept);
    assert!(stage.sink.take_messages("DELIVERIES").is_empty());
    let job = shown(&stage.receiver, &id);
    assert_eq!((&job["state"], &job["deleted"]), (&json!("finished"), &json!(until / 2)));
}

/// Whoever looks for an event finds its letter, wherever it is.
#[test]
fn found_by_the_event() {
    let stage = Stage::with(with_admin(settings()), "");
    let keys = fill(&stage.receiver, 1_500, |_| "timeout");
    let found = list(&stage.receiver, "?event=1400");
    assert_eq!((ids(&found), &found["cursor"]), (vec![keys[1_400].clone()], &Value::Null));
    assert!(ids(&list(&stage.receiver, "?event=1500")).is_empty());
    let range = "?since=2025-12-01T00:00:01.200Z&until=2025-12-01T00:00:01.203Z&limit=2";
    let page = list(&stage.receiver, range);
    assert_eq!(ids(&page), keys[1_200..1_202]);
    let next = encode(page["cursor"].as_str().unwrap());
    assert_eq!(ids(&list(&stage.receiver, &format!("{range}&cursor={next}"))), keys[1_202..1_203]);

    let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?event=1400");
    assert_eq!(answer.json()["redriven"], json!([keys[1_400]]), "{}", answer.body);
    let messages = stage.sink.take_messages("DELIVERIES");
    assert_eq!(stage.consume(&messages), [Asked::Ack]);
    assert_eq!(stage.shop.orders_so_far()[0].text(), product("1400"));
    let answer = ask(&stage.receiver, "POST", &format!("/dead-letters/delete?id={}", keys[0]));
    assert_eq!(answer.json(), json!({"code": "deleted", "deleted": [keys[0]]}));
    assert_eq!(letters(&stage.receiver).len(), 1_498);
}

/// Between two steps, an operator stops a job, and later lets it go on.
#[test]
fn stopped_and_resumed() {
    let stage = Stage::with(with_admin(settings()), "");
    fill(&stage.receiver, STEP_LETTERS + 1, |_| "timeout");
    let answer = ask(&stage.receiver, "POST", "/dead-letters/redrive?cause=timeout").json();
    let id = encode(answer["job"]["id"].as_str().unwrap());
    let order = |action: &str| {
        let answer = ask(&stage.receiver, "POST", &format!("/dead-letters/jobs/{action}?id={id}"));
        (answer.status, answer.code())
    };
    let next_step = || {
        let mut messages = stage.sink.take_messages("DELIVERIES");
        messages.retain(|text| text.starts_with(r#"{"job":"#));
        assert_eq!(stage.consume(&messages), [Asked::Ack]);
        ask(&stage.receiver, "GET", &format!("/dead-letters/jobs?id={id}")).json()["job"].clone()
    };
    assert_eq!(order("stop"), (200, "stopped".to_owned()));
    assert_eq!(next_step()["state"], "stopped");
    assert_eq!(letters(&stage.receiver).len(), 1);
    assert_eq!(order("stop"), (409, "job_ended".to_owned()));
    assert_eq!(order("resume"), (200, "resumed".to_owned()));
    assert_eq!(next_step()["state"], "finished");
    assert!(letters(&stage.receiver).is_empty());
    assert_eq!(order("resume"), (409, "job_ended".to_owned()));
}
