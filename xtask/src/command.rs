//! Runs programs. Every error says what to do about it.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::output::say;
use crate::{Error, Result};

/// How many lines of a failed program's output are shown.
const LAST_LINES: usize = 30;

/// Runs a program and shows its output.
pub(crate) fn show(command: &mut Command, advice: &str) -> Result<()> {
    let status = command.status().map_err(|cause| not_started(command, &cause, advice))?;
    succeeded(command, status, advice)
}

/// Runs a program and returns its stdout. If it fails, shows the end of its output.
pub(crate) fn keep(command: &mut Command, advice: &str) -> Result<String> {
    output(command, advice).map(|(stdout, _)| stdout)
}

/// Like [`keep`], but shows stderr while the program runs.
pub(crate) fn keep_stdout(command: &mut Command, advice: &str) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| not_started(command, &cause, advice))?;
    succeeded(command, output.status, advice)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Like [`keep`], but returns stdout followed by stderr.
pub(crate) fn keep_all(command: &mut Command, advice: &str) -> Result<String> {
    output(command, advice).map(|(stdout, stderr)| stdout + &stderr)
}

fn output(command: &mut Command, advice: &str) -> Result<(String, String)> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| not_started(command, &cause, advice))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        let all = format!("\n{stdout}{stderr}");
        let lines: Vec<&str> = all.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(LAST_LINES)) {
            say(line);
        }
    }
    succeeded(command, output.status, advice)?;
    Ok((stdout, stderr))
}

/// Runs a program without output, and kills it if it takes longer than `limit`.
pub(crate) fn within(limit: Duration, command: &mut Command, advice: &str) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|cause| not_started(command, &cause, advice))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return succeeded(command, status, advice),
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(50)),
            Ok(None) | Err(_) => {
                // It may just have exited, and then there is nothing to kill.
                let _ = child.kill().and_then(|()| child.wait());
                let name = name(command);
                let seconds = limit.as_secs();
                return Err(Error::new(format!(
                    "`{name}` was stopped after {seconds} s: {advice}"
                )));
            }
        }
    }
}

/// The path of a program on `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// `PATH` with these folders first.
pub(crate) fn path_with(folders: &[&Path]) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let first = folders.iter().map(|folder| folder.to_path_buf());
    env::join_paths(first.chain(env::split_paths(&path))).map_err(|cause| {
        Error::new(format!(
            "cannot put the tools on PATH ({cause}): move the project or the cache to a folder whose name has no colon"
        ))
    })
}

/// The cargo that runs this program, if any.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn succeeded(command: &Command, status: ExitStatus, advice: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let name = name(command);
    Err(Error::new(format!("`{name}` failed ({status}): {advice}")))
}

fn not_started(command: &Command, cause: &io::Error, advice: &str) -> Error {
    let name = name(command);
    Error::new(format!("`{name}` could not be started ({cause}): {advice}"))
}

/// The program's name without its folder, and its first argument: "npm ci".
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let first = command.get_args().next().unwrap_or_default();
    let name = format!("{} {}", program.display(), first.display());
    name.trim_end().to_owned()
}
