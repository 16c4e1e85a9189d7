//! The folder of tools that all checkouts share: `elytra-webhooks/` in the user's cache.
//!
//! Each tool has a folder there with its version in the name. It is made under another name and
//! renamed when it is whole, so what has its name is whole.

use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::output::say;
use crate::{Error, Result};

/// The folder of tools.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// In `$XDG_CACHE_HOME`, else where this system keeps caches.
    pub(crate) fn of_the_user() -> Result<Self> {
        let absolute = |path: &PathBuf| path.is_absolute();
        let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        let home = || env::home_dir().map(|home| home.join(caches));
        let folder = xdg.filter(absolute).or_else(home).ok_or_else(|| {
            Error::new("there is no place for the tools: set HOME or XDG_CACHE_HOME")
        })?;
        Ok(Self { root: folder.join("elytra-webhooks") })
    }

    /// Where a tool's folder is, or will be.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The right to change the cache. Waits while another set-up holds it.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let failed = |cause: &io::Error| Error::file("lock the cache", &self.root, cause);
        fs::create_dir_all(&self.root).map_err(|cause| failed(&cause))?;
        let file = File::create(self.root.join("lock")).map_err(|cause| failed(&cause))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                say("waiting for another set-up to end");
                file.lock().map_err(|cause| failed(&cause))?;
            }
            Err(TryLockError::Error(cause)) => return Err(failed(&cause)),
        }
        let lock = Lock { _file: file, root: self.root.clone() };
        // Left by a set-up that was ended.
        remove(&lock.unfinished())?;
        Ok(lock)
    }
}

/// The right to change the cache, given back when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    root: PathBuf,
}

impl Lock {
    /// Makes the folder `name` whole or not at all: `fill` fills it under another name.
    pub(crate) fn make(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let unfinished = self.scratch(name)?;
        fill(&unfinished)?;
        let finished = self.root.join(name);
        // One that somebody damaged.
        remove(&finished)?;
        fs::rename(&unfinished, &finished).map_err(|cause| Error::file("create", &finished, &cause))
    }

    /// A folder for what is needed only while the lock is held. A second call gets the same one.
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
        // What stays is removed by the next set-up.
        let _ = remove(&self.unfinished());
    }
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder, &cause))
        }
        _ => Ok(()),
    }
}
