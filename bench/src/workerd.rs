//! workerd by itself, with a small configuration: without wrangler's own Workers around ours.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{Process, free_address};

/// The compatibility flag, still an experiment, with which a Worker calls another's `queue`.
pub(crate) const EXTRA_HANDLERS: &str = "service_binding_extra_handlers";

/// A Worker and what is bound to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Worker {
    /// Its modules; the first is where it begins.
    pub(crate) modules: Vec<PathBuf>,
    pub(crate) compatibility_date: String,
    pub(crate) compatibility_flags: Vec<String>,
    pub(crate) bindings: Vec<(String, Binding)>,
}

/// What is bound under a name.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    Text(String),
    Json(Value),
    /// A queue, whose messages go to the stub.
    Queue,
    /// A namespace, whose values go to the stub.
    Kv,
    /// Durable Objects of the Worker's own class of this name.
    DurableObjects(String),
    /// Another Worker of the same workerd.
    Service(String),
}

/// A workerd.
#[derive(Debug)]
pub(crate) struct Workerd {
    workers: Vec<(String, Worker)>,
    /// Where the stub is.
    sink: Option<SocketAddr>,
}

impl Workerd {
    /// One that runs this Worker, whose queues and namespaces lead to the stub.
    pub(crate) fn new(worker: Worker, sink: Option<SocketAddr>) -> Self {
        Self { workers: vec![("main".to_owned(), worker)], sink }
    }

    /// With one more Worker beside it, that can be bound.
    pub(crate) fn with(mut self, name: &str, worker: Worker) -> Self {
        self.workers.push((name.to_owned(), worker));
        self
    }

    /// Starts it. Its files lie in this folder, below its name.
    pub(crate) fn start(&self, program: &Path, folder: &Path, name: &str) -> Process {
        let configuration = folder.join(format!("{name}.capnp"));
        // What another run stored is of no use.
        let storage = folder.join(format!("{name}.storage"));
        if storage.exists() {
            fs::remove_dir_all(&storage).unwrap();
        }
        fs::create_dir(&storage).unwrap();
        fs::write(&configuration, self.configuration(folder, &storage)).unwrap();
        let address = free_address();
        let mut command = Command::new(program);
        command.arg("serve").arg(format!("--socket-addr=http={address}"));
        if self.is_experimental() {
            command.arg("--experimental");
        }
        command.arg(&configuration);
        Process::start(&mut command, address, &folder.join(format!("{name}.log")))
    }

    fn is_experimental(&self) -> bool {
        let mut flags = self.workers.iter().flat_map(|(_, worker)| &worker.compatibility_flags);
        flags.any(|flag| flag == EXTRA_HANDLERS)
    }

    fn configuration(&self, folder: &Path, storage: &Path) -> String {
        let mut text = String::from("using Workerd = import \"/workerd/workerd.capnp\";\n\n");
        text.push_str("const config :Workerd.Config = (\n  services = [\n");
        for (index, (name, _)) in self.workers.iter().enumerate() {
            let _ = writeln!(text, "    (name = {}, worker = .worker{index}),", quoted(name));
        }
        if let Some(sink) = self.sink {
            let address = quoted(&sink.to_string());
            let _ = writeln!(
                text,
                "    (name = \"sink\", external = (address = {address}, http = ())),"
            );
        }
        // SQLite is there only on a disk.
        let storage = quoted(&storage.to_string_lossy());
        let _ =
            writeln!(text, "    (name = \"storage\", disk = (path = {storage}, writable = true)),");
        // A Worker that calls servers reaches those of this machine.
        text.push_str("    (name = \"internet\", network = (allow = [\"private\"])),\n  ],\n");
        text.push_str("  sockets = [(name = \"http\", http = (), service = \"main\")],\n);\n");
        for (index, (_, worker)) in self.workers.iter().enumerate() {
            let _ = write!(
                text,
                "\nconst worker{index} :Workerd.Worker = (\n{});\n",
                worker.text(folder)
            );
        }
        text
    }
}

impl Worker {
    fn text(&self, folder: &Path) -> String {
        let mut text = String::from("  modules = [\n");
        for path in &self.modules {
            let name = path.file_name().unwrap().to_string_lossy();
            let kind = if name.ends_with(".wasm") { "wasm" } else { "esModule" };
            let path = path.strip_prefix(folder).unwrap().to_string_lossy();
            let (name, path) = (quoted(&name), quoted(&path));
            let _ = writeln!(text, "    (name = {name}, {kind} = embed {path}),");
        }
        let date = quoted(&self.compatibility_date);
        let flags: Vec<_> = self.compatibility_flags.iter().map(|flag| quoted(flag)).collect();
        let flags = flags.join(", ");
        let _ = writeln!(
            text,
            "  ],\n  compatibilityDate = {date},\n  compatibilityFlags = [{flags}],"
        );
        text.push_str("  bindings = [\n");
        for (name, binding) in &self.bindings {
            let _ = writeln!(text, "    (name = {}, {}),", quoted(name), binding.text());
        }
        text.push_str("  ],\n");
        for (_, binding) in &self.bindings {
            if let Binding::DurableObjects(class) = binding {
                let class = quoted(class);
                let _ = writeln!(
                    text,
                    "  durableObjectNamespaces = [(className = {class}, uniqueKey = {class}, enableSql = true)],\n  \
                     durableObjectStorage = (localDisk = \"storage\"),"
                );
            }
        }
        text
    }
}

impl Binding {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => format!("text = {}", quoted(text)),
            Self::Json(json) => format!("json = {}", quoted(&json.to_string())),
            Self::Queue => "queue = \"sink\"".to_owned(),
            Self::Kv => "kvNamespace = \"sink\"".to_owned(),
            Self::DurableObjects(class) => format!("durableObjectNamespace = {}", quoted(class)),
            Self::Service(name) => format!("service = {}", quoted(name)),
        }
    }
}

/// A text as Cap'n Proto writes it, which is as JSON does where it is plain.
fn quoted(text: &str) -> String {
    assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?} is plain");
    Value::from(text).to_string()
}
