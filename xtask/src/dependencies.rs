//! The dependencies: their licences, where they come from, and what is known against them, for each
//! Cargo.lock; and that each lock file of npm says what the archives hold.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::show;
use crate::output::stage;
use crate::{Result, Tools, setup};

/// What is checked: whatever cargo builds here.
const MANIFESTS: [&str; 3] = ["Cargo.toml", "fuzz/Cargo.toml", "xtask/wasm-bindgen/Cargo.toml"];

/// Where the advisories come from, and what tells whether it can be reached.
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db/info/refs?service=git-upload-pack";

/// How many seconds it has to answer.
const ANSWER_SECONDS: &str = "10";

const ADVICE: &str = "see what cargo-deny says above; deny.toml says what is allowed";

/// Checks them; returns what could not be.
pub(crate) fn test(tools: &Tools) -> Result<Option<String>> {
    let deny = setup::setup_cargo_deny()?;
    stage("licences and sources of the dependencies", || {
        check(&deny, tools, &["--offline"], &["bans", "licenses", "sources"])
    })?;
    if !is_reached(tools.curl()) {
        let skipped =
            "the check for advisories needs github.com/RustSec/advisory-db, which gives no answer";
        return Ok(Some(skipped.to_owned()));
    }
    stage("advisories of the dependencies", || check(&deny, tools, &[], &["advisories"]))
        .map(|()| None)
}

fn check(deny: &Path, tools: &Tools, how: &[&str], what: &[&str]) -> Result<()> {
    let root = tools.project().root();
    MANIFESTS.iter().try_for_each(|manifest| {
        let mut deny = Command::new(deny);
        deny.args(["--log-level", "error", "--all-features", "--locked"])
            .args(how)
            .args([
                "--manifest-path",
                manifest,
                "--config",
                "deny.toml",
                "check",
                "--hide-inclusion-graph",
            ])
            .args(what)
            .current_dir(root);
        show(&mut deny, ADVICE)
    })
}

/// Whether the advisories can be had; whoever has no network waits for no time-out of git's.
fn is_reached(curl: &Path) -> bool {
    let mut curl = Command::new(curl);
    curl.args(["--silent", "--fail", "--max-time", ANSWER_SECONDS, ADVISORIES])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    curl.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::MANIFESTS;
    use crate::Project;

    fn read(path: &str) -> String {
        let path = Project::here().root().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
    }

    /// The packages of a lock file of npm without a hash of their archive.
    fn without_integrity(lock: &str) -> Vec<String> {
        let lock: Value = serde_json::from_str(lock).expect("a lock file is JSON");
        let packages = lock["packages"].as_object().expect("it has packages");
        let has_none = |package: &Value| {
            !package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-"))
        };
        // The first one is the project itself.
        let bad = packages.iter().filter(|(path, package)| !path.is_empty() && has_none(package));
        bad.map(|(path, _)| path.clone()).collect()
    }

    #[test]
    fn every_package_of_npm_has_a_hash() {
        for lock in ["package-lock.json", "bench/peers/package-lock.json"] {
            assert_eq!(without_integrity(&read(lock)), [""; 0], "{lock}");
        }
        let none = r#"{"packages":{"":{},"a":{"integrity":"sha512-x"},"b":{"version":"1"},"c":{"integrity":"sha1-x"}}}"#;
        assert_eq!(without_integrity(none), ["b", "c"], "it can fail");
    }

    #[test]
    fn every_package_of_python_has_a_hash() {
        for requirements in ["sdk.txt", "fastapi.txt"] {
            let text = read(&format!("xtask/requirements/{requirements}"));
            let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
            let pins = lines.iter().filter(|line| line.contains("=="));
            assert!(pins.clone().count() >= 5 && pins.clone().all(|pin| pin.ends_with('\\')));
            let rest = lines.iter().filter(|line| !line.contains("=="));
            assert!(rest.clone().all(|line| line.trim_start().starts_with("--hash=sha256:")));
        }
    }

    /// What is installed fits the library that the Worker has.
    #[test]
    fn the_program_of_wasm_bindgen_has_the_version_of_the_library() {
        let version = Project::here().locked_version("wasm-bindgen").expect("it is a dependency");
        let lock = read("xtask/wasm-bindgen/Cargo.lock");
        let entry = format!("name = \"wasm-bindgen-cli\"\nversion = \"{version}\"");
        assert!(lock.contains(&entry), "run `cargo update` in xtask/wasm-bindgen");
    }

    #[test]
    fn every_crate_is_of_crates_io() {
        for manifest in MANIFESTS {
            let lock = read(&manifest.replace(".toml", ".lock"));
            assert!(
                !lock.contains("source = \"git+"),
                "{manifest}: a crate that is not of crates.io"
            );
        }
    }
}
