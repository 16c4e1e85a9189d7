//! The installed tools, as commands.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{cargo, path_with};
use crate::project::Project;
use crate::{Error, Result};

/// The target of the Workers.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The features of WebAssembly that rustc and wasm-bindgen use.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// The variable with the flags of rustc for the wasm target.
const WASM_FLAGS_VARIABLE: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// All tools of the project. [`setup`](crate::setup::setup) finds or installs them.
///
/// ```no_run
/// # fn main() -> xtask::Result<()> {
/// let tools = xtask::setup::setup(&xtask::Project::here())?;
/// let mut wrangler = tools.wrangler()?;
/// wrangler.args(["dev", "--config", "wrangler.toml", "--port", "0"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tools {
    pub(crate) project: Project,
    pub(crate) curl: PathBuf,
    pub(crate) wasm_target: WasmTarget,
    pub(crate) worker_build: PathBuf,
    pub(crate) wasm_bindgen: PathBuf,
}

/// Where the wasm target is installed.
#[derive(Debug)]
pub(crate) enum WasmTarget {
    /// In the active toolchain.
    Active {
        /// The library file, whose name changes with every version of Rust.
        std: PathBuf,
    },
    /// In Debian's toolchain in the cache.
    Debian {
        /// The library file.
        std: PathBuf,
        /// The folder with `rustc` and `wasm-ld`.
        programs: PathBuf,
    },
}

impl Tools {
    /// The checkout that these tools belong to.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The path of `curl`.
    #[must_use]
    pub fn curl(&self) -> &Path {
        &self.curl
    }

    /// The Node that wrangler needs, without arguments.
    ///
    /// # Errors
    /// If `PATH` cannot contain the project's path.
    pub fn node(&self) -> Result<Command> {
        let programs = self.project.npm_programs();
        let mut node = Command::new(programs.join("node"));
        node.env("PATH", path_with(&[&programs])?);
        Ok(node)
    }

    /// wrangler, without arguments, in the project's folder.
    ///
    /// It is a single process: SIGTERM or SIGINT ends wrangler and its workerd, but after a SIGKILL
    /// workerd keeps running. It is confined to the project and this machine: it writes nothing to
    /// the user's home, asks nothing of Cloudflare, and reports nothing. So it does not know the
    /// user's login either, and deploying takes plain `npx wrangler`.
    ///
    /// # Errors
    /// If `PATH` cannot contain the project's path, or the project's folder is not writable.
    pub fn wrangler(&self) -> Result<Command> {
        let mut wrangler = self.miniflare()?;
        let cli = "node_modules/wrangler/wrangler-dist/cli.js";
        wrangler.arg("--no-warnings").arg(self.project.root().join(cli));
        Ok(wrangler)
    }

    /// Node for a script that uses wrangler or Miniflare as a library, without arguments, in the
    /// project's folder. It is confined like [`Tools::wrangler`].
    ///
    /// # Errors
    /// If `PATH` cannot contain the project's path, or the project's folder is not writable.
    pub fn miniflare(&self) -> Result<Command> {
        let mut node = self.node()?;
        node.envs(wrangler_environment(&self.project)?).current_dir(self.project.root());
        Ok(node)
    }

    /// worker-build, without arguments, in this package's folder. It gets everything that it would
    /// otherwise download.
    pub(crate) fn worker_build(&self, package: &Path) -> Result<Command> {
        let npm = self.project.npm_programs();
        let mut build = Command::new(&self.worker_build);
        build
            .current_dir(package)
            .env("WASM_BINDGEN_BIN", &self.wasm_bindgen)
            .env("WASM_OPT_BIN", npm.join("wasm-opt"))
            .env("ESBUILD_BIN", npm.join("esbuild"))
            .env("CARGO_TARGET_DIR", self.project.wasm_target())
            .env(WASM_FLAGS_VARIABLE, self.wasm_flags())
            // The error message is enough. Where worker-build failed does not matter.
            .env("RUST_BACKTRACE", "0");
        match &self.wasm_target {
            WasmTarget::Active { .. } => {
                build.env("PATH", path_with(&[&npm])?);
            }
            WasmTarget::Debian { programs, .. } => {
                build
                    .env("PATH", path_with(&[programs, &npm])?)
                    .env("RUSTC", programs.join("rustc"))
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", programs.join("wasm-ld"));
            }
        }
        Ok(build)
    }

