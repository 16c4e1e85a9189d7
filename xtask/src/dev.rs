//! Runs the Worker locally, together with an example consumer of its queues, until it is stopped.
//!
//! wrangler runs a copy of the configuration, without its build command and with the environment that was asked
//! for. The original is checked whenever it changes. If it has no mistakes, wrangler starts again with a new copy.

mod running;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _, recommended_watcher};
use rustix::process::{Pid, Signal, kill_process};

use crate::output::say;
use crate::{Error, Project, Result, Tools, Worker, build, setup};
use elytra_webhooks_cli::deployment::values;
use running::Running;

const PORT: &str = "8787";

/// How long to wait for more changes of files, so that they are handled together.
const SETTLE: Duration = Duration::from_millis(200);

/// What happened while wrangler was running.
enum Happened {
    /// These files have changed.
    Changed(Vec<PathBuf>),
    /// wrangler has ended, and failed or not.
    Ended(bool),
    /// The user wants to stop.
    Stop,
}

/// What is to happen when wrangler has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// It was not asked to end.
    Nothing,
    /// It starts again.
    Restart,
    /// This program ends too.
    Stop,
}

/// Checks, sets up and builds, and runs `wrangler dev` with these additional arguments.
///
/// # Errors
/// If the configuration has mistakes, a secret is missing, a tool is unavailable, a Worker does not build, or
/// wrangler fails.
pub fn dev(
    project: &Project,
    config: Option<PathBuf>,
    env: Option<String>,
    mut arguments: Vec<String>,
) -> Result<()> {
    let config = config.or_else(|| take(&mut arguments, "--config", "-c").map(PathBuf::from));
    let env = env.or_else(|| take(&mut arguments, "--env", "-e"));
    let has_env_file = !values(&arguments, "--env-file", "--env-file").is_empty();
    let running = Running::new(project, config.as_deref(), env, has_env_file)?;
    running.write()?;
    let tools = setup::setup(project)?;
    for worker in Worker::ALL {
        build::build(&tools, worker)?;
    }
    if values(&arguments, "--persist-to", "--persist-to").is_empty() {
        arguments.extend(["--persist-to".to_owned(), running.storage().display().to_string()]);
    }
    // wrangler may start more than once, and keeps its port.
    let port = take(&mut arguments, "--port", "--port").unwrap_or_else(|| PORT.to_owned());
    let port = if port == "0" { free_port()? } else { port };
    let (sender, happened) = channel();
    stop_on_signals(&sender)?;
    let _watcher = watch(project, &running, &sender)?;
    loop {
        // What has changed in the meantime counts, unless it has mistakes.
        reload(&running);
        let mut wrangler = tools.wrangler()?;
        wrangler.arg("dev");
        for config in running.configs()? {
            wrangler.arg("--config").arg(config);
        }
        wrangler.args(["--port", &port]).args(&arguments);
        let pid = start(&mut wrangler, sender.clone())?;
        if accompany(&running, &tools, &happened, pid)? == Next::Stop {
            return Ok(());
        }
    }
}

/// Takes the last value of an option out of wrangler's arguments.
fn take(arguments: &mut Vec<String>, long: &str, short: &str) -> Option<String> {
    let value = values(arguments, long, short).pop()?;
    let mut is_value = false;
    arguments.retain(|argument| {
        if std::mem::take(&mut is_value) {
            return false;
        }
        is_value = argument == long || argument == short;
        let is_joined = argument.starts_with(&format!("{long}="))
            || !argument.starts_with("--") && argument.starts_with(short);
        !(is_value || is_joined)
    });
    Some(value)
}

fn free_port() -> Result<String> {
    let address = TcpListener::bind(("localhost", 0)).and_then(|listener| listener.local_addr());
    let address = address.map_err(|cause| Error::new(format!("no port is free: {cause}")))?;
    Ok(address.port().to_string())
}

