//! The receivers that ours is compared with, in `bench/peers`.

use std::fs;

use tempfile::TempDir;

use crate::host::{Host, Running};
use crate::process::{Process, tools};

/// A peer, until it is dropped. It takes the token `right-token` at `/webhook`.
#[derive(Debug)]
pub struct Peer {
    base: String,
    _running: Kind,
}

/// What runs it.
#[derive(Debug)]
enum Kind {
    /// workerd, which is dropped before its folder.
    Worker { _running: Running, _folder: TempDir },
    /// Python.
    Server { _process: Process },
}

impl Peer {
    /// Starts a peer that is a Worker, by the name of its folder. wrangler bundles it first.
    #[track_caller]
    #[must_use]
    pub fn worker(name: &str) -> Self {
        let tools = tools();
        let project = tools.project();
        xtask::setup::setup_peers(project).expect("the peers' packages");
        let source = project.peers().join(name);
        let parent = project.root().join("target/edge");
        fs::create_dir_all(&parent).unwrap();
        let folder = tempfile::tempdir_in(parent).unwrap();
        let mut wrangler = tools.wrangler().unwrap();
        wrangler.args(["deploy", "--dry-run", "--outdir"]).arg(folder.path()).current_dir(&source);
        let output = wrangler.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::copy(source.join("wrangler.toml"), folder.path().join("wrangler.toml")).unwrap();
        fs::write(folder.path().join(".dev.vars"), "ELYTRA_TOKEN=right-token\n").unwrap();
        let running = Host::shared().run(folder.path());
        let base = running.base.clone();
        Self { base, _running: Kind::Worker { _running: running, _folder: folder } }
    }

    /// Starts the peer that is written with `FastAPI`. Nobody takes what it forwards.
    #[track_caller]
    #[must_use]
    pub fn fastapi() -> Self {
        let mut uvicorn = xtask::setup::setup_fastapi().expect("Python with FastAPI");
        uvicorn
            .args(["-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", "0"])
            .args(["--loop", "uvloop", "--http", "httptools", "--no-access-log"])
            .arg("--app-dir")
            .arg(tools().project().peers().join("fastapi"))
            .env("ELYTRA_TOKEN", "right-token")
            .env("QUEUE_URL", "http://127.0.0.1:9");
        let mut process = Process::start(uvicorn);
        let place = process.wait_for("Uvicorn running on ");
        let base = place.split(' ').next().unwrap_or_default().to_owned();
        Self { base, _running: Kind::Server { _process: process } }
    }

    /// Its base URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }
}
