//! curl, for the examples of the documents and their tests.

use std::path::PathBuf;

use super::debian;
use crate::cache::{Cache, Lock};
use crate::command::on_path;
use crate::output::step;
use crate::{Error, Result};

const FOLDER: &str = "curl-debian";

/// The user's curl, or the one in the cache.
pub(super) fn find(cache: &Cache) -> Option<PathBuf> {
    let ours = cache.folder(FOLDER).join("bin/curl");
    on_path("curl").or_else(|| ours.is_file().then_some(ours))
}

/// Unpacks Debian's curl.
pub(super) fn install(lock: &Lock) -> Result<()> {
    if !debian::is_here() {
        return Err(Error::new("curl is missing: install it"));
    }
    step("curl (Debian's, unpacked in the cache)", || {
        lock.make(FOLDER, |folder| {
            debian::fetch(&["curl"], lock, &folder.join("root"))?;
            debian::write_wrapper(folder, "curl", "usr/bin/curl")
        })
    })
}
