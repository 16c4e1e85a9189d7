//! Uses Debian's packages without installing them: apt downloads them, and they are unpacked in
//! another folder. This needs no root, and does not change the system.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{Lock, remove};
use crate::command::{keep, on_path};
use crate::{Error, Result};

const ADVICE: &str = "run `apt-get update` and read its output, or run `rustup target add wasm32-unknown-unknown` with access to rustup's server";

/// Whether this system has Debian's tools.
pub(super) fn is_here() -> bool {
    on_path("apt-get").is_some() && on_path("dpkg-deb").is_some()
}

/// Unpacks these packages in `root`, with all dependencies that the system lacks. A package may
/// have a version in apt's syntax: `rustc-web=1.96*`.
pub(super) fn fetch(packages: &[&str], lock: &Lock, root: &Path) -> Result<()> {
    let scratch = lock.scratch("apt")?;
    let archives = scratch.join("archives");
    create(&archives.join("partial"))?;
    create(&scratch.join("lists/partial"))?;
    create(root)?;
    let configuration = scratch.join("apt.conf");
    write(&configuration, &apt_configuration(&scratch))?;
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.arg("--config-file").arg(&configuration).arg("--quiet");
        apt
    };
    keep(apt().arg("update"), ADVICE)?;
    // Reinstall, because `root` needs even the packages that the system has.
    keep(
        apt()
            .args(["install", "--download-only", "--reinstall", "--yes"])
            .args(["--no-install-recommends", "--"])
            .args(packages),
        ADVICE,
    )?;
    for archive in entries(&archives)? {
        if archive.extension() == Some(OsStr::new("deb")) {
            keep(
                Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(root),
                "check that the disk of the cache has free space",
            )?;
        }
    }
    remove(&scratch)
}

/// Writes `folder/bin/<name>`, which runs `folder/root/<program>` with the libraries there. The
/// paths are relative to the script, so the folder can be renamed.
pub(super) fn write_wrapper(folder: &Path, name: &str, program: &str) -> Result<()> {
    let root = folder.join("root");
    let libraries = machine_folder(&root.join("usr/lib"));
    let libraries = libraries.strip_prefix(&root).unwrap_or(&libraries).display();
    let script = format!(
        "#!/bin/sh\n\
         root=\"${{0%/*}}/../root\"\n\
         LD_LIBRARY_PATH=\"$root/{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\" \
         exec \"$root/{program}\" \"$@\"\n"
    );
    write_script(folder, name, &script)
}

/// Writes a script to `folder/bin/<name>`.
pub(super) fn write_script(folder: &Path, name: &str, script: &str) -> Result<()> {
    let bin = folder.join("bin");
    create(&bin)?;
    let path = bin.join(name);
    write(&path, script)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
        .map_err(|cause| Error::file("make executable", &path, &cause))
}

/// The subfolder for this architecture (`x86_64-linux-gnu`), or the folder itself. There is no
/// subfolder if the packages had no libraries.
pub(super) fn machine_folder(folder: &Path) -> PathBuf {
    let entries = entries(folder).unwrap_or_default();
    let found = entries.into_iter().find(|entry| {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        name.contains("-linux-gnu")
    });
    found.unwrap_or_else(|| folder.to_path_buf())
}

/// The entries of a folder, by name.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| Error::file("read", folder, &cause);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// Creates a folder and its parents.
pub(super) fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|cause| Error::file("create", folder, &cause))
}

/// Writes a file.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|cause| Error::file("write", path, &cause))
}

/// apt reads this after the system's own configuration, so the sources and keys stay. Hooks are
/// cleared, because those of container images empty the system's package cache.
fn apt_configuration(scratch: &Path) -> String {
    let scratch = scratch.display();
    format!(
        "Dir::State::lists \"{scratch}/lists\";\n\
         Dir::Cache \"{scratch}\";\n\
         Dir::Cache::archives \"{scratch}/archives\";\n\
         Debug::NoLocking \"true\";\n\
         APT::Sandbox::User \"root\";\n\
         Acquire::Languages \"none\";\n\
         Acquire::Retries \"2\";\n\
         #clear APT::Update::Pre-Invoke;\n\
         #clear APT::Update::Post-Invoke;\n\
         #clear APT::Update::Post-Invoke-Success;\n"
    )
}
