//! A receiver that runs in workerd.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::family::{Member, family};
use crate::host::{Host, OUTPUT, Running};
use crate::http::Call;
use crate::process::{tools, wait_until};
use crate::raw::Connection;
use crate::settings::{AUTHORITIES, Settings};

/// workerd with the receiver, until this value goes.
#[derive(Debug)]
pub struct Receiver {
    base: String,
    /// None while it is dead. It goes before its folder does.
    running: Option<Running>,
    folder: TempDir,
}

impl Receiver {
    /// Starts it, and waits until it listens.
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

    /// Kills it, in the middle of whatever it does. What is in KV and in Durable Objects stays; the
    /// queue's messages are gone, unless a [`Sink`](crate::Sink) keeps them.
    pub fn kill(&mut self) {
        self.running = None;
    }

    /// Kills it if it runs, starts it again on the same storage, and waits until it listens, on
    /// another port. It knows nothing of faults, calls and log lines from before.
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        let running = run(self.folder.path());
        self.base.clone_from(&running.base);
        self.running = Some(running);
    }

    /// The same, with other settings.
    #[track_caller]
    pub fn restart_with(&mut self, settings: &Settings) {
        self.kill();
        settings.write(self.folder.path(), tools().project().root());
        self.restart();
    }

    /// The process of workerd, and all that it started; nothing where it is dead.
    #[must_use]
    pub fn workerd(&self) -> Vec<Member> {
        self.running.as_ref().map_or_else(Vec::new, |running| family(running.process))
    }

    /// Where it listens, such as `http://localhost:8787`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A POST of this body to the webhook, with the right token, still to be sent.
    #[must_use]
    pub fn post(&self, body: impl Into<Vec<u8>>) -> Call<'_> {
        Call::new(&self.base, body)
    }

    /// Writes these bytes to a connection of their own.
    #[track_caller]
    #[must_use]
    pub fn raw(&self, request: &[u8]) -> Connection {
        Connection::open(&self.base, request)
    }

    /// The lines it logged, once there are this many.
    #[track_caller]
    #[must_use]
    pub fn log(&self, count: usize) -> Vec<Value> {
        wait_until(&format!("{count} lines are logged"), || {
            let lines = log_lines(&self.output());
            (lines.len() >= count).then_some(lines)
        })
    }

    /// What the configuration is warned of, once it is.
    #[track_caller]
    #[must_use]
    pub fn warnings(&self) -> Vec<Value> {
        wait_until("warnings are logged", || {
            let mut lines = all_lines(&self.output());
            lines.retain(|line| line["outcome"] == "configured");
            (!lines.is_empty()).then_some(lines)
        })
    }

    /// All that workerd, Miniflare and the Worker printed so far.
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

/// The log lines of requests, messages and the cron trigger; what the configuration is warned of, once
/// for each isolate, is not one.
fn log_lines(output: &str) -> Vec<Value> {
    let mut lines = all_lines(output);
    lines.retain(|line| line["outcome"] != "configured");
    lines
}

/// The lines among what was printed.
fn all_lines(output: &str) -> Vec<Value> {
    let starts = output.match_indices(r#"{"outcome":"#);
    let lines = starts.filter_map(|(start, _)| {
        serde_json::Deserializer::from_str(output.get(start..)?).into_iter().next()?.ok()
    });
    lines.collect()
}
