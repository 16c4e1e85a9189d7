//! The npm packages pinned by package-lock.json: wrangler, its Node, esbuild, wasm-opt, and the
//! CloudEvents SDK with which the tests send events. And the packages of the benchmarks' peers,
//! pinned by their own lock file.
//!
//! No package runs install scripts, except those in [`WITH_SCRIPTS`]. A copy of the lock file in
//! `node_modules` shows that these have run.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::keep;
use crate::output::step;
use crate::{Error, Project, Result};

/// The copy of the lock file.
const INSTALLED_LOCK: &str = "node_modules/.installed-lock.json";

/// What `node_modules` must contain, and the argument that checks whether it runs.
const PROGRAMS: [(&str, &str); 5] = [
    ("node", "--version"),
    ("esbuild", "--version"),
    ("wasm-opt", "--version"),
    ("workerd", "--version"),
    ("wrangler", "--version"),
];

/// The packages whose scripts run. Without them, each start of their programs goes through another
/// Node, which does not pass signals on.
const WITH_SCRIPTS: [&str; 2] = ["esbuild", "workerd"];

/// Whether the packages of package-lock.json are installed.
pub(super) fn find(project: &Project) -> Option<()> {
    let programs = project.npm_programs();
    let all = PROGRAMS.iter().all(|(program, _)| programs.join(program).exists());
    (is_installed(project.root()) && all).then_some(())
}

/// Whether the packages of the peers' package-lock.json are installed.
pub(super) fn find_peers(project: &Project) -> Option<()> {
    is_installed(&project.peers()).then_some(())
}

/// Installs the packages of the peers.
pub(super) fn install_peers(project: &Project) -> Result<()> {
    step("Hono, Zod and the CloudEvents SDK for JavaScript (npm ci)", || {
        ci(&project.peers())?;
        mark(&project.peers())
    })
}

/// Installs all other packages.
pub(super) fn install(project: &Project) -> Result<()> {
    if env::var_os("WRANGLER_COMMAND").is_some() {
        // `npm ci` would remove the wrangler that runs us.
        return Err(Error::new(
            "node_modules does not match package-lock.json: run `cargo xtask setup`, then start wrangler again",
        ));
    }
    step("wrangler, Node, esbuild, wasm-opt (npm ci)", || {
        ci(project.root())?;
        run_scripts(project.root())?;
        mark(project.root())?;
        PROGRAMS.iter().try_for_each(|(program, question)| runs(project, program, question))
    })
}

fn is_installed(folder: &Path) -> bool {
    let wanted = fs::read(folder.join("package-lock.json"));
    let installed = fs::read(folder.join(INSTALLED_LOCK));
    wanted.is_ok_and(|wanted| installed.is_ok_and(|installed| wanted == installed))
}

fn ci(folder: &Path) -> Result<()> {
    keep(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--include=dev", "--include=optional"])
            .arg("--ignore-scripts")
            .current_dir(folder),
        "install Node 20 or later with its npm, and check that npm can reach its registry",
    )
    .map(drop)
}

fn run_scripts(folder: &Path) -> Result<()> {
    keep(
        Command::new("npm")
            .args(["rebuild", "--ignore-scripts=false", "--foreground-scripts=false"])
            .args(WITH_SCRIPTS)
            .current_dir(folder),
        "see the error above, remove node_modules and try again",
    )
    .map(drop)
}

/// Copies the lock file.
fn mark(folder: &Path) -> Result<()> {
    let installed = folder.join(INSTALLED_LOCK);
    fs::copy(folder.join("package-lock.json"), &installed)
        .map(drop)
        .map_err(|cause| Error::file("write", &installed, &cause))
}

fn runs(project: &Project, program: &str, question: &str) -> Result<()> {
    let programs = project.npm_programs();
    let mut command = Command::new(programs.join(program));
    command
        .arg(question)
        .env("PATH", crate::command::path_with(&[&programs])?)
        .envs(crate::tools::wrangler_environment(project)?);
    keep(&mut command, "npm did not install it completely: remove node_modules and try again")
        .map(drop)
}
