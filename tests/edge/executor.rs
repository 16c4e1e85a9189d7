//! What the executor borrows from the insides of a build. After an upgrade that changed any of it, the
//! Worker does not start, and says what is different.

use std::fs;
use std::path::Path;
use std::process::Command;

use edge::{BUILD, Process, tools, wait_until};

/// What an upgrade could bring: a name in the build, the one it has afterwards, and what is said then.
const UPGRADES: [(&str, &str, &str); 7] = [
    (
        "prototype.proceed",
        "prototype.advance",
        "Worker.prototype.proceed is missing, not a function",
    ),
    (
        "prototype.ledger_claim",
        "prototype.ledger_grant",
        "Worker.prototype.ledger_claim is missing, not a function",
    ),
    (
        "__worker_init_state",
        "__worker_load_state",
        "globalThis.__worker_init_state.criticalError is missing, not a boolean; \
         globalThis.__worker_init_state.instanceId is missing, not a number",
    ),
    (
        "criticalError:!1",
        "criticalError:0",
        "globalThis.__worker_init_state.criticalError is a number, not a boolean",
    ),
    ("as default", "as Worker", "Worker.prototype.begin_fetch is missing, not a function"),
    // These are in the wasm, whose lengths have to stay.
    ("READ_CHUNK", "READ_PIECE", "tags() has no READ_CHUNK"),
    ("WOKEN", "AWAKE", "tags() has no WOKEN"),
];

const CONFIGURATION: &str = r#"
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .receiver)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const receiver :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    (name = "src/cloudflare/executor/main.mjs", esModule = embed "src/cloudflare/executor/main.mjs"),
    (name = "src/cloudflare/executor/borrowed.mjs", esModule = embed "src/cloudflare/executor/borrowed.mjs"),
    (name = "src/cloudflare/executor/ledger.mjs", esModule = embed "src/cloudflare/executor/ledger.mjs"),
    (name = "src/cloudflare/executor/operators.mjs", esModule = embed "src/cloudflare/executor/operators.mjs"),
    (name = "build/index.js", esModule = embed "build/index.js"),
    (name = "build/index_bg.wasm", wasm = embed "build/index_bg.wasm"),
  ],
);
"#;

#[test]
fn a_build_that_lacks_something_does_not_start() {
    for (name, renamed, said) in UPGRADES {
        let folder = tempfile::tempdir().unwrap();
        let upgraded = copy_build(folder.path(), |bytes| replace(bytes, name, renamed));
        assert!(upgraded > 0, "the build has no {name:?}: what the executor borrows has changed");
        let output = output_until_end(folder.path());
        let expected =
            format!("Error: build/index.js is not what main.mjs was written for: {said}");
        assert!(output.contains(&expected), "{name}: {expected:?} is not in {output}");
        assert!(output.contains("Run `cargo xtask build`"), "{name}: no advice in {output}");
    }
}

/// After a panic the executor has the wasm instantiated anew. It notices when that no longer happens,
/// and serves nobody from a memory in disorder.
#[test]
fn a_panic_that_is_not_cleaned_up_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let upgraded = copy_build(folder.path(), |bytes| {
        // As if it had panicked, and the next object of the class changed nothing.
        let bytes = replace(bytes, "criticalError:!1", "criticalError:!0");
        replace(&bytes, ".criticalError&&", ".wasPanicking&&")
    });
    assert!(upgraded > 0, "the build has no criticalError");
    let mut workerd = Process::start(workerd(folder.path()));
    let port = wait_until("workerd listens", || {
        assert!(!workerd.has_ended(), "{}", workerd.output());
        let output = workerd.output();
        let (_, behind) = output.split_once(r#""port":"#)?;
        behind.split_once('}').map(|(port, _)| port.to_owned())
    });
    let answer = ureq::get(format!("http://127.0.0.1:{port}/health"))
        .config()
        .http_status_as_error(false)
        .build()
        .call()
        .unwrap();
    assert_eq!(answer.status(), 500);
    workerd.wait_for("`new Worker` leaves criticalError set after a panic");
}

fn output_until_end(folder: &Path) -> String {
    let mut workerd = Process::start(workerd(folder));
    wait_until("workerd ends, as its Worker cannot start", || workerd.has_ended().then_some(()));
    wait_until("all that it said is there", || {
        let output = workerd.output();
        output.contains("Run `cargo xtask build`").then_some(output)
    })
}

fn workerd(folder: &Path) -> Command {
    let configuration = folder.join("receiver.capnp");
    fs::write(&configuration, CONFIGURATION).unwrap();
    let mut workerd = Command::new(tools().project().npm_programs().join("workerd"));
    // It tells the port on its standard output.
    workerd.arg("serve").arg("--control-fd=1").arg(configuration);
    workerd
}

/// Copies the build, each file as `change` makes it, and returns how many it changed.
fn copy_build(folder: &Path, change: impl Fn(&[u8]) -> Vec<u8>) -> usize {
    let copy = |file: &&str| {
        let original = fs::read(tools().project().root().join(file)).unwrap();
        let is_ours = file.starts_with("src/");
        let changed = if is_ours { original.clone() } else { change(&original) };
        let copy = folder.join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, &changed).unwrap();
        changed != original
    };
    BUILD.iter().copied().filter(copy).count()
}

fn replace(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(from) {
            replaced.extend_from_slice(to);
            rest = behind;
        } else {
            replaced.extend_from_slice(&rest[..1]);
            rest = &rest[1..];
        }
    }
    replaced
}
