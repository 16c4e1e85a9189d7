//! What a sender can make the receiver hold. An isolate has 128 MB, WebAssembly never returns any
//! of it, and exceeding it ends every request in flight.

use std::thread;

use edge::{Connection, Receiver, Settings, event, raw_post};

/// The most memory that WebAssembly may take, in bytes. Mostly it takes less than 100 MB. But if large requests are let in one
/// after another, the body of one can lie in the gap that the printed event of another has left, and the next event needs
/// new memory.
const MAX_WASM_BYTES: u64 = 120_000_000;

/// The largest body that can be configured.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

fn receiver() -> Receiver {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 8_388_608
        max_batch_events = 1_000
        time_budget_ms = 30_000

        [vars.SUBSCRIPTION_ARCHIVE]
        event_types = ["product"]
        kv = { binding = "EVENTS_KV" }
        "#,
    );
    Receiver::start(&settings.with_secret("TOKEN", "right-token"))
}

/// An event in binary mode with this data.
fn binary<'r>(receiver: &'r Receiver, content_type: &str, data: Vec<u8>) -> edge::Call<'r> {
    receiver
        .post(data)
        .header("content-type", content_type)
        .header("ce-specversion", "1.0")
        .header("ce-id", "1")
        .header("ce-source", "s")
        .header("ce-type", "com.elytra.product")
}

#[track_caller]
fn assert_small(receiver: &Receiver, what: &str) {
    let bytes = receiver.wasm_bytes();
    assert!(bytes < MAX_WASM_BYTES, "after {what}: {bytes} bytes");
}

/// Each of these takes more memory than the size of its body, and three of each arrive at a time.
#[test]
fn large_bodies() {
    let receiver = receiver();
    let send = |content_type: &str, data: &[u8]| {
        let (receiver, data) = (&receiver, data);
        let answers: Vec<_> = thread::scope(|scope| {
            let send = || binary(receiver, content_type, data.to_vec()).send();
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(send)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        answers.into_iter().map(|answer| (answer.status, answer.code())).collect::<Vec<_>>()
    };

    // In JSON, this is six times as large, which is more than any destination takes.
    let answers = send("text/plain", &vec![1; MAX_BODY_BYTES]);
    assert_eq!(answers, vec![(413, "event_too_large".to_owned()); 3]);
    assert_small(&receiver, "control characters");

    // Nearly the largest event that a destination takes: there is room for one at a time.
    let answers = send("text/plain", &vec![1; 4_300_000]);
    let is_expected = |answer: &(u16, String)| {
        [(202, "accepted".to_owned()), (503, "overloaded".to_owned())].contains(answer)
    };
    assert!(answers.iter().all(is_expected), "{answers:?}");
    assert!(answers.iter().any(|(status, _)| *status == 202), "{answers:?}");
    assert_small(&receiver, "control characters that fit");

    let answers = send("application/octet-stream", &vec![0; MAX_BODY_BYTES]);
    assert!(answers.iter().all(is_expected), "{answers:?}");
    assert!(answers.iter().any(|(status, _)| *status == 202), "{answers:?}");
    assert_small(&receiver, "octets");
    assert_eq!(receiver.post(event("2", "product")).send().status, 202, "there is room again");
}

/// A thousand invalid events get an answer of limited size.
#[test]
fn a_batch_of_bad_events() {
    let receiver = receiver();
    let bad =
        format!("{{{}}}", (0..250).map(|n| format!(r#""N{n}":1"#)).collect::<Vec<_>>().join(","));
    let batch = format!("[{}]", vec![bad; 1_000].join(","));
    assert!(batch.len() > 2_000_000, "{} bytes", batch.len());
    let answer =
        receiver.post(batch).header("content-type", "application/cloudevents-batch+json").send();
    assert_eq!((answer.status, &*answer.code()), (400, "invalid_event"));
    assert!(answer.body.len() < 100_000, "{} bytes", answer.body.len());
    let body = answer.json();
    let reported = body["violations"].as_array().unwrap().len() as u64;
    assert_eq!(reported + body["violations_left_out"].as_u64().unwrap(), 254 * 1_000);
    assert_small(&receiver, "a batch of bad events");
}

/// Uploads that stop just before their end. Those that find no room are refused at once, and the
/// others time out.
#[test]
fn stalled_uploads() {
    const UPLOADS: usize = 150;
    const BYTES: usize = 1_000_000;

    let receiver = receiver();
    let length = BYTES.to_string();
    let headers = [("Content-Length", length.as_bytes())];
    let request = raw_post(&headers, &vec![b' '; BYTES - 1]);
    let connections: Vec<Connection> = thread::scope(|scope| {
        let open = || receiver.raw(&request);
        let threads: Vec<_> = (0..UPLOADS).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    edge::wait_until("most are refused", || {
        let refused = receiver.log(0).iter().filter(|line| line["code"] == "overloaded").count();
        (refused >= UPLOADS / 2).then_some(())
    });
    assert_small(&receiver, "stalled uploads");
    drop(connections);
    edge::wait_until("there is room again", || {
        (receiver.post(event("1", "product")).send().status == 202).then_some(())
    });
}

/// A sender that announces a body and sends next to nothing takes no room from others.
#[test]
fn announced_uploads_that_never_come() {
    let receiver = receiver();
    let request = raw_post(&[("Content-Length", b"131072")], b"{");
    let connections: Vec<_> = (0..400).map(|_| receiver.raw(&request)).collect();
    for id in 0..20 {
        let id = id.to_string();
        assert_eq!(receiver.post(event(&id, "product")).send().status, 202);
    }
    assert_small(&receiver, "announced uploads");
    drop(connections);
}

/// Each upload without an announced length has a buffer for its next chunk, however little arrives.
/// With 64 KiB each, nine hundred of them took half of an isolate.
#[test]
fn stalled_chunked_uploads() {
    const UPLOADS: usize = 900;

    let receiver = receiver();
    let request = raw_post(&[("Transfer-Encoding", b"chunked")], b"1\r\n{\r\n");
    let connections: Vec<_> = (0..UPLOADS).map(|_| receiver.raw(&request)).collect();
    let bytes = edge::wait_until("all are being read", || {
        let bytes = receiver.buffer_bytes();
        (bytes >= UPLOADS as u64 * 4_096).then_some(bytes)
    });
    assert!(bytes < 16_000_000, "{bytes} bytes");
    for id in 0..20 {
        let id = id.to_string();
        assert_eq!(receiver.post(event(&id, "product")).send().status, 202);
    }
    assert_small(&receiver, "stalled chunked uploads");
    drop(connections);
    edge::wait_until("none is kept", || (receiver.buffer_bytes() == 0).then_some(()));
}
