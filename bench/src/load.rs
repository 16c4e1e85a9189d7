//! The load generator: oha, told what to send, and asked what came of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use serde::Deserialize;

/// How long an answer may take; one that never comes is an error, not the end of everything.
const PATIENCE: &str = "30s";

/// Where the bodies of requests come from.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// Each is this file.
    File(PathBuf),
    /// Each is a line of this file, chosen by chance.
    Lines(PathBuf),
}

/// What is sent where.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) oha: &'a Path,
    pub(crate) to: SocketAddr,
    pub(crate) headers: &'a [String],
    pub(crate) body: &'a Body,
    pub(crate) connections: usize,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Answers {
    /// How many came with each status.
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// What the load generator itself has used.
    pub(crate) cpu: Duration,
}

/// oha's report, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    summary: Summary,
    latency_percentiles: Percentiles,
    status_code_distribution: BTreeMap<u16, usize>,
    error_distribution: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Summary {
    total: f64,
}

#[derive(Deserialize)]
struct Percentiles {
    p50: f64,
    p99: f64,
}

impl Load<'_> {
    /// Sends this many requests, and waits for every answer.
    ///
    /// # Panics
    ///
    /// If a request got no answer.
    #[track_caller]
    pub(crate) fn send(&self, requests: usize) -> Answers {
        let before = cpu_of_children();
        let output = self.command().arg("-n").arg(requests.to_string()).output().unwrap();
        let cpu = cpu_of_children().saturating_sub(before);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "oha failed: {complaint}");
        let report: Report = serde_json::from_slice(&output.stdout).unwrap();
        let failed = &report.error_distribution;
        assert!(failed.is_empty(), "requests without an answer: {failed:?}");
        Answers {
            statuses: report.status_code_distribution,
            seconds: report.summary.total,
            p50_ms: report.latency_percentiles.p50 * 1_000.0,
            p99_ms: report.latency_percentiles.p99 * 1_000.0,
            cpu,
        }
    }

    /// Goes on sending, at most this many requests a second, until the value is dropped.
    pub(crate) fn keep_sending(&self, a_second: usize) -> Endless {
        let mut command = self.command();
        command.args(["-z", "1h", "-q"]).arg(a_second.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Endless { oha: command.spawn().unwrap() }
    }

    fn command(&self) -> Command {
        let mut oha = Command::new(self.oha);
        oha.args(["--no-tui", "--output-format", "json", "--disable-compression"])
            .args(["-m", "POST", "-t", PATIENCE])
            .arg("-c")
            .arg(self.connections.to_string());
        for header in self.headers {
            oha.args(["-H", header]);
        }
        match self.body {
            Body::File(path) => oha.arg("-D").arg(path),
            Body::Lines(path) => oha.arg("-Z").arg(path),
        };
        oha.arg(format!("http://{}/webhook", self.to));
        oha
    }
}

/// A load that lasts as long as this.
#[derive(Debug)]
pub(crate) struct Endless {
    oha: Child,
}

impl Endless {
    /// Whether it is still going on.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.oha.try_wait().is_ok_and(|ended| ended.is_none())
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed.
        let _ = self.oha.kill().and_then(|()| self.oha.wait());
    }
}

/// Writes bodies, one a line.
pub(crate) fn write_lines(path: &Path, lines: impl Iterator<Item = String>) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for line in lines {
        file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n")).unwrap();
    }
    file.flush().unwrap();
}

/// The CPU time of all children that have ended. Nobody else's end between two calls of this.
fn cpu_of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let both = [usage.user_time(), usage.system_time()];
    let micros = both.map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    Duration::from_micros(micros.iter().sum::<i64>().unsigned_abs())
}
