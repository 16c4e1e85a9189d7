//! Counts the instructions of each step of an event, natively, and compares them with the baseline,
//! `bench/instructions.txt`. Unlike times, counts are stable: Valgrind simulates the same processor
//! everywhere, and the benchmarks bring their own allocator.

mod baseline;
mod scale;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::remove;
use crate::command::{cargo, keep, keep_all, show};
use crate::output::{say, stage};
use crate::setup::{Callgrind, VALGRIND_IS_MISSING, setup_callgrind};
use crate::{Error, Project, Result};
use baseline::Baseline;

/// The instructions of each benchmark, by name: `decode.binary_1_kb`.
type Counts = BTreeMap<String, u32>;

/// The command that updates the baseline.
const UPDATE: &str = "`cargo xtask instructions --update`";

/// Counts, and compares the counts with the baseline or replaces it.
///
/// # Errors
/// If a benchmark does not build or run, a count deviates, or the baseline belongs to another
/// compiler.
pub fn instructions(project: &Project, update: bool) -> Result<()> {
    if !update {
        return test(project)?.map_or(Ok(()), |reason| Err(Error::new(reason)));
    }
    let callgrind = setup_callgrind(project)?
        .ok_or_else(|| Error::new(format!("counting instructions {VALGRIND_IS_MISSING}")))?;
    let compiler = compiler()?;
    let counts = count(project, &callgrind)?;
    let path = path(project);
    fs::write(&path, Baseline { compiler, counts }.to_string())
        .map_err(|cause| Error::file("write", &path, &cause))?;
    say("updated bench/instructions.txt: commit it together with the change that caused it");
    Ok(())
}

/// Runs the comparison as part of the tests. Returns the reason if it had to be skipped.
pub(crate) fn test(project: &Project) -> Result<Option<String>> {
    let Some(callgrind) = setup_callgrind(project)? else {
        return Ok(Some(format!("counting instructions {VALGRIND_IS_MISSING}")));
    };
    let baseline = read(project)?;
    if let Some(reason) = of_another_compiler(&baseline, &compiler()?) {
        return Ok(Some(reason));
    }
    compare(project, &callgrind, &baseline).map(|()| None)
}

/// Counts, and reports the comparison. Fails if a count or a scale deviates.
fn compare(project: &Project, callgrind: &Callgrind, baseline: &Baseline) -> Result<()> {
    let counts = count(project, callgrind)?;
    stage("comparison of the instructions", || {
        let (lines, deviations) = baseline.compare(&counts);
        let (scales, excesses) = scale::check(&counts)?;
        lines.iter().chain(&scales).for_each(|line| say(line));
        if !deviations.is_empty() {
            return Err(Error::new(format!(
                "{}. If this is intended, run {UPDATE} and commit the result in the same commit",
                deviations.join("; ")
            )));
        }
        if excesses.is_empty() { Ok(()) } else { Err(Error::new(excesses.join("; "))) }
    })
}

/// Builds the benchmarks, runs each once in callgrind, and reads the counts.
fn count(project: &Project, callgrind: &Callgrind) -> Result<Counts> {
    let folder = project.root().join("target/instructions");
    // The counts of benchmarks that no longer exist must not be read.
    remove(&folder)?;
    stage("build of the benchmarks", || {
        show(bench(project, callgrind, &folder).arg("--no-run"), "fix the errors above")
    })?;
    stage("instructions", || {
        keep_all(&mut bench(project, callgrind, &folder), "see its output above")
    })?;
    read_counts(&folder.join("bench/instructions/steps"))
}

fn bench(project: &Project, callgrind: &Callgrind, folder: &Path) -> Command {
    let mut bench = cargo();
    bench
        .args(["bench", "--quiet", "--package", "bench", "--bench", "instructions"])
        .args(["--no-default-features", "--features", "instructions"])
        .current_dir(project.root())
        .env("GUNGRAUN_RUNNER", &callgrind.runner)
        .env("GUNGRAUN_VALGRIND_BIN", &callgrind.valgrind)
        .env("GUNGRAUN_HOME", folder)
        // Other compiler flags lead to other counts.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    bench
}

/// Reads callgrind's output: a folder with a profile for each benchmark.
fn read_counts(folder: &Path) -> Result<Counts> {
    let mut counts = Counts::new();
    for entry in entries(folder)? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let profile = entry.join(format!("callgrind.{name}.out"));
        let text =
            fs::read_to_string(&profile).map_err(|cause| Error::file("read", &profile, &cause))?;
        let count = summary(&text).ok_or_else(|| {
            Error::new(format!("{} has no number of instructions", profile.display()))
        })?;
        counts.insert(name, count);
    }
    Ok(counts)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| Error::file("read", folder, &cause);
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>().map_err(failed)
}

/// The total number of instructions in a profile.
fn summary(profile: &str) -> Option<u32> {
    profile.lines().find_map(|line| line.strip_prefix("summary: "))?.trim().parse().ok()
}

fn read(project: &Project) -> Result<Baseline> {
    let path = path(project);
    let text = fs::read_to_string(&path).map_err(|cause| Error::file("read", &path, &cause))?;
    Baseline::parse(&text)
        .ok_or_else(|| Error::new(format!("bench/instructions.txt is broken: run {UPDATE}")))
}

fn path(project: &Project) -> PathBuf {
    project.root().join("bench/instructions.txt")
}

/// Why the counts cannot be compared, or `None`.
fn of_another_compiler(baseline: &Baseline, compiler: &str) -> Option<String> {
    (baseline.compiler != compiler).then(|| {
        format!(
            "counting instructions needs the compiler of the baseline, {}, and this is {compiler}: use that compiler, or update the baseline with {UPDATE}",
            baseline.compiler
        )
    })
}

/// The compiler and its target: `rustc 1.95.0 for x86_64-unknown-linux-gnu`.
fn compiler() -> Result<String> {
    let version = keep(Command::new("rustc").arg("-vV"), "reinstall Rust with rustup")?;
    let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name));
    let (release, host) = field("release: ")
        .zip(field("host: "))
        .ok_or_else(|| Error::new("rustc does not report its version"))?;
    Ok(format!("rustc {release} for {host}"))
}

#[cfg(test)]
mod tests {
    use super::{of_another_compiler, summary};
    use crate::instructions::baseline::Baseline;

    #[test]
    fn the_count_is_the_summary_of_the_profile() {
        let profile =
            "# callgrind format\nevents: Ir\nsummary: 71439\n\nfn=(1)\n3 12\n\ntotals: 5\n";
        assert_eq!(summary(profile), Some(71_439));
        assert_eq!(summary("events: Ir\nsummary: \n"), None);
    }

    #[test]
    fn counts_of_another_compiler_are_not_compared() {
        let baseline = Baseline { compiler: "rustc 1.95.0 for x".to_owned(), counts: [].into() };
        assert_eq!(of_another_compiler(&baseline, "rustc 1.95.0 for x"), None);
        let reason = of_another_compiler(&baseline, "rustc 1.96.0 for x").unwrap();
        assert!(reason.contains("rustc 1.95.0 for x, and this is rustc 1.96.0 for x"), "{reason}");
    }
}
