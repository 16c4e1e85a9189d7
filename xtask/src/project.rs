//! The paths in this checkout.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// A checkout of elytra-webhooks.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The checkout that the current folder is in, or the one from which this xtask was compiled.
    #[must_use]
    pub fn here() -> Self {
        let current = env::current_dir().unwrap_or_default();
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = root_of(&current).or(xtask.parent()).unwrap_or(xtask).to_path_buf();
        Self { root }
    }

    /// The folder of the workspace's `Cargo.toml`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the programs that npm installs.
    #[must_use]
    pub fn npm_programs(&self) -> PathBuf {
        self.root.join("node_modules/.bin")
    }

    /// The folder of the npm package.
    #[must_use]
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The folder of the peers in the benchmarks.
    #[must_use]
    pub fn peers(&self) -> PathBuf {
        self.root.join("bench/peers")
    }

    /// The folder for what wrangler would otherwise keep in the user's home.
    pub(crate) fn wrangler_home(&self) -> PathBuf {
        self.root.join("target/wrangler")
    }

    /// The cargo target folder of the wasm builds. It is separate, so that wasm and native builds
    /// neither wait for each other nor invalidate each other.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.root.join("target/wasm")
    }

    /// The version of a crate in `Cargo.lock`.
    pub(crate) fn locked_version(&self, name: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = fs::read_to_string(&path).map_err(|cause| Error::file("read", &path, &cause))?;
        locked_version(&lock, name).ok_or_else(|| {
            Error::new(format!("Cargo.lock has no {name}: run `cargo update --workspace`"))
        })
    }
}

/// The nearest checkout that this folder is in.
fn root_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file())
}

/// The version in the entry with this name.
fn locked_version(lock: &str, name: &str) -> Option<String> {
    let name = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Project, locked_version, root_of};

    #[test]
    fn a_checkout_inside_another_one_is_itself() {
        let outer = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project");
        assert_eq!(Project::here().root(), outer);
        let inner = outer.join("target/xtask-project");
        fs::create_dir_all(inner.join("xtask/src")).expect("the folders");
        fs::write(inner.join("xtask/Cargo.toml"), "").expect("the file");
        for folder in [inner.clone(), inner.join("xtask"), inner.join("xtask/src")] {
            assert_eq!(root_of(&folder), Some(&*inner), "{}", folder.display());
        }
        assert_eq!(root_of(&outer.join("docs")), Some(outer));
        assert_eq!(root_of(Path::new("/")), None);
    }

    #[test]
    fn the_version_is_that_of_the_crate_named_and_of_no_other() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        let version = locked_version(lock, "wasm-bindgen");
        assert_eq!(version.as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "worker"), None);
    }
}
