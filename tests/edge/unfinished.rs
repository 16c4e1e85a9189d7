//! Requests whose bodies never end, and senders that hang up, do not affect other requests.

use std::thread;

use edge::{Asked, Connection, Fault, Receiver, Settings, event, raw_post};

const JSON: (&str, &[u8]) = ("Content-Type", b"application/cloudevents+json");
const CHUNKED: (&str, &[u8]) = ("Transfer-Encoding", b"chunked");

/// The start of a request, and why it is a case.
type Beginning = (&'static str, Vec<u8>);

/// Every kind of body, cut off in the middle.
fn beginnings() -> Vec<Beginning> {
    let chunk = b"5\r\n{\"spe\r\n";
    let large = [b"40000\r\n".to_vec(), vec![b' '; 0x40000], b"\r\n".to_vec()].concat();
    let binary = ("ce-specversion", "1.0".as_bytes());
    let batch = ("Content-Type", "application/cloudevents-batch+json".as_bytes());
    vec![
        ("chunks, the first of them", raw_post(&[JSON, CHUNKED], chunk)),
        ("chunks, none of them", raw_post(&[JSON, CHUNKED], b"")),
        ("chunks, many bytes of them", raw_post(&[JSON, CHUNKED], &large)),
        ("a short body of a known length", raw_post(&[JSON, ("Content-Length", b"100")], b"{")),
        ("a long one", raw_post(&[JSON, ("Content-Length", b"1000000")], &vec![b' '; 300_000])),
        ("a batch", raw_post(&[batch, CHUNKED], b"5\r\n[{\"sp\r\n")),
        ("data alone", raw_post(&[binary, CHUNKED], b"5\r\n{\"dat\r\n")),
    ]
}

fn patient() -> Settings {
    Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 2_000_000
        time_budget_ms = 30_000

        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"
        "#,
    )
    .with_secret("TOKEN", "right-token")
}

/// Events that wait for their queue, with their connections.
fn wait_for_the_queue(receiver: &Receiver, events: usize) -> Vec<Connection> {
    receiver.fail(&[Fault::hold("EVENTS_QUEUE")]);
    let send = |id: usize| {
        let event = event(&format!("waits-{id}"), "product");
        let length = event.len().to_string();
        receiver.raw(&raw_post(&[JSON, ("Content-Length", length.as_bytes())], event.as_bytes()))
    };
    let connections = (0..events).map(send).collect();
    receiver.wait_until_hanging("EVENTS_QUEUE", events);
    connections
}

/// A body that never ends does not take anything down, however old its request is.
#[test]
fn a_stalled_body_harms_no_other_request() {
    let receiver = Receiver::start(&patient());
    let stalled: Vec<_> = beginnings().iter().map(|(_, request)| receiver.raw(request)).collect();
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);

    // The clients are still connected. Then they hang up.
    let waiting = wait_for_the_queue(&receiver, 20);
    receiver.advance(301);
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("2", "product")).send().status, 202);
    for connection in waiting {
        assert_eq!(connection.answer().status(), Some(202));
    }

    let waiting = wait_for_the_queue(&receiver, 20);
    drop(stalled);
    receiver.advance(901);
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("3", "product")).send().status, 202);
    for connection in waiting {
        assert_eq!(connection.answer().status(), Some(202));
    }
    assert!(!receiver.output().contains("Cannot perform I/O"), "{}", receiver.output());
}

/// Nothing remains of senders that hang up: neither bodies nor what waits for them.
#[test]
fn hanging_up_leaves_nothing_behind() {
    const AT_ONCE: usize = 25;
    const BODY_BYTES: usize = 400_000;

    let receiver = Receiver::start(&patient());
    let request = raw_post(&[JSON, ("Content-Length", b"1000000")], &vec![b' '; BODY_BYTES]);
    for round in 0..8 {
        let opened: Vec<_> = thread::scope(|scope| {
            let open = || receiver.raw(&request);
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        // Requests in between are answered, so the bodies were being read.
        assert_eq!(receiver.post(event(&round.to_string(), "product")).send().status, 202);
        drop(opened);
        // Each is logged once as cut off.
        let broken_off = |line: &serde_json::Value| line["code"] == "body_broke_off";
        edge::wait_until("all are given up", || {
            let given_up = receiver.log(0).iter().filter(|line| broken_off(line)).count();
            (given_up >= AT_ONCE * (round + 1)).then_some(())
        });
    }
    let wasm_bytes = receiver.wasm_bytes();
    assert!(wasm_bytes < 50_000_000, "8 times 25 bodies of 400 KB: {wasm_bytes}");
}

/// A body that does not arrive is refused in time, like any other bad request.
#[test]
fn a_stalled_body_is_refused() {
    let quick = patient();
    let quick = quick.with_webhook_field("body_timeout_ms = 1_000");
    let receiver = Receiver::start(&quick);
    // At once, since the large ones have 16 s more, for the bytes that came.
    let beginnings = beginnings();
    let connections: Vec<_> = beginnings.iter().map(|(_, request)| receiver.raw(request)).collect();
    for ((why, _), connection) in beginnings.iter().zip(connections) {
        let answer = connection.answer();
        let expected = (408, "body_timed_out".to_owned());
        assert_eq!(answer.status_and_code(), expected, "{why}: {}", answer.text());
    }
    let log = receiver.log(beginnings.len());
    for line in &log {
        let reported = (&line["outcome"], &line["code"], &line["status"]);
        assert_eq!(reported, (&"refused".into(), &"body_timed_out".into(), &408.into()), "{line}");
    }
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);
}

/// A batch of messages and a cron trigger that take longer than they may do not affect requests
/// either.
#[test]
fn nor_do_a_batch_and_a_cron_trigger_that_hang() {
    let settings = patient().with_webhooks().with_kv("SPOOL");
    let receiver = Receiver::start(&settings);
    // The queue is slow, and the event waits in the spool for the cron trigger.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);

    receiver.fail(&[Fault::hold("EVENTS_QUEUE"), Fault::hold("DEAD_LETTERS")]);
    let cron = receiver.start_cron();
    receiver.wait_until_hanging("EVENTS_QUEUE", 1);
    thread::scope(|scope| {
        let batch = scope.spawn(|| receiver.consume(&[("nothing of ours", 1)]));
        receiver.wait_until_hanging("DEAD_LETTERS", 1);
        receiver.advance(901);
        assert_eq!(receiver.post("{}").send().status, 400, "a request passes");
        receiver.fail(&[]);
        assert_eq!(batch.join().unwrap(), [Asked::Ack]);
    });
    assert_eq!(cron.answer().status(), Some(200));
    assert_eq!(receiver.post(event("2", "product")).send().status, 202);
    assert!(!receiver.output().contains("Cannot perform I/O"), "{}", receiver.output());
}
