//! Messages that a queue never takes are set aside, and an operator decides about them.

use edge::{Answer, Fault, wait_until};

use super::{PATIENT, Stage, json, product, stream};

const ADMIN: &str = r#"
    [vars.ADMIN]
    auth_type = "bearer"
    auth = { token = "ADMIN_TOKEN" }
    "#;

/// More than enough runs for five refusals of each message.
const MAX_RUNS: usize = 20;

fn spool(stage: &Stage, name: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let events: Vec<_> = numbers.map(|number| product(&format!("{name}-{number:02}"))).collect();
    for event in &events {
        stage.send(event, 202, "accepted");
    }
    events
}

/// The cron trigger a minute later, while the queue refuses only these messages.
fn drain(stage: &Stage, refused: &str) {
    stage.receiver.fail(&[Fault::fail("EVENTS_QUEUE").of(refused)]);
    stage.receiver.advance(60);
    stage.receiver.run_cron();
}

fn operator(stage: &Stage, method: &str, path: &str) -> Answer {
    let call = stage.receiver.post("").method(method).path(path);
    call.header("authorization", "Bearer admin-token").send()
}

fn take(stage: &Stage) -> Vec<String> {
    let mut taken = stage.sink.take_messages("EVENTS_QUEUE");
    taken.sort_unstable();
    taken
}

/// A queue never takes the twenty oldest of the fifty messages in the spool
/// | nothing
/// | the other thirty get through; the twenty are set aside after five such runs, and an operator sends or deletes them
#[test]
fn twenty_messages_that_are_never_taken() {
    let settings = stream(PATIENT).with_kv("SPOOL").with_vars(ADMIN);
    let stage = Stage::new(settings.with_secret("ADMIN_TOKEN", "admin-token"));
    let bad = spool(&stage, "bad", 0..20);
    let good = spool(&stage, "good", 0..30);
    drain(&stage, "bad-");
    assert_eq!(take(&stage), good);

    let is_aside = |key: &String| key.starts_with("~aside/EVENTS_QUEUE/");
    for run in 0.. {
        assert!(run < MAX_RUNS, "{:?}", stage.receiver.kv_of("SPOOL").keys());
        if stage.receiver.kv_of("SPOOL").keys().all(is_aside) {
            break;
        }
        let more = spool(&stage, "more", run..run + 1);
        drain(&stage, "bad-");
        assert_eq!(take(&stage), more, "they hold up no other");
    }
    let mut left = stage.values("SPOOL");
    left.sort_unstable();
    assert_eq!(left, bad, "none is lost");
    let named = wait_until("the log names those that were set aside", || {
        let log = stage.receiver.log(0);
        let reasons = log.iter().filter_map(|line| line["reasons"].as_array()).flatten();
        let named = reasons.filter(|reason| reason.as_str().unwrap().contains("set aside")).count();
        (named >= 20).then_some(named)
    });
    assert_eq!(named, 20, "each is named once");

    let list = operator(&stage, "GET", "/spool?limit=5").json();
    let rows = list["set_aside"].as_array().unwrap();
    assert_eq!((rows.len(), list["cursor"].is_string()), (5, true), "{list}");
    let row = &rows[0];
    assert_eq!((&row["queue"], &row["refused"]), (&json!("EVENTS_QUEUE"), &json!(5)), "{row}");
    assert!(row["event"]["id"].as_str().unwrap().starts_with("bad-"), "{row}");
    assert!(row["reason"].as_str().unwrap().contains("Queue send failed"), "{row}");
    let id = |place: usize| rows[place]["id"].as_str().unwrap();
    let post = |action: &str, place: usize| {
        let answer = operator(&stage, "POST", &format!("/spool/{action}?id={}", id(place)));
        (answer.status, answer.code(), answer.json())
    };

    let (status, code, _) = post("send", 0);
    assert_eq!((status, &*code), (503, "spool_failed"), "its queue refuses it still");
    stage.repair();
    let event = stage.receiver.kv_values("SPOOL", &[&format!("~aside/{}", id(0))]);
    assert_eq!(post("send", 0), (200, "sent".to_owned(), json!({"code": "sent", "id": id(0)})));
    assert_eq!(take(&stage), [event[0].clone().unwrap()]);
    assert_eq!(
        post("delete", 1),
        (200, "deleted".to_owned(), json!({"code": "deleted", "id": id(1)}))
    );
    let (status, code, _) = post("delete", 1);
    assert_eq!((status, &*code), (404, "no_such_message"));
    assert_eq!(operator(&stage, "POST", "/spool/send?id=..").status, 400);

    // Two operators at once.
    stage.receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| post("send", 2));
        stage.receiver.wait_until_hanging("EVENTS_QUEUE", 1);
        for action in ["send", "delete"] {
            let (status, code, _) = post(action, 2);
            assert_eq!((status, &*code), (503, "under_way"), "{action}");
        }
        stage.repair();
        assert_eq!(first.join().unwrap().0, 200);
    });
    assert_eq!(take(&stage).len(), 1, "once");
    assert_eq!(stage.values("SPOOL").len(), 17);
}
