//! The soak: many events through a receiver that fails and dies, and none may be lost.

use crate::command::{cargo, show};
use crate::output::stage;
use crate::{Project, Result, Worker, build, setup};

/// Builds the receiver and soaks it, with these arguments of `tests/edge/soak`: `--events`,
/// `--faults`, `--restarts`, `--seed`.
///
/// # Errors
/// If a tool cannot be had, the receiver does not build, or an event is lost.
pub fn soak(project: &Project, arguments: &[String]) -> Result<()> {
    build::build(&setup::setup(project)?, Worker::Receiver)?;
    run(project, FAST, arguments)
}

/// The profile in which the soak is fast enough for the receiver to be the slow one.
const FAST: &str = "soak";

/// The profile of the tests, in which it is built with them.
const OF_TESTS: &str = "dev";

/// A short one, with a receiver that was built.
pub(crate) fn test(project: &Project, arguments: &[String]) -> Result<()> {
    run(project, OF_TESTS, arguments)
}

fn run(project: &Project, profile: &str, arguments: &[String]) -> Result<()> {
    let mut build = program("build", profile);
    build.current_dir(project.root());
    stage("build of the soak", || show(&mut build, "correct what stands above"))?;
    let mut run = program("run", profile);
    run.args(["--quiet", "--"]).args(arguments).current_dir(project.root());
    stage("soak", || {
        show(&mut run, "what went wrong stands above; with its --seed the same is sent again")
    })
}

fn program(task: &str, profile: &str) -> std::process::Command {
    let mut command = cargo();
    command.args([task, "--profile", profile, "--package", "edge", "--bin", "soak"]);
    command
}
