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
    run(project, arguments)
}

/// The same with a receiver that was built.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    let mut build = program("build");
    build.current_dir(project.root());
    stage("build of the soak", || show(&mut build, "correct what stands above"))?;
    let mut run = program("run");
    run.args(["--quiet", "--"]).args(arguments).current_dir(project.root());
    stage("soak", || {
        show(&mut run, "what went wrong stands above; with its --seed the same is sent again")
    })
}

fn program(task: &str) -> std::process::Command {
    let mut command = cargo();
    command.args([task, "--profile", "soak", "--package", "edge", "--bin", "soak"]);
    command
}
