//! Valgrind, whose callgrind counts instructions.
//!
//! Only the tests need it, and only where it exists: there is none for macOS.

use std::path::PathBuf;

use super::debian;
use crate::Result;
use crate::cache::{Cache, Lock, remove};
use crate::command::on_path;
use crate::output::step;

const FOLDER: &str = "valgrind-debian";

/// Runs it from its own place, so the folder may be renamed. Debian's own script does not.
const SCRIPT: &str = "\
#!/bin/sh
root=\"${0%/*}/../root\"
VALGRIND_LIB=\"$root/usr/libexec/valgrind\" exec \"$root/usr/bin/valgrind.bin\" \"$@\"
";

/// Why there is none, where it can be neither found nor got.
pub(crate) const MISSING: &str = "needs Valgrind, and there is none: install it";

/// The user's own, or the one we got.
pub(super) fn find(cache: &Cache) -> Option<PathBuf> {
    let ours = cache.folder(FOLDER).join("bin/valgrind");
    on_path("valgrind").or_else(|| ours.is_file().then_some(ours))
}

/// Whether it can be got here.
pub(super) fn is_to_be_had() -> bool {
    debian::is_here()
}

/// Unpacks Debian's.
pub(super) fn install(lock: &Lock) -> Result<()> {
    step("Valgrind (Debian's, unpacked in the cache)", || {
        lock.make(FOLDER, |folder| {
            let root = folder.join("root");
            debian::fetch(&["valgrind"], lock, &root)?;
            // Symbols of the C library, and perhaps another C library than what is counted runs with.
            remove(&root.join("usr/lib"))?;
            remove(&root.join("lib"))?;
            debian::write_script(folder, "valgrind", SCRIPT)
        })
    })
}
