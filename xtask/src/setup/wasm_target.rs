//! The standard library for wasm32-unknown-unknown, and the rustc it belongs to.
//!
//! Usually, rustup adds it to the active toolchain. If rustup's server is unreachable, Debian's
//! rustc is unpacked in the cache, and builds its standard library for wasm once.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::debian;
use crate::cache::{Cache, Lock, remove};
use crate::command::{cargo, keep, on_path, within};
use crate::output::step;
use crate::tools::{TARGET, WasmTarget};
use crate::{Error, Result};

/// The folder of Debian's toolchain in the cache, with the version of the packages below.
const FOLDER: &str = "rust-debian-1.96";

/// The packages, all pinned to the same version: rustc, its standard library for this machine, its
/// source, and the linker.
const PACKAGES: [&str; 5] = [
    "rustc-web=1.96*",
    "libstd-rust-web-1.96=1.96*",
    "libstd-rust-web-dev=1.96*",
    "rust-web-src=1.96*",
    "lld-22",
];

/// The standard library has about 20 MB, so if rustup takes longer than this, its server is
/// unreachable.
const RUSTUP_LIMIT: Duration = Duration::from_mins(2);

/// Finds it in the active toolchain or in the cache.
pub(super) fn find(cache: &Cache) -> Option<WasmTarget> {
    let active = active_sysroot().and_then(|sysroot| find_std(&sysroot));
    if let Some(std) = active {
        return Some(WasmTarget::Active { std });
    }
    let folder = cache.folder(FOLDER);
    let std = find_std(&folder.join("root/usr"))?;
    let programs = folder.join("bin");
    Some(WasmTarget::Debian { std, programs })
}

/// Installs it with rustup, or else from Debian.
pub(super) fn install(lock: &Lock) -> Result<()> {
    let add = format!("{TARGET}, into your active toolchain (rustup target add)");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]);
    let added = step(&add, || within(RUSTUP_LIMIT, &mut rustup, "trying Debian's rustc instead"));
    if added.is_ok() {
        return Ok(());
    }
    if !debian::is_here() {
        return Err(Error::new(format!(
            "the target {TARGET} is missing: run `rustup target add {TARGET}` with access to rustup's server"
        )));
    }
    if on_path("cc").is_none() {
        return Err(Error::new(
            "a C compiler is missing: install it (`apt-get install build-essential`)",
        ));
    }
    lock.make(FOLDER, |folder| {
        step("rustc and lld (Debian's, unpacked in the cache)", || {
            debian::fetch(&PACKAGES, lock, &folder.join("root"))?;
            debian::write_wrapper(folder, "rustc", "usr/bin/rustc")?;
            debian::write_wrapper(folder, "wasm-ld", "usr/bin/wasm-ld-22")
        })?;
        step("the standard library for wasm (cargo build)", || build_std(lock, folder))
    })
}

/// The sysroot of the rustc for this machine.
fn active_sysroot() -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output();
    let output = output.ok().filter(|output| output.status.success())?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(sysroot.trim_end()))
}

/// The standard library for wasm in this sysroot.
fn find_std(sysroot: &Path) -> Option<PathBuf> {
    let folder = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    let names = fs::read_dir(folder).ok()?.flatten();
    names.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libstd-") && path.extension() == Some(OsStr::new("rlib"))
    })
}

/// Builds std by building an empty crate with it, and copies it into the sysroot.
fn build_std(lock: &Lock, folder: &Path) -> Result<()> {
    let scratch = lock.scratch("std")?;
    debian::create(&scratch.join("src"))?;
    debian::write(
        &scratch.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    debian::write(&scratch.join("src/lib.rs"), "#![no_std]\n")?;
    keep(
        cargo()
            .args(["build", "--release", "-Zbuild-std=std,panic_abort"])
            .args(["--target", TARGET, "--target-dir", "target"])
            .current_dir(&scratch)
            .env("RUSTC", folder.join("bin/rustc"))
            // Allows -Z on a stable rustc.
            .env("RUSTC_BOOTSTRAP", "1")
            // Without bitcode, `lto = true` has nothing to work on.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes")
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
        "check that cargo can reach crates.io",
    )?;
    let usr = folder.join("root/usr");
    let place = usr.join("lib/rustlib").join(TARGET).join("lib");
    debian::create(&place)?;
    let built = scratch.join("target").join(TARGET).join("release/deps");
    for library in debian::entries(&built)? {
        let name = library.file_name().unwrap_or_default();
        let ours = name.to_string_lossy().starts_with("libempty");
        if library.extension() == Some(OsStr::new("rlib")) && !ours {
            let copy = place.join(name);
            fs::copy(&library, &copy).map_err(|cause| Error::file("write", &copy, &cause))?;
        }
    }
    // It takes half of the disk space, and is no longer needed.
    remove(&usr.join("src"))?;
    remove(&scratch)
}