/// Starts wrangler, and waits for its end on another thread.
fn start(wrangler: &mut Command, sender: Sender<Happened>) -> Result<Pid> {
    let mut child = wrangler.spawn().map_err(|cause| {
        Error::new(format!(
            "wrangler could not be started ({cause}): remove node_modules and run `cargo xtask setup`"
        ))
    })?;
    let pid = Pid::from_child(&child);
    thread::spawn(move || {
        let has_succeeded = child.wait().is_ok_and(|status| status.success());
        // If nobody listens any more, this program is ending too.
        let _ = sender.send(Happened::Ended(has_succeeded));
    });
    Ok(pid)
}

fn stop_on_signals(sender: &Sender<Happened>) -> Result<()> {
    let sender = sender.clone();
    let handler = move || {
        let _ = sender.send(Happened::Stop);
    };
    ctrlc::set_handler(handler)
        .map_err(|cause| Error::new(format!("cannot wait for signals: {cause}")))
}

/// Reports changes of the configuration, its secrets and the sources, as long as the result lives.
fn watch(
    project: &Project,
    running: &Running,
    sender: &Sender<Happened>,
) -> Result<impl Sized + use<>> {
    let sender = sender.clone();
    let (inputs, project_of_sources) = (running.inputs(), project.clone());
    let report = move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        let concerns =
            |path: &PathBuf| inputs.contains(path) || is_source(path, &project_of_sources);
        // This program reads the files too.
        if !event.kind.is_access() && event.paths.iter().any(concerns) {
            let _ = sender.send(Happened::Changed(event.paths));
        }
    };
    let failed = |cause| Error::new(format!("cannot watch for changes: {cause}"));
    let mut watcher = recommended_watcher(report).map_err(failed)?;
    // Editors replace files, so their folders are watched.
    for folder in [project.root(), running.folder()] {
        watcher.watch(folder, RecursiveMode::NonRecursive).map_err(failed)?;
    }
    for folder in ["src", "crates"] {
        watcher.watch(&project.root().join(folder), RecursiveMode::Recursive).map_err(failed)?;
    }
    Ok(watcher)
}

/// Follows changes until wrangler has ended.
fn accompany(
    running: &Running,
    tools: &Tools,
    happened: &Receiver<Happened>,
    wrangler: Pid,
) -> Result<Next> {
    let mut next = Next::Nothing;
    let mut changed: Vec<PathBuf> = Vec::new();
    loop {
        let event = if changed.is_empty() {
            happened.recv().ok()
        } else {
            happened.recv_timeout(SETTLE).ok()
        };
        match event {
            Some(Happened::Changed(paths)) => changed.extend(paths),
            Some(Happened::Ended(has_succeeded)) => {
                return match next {
                    Next::Nothing if !has_succeeded => {
                        Err(Error::new("wrangler has failed: see above"))
                    }
                    Next::Nothing => Ok(Next::Stop),
                    next => Ok(next),
                };
            }
            Some(Happened::Stop) => {
                next = Next::Stop;
                // wrangler may have had the same signal, from the terminal, and have ended.
                let _ = kill_process(wrangler, Signal::TERM);
            }
            // There were changes, and no more of them for a while.
            None => {
                let changed = std::mem::take(&mut changed);
                if changed.iter().any(|path| is_source(path, tools.project())) {
                    rebuild(tools);
                }
                if next == Next::Nothing
                    && changed.iter().any(|path| running.inputs().contains(path))
                    && reload(running)
                {
                    next = Next::Restart;
                    let _ = kill_process(wrangler, Signal::TERM);
                }
            }
        }
    }
}

/// Whether there is a new copy of the configuration. There is none if the original has mistakes.
fn reload(running: &Running) -> bool {
    running.write().unwrap_or_else(|error| {
        say(&format!("{error}\nThe Worker keeps running with the previous configuration."));
        false
    })
}

/// Whether the Worker is built from this file.
fn is_source(path: &Path, project: &Project) -> bool {
    let Ok(path) = path.strip_prefix(project.root()) else { return false };
    let is_file = |file: &str| path == Path::new(file);
    path.starts_with("src")
        || path.starts_with("crates")
        || is_file("Cargo.toml")
        || is_file("Cargo.lock")
}

/// Builds the Worker again. wrangler sees the new build by itself.
fn rebuild(tools: &Tools) {
    if let Err(error) = build::build(tools, Worker::Receiver) {
        say(&format!("{error}\nThe Worker keeps running with the previous build."));
    }
}
