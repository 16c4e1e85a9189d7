//! worker-build, wasm-bindgen, cargo-deny, gungraun-runner and, for the benchmarks, oha. They are
//! built from crates.io, each with a lock file.
//!
//! All except oha are unoptimized: they build in a third of the time and run fast enough.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian;
use crate::cache::{Cache, Lock};
use crate::command::{cargo, keep, on_path};
use crate::output::step;
use crate::{Error, Project, Result};

const WORKER_BUILD: &str = "0.8.7";

const OHA: &str = "1.16.0";

const CARGO_DENY: &str = "0.20.2";

const ADVICE: &str = "check that cargo can reach crates.io and that a C compiler is installed";

/// Finds worker-build.
pub(super) fn find_worker_build(cache: &Cache) -> Option<PathBuf> {
    find(cache, "worker-build", WORKER_BUILD, "worker-build")
}

/// Finds wasm-bindgen's program in this version.
pub(super) fn find_wasm_bindgen(cache: &Cache, version: &str) -> Option<PathBuf> {
    find(cache, "wasm-bindgen-program", version, "wasm-bindgen")
}

/// Finds the program that counts instructions, in this version.
pub(super) fn find_gungraun_runner(cache: &Cache, version: &str) -> Option<PathBuf> {
    find(cache, "gungraun-runner", version, "gungraun-runner")
}

/// Finds oha.
pub(super) fn find_oha(cache: &Cache) -> Option<PathBuf> {
    find(cache, "oha", OHA, "oha")
}

/// Finds cargo-deny.
pub(super) fn find_cargo_deny(cache: &Cache) -> Option<PathBuf> {
    find(cache, "cargo-deny", CARGO_DENY, "cargo-deny")
}

/// Installs worker-build.
pub(super) fn install_worker_build(lock: &Lock) -> Result<()> {
    let openssl = openssl(lock)?;
    install(lock, "worker-build", WORKER_BUILD, |cargo| {
        of_crates_io(cargo, "worker-build", WORKER_BUILD).arg("--debug");
        if let Some(root) = openssl {
            use_openssl(cargo, &root);
        }
    })
}

/// Installs wasm-bindgen's program with our lock file, because its own names a yanked crate.
pub(super) fn install_wasm_bindgen(lock: &Lock, project: &Project, version: &str) -> Result<()> {
    let package = project.root().join("xtask/wasm-bindgen");
    install(lock, "wasm-bindgen-program", version, |cargo| {
        cargo.arg("--debug").arg("--path").arg(package);
    })
}

/// Installs cargo-deny.
pub(super) fn install_cargo_deny(lock: &Lock) -> Result<()> {
    install(lock, "cargo-deny", CARGO_DENY, |cargo| {
        of_crates_io(cargo, "cargo-deny", CARGO_DENY).arg("--debug");
    })
}

/// Installs oha. It is optimized, because it shares the machine with what it measures. It does not
/// compile without TLS.
pub(super) fn install_oha(lock: &Lock) -> Result<()> {
    install(lock, "oha", OHA, |cargo| {
        of_crates_io(cargo, "oha", OHA);
    })
}

/// Installs the program that counts instructions.
pub(super) fn install_gungraun_runner(lock: &Lock, version: &str) -> Result<()> {
    install(lock, "gungraun-runner", version, |cargo| {
        of_crates_io(cargo, "gungraun-runner", version).arg("--debug");
    })
}

/// Makes cargo install this package.
fn of_crates_io<'c>(cargo: &'c mut Command, package: &str, version: &str) -> &'c mut Command {
    cargo.arg(package).arg(format!("--version={version}"))
}

fn find(cache: &Cache, package: &str, version: &str, program: &str) -> Option<PathBuf> {
    let folder = cache.folder(&format!("{package}-{version}"));
    let program = folder.join("bin").join(program);
    program.is_file().then_some(program)
}

fn install(
    lock: &Lock,
    package: &str,
    version: &str,
    adapt: impl FnOnce(&mut Command),
) -> Result<()> {
    if on_path("cc").is_none() {
        return Err(Error::new(
            "a C compiler is missing: install it (Debian: `apt-get install build-essential`, macOS: `xcode-select --install`)",
        ));
    }
    let name = format!("{package} {version} (cargo install)");
    step(&name, || {
        // They share a target folder, because they have many crates in common.
        let target = lock.scratch("cargo-target")?;
        lock.make(&format!("{package}-{version}"), |folder| {
            let mut cargo = cargo();
            cargo
                .args(["install", "--no-track", "--locked", "--root"])
                .arg(folder)
                .env("CARGO_TARGET_DIR", &target)
                // Nobody debugs them, and without debug information there is less to write and
                // link.
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .current_dir(folder);
            adapt(&mut cargo);
            keep(&mut cargo, ADVICE).map(drop)
        })
    })
}

/// worker-build needs the headers of OpenSSL. If the system has none, Debian's are unpacked.
fn openssl(lock: &Lock) -> Result<Option<PathBuf>> {
    let is_given =
        ["OPENSSL_DIR", "OPENSSL_LIB_DIR"].iter().any(|name| env::var_os(name).is_some());
    let found = || {
        let mut pkg_config = Command::new("pkg-config");
        let output = pkg_config.args(["--exists", "openssl"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !cfg!(target_os = "linux") || is_given || found() {
        return Ok(None);
    }
    if !debian::is_here() {
        return Err(Error::new(
            "the headers of OpenSSL are missing: install pkg-config and OpenSSL's development package",
        ));
    }
    let root = lock.scratch("openssl")?;
    step("the headers of OpenSSL (Debian's, for worker-build)", || {
        debian::fetch(&["libssl-dev"], lock, &root)
    })?;
    Ok(Some(root))
}

/// Links OpenSSL statically, because the folder is gone when the program runs.
fn use_openssl(cargo: &mut Command, root: &Path) {
    let usr = root.join("usr");
    let include = debian::machine_folder(&usr.join("include"));
    cargo
        .env("OPENSSL_STATIC", "1")
        .env("OPENSSL_NO_PKG_CONFIG", "1")
        .env("OPENSSL_LIB_DIR", debian::machine_folder(&usr.join("lib")))
        .env("OPENSSL_INCLUDE_DIR", usr.join("include"))
        // The architecture's headers are in a separate folder.
        .env("CFLAGS", format!("-I{}", include.display()));
}
