//! The soak test: many events through a receiver that fails and dies, and none may be lost.

use std::path::Path;
use std::process::Command;

use crate::command::{cargo, show};
use crate::output::stage;
use crate::{Project, Result, Worker, build, setup};

/// Builds the receiver and soaks it, with these arguments of `tests/edge/soak`: `--events`,
/// `--faults`, `--restarts`, `--seed`, `--profile`, `--latency`, `--clients`.
///
/// # Errors
/// If a tool is unavailable, the receiver does not build, or an event is lost.
pub fn soak(project: &Project, arguments: &[String]) -> Result<()> {
    build::build(&setup::setup(project)?, Worker::Receiver)?;
    let mut build = program("build");
    build.current_dir(project.root());
    stage("build of the soak", || show(&mut build, "fix the errors above"))?;
    let mut soak = program("run");
    soak.args(["--quiet", "--"]).args(arguments);
    run(project, &mut soak)
}

/// A short soak of a receiver that has been built, with a program that was built with the tests.
pub(crate) fn test(project: &Project, soak: &Path, arguments: &[&str]) -> Result<()> {
    run(project, Command::new(soak).args(arguments))
}

fn run(project: &Project, soak: &mut Command) -> Result<()> {
    soak.current_dir(project.root());
    stage("soak", || {
        show(soak, "see the error above; run it with the same --seed to send the same events")
    })
}

/// Cargo with this task, in the profile that makes the soak fast enough for the receiver to be the
/// bottleneck.
fn program(task: &str) -> Command {
    let mut command = cargo();
    command.args([task, "--profile", "soak", "--package", "edge", "--bin", "soak"]);
    command
}
