//! Getting what is missing, each tool in the version that is pinned.
//!
//! Every tool has a module with two functions: `find` looks whether it is there, `install` gets
//! it. When all is there, set-up costs a few look-ups and one call of rustc.

mod cargo_tools;
mod curl;
mod debian;
mod npm;
mod python;
mod valgrind;
mod wasm_target;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::cache::{Cache, Lock};
use crate::output::say;
use crate::{Error, Project, Result, Tools};
use python::Python;

pub(crate) use valgrind::MISSING as VALGRIND_IS_MISSING;

/// Gets every tool that is missing and needed for building, running and deploying. Says nothing
/// when all is there.
///
/// # Errors
/// If a tool cannot be had; the error says what to install.
pub fn setup(project: &Project) -> Result<Tools> {
    let cache = Cache::of_the_user()?;
    let cache = &cache;
    let mut lock = None;
    obtain(cache, &mut lock, || npm::find(project), |_| npm::install(project))?;
    let curl = obtain(cache, &mut lock, || curl::find(cache), curl::install)?;
    let wasm_target = obtain(cache, &mut lock, || wasm_target::find(cache), wasm_target::install)?;
    let worker_build = obtain(
        cache,
        &mut lock,
        || cargo_tools::find_worker_build(cache),
        cargo_tools::install_worker_build,
    )?;
    let version = &project.locked_version("wasm-bindgen")?;
    let wasm_bindgen = obtain(
        cache,
        &mut lock,
        || cargo_tools::find_wasm_bindgen(cache, version),
        |lock| cargo_tools::install_wasm_bindgen(lock, project, version),
    )?;
    Ok(Tools { project: project.clone(), curl, wasm_target, worker_build, wasm_bindgen })
}

/// Gets what the tests need besides: Python with the CloudEvents SDK, with no argument yet.
///
/// # Errors
/// If it cannot be had; the error says what to install.
pub fn setup_python() -> Result<Command> {
    let cache = Cache::of_the_user()?;
    Ok(obtain_python(&cache, &mut None, &python::SDK)?.command())
}

/// Gets what the dependencies are checked with.
///
/// # Errors
/// If it cannot be had; the error says what to install.
pub(crate) fn setup_cargo_deny() -> Result<PathBuf> {
    let cache = &Cache::of_the_user()?;
    let find = || cargo_tools::find_cargo_deny(cache);
    obtain(cache, &mut None, find, cargo_tools::install_cargo_deny)
}

/// What only the benchmarks need.
#[derive(Debug)]
pub struct BenchTools {
    oha: PathBuf,
    fastapi: Python,
}

impl BenchTools {
    /// Where the load generator is.
    #[must_use]
    pub fn oha(&self) -> &Path {
        &self.oha
    }

    /// Python with `FastAPI`, with no argument yet.
    #[must_use]
    pub fn fastapi(&self) -> Command {
        self.fastapi.command()
    }
}

/// Gets what the benchmarks need besides: the load generator, and what the peers are written with.
///
/// # Errors
/// If it cannot be had; the error says what to install.
pub fn setup_bench(project: &Project) -> Result<BenchTools> {
    let cache = Cache::of_the_user()?;
    let cache = &cache;
    let mut lock = None;
    let lock = &mut lock;
    obtain(cache, lock, || npm::find_peers(project), |_| npm::install_peers(project))?;
    let fastapi = obtain_python(cache, lock, &python::FASTAPI)?;
    let oha = obtain(cache, lock, || cargo_tools::find_oha(cache), cargo_tools::install_oha)?;
    Ok(BenchTools { oha, fastapi })
}

fn obtain_python(
    cache: &Cache,
    lock: &mut Option<Lock>,
    packages: &python::Packages,
) -> Result<Python> {
    let install = |lock: &Lock| python::install(cache, lock, packages);
    obtain(cache, lock, || python::find(cache, packages), install)
}

/// What instructions are counted with.
#[derive(Debug)]
pub(crate) struct Callgrind {
    /// Valgrind.
    pub(crate) valgrind: PathBuf,
    /// The program that has it run each benchmark, in the version of the crate they are written with.
    pub(crate) runner: PathBuf,
}

/// Gets that; `None` where this system has no Valgrind.
///
/// # Errors
/// If it cannot be had where it should; the error says what to install.
pub(crate) fn setup_callgrind(project: &Project) -> Result<Option<Callgrind>> {
    let cache = &Cache::of_the_user()?;
    if valgrind::find(cache).is_none() && !valgrind::is_to_be_had() {
        return Ok(None);
    }
    let mut lock = None;
    let valgrind = obtain(cache, &mut lock, || valgrind::find(cache), valgrind::install)?;
    let version = &project.locked_version("gungraun")?;
    let runner = obtain(
        cache,
        &mut lock,
        || cargo_tools::find_gungraun_runner(cache, version),
        |lock| cargo_tools::install_gungraun_runner(lock, version),
    )?;
    Ok(Some(Callgrind { valgrind, runner }))
}

/// All of them but those of the benchmarks, with a last line that says how long it took.
///
/// # Errors
/// If a tool cannot be had; the error says what to install.
pub fn setup_aloud(project: &Project) -> Result<()> {
    let start = Instant::now();
    setup(project)?;
    setup_python()?;
    setup_callgrind(project)?;
    setup_cargo_deny()?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("every tool is there but those of `cargo xtask bench` ({seconds:.1} s)"));
    Ok(())
}

/// Finds a tool or installs it, under the lock, which stays held for the tools that follow.
fn obtain<T>(
    cache: &Cache,
    lock: &mut Option<Lock>,
    find: impl Fn() -> Option<T>,
    install: impl FnOnce(&Lock) -> Result<()>,
) -> Result<T> {
    if let Some(tool) = find() {
        return Ok(tool);
    }
    if lock.is_none() {
        *lock = Some(cache.lock()?);
        // Another set-up may have got it while we waited.
        if let Some(tool) = find() {
            return Ok(tool);
        }
    }
    if let Some(lock) = lock {
        install(lock)?;
    }
    find().ok_or_else(|| {
        Error::new("a tool is not where it was just installed: run `cargo xtask setup` again")
    })
}
