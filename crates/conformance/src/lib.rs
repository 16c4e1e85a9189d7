//! Whether a receiver of CloudEvents over HTTP keeps to the specification.
//!
//! [`cases()`] lists what a receiver is held to. Each [`Case`] names the section of the specification,
//! has one or more requests, and judges the answers to them. A [`Run`] hands out the requests one
//! after the other and makes a [`Report`] of the answers. The crate sends nothing, reads no clock
//! and draws no random numbers, so any HTTP client can run it, in a terminal, a test or a browser.
//!
//! It is fair to every receiver. A valid event is to be accepted with any 2xx, an invalid one to be
//! refused with any 4xx, unless a specification names the status. Bodies of answers are shown, never
//! read. What a receiver may leave out, such as batches or the handshake, is not held against it.
//! Cases that build on another one, such as those of binary mode, are judged only if that one is
//! right, so that a receiver which refuses everything gets no credit for what it refuses.
//!
//! What a receiver decoded cannot be seen from outside. Some values are valid only if they are
//! decoded as the specification says, and those tell; for the rest, a case only says accepted or
//! refused.
//!
//! # Example
//!
//! The whole loop, with `send` as the HTTP client. The real one adds the URL and the credentials to
//! the [`Request`], follows no redirect and retries nothing. A time limit of 30 seconds is plenty.
//!
//! ```
//! use elytra_webhooks_conformance::{
//!     Answer, Credentials, Options, Paint, Presented, Received, Request, Run,
//! };
//!
//! /// A receiver that takes everything.
//! fn send(request: &Request) -> Answer {
//!     // Credentials are left out where the request says so.
//!     let _ = request.credentials == Credentials::Present;
//!     Answer::Received(Received { status: 202, headers: Vec::new(), body: Vec::new() })
//! }
//!
//! // The id of the run makes the ids of its events unique: a random number, or the time.
//! let options = Options { presented: Presented::Something, ..Options::new("1764290000000") };
//! let mut run = Run::new(&options);
//! while let Some(request) = run.next_request() {
//!     let answer = send(request);
//!     run.take(answer);
//!     let _ = format!("{} of {} cases", run.done(), run.total());
//! }
//! let report = run.finish();
//! assert!(!report.is_right());
//! let text = report.print(Some(100), Paint::None);
//! assert!(text.contains("wrong  id-missing "));
//! assert!(report.json().contains(r#""id":"id-missing""#));
//! ```

mod options;

mod request;

mod answer;

mod section;

mod verdict;

mod case;

mod make;

mod cases;

mod run;

mod report;

pub use answer::{Answer, NoAnswer, Received};
pub use case::{Case, Group, Level};
pub use cases::cases;
pub use options::{Options, Presented};
pub use report::{Finding, Paint, Report, Summary};
pub use request::{Credentials, Method, Request};
pub use run::Run;
pub use section::Section;
pub use verdict::{Mistake, Verdict};