    /// cargo for the wasm target, without arguments, in the project's folder.
    pub(crate) fn wasm_cargo(&self) -> Result<Command> {
        let mut cargo = cargo();
        cargo
            .current_dir(self.project.root())
            .env("CARGO_TARGET_DIR", self.project.wasm_target())
            .env(WASM_FLAGS_VARIABLE, self.wasm_flags())
            .env("CARGO_BUILD_TARGET", TARGET);
        if let WasmTarget::Debian { programs, .. } = &self.wasm_target {
            cargo
                .env("PATH", path_with(&[programs])?)
                .env("RUSTC", programs.join("rustc"))
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", programs.join("wasm-ld"));
        }
        Ok(cargo)
    }

    /// The flags of rustc for the wasm target: those of `.cargo/config.toml`, and no name of a folder of this machine in
    /// the messages of panics, so that every machine builds the same bytes.
    fn wasm_flags(&self) -> OsString {
        let home = env::var_os("CARGO_HOME").map_or_else(
            || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".cargo"),
            PathBuf::from,
        );
        let mut flags = OsString::from("-Ctarget-feature=+simd128");
        for (folder, name) in
            [(home.as_path(), "/cargo"), (self.project.root(), "/elytra-webhooks")]
        {
            // rustc splits them at spaces, so such a folder stays named.
            if !folder.to_string_lossy().contains(' ') {
                flags.push(" --remap-path-prefix=");
                flags.push(folder);
                flags.push("=");
                flags.push(name);
            }
        }
        flags
    }

    /// wasm-opt, which is told the features of the wasm that rustc writes.
    pub(crate) fn wasm_opt(&self) -> Command {
        let mut optimize = Command::new(self.project.npm_programs().join("wasm-opt"));
        optimize.args(WASM_FEATURES);
        optimize
    }

    /// The files that change with the version of a tool. Builds depend on them.
    pub(crate) fn versions(&self) -> [&Path; 3] {
        let std = match &self.wasm_target {
            WasmTarget::Active { std } | WasmTarget::Debian { std, .. } => std,
        };
        [&self.worker_build, &self.wasm_bindgen, std]
    }

    /// `PATH` for a shell that runs commands of the documents: node, npx's wrangler and curl come
    /// first.
    ///
    /// # Errors
    /// If `PATH` cannot contain the path of the project or of curl.
    pub fn path(&self) -> Result<OsString> {
        let folder = self.curl.parent();
        let folder = folder.ok_or_else(|| Error::new("curl is not in a folder: reinstall it"))?;
        path_with(&[&self.project.npm_programs(), folder])
    }
}

/// The environment that confines wrangler and Miniflare to the project and this machine.
pub(crate) fn wrangler_environment(project: &Project) -> Result<Vec<(&'static str, OsString)>> {
    let home = project.wrangler_home();
    let temporary = home.join("tmp");
    fs::create_dir_all(&temporary).map_err(|cause| Error::file("create", &temporary, &cause))?;
    let below = |name: &str| home.join(name).into_os_string();
    Ok(vec![
        ("WRANGLER_SEND_METRICS", "false".into()),
        ("WRANGLER_SEND_ERROR_REPORTS", "false".into()),
        // The banner checks npm for a newer wrangler.
        ("WRANGLER_HIDE_BANNER", "true".into()),
        ("WRANGLER_NO_SKILLS_UPDATE_PROMPTS", "true".into()),
        // Do not ask Cloudflare where in the world this machine is.
        ("CLOUDFLARE_CF_FETCH_ENABLED", "false".into()),
        ("WRANGLER_LOG_PATH", below("logs")),
        ("WRANGLER_REGISTRY_PATH", below("registry")),
        ("WRANGLER_CACHE_DIR", below("cache")),
        ("MINIFLARE_CACHE_DIR", below("cache")),
        ("XDG_CONFIG_HOME", below("config")),
        // V8's compilation of wrangler, which otherwise takes a fifth of a second each time.
        ("NODE_COMPILE_CACHE", below("compile-cache")),
        // Miniflare's databases, which it leaves behind when it is killed.
        ("TMPDIR", temporary.into_os_string()),
    ])
}
