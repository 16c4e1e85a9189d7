//! The benchmarks: what an event costs in workerd, beside peers that do the same.

use crate::command::{cargo, show};
use crate::output::stage;
use crate::{Project, Result, Worker, build, setup};

/// Builds the receiver and the floor, and has them and the peers measured, with these
/// arguments of `bench/src`: `--rounds`, `--seconds`, `--only`, `--update`.
///
/// # Errors
/// If a tool cannot be had, something does not build, or somebody answered wrongly.
pub fn bench(project: &Project, arguments: &[String]) -> Result<()> {
    let tools = setup::setup(project)?;
    for worker in [Worker::Receiver, Worker::Empty] {
        let name = format!("build of the {} Worker", worker.name());
        stage(&name, || build::build(&tools, worker))?;
    }
    let mut run = cargo();
    // What drives the measurements is not measured, and is quickest to build as the tests are.
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
    stage("benchmarks", || show(&mut run, "what went wrong stands above"))
}
