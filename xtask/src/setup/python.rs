//! Python with the CloudEvents SDK, one of the real clients that the tests send events with.
//!
//! Only the tests need it: nothing is built, run or deployed with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::debian;
use crate::cache::{Cache, Lock};
use crate::command::{keep, on_path};
use crate::output::step;
use crate::{Error, Result};

/// The SDK's folder in the cache; the version is that of the first package below.
const SDK: &str = "python-cloudevents-2.2.0";

/// The SDK and all that it needs, pinned together. None of them is compiled, so any Python runs
/// them.
const PACKAGES: [&str; 5] = [
    "cloudevents==2.2.0",
    "deprecation==2.1.0",
    "packaging==26.3",
    "python-dateutil==4.0.0",
    "tzdata==2026.6",
];

/// Where Debian's Python and pip are, in case the system has none.
const PYTHON: &str = "python-debian";
const PIP: &str = "python-pip-debian";

/// Whether this Python is one that the SDK runs on.
const IS_NEW_ENOUGH: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

/// A Python that can import `cloudevents`.
#[derive(Debug)]
pub(crate) struct Python {
    program: PathBuf,
    packages: PathBuf,
}

impl Python {
    /// The Python, with no argument yet. It writes nothing beside the scripts it runs, and knows
    /// no packages of the user's.
    pub(crate) fn command(&self) -> Command {
        let mut python = Command::new(&self.program);
        python.args(["-B", "-s"]).env("PYTHONPATH", &self.packages);
        python
    }
}

/// The SDK, and a Python to run it.
pub(super) fn find(cache: &Cache) -> Option<Python> {
    let packages = cache.folder(SDK).join("packages");
    if !packages.join("cloudevents").is_dir() {
        return None;
    }
    Some(Python { program: find_python(cache)?, packages })
}

/// The user's own Python, or the one we got.
fn find_python(cache: &Cache) -> Option<PathBuf> {
    let ours = cache.folder(PYTHON).join("bin/python3");
    let runs = |path: &PathBuf| succeeds(Command::new(path).args(["-c", IS_NEW_ENOUGH]));
    [on_path("python3"), Some(ours)].into_iter().flatten().find(runs)
}

/// Installs what is missing of it.
pub(super) fn install(cache: &Cache, lock: &Lock) -> Result<()> {
    let python = match find_python(cache) {
        Some(python) => python,
        None => install_python(cache, lock)?,
    };
    let pip = find_pip(cache, lock, &python)?;
    step("the CloudEvents SDK for Python (pip install)", || {
        lock.make(SDK, |folder| {
            let mut install = Command::new(&python);
            install
                .args(pip)
                .args(["install", "--no-deps", "--only-binary=:all:"])
                .args(["--disable-pip-version-check", "--no-input", "--root-user-action=ignore"])
                .arg("--target")
                .arg(folder.join("packages"))
                .args(PACKAGES);
            keep(&mut install, "see that pip reaches pypi.org").map(drop)
        })
    })
}

/// Unpacks Debian's Python.
fn install_python(cache: &Cache, lock: &Lock) -> Result<PathBuf> {
    if !debian::is_here() {
        return Err(Error::new("Python is missing, which the tests need: install 3.10 or later"));
    }
    step("Python (Debian's, unpacked in the cache)", || {
        lock.make(PYTHON, |folder| {
            debian::fetch(&["python3"], lock, &folder.join("root"))?;
            debian::write_wrapper(folder, "python3", "usr/bin/python3")
        })
    })?;
    let needed = "Debian's Python is older than 3.10, which the tests need: install a later one";
    find_python(cache).ok_or_else(|| Error::new(needed))
}

/// The arguments with which this Python runs pip: its own, or Debian's, which Python runs from the
/// archive it comes in.
fn find_pip(cache: &Cache, lock: &Lock, python: &Path) -> Result<Vec<PathBuf>> {
    if succeeds(Command::new(python).args(["-m", "pip", "--version"])) {
        return Ok(vec!["-m".into(), "pip".into()]);
    }
    if !debian::is_here() {
        return Err(Error::new("pip is missing, which the tests need: install it for python3"));
    }
    step("pip (Debian's, unpacked in the cache)", || {
        lock.make(PIP, |folder| debian::fetch(&["python3-pip-whl"], lock, &folder.join("root")))
    })?;
    let archives = cache.folder(PIP).join("root/usr/share/python-wheels");
    let is_pip = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pip-"))
    };
    let archive = debian::entries(&archives)?.into_iter().find(is_pip);
    let archive = archive
        .ok_or_else(|| Error::new("Debian's pip is not where it was: install pip for python3"))?;
    Ok(vec![archive.join("pip")])
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
