//! The soak: many events through a receiver that fails and dies, and none may be lost.

use std::path::Path;
use std::process::Command;

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
    let mut build = program("build");
    build.current_dir(project.root());
    stage("build of the soak", || show(&mut build, "correct what stands above"))?;
    let mut soak = program("run");
    soak.args(["--quiet", "--"]).args(arguments);
    run(project, &mut soak)
}

/// A short one, of what the tests were built with, in their profile.
pub(crate) fn test(project: &Project, soak: &Path, arguments: &[&str]) -> Result<()> {
    run(project, Command::new(soak).args(arguments))
}

fn run(project: &Project, soak: &mut Command) -> Result<()> {
    soak.current_dir(project.root());
    stage("soak", || {
        show(soak, "what went wrong stands above; with its --seed the same is sent again")
    })
}

/// In the profile in which it is fast enough for the receiver to be the slow one.
fn program(task: &str) -> Command {
    let mut command = cargo();
    command.args([task, "--profile", "soak", "--package", "edge", "--bin", "soak"]);
    command
}
