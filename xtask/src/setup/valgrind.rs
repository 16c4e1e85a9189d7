//! Valgrind, whose callgrind counts instructions.
//!
//! Only the tests need it, and only where it exists: macOS has none.

use std::path::PathBuf;

use super::debian;
use crate::Result;
use crate::cache::{Cache, Lock, remove};
use crate::command::on_path;
use crate::output::step;

const FOLDER: &str = "valgrind-debian";

/// Unlike Debian's script, this one uses paths relative to itself, so the folder can be renamed.
const SCRIPT: &str = "\
#!/bin/sh
root=\"${0%/*}/../root\"
VALGRIND_LIB=\"$root/usr/libexec/valgrind\" exec \"$root/usr/bin/valgrind.bin\" \"$@\"
";

/// The reason for skipping, if Valgrind is neither installed nor available.
pub(crate) const MISSING: &str = "needs Valgrind, which is missing: install it";

/// The user's Valgrind, or the one in the cache.
pub(super) fn find(cache: &Cache) -> Option<PathBuf> {
    let ours = cache.folder(FOLDER).join("bin/valgrind");
    on_path("valgrind").or_else(|| ours.is_file().then_some(ours))
}

/// Whether this system provides it.
pub(super) fn is_available() -> bool {
    debian::is_here()
}

/// Unpacks Debian's Valgrind.
pub(super) fn install(lock: &Lock) -> Result<()> {
    step("Valgrind (Debian's, unpacked in the cache)", || {
        lock.make(FOLDER, |folder| {
            let root = folder.join("root");
            debian::fetch(&["valgrind"], lock, &root)?;
            // These are symbols of the C library, and perhaps a different one than the benchmarks
            // use.
            remove(&root.join("usr/lib"))?;
            remove(&root.join("lib"))?;
            debian::write_script(folder, "valgrind", SCRIPT)
        })
    })
}
