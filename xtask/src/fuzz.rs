//! Fuzzing on stable Rust: libFuzzer, with the coverage counters that rustc puts in without it
//! having to be a nightly. `cargo fuzz run` works in the same folder, for those who have one.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use clap::ValueEnum;

use crate::command::{cargo, keep, keep_all, show};
use crate::output::{say, stage};
use crate::{Error, Project, Result};

/// What LLVM has to put into the code so that libFuzzer sees where an input led.
const COVERAGE: [&str; 7] = [
    "--cfg=fuzzing",
    "-Ccodegen-units=1",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What is fuzzed: the readers that meet what strangers send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// One event in the JSON format.
    Json,
    /// Headers and body of binary mode.
    Headers,
    /// A batch of events.
    Batch,
    /// A timestamp.
    Timestamp,
    /// CESQL's parser.
    Cesql,
    /// CESQL's evaluator.
    CesqlEvaluate,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Headers => "headers",
            Self::Batch => "batch",
            Self::Timestamp => "timestamp",
            Self::Cesql => "cesql",
            Self::CesqlEvaluate => "cesql_evaluate",
        }
    }
}

/// Whether this machine has the C++ compiler that libFuzzer is built with.
#[must_use]
pub fn is_possible() -> bool {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let mut command = Command::new(compiler);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Fuzzes these targets, or all, each for this many seconds. What is found is kept in
/// `target/fuzz/`, and what was learned as well, so that the next run goes on from there.
///
/// # Errors
/// If a target does not build, or an input makes it panic.
pub fn fuzz(project: &Project, targets: &[Target], seconds: u32) -> Result<()> {
    if !is_possible() {
        return Err(Error::new("libFuzzer needs a C++ compiler: install g++"));
    }
    let folder = project.root().join("target/fuzz");
    let programs = stage("build of the fuzz targets", || build(project, &folder))?;
    let targets = if targets.is_empty() { Target::value_variants() } else { targets };
    // Each keeps one processor busy.
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    for together in targets.chunks(processors) {
        let fuzz = |target: &Target| {
            let name = target.name();
            let seeds = project.root().join("fuzz/seeds").join(name);
            stage(&format!("fuzzing of {name}"), || run(name, &programs, &folder, &seeds, seconds))
        };
        thread::scope(|scope| {
            let fuzzers: Vec<_> =
                together.iter().map(|target| scope.spawn(|| fuzz(target))).collect();
            let panicked = || Err(Error::new("the fuzzing panicked: see above"));
            fuzzers.into_iter().try_for_each(|fuzzer| fuzzer.join().unwrap_or_else(|_| panicked()))
        })?;
    }
    Ok(())
}

/// Builds them all; returns where the programs are.
fn build(project: &Project, folder: &Path) -> Result<PathBuf> {
    // A target is named, so that build scripts and macros are built without the counters.
    let host = host()?;
    let mut build = cargo();
    build
        .args(["build", "--release", "--bins", "--target", &host])
        .current_dir(project.root().join("fuzz"))
        .env("CARGO_TARGET_DIR", folder)
        .env("RUSTFLAGS", COVERAGE.join(" "));
    show(&mut build, "correct what stands above")?;
    Ok(folder.join(host).join("release"))
}

/// The kind of machine this is, as rustc names it.
fn host() -> Result<String> {
    let version = keep(Command::new("rustc").arg("-vV"), "reinstall Rust with rustup")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Error::new("rustc does not say what machine this is"))
}

fn run(name: &str, programs: &Path, folder: &Path, seeds: &Path, seconds: u32) -> Result<()> {
    let corpus = folder.join("corpus").join(name);
    fs::create_dir_all(&corpus).map_err(|cause| Error::file("make", &corpus, &cause))?;
    let mut fuzzer = Command::new(programs.join(name));
    // What it says of itself is long; the one figure that matters is told.
    fuzzer
        .current_dir(folder)
        .arg(format!("-max_total_time={seconds}"))
        .arg("-print_final_stats=1")
        .arg("-verbosity=0")
        .arg(&corpus)
        .arg(seeds);
    let said = keep_all(
        &mut fuzzer,
        "an input made it panic: it lies in target/fuzz/crash-*, and belongs into a test",
    )?;
    let inputs =
        said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units: "));
    let inputs = inputs.ok_or_else(|| Error::new("libFuzzer does not say how much it did"))?;
    say(&format!("{name}: {} inputs, no panic", inputs.trim()));
    Ok(())
}
