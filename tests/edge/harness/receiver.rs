//! A receiver that runs in workerd.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::http::Call;
use crate::process::{Process, tools, wait_until};
use crate::raw::Connection;
use crate::settings::Settings;

/// `wrangler dev` with the receiver, until this value goes.
#[derive(Debug)]
pub struct Receiver {
    base: String,
    process: Process,
    _folder: TempDir,
}

/// What lies in KV under one key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct KvEntry {
    /// The value.
    pub value: String,
    /// The metadata.
    pub metadata: Value,
    /// When the key goes, in seconds since 1970.
    pub expiration: Option<u64>,
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

        let mut wrangler = tools.wrangler().unwrap();
        wrangler
            .arg("dev")
            .args(["--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"])
            .arg("--config")
            .arg(folder.path().join("wrangler.toml"))
            .arg("--persist-to")
            .arg(folder.path().join("storage"))
            .env("WRANGLER_REGISTRY_PATH", folder.path().join("registry"));
        let mut process = Process::start(wrangler);
        let base = process.wait_for("Ready on ");
        Self { base, process, _folder: folder }
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

    /// Makes bindings fail from now on, each in a way that `worker/entry.mjs` knows; none, where
    /// there are none.
    #[track_caller]
    pub fn fail(&self, faults: &[(&str, &str)]) {
        let faults: BTreeMap<_, _> = faults.iter().copied().collect();
        let body = serde_json::to_vec(&faults).unwrap();
        assert_eq!(self.post(body).path("/test/faults").send().status, 200);
    }

    /// The messages the queue's consumer got, once there are this many.
    #[track_caller]
    #[must_use]
    pub fn received(&self, count: usize) -> Vec<String> {
        wait_until(&format!("the consumer has {count} messages"), || {
            let received = self.received_so_far();
            (received.len() >= count).then_some(received)
        })
    }

    /// The messages the queue's consumer got so far.
    #[track_caller]
    #[must_use]
    pub fn received_so_far(&self) -> Vec<String> {
        let answer = self.post("").method("GET").path("/test/received").send();
        serde_json::from_str(&answer.body).unwrap()
    }

    /// All that lies in the KV namespace.
    #[track_caller]
    #[must_use]
    pub fn kv(&self) -> BTreeMap<String, KvEntry> {
        let answer = self.post("").method("GET").path("/test/kv?binding=EVENTS_KV").send();
        serde_json::from_str(&answer.body).unwrap()
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

    /// All that wrangler and the Worker printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.output()
    }
}

/// The log lines among what wrangler printed, which puts colours around some of them.
fn log_lines(output: &str) -> Vec<Value> {
    let starts = output.match_indices(r#"{"outcome":"#);
    let lines = starts.filter_map(|(start, _)| {
        serde_json::Deserializer::from_str(output.get(start..)?).into_iter().next()?.ok()
    });
    lines.collect()
}
