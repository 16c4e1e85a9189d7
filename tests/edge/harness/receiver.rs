//! A receiver in workerd.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::family::{Member, family};
use crate::host::{Host, OUTPUT, Running};
use crate::http::Call;
use crate::process::{tools, wait_until};
use crate::raw::Connection;
use crate::settings::{AUTHORITIES, Settings};

/// How a consumer settled a batch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Settled {
    /// The ids of the messages that it acknowledged.
    pub acknowledged: Vec<String>,
    /// The ids of the messages that it retried, each with its delay in seconds.
    pub retried: Vec<(String, u64)>,
}

/// A workerd with the receiver, until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    base: String,
    /// `None` while it is dead. It is dropped before its folder.
    running: Option<Running>,
    folder: TempDir,
}

impl Receiver {
    /// Starts a receiver, and waits until it listens.
    #[track_caller]
    #[must_use]
    pub fn start(settings: &Settings) -> Self {
        let tools = tools();
        let parent = tools.project().root().join("target/edge");
        fs::create_dir_all(&parent).unwrap();
        let folder = tempfile::tempdir_in(parent).unwrap();
        settings.write(folder.path(), tools.project().root());
        let running = run(folder.path());
        Self { base: running.base.clone(), running: Some(running), folder }
    }

    /// Kills it, whatever it is doing. KV and Durable Objects keep their data. The queue's messages
    /// are lost, unless a [`Sink`](crate::Sink) holds them.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Kills it if it is running, restarts it with the same storage, and waits until it listens, on
    /// another port. Its faults, calls and log lines start over.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        let running = run(self.folder.path());
        self.base.clone_from(&running.base);
        self.running = Some(running);
    }

    /// Restarts it with other settings.
    #[track_caller]
    pub fn restart_with(&mut self, settings: &Settings) {
        self.kill();
        settings.write(self.folder.path(), tools().project().root());
        self.restart();
    }

    /// The process of workerd, and everything that it started. Empty while it is dead.
    #[must_use]
    pub fn workerd(&self) -> Vec<Member> {
        self.running.as_ref().map_or_else(Vec::new, |running| family(running.process))
    }

    /// Its base URL, such as `http://localhost:8787`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A POST of this body to the webhook, with the right token, not sent yet.
    #[must_use]
    pub fn post(&self, body: impl Into<Vec<u8>>) -> Call<'_> {
        Call::new(&self.base, body)
    }

    /// Writes these bytes to a separate connection.
    #[track_caller]
    #[must_use]
    pub fn raw(&self, request: &[u8]) -> Connection {
        Connection::open(&self.base, request)
    }

    /// Hands the [consumer](Settings::with_consumer) one batch of messages, each an id and a body, past any
    /// queue. Returns how it settled them.
    #[track_caller]
    #[must_use]
    pub fn hand_to_consumer(&self, messages: &[(&str, Value)]) -> Settled {
        let messages = messages.iter().map(|(id, body)| json!({ "id": id, "body": body }));
        let running = self.running.as_ref().expect("the receiver runs");
        serde_json::from_value(running.hand(&messages.collect())).unwrap()
    }

    /// The log lines, once there are this many.
    #[track_caller]
    #[must_use]
    pub fn log(&self, count: usize) -> Vec<Value> {
        wait_until(&format!("{count} lines are logged"), || {
            let lines = log_lines(&self.output());
            (lines.len() >= count).then_some(lines)
        })
    }

    /// The log lines so far.
    #[must_use]
    pub fn lines_so_far(&self) -> Vec<Value> {
        log_lines(&self.output())
    }

    /// The warnings about the configuration, once they are logged.
    #[track_caller]
    #[must_use]
    pub fn warnings(&self) -> Vec<Value> {
        wait_until("warnings are logged", || {
            let mut lines = all_lines(&self.output());
            lines.retain(|line| line["outcome"] == "configured");
            (!lines.is_empty()).then_some(lines)
        })
    }

    /// The output of workerd, Miniflare and the Worker so far.
    #[must_use]
    pub fn output(&self) -> String {
        let output = fs::read(self.folder.path().join(OUTPUT)).unwrap();
        String::from_utf8_lossy(&output).into_owned()
    }
}

/// Starts the receiver in this folder.
#[track_caller]
fn run(folder: &Path) -> Running {
    let authorities = folder.join(AUTHORITIES);
    let host = if authorities.exists() { Host::trusting(&authorities) } else { Host::shared() };
    host.run(folder)
}

/// The log lines of requests, messages and the cron trigger, but not the warnings about the
/// configuration, which are logged once per isolate.
fn log_lines(output: &str) -> Vec<Value> {
    let mut lines = all_lines(output);
    lines.retain(|line| line["outcome"] != "configured");
    lines
}

/// All JSON lines in the output.
fn all_lines(output: &str) -> Vec<Value> {
    let starts = output.match_indices(r#"{"outcome":"#);
    let lines = starts.filter_map(|(start, _)| {
        serde_json::Deserializer::from_str(output.get(start..)?).into_iter().next()?.ok()
    });
    lines.collect()
}
