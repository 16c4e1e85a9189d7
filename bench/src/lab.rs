//! Where everything is that the measurements need: tools, folders, the stub of the destinations.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use xtask::setup::BenchTools;
use xtask::{Project, Tools};

use crate::load::{Body, Load};
use crate::process::Process;
use crate::workerd::{Worker, Workerd};

/// The tools and the folder.
pub(crate) struct Lab {
    pub(crate) tools: Tools,
    pub(crate) bench_tools: BenchTools,
    folder: PathBuf,
}

impl Lab {
    pub(crate) fn open() -> Self {
        let project = Project::here();
        let tools = xtask::setup::setup(&project).unwrap_or_else(|error| panic!("{error}"));
        let bench_tools =
            xtask::setup::setup_bench(&project).unwrap_or_else(|error| panic!("{error}"));
        let folder = project.root().join("target/bench");
        fs::create_dir_all(&folder).unwrap();
        Self { tools, bench_tools, folder }
    }

    pub(crate) fn project(&self) -> &Project {
        self.tools.project()
    }

    pub(crate) fn workerd(&self) -> PathBuf {
        self.project().npm_programs().join("workerd")
    }

    /// Where everything is written to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Starts workerd with a Worker, whose queues and namespaces lead to the sink.
    pub(crate) fn start(&self, name: &str, worker: Worker, sink: Option<&Sink>) -> Process {
        self.start_workerd(name, &Workerd::new(worker, sink.map(Sink::address)))
    }

    pub(crate) fn start_workerd(&self, name: &str, workerd: &Workerd) -> Process {
        workerd.start(&self.workerd(), &self.folder, name)
    }

    /// A Worker of the benchmark itself, of one module.
    pub(crate) fn helper(&self, name: &str, text: &str) -> Worker {
        let module = self.write(name, text);
        Worker {
            modules: vec![module],
            compatibility_date: "2026-11-01".to_owned(),
            ..Worker::default()
        }
    }

    pub(crate) fn load<'a>(
        &'a self,
        to: SocketAddr,
        headers: &'a [String],
        body: &'a Body,
        connections: usize,
    ) -> Load<'a> {
        Load { oha: self.bench_tools.oha(), to, headers, body, connections }
    }
}

/// The stub of the destinations, in a workerd of its own, so that what it costs counts for nobody.
pub(crate) struct Sink(Process);

impl Sink {
    pub(crate) fn start(lab: &Lab, name: &str) -> Self {
        let worker = lab.helper("sink.js", include_str!("workers/sink.js"));
        Self(lab.start(name, worker, None))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// How many messages it has taken so far.
    pub(crate) fn messages(&self) -> usize {
        get(self.address(), "/").parse().unwrap()
    }

    /// What was in the last one.
    pub(crate) fn last_message(&self) -> String {
        get(self.address(), "/last")
    }
}

/// What a helper tells when it is asked.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let answer = ureq::get(format!("http://{address}{path}")).call().unwrap();
    answer.into_body().read_to_string().unwrap()
}
