//! wrangler, the Node it runs on, esbuild and wasm-opt, and the CloudEvents SDK that the tests send
//! events with: npm packages, pinned by package-lock.json.
//!
//! npm itself leaves a copy of the lock file in `node_modules` when it is done (`postinstall` in
//! package.json), so an `npm ci` run by hand counts too.

use std::env;
use std::fs;
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
    let wanted = fs::read(project.root().join("package-lock.json")).ok()?;
    let installed = fs::read(project.root().join("node_modules/.installed-lock.json")).ok()?;
    let programs = project.npm_programs();
    let all = PROGRAMS.iter().all(|(program, _)| programs.join(program).exists());
    (wanted == installed && all).then_some(())
}

/// Installs it.
pub(super) fn install(project: &Project) -> Result<()> {
    if env::var_os("WRANGLER_COMMAND").is_some() {
        // `npm ci` would remove the wrangler that runs us.
        return Err(Error::new(
            "node_modules does not match package-lock.json: run `npm ci`, then start wrangler again",
        ));
    }
    step("wrangler, Node, esbuild, wasm-opt (npm ci)", || {
        keep(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--include=dev", "--include=optional"])
                .args(["--foreground-scripts=false", "--ignore-scripts=false"])
                .current_dir(project.root()),
            "install Node 20 or later with its npm, and see that npm reaches its registry",
        )?;
        PROGRAMS.iter().try_for_each(|(program, question)| runs(project, program, question))
    })
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
