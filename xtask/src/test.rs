//! Runs all checks and tests in two lanes at the same time, so that one lane uses the processor time
//! that the other leaves idle. In each lane, the fastest to fail comes first. The lanes build in
//! different folders, because cargo locks the folder it builds in.

mod programs;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::command::{cargo, show};
use crate::output::{say, stage};
use crate::{
    Error, Project, Result, Worker, build, dependencies, fuzz, instructions, package, setup, soak,
};
use programs::Programs;

/// A check that is one call of cargo: its name, its arguments, and the advice if it fails.
type Check = (&'static str, &'static [&'static str], &'static str);

/// The checks that give quick feedback on a change.
const FIRST_CHECKS: [Check; 2] = [
    ("format", &["fmt", "--all", "--check"], "run `cargo fmt --all`"),
    (
        "clippy",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "bench/instructions,bench/workerd",
            "--",
            "-Dwarnings",
        ],
        "fix the errors above",
    ),
];

/// The checks of the documentation. They have the features of clippy, so that cargo can use the
/// dependencies that it checked for clippy.
const DOCUMENTATION: [Check; 2] = [
    (
        "documentation",
        &["doc", "--workspace", "--no-deps", "--features", "bench/instructions,bench/workerd"],
        "fix the errors above",
    ),
    (
        "documentation of private items",
        &[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
            "--features",
            "bench/instructions,bench/workerd",
        ],
        "fix the errors above",
    ),
];

/// How many tests run at once on the real runtime. They often wait for it.
const EDGE_TESTS_AT_ONCE: usize = 4;

/// How long each target is fuzzed, in seconds. `cargo xtask fuzz` can fuzz longer.
const FUZZ_SECONDS: u32 = 5;

/// The size of the soak. `cargo xtask soak` can do more.
const SOAK: [&str; 4] = ["--events", "1000", "--restarts", "1"];

/// Runs all of them. After the first failure it starts no other.
///
/// # Errors
/// The first check that failed.
pub fn test(project: &Project) -> Result<()> {
    let checks = Checks { project, failure: Mutex::default(), skipped: Mutex::default() };
    let (built, are_built) = mpsc::channel();
    thread::scope(|scope| {
        let others = scope.spawn(|| checks.others(built));
        // `checks` has the failure.
        let _ = checks.tests(&are_built);
        if others.join().is_err() {
            checks.fail(Error::new("a check panicked: see above"));
        }
    });
    if let Some(failure) = checks.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(failure);
    }
    let skipped = checks.skipped.into_inner().unwrap_or_else(PoisonError::into_inner);
    for reason in &skipped {
        say(&format!("SKIPPED: {reason}"));
    }
    say(if skipped.is_empty() { "everything passes" } else { "everything else passes" });
    Ok(())
}

/// What the two lanes share.
struct Checks<'a> {
    project: &'a Project,
    /// The first failure.
    failure: Mutex<Option<Error>>,
    /// The reasons for which checks were skipped.
    skipped: Mutex<Vec<String>>,
}

/// A lane ends early, because a check has failed.
struct Stopped;

impl Checks<'_> {
    /// The lane that builds in `target/debug`: clippy, the documentation and the tests.
    fn tests(&self, workers_are_built: &Receiver<()>) -> std::result::Result<(), Stopped> {
        let project = self.project;
        for check in FIRST_CHECKS {
            self.then(|| perform(project, check))?;
        }
        self.skip(self.then(|| dependencies::test(project))?);
        for check in DOCUMENTATION {
            self.then(|| perform(project, check))?;
        }
        let programs = self.then(|| stage("build of the tests", || Programs::build(project)))?;
        self.then(|| stage("native tests", || programs.run_native(project)))?;
        // This fails if the other lane ended early.
        workers_are_built.recv().map_err(|_| Stopped)?;
        self.then(|| {
            stage("commands of the npm package", || programs.run_npm(&setup::setup(project)?))
        })?;
        self.then(|| stage("tests on the real runtime", || programs.run_edge(EDGE_TESTS_AT_ONCE)))?;
        self.then(|| soak::test(project, programs.soak()?, &SOAK))
    }

    /// The other lane: the tools, the Workers, and the checks that build in folders of their own.
    fn others(&self, workers_are_built: Sender<()>) -> std::result::Result<(), Stopped> {
        let project = self.project;
        let tools = self.then(|| setup::setup(project))?;
        for worker in Worker::ALL {
            let name = format!("build of the {}", worker.name());
            self.then(|| stage(&name, || build::build(&tools, worker)))?;
        }
        self.then(|| stage("npm package", || package::package(&tools).map(drop)))?;
        self.then(setup::setup_python)?;
        self.then(setup::setup_browser)?;
        self.then(|| setup::setup_peers(project))?;
        // This fails if the other lane ended early.
        let _ = workers_are_built.send(());
        drop(workers_are_built);
        self.skip(self.then(|| instructions::test(project))?);
        if fuzz::is_possible() {
            self.then(|| fuzz::fuzz(project, &[], FUZZ_SECONDS))
        } else {
            let reason = "fuzzing needs a C++ compiler, which is missing: install g++";
            self.skip(Some(reason.to_owned()));
            Ok(())
        }
    }

    /// Runs a check, unless another one has failed.
    fn then<T>(&self, work: impl FnOnce() -> Result<T>) -> std::result::Result<T, Stopped> {
        if self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Err(Stopped);
        }
        work().map_err(|error| {
            self.fail(error);
            Stopped
        })
    }

    fn fail(&self, error: Error) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn skip(&self, reason: Option<String>) {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).extend(reason);
    }
}

fn perform(project: &Project, (name, arguments, advice): Check) -> Result<()> {
    stage(name, || {
        show(
            cargo().args(arguments).env("RUSTDOCFLAGS", "-Dwarnings").current_dir(project.root()),
            advice,
        )
    })
}
