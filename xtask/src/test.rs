//! Runs all checks and tests, the fastest to fail first.

use std::thread;

use crate::command::{cargo, show};
use crate::output::{say, stage};
use crate::{
    Error, Project, Result, Tools, Worker, build, dependencies, fuzz, instructions, setup, soak,
};

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

/// The checks that run while the Workers are built, which mostly keeps one core busy.
const CHECKS: [Check; 3] = [
    ("documentation", &["doc", "--workspace", "--no-deps"], "fix the errors above"),
    (
        "documentation of private items",
        &["doc", "--workspace", "--no-deps", "--document-private-items"],
        "fix the errors above",
    ),
    ("native tests", &["test", "--workspace", "--exclude", "edge"], "see which test failed above"),
];

/// How long each target is fuzzed, in seconds. `cargo xtask fuzz` can fuzz longer.
const FUZZ_SECONDS: u32 = 5;

/// The size of the soak. `cargo xtask soak` can do more.
const SOAK: [&str; 4] = ["--events", "1000", "--restarts", "1"];

/// Runs all of them, and stops at the first failure.
///
/// # Errors
/// The first check that failed.
pub fn test(project: &Project) -> Result<()> {
    let tools = setup::setup(project)?;
    setup::setup_python()?;
    for one in FIRST_CHECKS {
        check(project, one)?;
    }
    let mut skipped = Vec::new();
    skipped.extend(dependencies::test(project)?);
    thread::scope(|scope| {
        let builds = scope.spawn(|| build(&tools));
        for one in CHECKS {
            check(project, one)?;
        }
        skipped.extend(instructions::test(project)?);
        let panicked = || Err(Error::new("the build of the Workers panicked: see above"));
        builds.join().unwrap_or_else(|_| panicked())
    })?;
    check(
        project,
        (
            "tests on the real runtime",
            &["test", "--package", "edge", "--", "--test-threads=4"],
            "see which test failed above",
        ),
    )?;
    soak::test(project, &SOAK.map(str::to_owned))?;
    if fuzz::is_possible() {
        fuzz::fuzz(project, &[], FUZZ_SECONDS)?;
    } else {
        skipped.push("fuzzing needs a C++ compiler, which is missing: install g++".to_owned());
    }
    for reason in &skipped {
        say(&format!("SKIPPED: {reason}"));
    }
    say(if skipped.is_empty() { "everything passes" } else { "everything else passes" });
    Ok(())
}

/// Builds all Workers.
fn build(tools: &Tools) -> Result<()> {
    for worker in Worker::ALL {
        let name = format!("build of the {}", worker.name());
        stage(&name, || build::build(tools, worker))?;
    }
    Ok(())
}

fn check(project: &Project, (name, arguments, advice): Check) -> Result<()> {
    stage(name, || {
        show(
            cargo().args(arguments).env("RUSTDOCFLAGS", "-Dwarnings").current_dir(project.root()),
            advice,
        )
    })
}
