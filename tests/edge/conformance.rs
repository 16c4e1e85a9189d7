//! What every receiver is held to: ours is right in all of it, and `docs/conformance.md` says what its
//! peers get right and wrong.

mod document;

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use document::{check, is_update};
use edge::{Connection, Peer, Receiver, Settings};
use elytra_webhooks_conformance::{
    Answer, Credentials, NoAnswer, Options, Paint, Presented, Received, Report, Request, Run,
    Verdict,
};

/// How long a receiver may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs every case against the receiver with this base URL, which takes `right-token`.
fn run(base: &str) -> Report {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let options =
        Options { presented: Presented::Something, ..Options::new(now.as_nanos().to_string()) };
    let mut run = Run::new(&options);
    while let Some(request) = run.next_request() {
        let answer = send(base, request);
        run.take(answer);
    }
    run.finish()
}

/// Sends a request byte by byte, so that no client's habits are in it.
fn send(base: &str, request: &Request) -> Answer {
    let mut head = format!("{} /webhook HTTP/1.1\r\nHost: localhost\r\n", request.method.as_str());
    if request.credentials == Credentials::Present {
        head.push_str("Authorization: Bearer right-token\r\n");
    }
    for (name, value) in &request.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if let Some(body) = &request.body {
        let _ = write!(head, "Content-Length: {}\r\n", body.len());
    }
    head.push_str("Connection: close\r\n\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend(request.body.iter().flatten());

    let Ok(answer) = Connection::open(base, &bytes).try_answer(PATIENCE) else {
        return Answer::None(NoAnswer::TimedOut);
    };
    let Some(status) = answer.status() else { return Answer::None(NoAnswer::Closed) };
    let headers = answer.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let body = answer.body().as_bytes().to_vec();
    Answer::Received(Received { status, headers: headers.collect(), body })
}

/// The receiver, with an origin that it consents to.
fn ours() -> Receiver {
    let settings = Settings::both()
        .with_ledger()
        .with_webhook_field("dedupe_window_seconds = 86400")
        .with_webhook_field("allowed_origins = [\"elytra.example\"]\nallowed_rate = 600");
    Receiver::start(&settings)
}

#[test]
fn the_document_says_what_was_found() {
    let receiver = ours();
    let report = run(receiver.base());
    assert!(report.is_right(), "{}", report.print(Some(160), Paint::None));
    // All of it applies, but what is said only of other answers than ours.
    let left = report.findings().iter().filter_map(|finding| match &finding.verdict {
        Verdict::NotApplicable(why) => Some((finding.case.id, &**why)),
        _ => None,
    });
    let ours_is_202 = [
        ("success-content-type", "the status is 202"),
        ("success-without-payload", "the answer has a body"),
    ];
    assert_eq!(left.collect::<Vec<_>>(), ours_is_202);

    let peer = |name| run(Peer::worker(name).base());
    // Whoever updates the document has the time to install Python's packages, too.
    let fastapi = is_update().then(|| run(Peer::fastapi().base()));
    check(&report, &[&peer("hono-zod"), &peer("cloudevents-js")], fastapi.as_ref());
}
