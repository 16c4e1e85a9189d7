//! The folder of tools that all checkouts share: `elytra-webhooks/` in the user's cache.
//!
//! Each tool has a folder with its version in the name. The folder is created under another name
//! and renamed when it is complete, so a folder with that name is always complete.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::output::say;
use crate::{Error, Result};

/// The folder of the tools.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache in `$XDG_CACHE_HOME`, or in the system's default location.
    pub(crate) fn of_user() -> Result<Self> {
        let absolute = |path: &PathBuf| path.is_absolute();
        let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        let home = || env::home_dir().map(|home| home.join(caches));
        let folder = xdg.filter(absolute).or_else(home).ok_or_else(|| {
            Error::new("there is no folder for the tools: set HOME or XDG_CACHE_HOME")
        })?;
        Ok(Self { root: folder.join("elytra-webhooks") })
    }

    /// The folder of a tool, which may not exist yet.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Locks the cache for changes. Waits while another setup holds the lock.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let failed = |cause: &io::Error| Error::file("lock the cache", &self.root, cause);
        fs::create_dir_all(&self.root).map_err(|cause| failed(&cause))?;
        let file = File::create(self.root.join("lock")).map_err(|cause| failed(&cause))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say("waiting for another setup to finish");
                file.lock().map_err(|cause| failed(&cause))?;
            }
            Err(TryLockError::Error(cause)) => return Err(failed(&cause)),
        }
        let lock = Lock { _file: file, root: self.root.clone() };
        // Left over from a setup that was interrupted.
        remove(&lock.unfinished())?;
        Ok(lock)
    }
}

/// A lock on the cache, released on drop.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    root: PathBuf,
}

impl Lock {
    /// Creates the folder `name` completely or not at all: `fill` fills it under another name.
    pub(crate) fn make(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let unfinished = self.scratch(name)?;
        fill(&unfinished)?;
        let finished = self.root.join(name);
        // An old one may be damaged.
        remove(&finished)?;
        fs::rename(&unfinished, &finished).map_err(|cause| Error::file("create", &finished, &cause))
    }

    /// A temporary folder that exists as long as the lock. A second call returns the same folder.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.unfinished().join(name);
        fs::create_dir_all(&folder).map_err(|cause| Error::file("create", &folder, &cause))?;
        Ok(folder)
    }

    fn unfinished(&self) -> PathBuf {
        self.root.join("unfinished")
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The next setup removes what is left.
        let _ = remove(&self.unfinished());
    }
}

/// Removes a folder, if it exists.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder, &cause))
        }
        _ => Ok(()),
    }
}
