//! Builds the npm package: `dist/elytra-webhooks-<version>.tgz`.
//!
//! Its parts are the files in `npm/`, the built Worker in one file of JavaScript and one of WebAssembly, the console,
//! the command line, which is the crate `elytra-webhooks-cli-node`, and the licences of what is compiled. `npm pack` puts them into the archive, as
//! `npm publish` would. The same sources and tools give the same bytes.

mod licences;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::build;
use crate::command::{keep, show};
use crate::output::{say, step};
use crate::tools::TARGET;
use crate::{Error, Project, Result, Tools, Worker};

/// The crate of the command line, as cargo knows it and as its file is called.
const COMMAND_LINE: (&str, &str) = ("elytra-webhooks-cli-node", "elytra_webhooks_cli_node.wasm");

/// The profile with which it is built: small, since nobody waits for it.
const PROFILE: &str = "small";

/// Compresses one file into another, as `npm/bin/elytra-webhooks.mjs` reads it.
const COMPRESS: &str = r#"
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
const [from, to] = process.argv.slice(-2);
const text = readFileSync(from);
const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
writeFileSync(to, brotliCompressSync(text, { params }));
"#;

/// Builds the package, and returns the path of the archive.
///
/// # Errors
/// Something does not build.
pub fn package(tools: &Tools) -> Result<PathBuf> {
    let project = tools.project();
    build::build(tools, Worker::Receiver)?;
    let command_line = build_command_line(tools)?;
    step("npm package", || {
        let folder = project.dist().join("package");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|cause| Error::file("remove", &folder, &cause))?;
        }
        copy(&project.root().join("npm"), &folder)?;
        copy(&project.root().join("console"), &folder.join("console"))?;
        for file in ["LICENSE", "CHANGELOG.md"] {
            copy(&project.root().join(file), &folder.join(file))?;
        }
        let path = folder.join("LICENSES-OF-DEPENDENCIES");
        fs::write(&path, licences::licences(tools)?)
            .map_err(|cause| Error::file("write", &path, &cause))?;
        let version = write_manifest(project, &folder)?;
        add_worker(tools, &folder.join("worker"))?;
        copy(&command_line, &folder.join("bin"))?;
        pack(project, &folder, &version)
    })
}

/// Builds the package, and says where it is and how large.
///
/// # Errors
/// Something does not build.
pub fn package_and_report(tools: &Tools) -> Result<()> {
    let archive = package(tools)?;
    let size = fs::metadata(&archive).map_err(|cause| Error::file("read", &archive, &cause))?.len();
    say(&format!("{}: {size} bytes", archive.display()));
    Ok(())
}

/// Builds the command line, unless it has not changed. Returns the folder that has it.
fn build_command_line(tools: &Tools) -> Result<PathBuf> {
    let project = tools.project();
    let (package, file) = COMMAND_LINE;
    show(
        tools.wasm_cargo()?.args(["build", "--quiet", "--profile", PROFILE, "--package", package]),
        "see the error above",
    )?;
    let built = project.wasm_target().join(TARGET).join(PROFILE).join(file);
    let folder = project.wasm_target().join("command-line");
    let last = folder.join("last.wasm");
    let read = |path: &Path| fs::read(path).map_err(|cause| Error::file("read", path, &cause));
    let found = read(&built)?;
    let parts = folder.join("bin");
    if fs::read(&last).is_ok_and(|last| last == found) {
        return Ok(parts);
    }
    step("command line", || {
        let bound = folder.join("bound");
        keep(
            Command::new(&tools.wasm_bindgen)
                .args(["--target", "web", "--no-typescript", "--out-name", "cli", "--out-dir"])
                .args([&bound, &built]),
            "remove target/wasm and try again",
        )?;
        let small = bound.join("small.wasm");
        let mut optimize = tools.wasm_opt();
        optimize.args(["-Oz", "--strip-debug", "--strip-producers"]);
        keep(optimize.arg(bound.join("cli_bg.wasm")).arg("-o").arg(&small), "see the error above")?;
        fs::create_dir_all(&parts).map_err(|cause| Error::file("create", &parts, &cause))?;
        copy(&bound.join("cli.js"), &parts.join("cli.js"))?;
        let mut compress = tools.node()?;
        compress.args(["--input-type=module", "--eval", COMPRESS, "--"]).arg(&small);
        keep(compress.arg(parts.join("cli.wasm.br")), "see the error above")?;
        fs::write(&last, &found).map_err(|cause| Error::file("write", &last, &cause))
    })?;
    Ok(parts)
}

/// Bundles the Worker. The names of its functions stay behind: a panic's message has the line.
fn add_worker(tools: &Tools, folder: &Path) -> Result<()> {
    let root = tools.project().root();
    keep(
        Command::new(tools.project().npm_programs().join("esbuild"))
            .args(["--bundle", "--format=esm", "--target=es2024", "--log-level=warning"])
            .args(["--external:cloudflare:*", "--external:*.wasm", "--minify"])
            .arg(format!("--outfile={}", folder.join("index.js").display()))
            .arg(root.join("src/cloudflare/executor/main.mjs")),
        "see the error above",
    )?;
    let mut strip = tools.wasm_opt();
    strip.args(["--strip-debug", "--strip-producers"]).arg(root.join("build/index_bg.wasm"));
    keep(strip.arg("-o").arg(folder.join("index_bg.wasm")), "see the error above").map(drop)
}

/// Writes `package.json` with the version of the Worker, and returns that.
fn write_manifest(project: &Project, folder: &Path) -> Result<String> {
    let path = folder.join("package.json");
    let text = fs::read(&path).map_err(|cause| Error::file("read", &path, &cause))?;
    let mut manifest: Value = serde_json::from_slice(&text)
        .map_err(|cause| Error::new(format!("{}: {cause}", path.display())))?;
    let version = project.locked_version("elytra-webhooks")?;
    if let Some(found) = manifest.get_mut("version") {
        *found = version.clone().into();
    }
    fs::write(&path, format!("{manifest:#}\n"))
        .map_err(|cause| Error::file("write", &path, &cause))?;
    Ok(version)
}

/// Puts the folder into an archive, with the same bytes each time: npm leaves out times and owners.
fn pack(project: &Project, folder: &Path, version: &str) -> Result<PathBuf> {
    keep(
        Command::new("npm")
            .args(["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination"])
            .arg(project.dist())
            .current_dir(folder),
        "install Node 20 or later with its npm",
    )?;
    Ok(project.dist().join(format!("elytra-webhooks-{version}.tgz")))
}

/// Copies a file, or a folder with all that is in it, into a folder that may have other files.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |cause| Error::file("copy", from, &cause);
    if !from.is_dir() {
        return fs::copy(from, to).map(drop).map_err(failed);
    }
    fs::create_dir_all(to).map_err(|cause| Error::file("create", to, &cause))?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}
