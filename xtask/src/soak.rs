//! The soak test: many events through a receiver that fails and dies, and none may be lost.

use crate::command::{cargo, show};
use crate::output::stage;
use crate::{Project, Result, Worker, build, setup};

/// Builds the receiver and soaks it, with these arguments of `tests/edge/soak`: `--events`,
/// `--faults`, `--restarts`, `--seed`.
///
/// # Errors
/// If a tool is unavailable, the receiver does not build, or an event is lost.
pub fn soak(project: &Project, arguments: &[String]) -> Result<()> {
    build::build(&setup::setup(project)?, Worker::Receiver)?;
    run(project, FAST, arguments)
}

/// The profile that makes the soak fast enough for the receiver to be the bottleneck.
const FAST: &str = "soak";

/// The profile of the tests, so that the soak is built together with them.
const OF_TESTS: &str = "dev";

/// A short soak of a receiver that has been built.
pub(crate) fn test(project: &Project, arguments: &[String]) -> Result<()> {
    run(project, OF_TESTS, arguments)
}

fn run(project: &Project, profile: &str, arguments: &[String]) -> Result<()> {
    let mut build = program("build", profile);
    build.current_dir(project.root());
    stage("build of the soak", || show(&mut build, "fix the errors above"))?;
    let mut run = program("run", profile);
    run.args(["--quiet", "--"]).args(arguments).current_dir(project.root());
    stage("soak", || {
        show(&mut run, "see the error above; run it with the same --seed to send the same events")
    })
}

fn program(task: &str, profile: &str) -> std::process::Command {
    let mut command = cargo();
    command.args([task, "--profile", profile, "--package", "edge", "--bin", "soak"]);
    command
}
