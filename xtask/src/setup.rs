//! Installs missing tools, each in its pinned version.
//!
//! Every tool has a module with two functions: `find` looks for it, and `install` installs it. If
//! everything is installed, setup costs a few lookups and one call of rustc.

mod browser;
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

/// Installs all missing tools for building, running and deploying. Prints nothing if none are
/// missing.
///
/// # Errors
/// If a tool is unavailable. The error says what to install.
pub fn setup(project: &Project) -> Result<Tools> {
    let cache = Cache::of_user()?;
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

/// Installs what the tests need as well: Python with the CloudEvents SDK. Returns the command
/// without arguments.
///
/// # Errors
/// If it is unavailable. The error says what to install.
pub fn setup_python() -> Result<Command> {
    let cache = Cache::of_user()?;
    Ok(obtain_python(&cache, &mut None, &python::SDK)?.command())
}

/// Installs the packages of the peers that are written in JavaScript.
///
/// # Errors
/// If they are unavailable. The error says what to install.
pub fn setup_peers(project: &Project) -> Result<()> {
    obtain(
        &Cache::of_user()?,
        &mut None,
        || npm::find_peers(project),
        |_| npm::install_peers(project),
    )
}

/// Installs Python with `FastAPI`, for the peer that is written in Python. Returns the command
/// without arguments.
///
/// # Errors
/// If it is unavailable. The error says what to install.
pub fn setup_fastapi() -> Result<Command> {
    Ok(obtain_python(&Cache::of_user()?, &mut None, &python::FASTAPI)?.command())
}

/// Installs a browser, which only the tests of the console need.
///
/// # Errors
/// If it is unavailable. The error says what to install.
pub fn setup_browser() -> Result<PathBuf> {
    let cache = Cache::of_user()?;
    obtain(&cache, &mut None, || browser::find(&cache), browser::install)
}

/// Installs the tool that checks dependencies.
///
/// # Errors
/// If it is unavailable. The error says what to install.
pub(crate) fn setup_cargo_deny() -> Result<PathBuf> {
    let cache = &Cache::of_user()?;
    let find = || cargo_tools::find_cargo_deny(cache);
    obtain(cache, &mut None, find, cargo_tools::install_cargo_deny)
}

/// The tools that only the benchmarks need.
#[derive(Debug)]
pub struct BenchTools {
    oha: PathBuf,
    fastapi: Python,
}

impl BenchTools {
    /// The load generator.
    #[must_use]
    pub fn oha(&self) -> &Path {
        &self.oha
    }

    /// Python with `FastAPI`. The command has no arguments yet.
    #[must_use]
    pub fn fastapi(&self) -> Command {
        self.fastapi.command()
    }
}

/// Installs what the benchmarks need as well: the load generator, and the packages of the peers.
///
/// # Errors
/// If it is unavailable. The error says what to install.
pub fn setup_bench(project: &Project) -> Result<BenchTools> {
    let cache = Cache::of_user()?;
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

/// The tools that count instructions.
#[derive(Debug)]
pub(crate) struct Callgrind {
    /// Valgrind.
    pub(crate) valgrind: PathBuf,
    /// The program that runs each benchmark in Valgrind, in the version of the benchmarks' crate.
    pub(crate) runner: PathBuf,
}

/// Installs these tools. Returns `None` if this system has no Valgrind.
///
/// # Errors
/// If a tool is unavailable where it should not be. The error says what to install.
pub(crate) fn setup_callgrind(project: &Project) -> Result<Option<Callgrind>> {
    let cache = &Cache::of_user()?;
    if valgrind::find(cache).is_none() && !valgrind::is_available() {
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

/// Installs all tools except those of the benchmarks, and prints how long it took.
///
/// # Errors
/// If a tool is unavailable. The error says what to install.
pub fn setup_and_report(project: &Project) -> Result<()> {
    let start = Instant::now();
    setup(project)?;
    setup_python()?;
    setup_browser()?;
    setup_peers(project)?;
    setup_callgrind(project)?;
    setup_cargo_deny()?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("all tools are installed, except those of `cargo xtask bench` ({seconds:.1} s)"));
    Ok(())
}

/// Finds or installs a tool. The lock is kept for the tools that follow.
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
        // Another setup may have installed it while we waited.
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
