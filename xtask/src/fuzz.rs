//! Fuzzing on stable Rust: libFuzzer, with coverage counters that rustc can insert without being a
//! nightly. `cargo fuzz run` works in the same folder, if you have it.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use clap::ValueEnum;

use crate::command::{cargo, keep, keep_all, show};
use crate::output::{say, stage};
use crate::{Error, Project, Result};

/// What LLVM must insert so that libFuzzer sees which paths an input takes.
const COVERAGE: [&str; 7] = [
    "--cfg=fuzzing",
    "-Ccodegen-units=1",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// The fuzz targets: the readers of untrusted input.
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

/// Whether this machine has the C++ compiler that libFuzzer needs.
#[must_use]
pub fn is_possible() -> bool {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let mut command = Command::new(compiler);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Fuzzes these targets, or all of them, for this many seconds each. `target/fuzz/` keeps the
/// findings and the corpus, so that the next run continues from there.
///
/// # Errors
/// If a target does not build, or panics.
pub fn fuzz(project: &Project, targets: &[Target], seconds: u32) -> Result<()> {
    if !is_possible() {
        return Err(Error::new("libFuzzer needs a C++ compiler: install g++"));
    }
    let folder = project.root().join("target/fuzz");
    let programs = stage("build of the fuzz targets", || build(project, &folder))?;
    let targets = if targets.is_empty() { Target::value_variants() } else { targets };
    // Each target keeps one processor busy.
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

/// Builds all targets, and returns the folder of the programs.
fn build(project: &Project, folder: &Path) -> Result<PathBuf> {
    // Naming a target keeps the counters out of build scripts and macros.
    let host = host()?;
    let mut build = cargo();
    build
        .args(["build", "--release", "--bins", "--target", &host])
        .current_dir(project.root().join("fuzz"))
        .env("CARGO_TARGET_DIR", folder)
        .env("RUSTFLAGS", COVERAGE.join(" "));
    show(&mut build, "fix the errors above")?;
    Ok(folder.join(host).join("release"))
}

/// The target triple of this machine.
fn host() -> Result<String> {
    let version = keep(Command::new("rustc").arg("-vV"), "reinstall Rust with rustup")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Error::new("rustc does not report its host"))
}

fn run(name: &str, programs: &Path, folder: &Path, seeds: &Path, seconds: u32) -> Result<()> {
    let corpus = folder.join("corpus").join(name);
    fs::create_dir_all(&corpus).map_err(|cause| Error::file("create", &corpus, &cause))?;
    let mut fuzzer = Command::new(programs.join(name));
    // libFuzzer's output is long, so only show the figure that matters.
    fuzzer
        .current_dir(folder)
        .arg(format!("-max_total_time={seconds}"))
        .arg("-print_final_stats=1")
        .arg("-verbosity=0")
        .arg(&corpus)
        .arg(seeds);
    let said = keep_all(
        &mut fuzzer,
        "an input caused a panic: it is in target/fuzz/crash-*, add it to a test",
    )?;
    let inputs =
        said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units: "));
    let inputs =
        inputs.ok_or_else(|| Error::new("libFuzzer does not report the number of inputs"))?;
    say(&format!("{name}: {} inputs, no panic", inputs.trim()));
    Ok(())
}
