//! Every check and every test, in two rows side by side, each in the order in which it is quick to
//! fail. The rows use folders of their own for what they build, since cargo locks its folder; what one
//! leaves of the processors the other takes.

mod programs;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::command::{cargo, show};
use crate::output::{say, stage};
use crate::{Error, Project, Result, Worker, build, dependencies, fuzz, instructions, setup, soak};
use programs::Programs;

/// A check that is one call of cargo: name, arguments, what to do when it fails.
type Check = (&'static str, &'static [&'static str], &'static str);

/// Those that somebody who has just changed something is quickly told of.
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
        "correct what stands above",
    ),
];

/// Those of the documentation. With the features of clippy, what it has checked is not checked again.
const DOCUMENTATION: [Check; 2] = [
    (
        "documentation",
        &["doc", "--workspace", "--no-deps", "--features", "bench/instructions,bench/workerd"],
        "correct what stands above",
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
        "correct what stands above",
    ),
];

/// How many tests run at once on the real runtime, where they often wait for it.
const EDGE_TESTS_AT_ONCE: usize = 4;

/// How long each target is fuzzed here; `cargo xtask fuzz` does it for longer.
const FUZZ_SECONDS: u32 = 5;

/// How much is soaked here; `cargo xtask soak` does more.
const SOAK: [&str; 4] = ["--events", "1000", "--restarts", "1"];

/// Runs them all; after the first that fails, none is started any more.
///
/// # Errors
/// The first check that fails.
pub fn test(project: &Project) -> Result<()> {
    let checks = Checks { project, failure: Mutex::default(), skipped: Mutex::default() };
    let (built, are_built) = mpsc::channel();
    thread::scope(|scope| {
        let others = scope.spawn(|| checks.others(built));
        // How they end is in `checks`.
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

/// What the two rows share.
struct Checks<'a> {
    project: &'a Project,
    /// What failed first.
    failure: Mutex<Option<Error>>,
    /// Why something could not be checked.
    skipped: Mutex<Vec<String>>,
}

/// A row ends early, since something has failed.
struct Stopped;

impl Checks<'_> {
    /// What is built by the user's compiler in `target/debug`, and the tests.
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
        // The other row has ended early if they never are.
        workers_are_built.recv().map_err(|_| Stopped)?;
        self.then(|| stage("tests on the real runtime", || programs.run_edge(EDGE_TESTS_AT_ONCE)))?;
        self.then(|| soak::test(project, programs.soak()?, &SOAK))
    }

    /// Everything else: the tools, the Workers, and what has builds of its own.
    fn others(&self, workers_are_built: Sender<()>) -> std::result::Result<(), Stopped> {
        let project = self.project;
        let tools = self.then(|| setup::setup(project))?;
        for worker in Worker::ALL {
            let name = format!("build of the {}", worker.name());
            self.then(|| stage(&name, || build::build(&tools, worker)))?;
        }
        self.then(setup::setup_python)?;
        // If nobody waits for them, the other row has ended.
        let _ = workers_are_built.send(());
        drop(workers_are_built);
        self.skip(self.then(|| instructions::test(project))?);
        if fuzz::is_possible() {
            self.then(|| fuzz::fuzz(project, &[], FUZZ_SECONDS))
        } else {
            let reason = "fuzzing needs a C++ compiler, and there is none: install g++";
            self.skip(Some(reason.to_owned()));
            Ok(())
        }
    }

    /// Does this, unless something has failed.
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
