//! A receiver that runs in workerd.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::family::Member;
use crate::http::Call;
use crate::process::{Process, tools, wait_until};
use crate::raw::Connection;
use crate::settings::Settings;

/// `wrangler dev` with the receiver, until this value goes.
#[derive(Debug)]
pub struct Receiver {
    base: String,
    process: Process,
    folder: TempDir,
}

impl Receiver {
    /// Starts it, and waits until it listens.
    #[track_caller]
    #[must_use]
    pub fn start(settings: &Settings) -> Self {
        let tools = tools();
        let parent = tools.project().root().join("target/edge");
        std::fs::create_dir_all(&parent).unwrap();
        let folder = tempfile::tempdir_in(parent).unwrap();
        settings.write(folder.path(), tools.project().root());
        let (process, base) = dev(folder.path());
        Self { base, process, folder }
    }

    /// Kills it, in the middle of whatever it does. What is in KV and in Durable Objects stays; the
    /// queue's messages are gone, unless a [`Sink`](crate::Sink) keeps them.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Kills it if it runs, starts it again on the same storage, and waits until it listens, on
    /// another port. It knows nothing of faults, calls and log lines from before.
    #[track_caller]
    pub fn restart(&mut self) {
        self.process.kill();
        (self.process, self.base) = dev(self.folder.path());
    }

    /// The same, with other settings.
    #[track_caller]
    pub fn restart_with(&mut self, settings: &Settings) {
        self.process.kill();
        settings.write(self.folder.path(), tools().project().root());
        self.restart();
    }

    /// The processes of workerd: that of wrangler's proxy, and behind it the receiver's.
    #[must_use]
    pub fn workerd(&self) -> Vec<Member> {
        let mut members = self.process.family();
        members.retain(|member| member.name == "workerd");
        members
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
            let lines = log_lines(&self.process.output());
            (lines.len() >= count).then_some(lines)
        })
    }

    /// What the configuration is warned of, once it is.
    #[track_caller]
    #[must_use]
    pub fn warnings(&self) -> Vec<Value> {
        wait_until("warnings are logged", || {
            let mut lines = all_lines(&self.process.output());
            lines.retain(|line| line["outcome"] == "configured");
            (!lines.is_empty()).then_some(lines)
        })
    }

    /// All that wrangler and the Worker printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }
}

/// `wrangler dev` in this folder, and where it listens.
#[track_caller]
fn dev(folder: &Path) -> (Process, String) {
    let mut wrangler = tools().wrangler().unwrap();
    wrangler
        .arg("dev")
        .args(["--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"])
        .arg("--config")
        .arg(folder.join("wrangler.toml"))
        .arg("--persist-to")
        .arg(folder.join("storage"))
        .env("WRANGLER_REGISTRY_PATH", folder.join("registry"));
    let mut process = Process::start(wrangler);
    let base = process.wait_for("Ready on ");
    (process, base)
}

/// The log lines of requests, messages and the cron trigger; what the configuration is warned of, once
/// for each isolate, is not one.
fn log_lines(output: &str) -> Vec<Value> {
    let mut lines = all_lines(output);
    lines.retain(|line| line["outcome"] != "configured");
    lines
}

/// The lines among what wrangler printed, which puts colours around some of them.
fn all_lines(output: &str) -> Vec<Value> {
    let starts = output.match_indices(r#"{"outcome":"#);
    let lines = starts.filter_map(|(start, _)| {
        serde_json::Deserializer::from_str(output.get(start..)?).into_iter().next()?.ok()
    });
    lines.collect()
}
