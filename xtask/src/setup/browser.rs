//! A browser, for the tests of the console.
//!
//! Any Chromium will do. Where there is none, Debian's headless one is unpacked in the cache.

use std::path::PathBuf;

use super::debian;
use crate::cache::{Cache, Lock};
use crate::command::on_path;
use crate::output::step;
use crate::{Error, Result};

const FOLDER: &str = "chromium-debian";

/// Where macOS has it, which is on no path.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The names under which systems have it.
const NAMES: [&str; 5] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"];

/// The user's browser, or the one in the cache.
pub(super) fn find(cache: &Cache) -> Option<PathBuf> {
    let ours = cache.folder(FOLDER).join("bin/chromium");
    let others = APPLICATIONS.into_iter().map(PathBuf::from).chain([ours]);
    NAMES
        .iter()
        .find_map(|name| on_path(name))
        .or_else(|| others.into_iter().find(|path| path.is_file()))
}

/// Unpacks Debian's.
pub(super) fn install(lock: &Lock) -> Result<()> {
    if !debian::is_here() {
        return Err(Error::new(
            "the tests of the console need a browser: install Chromium or Chrome",
        ));
    }
    step("Chromium (Debian's, unpacked in the cache)", || {
        lock.make(FOLDER, |folder| {
            // Without a font, it shows no text.
            let packages = ["chromium-headless-shell", "fonts-dejavu-core"];
            let root = folder.join("root");
            debian::fetch(&packages, lock, &root)?;
            debian::write(&root.join("fonts.conf"), FONTS)?;
            debian::write_script(folder, "chromium", SCRIPT)
        })
    })
}

/// Only its own fonts, so that pages look the same everywhere.
const FONTS: &str = "\
<?xml version=\"1.0\"?>
<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">
<fontconfig><dir prefix=\"relative\">usr/share/fonts</dir><cachedir prefix=\"xdg\">fontconfig</cachedir></fontconfig>
";

/// Runs it with the libraries and the fonts beside it. The paths are relative to the script, so the folder can be renamed.
const SCRIPT: &str = "\
#!/bin/sh
root=\"${0%/*}/../root\"
for libraries in \"$root\"/usr/lib/*-linux-gnu; do break; done
FONTCONFIG_FILE=\"$root/fonts.conf\" \\
LD_LIBRARY_PATH=\"$libraries:$libraries/pulseaudio${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\" \\
  exec \"$root/usr/lib/chromium/chromium-headless-shell\" \"$@\"
";
