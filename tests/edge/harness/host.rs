//! The Node process that runs receivers: see `host.mjs`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::process::tools;

/// The file in a receiver's folder with its output.
pub(crate) const OUTPUT: &str = "output";

/// The pending tasks: the id of each, and the sender for its answer.
type Waiting = Arc<Mutex<BTreeMap<u64, Sender<Value>>>>;

/// A Node that runs any number of receivers. It ends when its standard input is closed.
#[derive(Debug)]
pub(crate) struct Host {
    tasks: Mutex<ChildStdin>,
    waiting: Waiting,
    next_id: AtomicU64,
}

/// A running receiver.
#[derive(Debug)]
pub(crate) struct Running {
    host: Arc<Host>,
    id: u64,
    /// Its base URL.
    pub(crate) base: String,
    /// The id of workerd's process.
    pub(crate) process: u32,
}

impl Host {
    /// The host of all receivers that trust only the usual authorities.
    pub(crate) fn shared() -> Arc<Self> {
        static HOST: LazyLock<Arc<Host>> = LazyLock::new(|| Arc::new(Host::start(None)));
        Arc::clone(&HOST)
    }

    /// A host whose receivers also trust these authorities.
    pub(crate) fn trusting(authorities: &Path) -> Arc<Self> {
        Arc::new(Self::start(Some(authorities)))
    }

    fn start(authorities: Option<&Path>) -> Self {
        let tools = tools();
        let mut node = tools.miniflare().unwrap();
        if let Some(authorities) = authorities {
            // Miniflare passes them to workerd, whose `fetch` trusts them.
            node.env("NODE_EXTRA_CA_CERTS", authorities);
        }
        // Otherwise it would report for each receiver where its secrets come from.
        node.env("WRANGLER_LOG", "warn");
        let program = tools.project().root().join("tests/edge/harness/host.mjs");
        let mut child = node
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {node:?}: {error}"));
        let waiting = Waiting::default();
        hand_out(child.stdout.take().unwrap(), &waiting);
        let tasks = Mutex::new(child.stdin.take().unwrap());
        thread::spawn(move || child.wait());
        Self { tasks, waiting, next_id: AtomicU64::new(1) }
    }

    /// Starts the receiver in this folder, and waits until it listens.
    #[track_caller]
    pub(crate) fn run(self: Arc<Self>, folder: &Path) -> Running {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let answer = self.ask(id, &json!({ "id": id, "start": folder }));
        assert_eq!(answer["error"], Value::Null, "{}", answer["error"]);
        let base = answer["base"].as_str().unwrap().to_owned();
        let process = answer["process"].as_u64().and_then(|id| id.try_into().ok()).unwrap();
        Running { host: self, id, base, process }
    }

    /// The answer to a task, or `{ error }` if the host has ended.
    fn ask(&self, id: u64, task: &Value) -> Value {
        let (sender, answer) = mpsc::channel();
        self.waiting.lock().unwrap().insert(id, sender);
        let written = writeln!(self.tasks.lock().unwrap(), "{task}");
        let ended = || json!({ "error": "the host has ended, and said why on stderr" });
        if written.is_err() { ended() } else { answer.recv().unwrap_or_else(|_| ended()) }
    }
}

impl Running {
    /// Hands its consumer these messages, and returns the answer.
    #[track_caller]
    pub(crate) fn hand(&self, messages: &Value) -> Value {
        let id = self.host.next_id.fetch_add(1, Ordering::Relaxed);
        let task = json!({ "id": id, "hand": self.id, "messages": messages });
        let answer = self.host.ask(id, &task);
        assert_eq!(answer["error"], Value::Null, "{}", answer["error"]);
        answer
    }
}

/// Kills the receiver, whatever it is doing.
impl Drop for Running {
    fn drop(&mut self) {
        let id = self.host.next_id.fetch_add(1, Ordering::Relaxed);
        let answer = self.host.ask(id, &json!({ "id": id, "kill": self.id }));
        // A test that is already failing has its own message.
        assert!(thread::panicking() || answer["error"].is_null(), "{}", answer["error"]);
    }
}

/// Passes each answer to the task that waits for it, until the host ends.
fn hand_out(answers: ChildStdout, waiting: &Waiting) {
    let waiting = Arc::clone(waiting);
    thread::spawn(move || {
        for line in BufReader::new(answers).lines().map_while(Result::ok) {
            let answer: Value = serde_json::from_str(&line).unwrap();
            let sender = waiting.lock().unwrap().remove(&answer["id"].as_u64().unwrap());
            // The task may have panicked in the meantime.
            let _ = sender.map(|sender| sender.send(answer));
        }
        waiting.lock().unwrap().clear();
    });
}
