//! wrangler, the Node it runs on, esbuild and wasm-opt, and the CloudEvents SDK that the tests send
//! events with: npm packages, pinned by package-lock.json. And those that the peers in the benchmarks
//! are written with, pinned by theirs.
//!
//! npm itself leaves a copy of the lock file in `node_modules` when it is done (`postinstall` in
//! package.json), so an `npm ci` run by hand counts too.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::keep;
use crate::output::step;
use crate::{Error, Project, Result};

/// What has to be in `node_modules`, and what asks it whether it runs.
const PROGRAMS: [(&str, &str); 5] = [
    ("node", "--version"),
    ("esbuild", "--version"),
    ("wasm-opt", "--version"),
    ("workerd", "--version"),
    ("wrangler", "--version"),
];

/// Whether what package-lock.json asks for is installed.
pub(super) fn find(project: &Project) -> Option<()> {
    let programs = project.npm_programs();
    let all = PROGRAMS.iter().all(|(program, _)| programs.join(program).exists());
    (is_installed(project.root()) && all).then_some(())
}

/// Whether what the peers' package-lock.json asks for is installed.
pub(super) fn find_peers(project: &Project) -> Option<()> {
    is_installed(&project.peers()).then_some(())
}

/// Installs what the peers need.
pub(super) fn install_peers(project: &Project) -> Result<()> {
    step("Hono, Zod and the CloudEvents SDK for JavaScript (npm ci)", || ci(&project.peers()))
}

/// Installs what everything else needs.
pub(super) fn install(project: &Project) -> Result<()> {
    if env::var_os("WRANGLER_COMMAND").is_some() {
        // `npm ci` would remove the wrangler that runs us.
        return Err(Error::new(
            "node_modules does not match package-lock.json: run `npm ci`, then start wrangler again",
        ));
    }
    step("wrangler, Node, esbuild, wasm-opt (npm ci)", || {
        ci(project.root())?;
        PROGRAMS.iter().try_for_each(|(program, question)| runs(project, program, question))
    })
}

fn is_installed(folder: &Path) -> bool {
    let wanted = fs::read(folder.join("package-lock.json"));
    let installed = fs::read(folder.join("node_modules/.installed-lock.json"));
    wanted.is_ok_and(|wanted| installed.is_ok_and(|installed| wanted == installed))
}

fn ci(folder: &Path) -> Result<()> {
    keep(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--include=dev", "--include=optional"])
            .args(["--foreground-scripts=false", "--ignore-scripts=false"])
            .current_dir(folder),
        "install Node 20 or later with its npm, and see that npm reaches its registry",
    )
    .map(drop)
}

fn runs(project: &Project, program: &str, question: &str) -> Result<()> {
    let programs = project.npm_programs();
    let mut command = Command::new(programs.join(program));
    command
        .arg(question)
        .env("PATH", crate::command::path_with(&[&programs])?)
        .envs(crate::tools::wrangler_environment(project)?);
    keep(
        &mut command,
        "npm did not install it whole, so let npm run install scripts (`npm config delete ignore-scripts`), remove node_modules and try again",
    )
    .map(drop)
}
