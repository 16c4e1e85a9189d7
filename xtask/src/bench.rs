//! The benchmarks: what an event costs in workerd, compared with peers that do the same.

use crate::command::{cargo, show};
use crate::output::stage;
use crate::{Project, Result, Worker, build, setup};

/// Builds the receiver and the empty Worker, and measures them and the peers, with these arguments
/// of `bench/src`: `--rounds`, `--seconds`, `--only`, `--update`.
///
/// # Errors
/// If a tool is unavailable, something does not build, or an answer is wrong.
pub fn bench(project: &Project, arguments: &[String]) -> Result<()> {
    let tools = setup::setup(project)?;
    for worker in [Worker::Receiver, Worker::Empty] {
        let name = format!("build of the {} Worker", worker.name());
        stage(&name, || build::build(&tools, worker))?;
    }
    let mut run = cargo();
    // The driver is not measured, so the profile that builds fastest is good enough.
    run.args([
        "run",
        "--quiet",
        "--package",
        "bench",
        "--no-default-features",
        "--features",
        "workerd",
        "--",
    ])
    .args(arguments)
    .current_dir(project.root());
    stage("benchmarks", || show(&mut run, "see the error above"))
}
