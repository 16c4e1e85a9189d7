//! Python with the CloudEvents SDK, one of the real clients in the tests, and with `FastAPI`, one
//! of the peers in the benchmarks.
//!
//! Only tests and benchmarks need it. Building, running and deploying do not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::debian;
use crate::cache::{Cache, Lock};
use crate::command::{keep, on_path};
use crate::output::step;
use crate::{Error, Result};

/// Packages that are installed together in one folder.
#[derive(Debug)]
pub(super) struct Packages {
    /// The name of this step for the person at the terminal.
    title: &'static str,
    /// The folder's name, with the version of the first package.
    folder: &'static str,
    /// A package that is installed last, so if it is there, all are.
    probe: &'static str,
    /// Whether some packages are compiled, so that only the Python that installed them can use
    /// them.
    compiled: bool,
    /// The packages and all their dependencies, with versions and hashes.
    requirements: &'static str,
}

/// The CloudEvents SDK.
pub(super) const SDK: Packages = Packages {
    title: "the CloudEvents SDK for Python",
    folder: "python-cloudevents-2.2.0-hashed",
    probe: "cloudevents",
    compiled: false,
    requirements: include_str!("../../requirements/sdk.txt"),
};

/// `FastAPI` with pydantic, and the fastest server and client for it.
pub(super) const FASTAPI: Packages = Packages {
    title: "FastAPI, pydantic and uvicorn",
    folder: "python-fastapi-0.165.0-hashed",
    probe: "fastapi",
    compiled: true,
    requirements: include_str!("../../requirements/fastapi.txt"),
};

/// The folder of Debian's Python and pip, if the system has none.
const PYTHON: &str = "python-debian";
const PIP: &str = "python-pip-debian";

/// Checks whether the SDK supports this Python.
const IS_NEW_ENOUGH: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

/// A Python that can import some of these packages.
#[derive(Debug)]
pub(crate) struct Python {
    program: PathBuf,
    packages: PathBuf,
}

impl Python {
    /// The command without arguments. It writes no files next to the scripts it runs, and ignores
    /// the user's packages.
    pub(crate) fn command(&self) -> Command {
        let mut python = Command::new(&self.program);
        python.args(["-B", "-s"]).env("PYTHONPATH", &self.packages);
        python
    }
}

/// Finds these packages, and a Python to run them.
pub(super) fn find(cache: &Cache, wanted: &Packages) -> Option<Python> {
    let program = find_python(cache)?;
    let packages = cache.folder(&wanted.folder_for(&program)?).join("packages");
    packages.join(wanted.probe).is_dir().then_some(Python { program, packages })
}

impl Packages {
    fn folder_for(&self, python: &Path) -> Option<String> {
        if !self.compiled {
            return Some(self.folder.to_owned());
        }
        let question = "import sys; print(sys.implementation.cache_tag)";
        let answer = Command::new(python).args(["-c", question]).output().ok()?;
        let tag = String::from_utf8(answer.stdout).ok()?;
        Some(format!("{}-{}", self.folder, tag.trim()))
    }
}

/// The user's Python, or the one in the cache.
fn find_python(cache: &Cache) -> Option<PathBuf> {
    let ours = cache.folder(PYTHON).join("bin/python3");
    let runs = |path: &PathBuf| succeeds(Command::new(path).args(["-c", IS_NEW_ENOUGH]));
    [on_path("python3"), Some(ours)].into_iter().flatten().find(runs)
}

/// Installs what is missing.
pub(super) fn install(cache: &Cache, lock: &Lock, wanted: &Packages) -> Result<()> {
    let python = match find_python(cache) {
        Some(python) => python,
        None => install_python(cache, lock)?,
    };
    let pip = find_pip(cache, lock, &python)?;
    let folder = wanted.folder_for(&python);
    let folder = folder.ok_or_else(|| Error::new("python3 does not run: reinstall it"))?;
    step(&format!("{} (pip install)", wanted.title), || {
        lock.make(&folder, |folder| {
            let requirements = folder.join("requirements.txt");
            fs::write(&requirements, wanted.requirements)
                .map_err(|cause| Error::file("write", &requirements, &cause))?;
            let mut install = Command::new(&python);
            install
                .args(pip)
                .args(["install", "--no-deps", "--only-binary=:all:", "--require-hashes"])
                .args(["--disable-pip-version-check", "--no-input", "--root-user-action=ignore"])
                .arg("--target")
                .arg(folder.join("packages"))
                .arg("--requirement")
                .arg(&requirements);
            keep(&mut install, "check that pip can reach pypi.org and that python3 is 3.10 or later (3.11 for the benchmarks)")
                .map(drop)
        })
    })
}

/// Unpacks Debian's Python.
fn install_python(cache: &Cache, lock: &Lock) -> Result<PathBuf> {
    if !debian::is_here() {
        return Err(Error::new(
            "Python is missing, which tests and benchmarks need: install 3.10 or later (3.11 for the benchmarks)",
        ));
    }
    step("Python (Debian's, unpacked in the cache)", || {
        lock.make(PYTHON, |folder| {
            debian::fetch(&["python3"], lock, &folder.join("root"))?;
            debian::write_wrapper(folder, "python3", "usr/bin/python3")
        })
    })?;
    let needed =
        "Debian's Python is older than 3.10, which tests and benchmarks need: install a later one";
    find_python(cache).ok_or_else(|| Error::new(needed))
}

/// The arguments that make this Python run pip: its own, or Debian's, which Python runs from its
/// archive.
fn find_pip(cache: &Cache, lock: &Lock, python: &Path) -> Result<Vec<PathBuf>> {
    if succeeds(Command::new(python).args(["-m", "pip", "--version"])) {
        return Ok(vec!["-m".into(), "pip".into()]);
    }
    if !debian::is_here() {
        return Err(Error::new(
            "pip is missing, which tests and benchmarks need: install it for python3",
        ));
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
