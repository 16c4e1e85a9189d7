//! What happens to an event when something fails: the table in `docs/failures.md`, with a row for
//! each test in this folder.
//!
//! The doc comment of a test is its row: what fails, what the sender sees, what happens to the
//! event.

mod aside;
mod clocks;
mod death;
mod kv;
mod large;
mod ledger;
mod mirror;
mod queue;
mod r2;
mod server;
mod service;
mod spool;
mod twice;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use edge::{Answer, Connection, Receiver, Settings, Sink, event, raw_post};
use serde_json::{Value, json};

pub(crate) use large::large;

/// The document with the table.
const DOCUMENT: &str = include_str!("../../docs/failures.md");

/// The files of the tests, in the order of the table.
const FILES: [&str; 13] = [
    "queue", "spool", "aside", "kv", "r2", "server", "service", "twice", "ledger", "large",
    "mirror", "clocks", "death",
];

/// The text before and after the table.
const HEAD: &str =
    "| what fails | what the sender sees | what happens to the event |\n|---|---|---|\n";
const MARKS: [&str; 2] = ["<!-- durability: a row for each test -->\n\n", "\n<!-- end -->"];

/// A time budget, in milliseconds, with which a busy machine never loses the ledger or a claim. A
/// claim lasts a second longer.
const PATIENT: u64 = 30_000;

/// The default, for tests in which something hangs until the time is up.
const QUICK: u64 = 4_000;

/// After how many seconds every claim has expired.
const CLAIM_SECONDS: u64 = PATIENT / 1_000 + 2;

/// A receiver with a ledger, whose queues lead to a sink.
struct Stage {
    receiver: Receiver,
    sink: Sink,
}

/// Events are remembered for an hour, and no subscription wants any.
fn webhook(time_budget_ms: u64) -> Settings {
    Settings::new(format!(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = {{ token = "TOKEN" }}
        dedupe_window_seconds = 3600
        time_budget_ms = {time_budget_ms}
        "#
    ))
    .with_secret("TOKEN", "right-token")
    .with_ledger()
}

/// Every event goes to the queue.
fn stream(time_budget_ms: u64) -> Settings {
    webhook(time_budget_ms).with_vars(
        r#"
        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"
        "#,
    )
}

/// Every event goes to the queue and to KV.
fn stream_and_archive(time_budget_ms: u64) -> Settings {
    stream(time_budget_ms).with_vars(
        r#"
        [vars.SUBSCRIPTION_ARCHIVE]
        kv = { binding = "EVENTS_KV" }
        "#,
    )
}

impl Stage {
    fn new(settings: Settings) -> Self {
        let sink = Sink::start();
        Self { receiver: Receiver::start(&settings.with_sink(&sink)), sink }
    }

    /// Sends an event, and checks the status and code of the answer.
    #[track_caller]
    fn send(&self, event: &str, status: u16, code: &str) -> Answer {
        let answer = self.receiver.post(event).send();
        assert_eq!((answer.status, &*answer.code()), (status, code), "{}", answer.body);
        let retry_after = (status == 503).then_some("1");
        assert_eq!(answer.header("retry-after"), retry_after, "{}", answer.body);
        answer
    }

    /// From now on nothing fails.
    fn repair(&self) {
        self.receiver.fail(&[]);
    }

    /// The messages in the queue.
    fn queue(&self) -> Vec<String> {
        self.sink.messages("EVENTS_QUEUE")
    }

    /// The values in a KV namespace, in the order of their keys.
    fn values(&self, namespace: &str) -> Vec<String> {
        self.receiver.kv_of(namespace).into_values().map(|entry| entry.value).collect()
    }

    /// The reasons in a line of the log, counted from 1.
    fn reasons(&self, line: usize) -> String {
        self.receiver.log(line)[line - 1]["reasons"].to_string()
    }

    /// Kills the receiver when a call of this binding hangs, and starts it again.
    fn die(&mut self, binding: &str) {
        self.receiver.wait_until_hanging(binding, 1);
        self.receiver.kill();
        self.receiver.restart();
    }
}

/// Sends an event without waiting for the answer.
#[track_caller]
fn comes(stage: &Stage, event: &str) -> Connection {
    let length = event.len().to_string();
    stage.receiver.raw(&raw_post(&[("Content-Length", length.as_bytes())], event.as_bytes()))
}

/// A product event with this id.
fn product(id: &str) -> String {
    event(id, "product")
}

/// Checks which destinations failed, and which hold the event.
#[track_caller]
fn assert_failed_and_held(answer: &Answer, failed: &Value, held: &Value) {
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (failed, held), "{body}");
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("durability")
}

/// The row above each test of a file.
fn rows(text: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line.strip_prefix("/// ") {
            Some(line) => words.push(line),
            None if line == "#[test]" => {
                let row = words.join(" ");
                let function = lines.next().unwrap_or_default();
                assert_eq!(
                    row.matches(" | ").count(),
                    2,
                    "{function} has a row above it, not {row:?}"
                );
                rows.push(format!("| {row} |"));
                words.clear();
            }
            None => words.clear(),
        }
    }
    rows
}

fn table() -> String {
    let files = FILES.map(|file| fs::read_to_string(folder().join(file).with_extension("rs")));
    let rows = files.iter().flat_map(|text| rows(text.as_ref().unwrap()));
    HEAD.to_owned() + &rows.map(|row| row + "\n").collect::<String>()
}

#[test]
fn every_test_has_its_row_in_the_document() {
    let found = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), FILES.map(str::to_owned).into());

    let table = table();
    let (before, rest) = DOCUMENT.split_once(MARKS[0]).expect("the table's beginning");
    let (shown, behind) = rest.split_once(MARKS[1]).expect("the table's end");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        let document = [before, MARKS[0], &table, MARKS[1], behind].concat();
        fs::write(folder().join("../../../docs/failures.md"), document).unwrap();
    } else {
        assert!(
            shown == table,
            "run UPDATE_DOCS=1 cargo test --package edge every_test_has_its_row"
        );
    }
}
