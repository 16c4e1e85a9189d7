//! Receivers in memory.

use elytra_webhooks_conformance::{Answer, Options, Received, Report, Request, Run};

/// An answer without a body.
pub(crate) fn status(status: u16) -> Answer {
    answer(status, &[])
}

/// An answer with these headers.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Answer::Received(Received { status, headers, body: Vec::new() })
}

/// What is found about this receiver.
pub(crate) fn run(options: &Options, mut receiver: impl FnMut(&Request) -> Answer) -> Report {
    let mut run = Run::new(options);
    while let Some(request) = run.next_request() {
        let answer = receiver(request);
        run.take(answer);
    }
    assert_eq!(run.done(), run.total(), "every case has a verdict");
    run.finish()
}

/// Small bodies, since nothing of them is read here.
pub(crate) fn options() -> Options {
    Options { large_body_bytes: 100_000, ..Options::new("run") }
}
