//! What operators ask the Worker, and how its answers read.
//!
//! It builds requests from typed arguments, reads the answers, and prints them for people: tables, the history of
//! an event, the progress of a replay, and errors that say what to do next. It sends nothing, reads no clock and
//! asks nobody anything: text in, text out. So a program for any machine can use it.
//!
//! A Worker may be newer than this crate. Fields, fates and lines of a history that are unknown here do no harm;
//! what has a name is shown by that name.
//!
//! ```
//! use elytra_webhooks_operator::{EventFilter, Limit, Pages};
//!
//! let filter = EventFilter { object: Some("product/4711".to_owned()), ..EventFilter::default() };
//! let mut pages = Pages::of_events(&filter, Limit::First(50));
//! let request = pages.request().unwrap();
//! assert_eq!(request.target(), "/events?object=product/4711&limit=50");
//!
//! let page = pages.read(r#"{"code":"events","events":[{"key":"abc"}],"cursor":null}"#).unwrap();
//! assert_eq!(page.items[0].get(), r#"{"key":"abc"}"#);
//! assert!(pages.request().is_none());
//! ```

mod base;

mod credentials;

mod filter;

mod request;

mod pages;

mod answer;

mod event;

mod history;

mod refusal;

mod replay;

mod erasure;

mod dead_letters;

mod jobs;

mod table;

mod text;

pub use answer::{Answer, Failure, FailureKind, Program, no_connection};
pub use base::{BadBase, Base};
pub use credentials::{Asked, BadCredentials, Credentials, Missing, VARIABLES};
pub use dead_letters::{
    ChangedLetters, Letter, LetterAction, LetterCount, LetterSummary, LetterTable, print_letter,
};
pub use erasure::{Erased, Erasure, Step};
pub use event::{EventColumns, EventTable, EventView, Line, State, Summary, What};
pub use filter::{EventFilter, LetterFilter, RefusalFilter};
pub use history::print_event;
pub use jobs::{Job, JobOrder, JobView, print_job, print_job_progress, print_jobs};
pub use pages::{Limit, Page, Pages};
pub use refusal::{Refusal, RefusalTable, counted};
pub use replay::{
    Order, Plan, Replay, ReplayOrder, ReplayView, print_plan, print_progress, print_replay,
    print_replays, read_replays,
};
pub use request::{EventKey, Method, ReplayId, Request};
pub use table::{Column, Fit, Table, WIDTH};
pub use text::{clean, harmless, json_line, with_commas, wrapped};
