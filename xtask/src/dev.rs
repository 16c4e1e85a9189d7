//! Runs the Worker locally, together with the example consumer.

use std::fs;
use std::process::Command;

use crate::output::say;
use crate::{Error, Project, Result, Worker, build, setup};

const PORT: &str = "8787";

/// Sets up, builds, and becomes `wrangler dev` with these additional arguments.
///
/// # Errors
/// If a tool is unavailable, a Worker does not build, or wrangler fails.
pub fn dev(project: &Project, arguments: &[String]) -> Result<()> {
    let tools = setup::setup(project)?;
    secrets(project)?;
    for worker in Worker::ALL {
        build::build(&tools, worker)?;
    }
    let mut wrangler = tools.wrangler()?;
    wrangler.arg("dev");
    for worker in Worker::ALL {
        let configuration = worker.folder(project).join("wrangler.toml");
        wrangler.arg("--config").arg(configuration);
    }
    if !arguments.iter().any(|argument| argument.starts_with("--port")) {
        wrangler.args(["--port", PORT]);
    }
    wrangler.args(arguments);
    become_it(&mut wrangler)
}

/// Creates the local secrets from the example, if there are none.
fn secrets(project: &Project) -> Result<()> {
    let secrets = project.root().join(".dev.vars");
    if secrets.exists() {
        return Ok(());
    }
    let example = project.root().join(".dev.vars.example");
    fs::copy(&example, &secrets).map_err(|cause| Error::file("copy", &example, &cause))?;
    say("created .dev.vars from .dev.vars.example; the local token is dev-token");
    Ok(())
}

/// Replaces this process, so that Ctrl-C and all other signals reach wrangler.
fn become_it(wrangler: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    let cause = wrangler.exec();
    Err(Error::new(format!(
        "wrangler could not be started ({cause}): remove node_modules and run `cargo xtask setup`"
    )))
}
