//! Checks the dependencies: licences, sources and advisories for each Cargo.lock, and that npm's
//! lock files have the hashes of all archives.

use std::process::Command;
use std::time::Duration;

use crate::command::{show, within};
use crate::output::stage;
use crate::{Project, Result, setup};

/// The manifests to check: everything that cargo builds here.
const MANIFESTS: [&str; 3] = ["Cargo.toml", "fuzz/Cargo.toml", "xtask/wasm-bindgen/Cargo.toml"];

/// How long the download of the advisory database may take. It has about 10 MB.
const FETCH_LIMIT: Duration = Duration::from_mins(1);

/// Runs the checks. Returns the reason if one had to be skipped.
pub(crate) fn test(project: &Project) -> Result<Option<String>> {
    let program = setup::setup_cargo_deny()?;
    let deny = || {
        let mut deny = Command::new(&program);
        deny.args(["--log-level", "error", "--all-features", "--config", "deny.toml"])
            // If the server does not answer, git must not prompt for a name and password.
            .env("GIT_TERMINAL_PROMPT", "0")
            .current_dir(project.root());
        deny
    };
    let check = |network: &[&str], what: &[&str]| {
        MANIFESTS.iter().try_for_each(|manifest| {
            let mut deny = deny();
            deny.args(network)
                .args(["--locked", "--manifest-path", manifest, "check", "--hide-inclusion-graph"])
                .args(what);
            show(&mut deny, "see cargo-deny's output above; deny.toml says what is allowed")
        })
    };
    stage("licences and sources of the dependencies", || {
        check(&[], &["bans", "licenses", "sources"])
    })?;
    stage("advisories of the dependencies", || {
        match within(FETCH_LIMIT, deny().args(["fetch", "db"]), "see that github.com answers") {
            // Do not fetch again: that could take forever.
            Ok(()) => check(&["--offline"], &["advisories"]).map(|()| None),
            Err(_) => Ok(Some(
                "the check for advisories needs the database from github.com, which is unreachable"
                    .to_owned(),
            )),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::Project;

    fn read(path: &str) -> String {
        let path = Project::here().root().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
    }

    /// The packages of an npm lock file that have no hash.
    fn without_integrity(lock: &str) -> Vec<String> {
        let lock: Value = serde_json::from_str(lock).expect("a lock file is JSON");
        let packages = lock["packages"].as_object().expect("it has packages");
        let has_none = |package: &Value| {
            !package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-"))
        };
        // The first package is the project itself.
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

    /// `npm ci` by hand must not run the packages' scripts either.
    #[test]
    fn npm_runs_no_script_by_itself() {
        for folder in [".", "bench/peers"] {
            assert_eq!(read(&format!("{folder}/.npmrc")), "ignore-scripts=true\n", "{folder}");
        }
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

    /// The program that is installed must match the library in the Worker.
    #[test]
    fn the_program_of_wasm_bindgen_has_the_version_of_the_library() {
        let version = Project::here().locked_version("wasm-bindgen").expect("it is a dependency");
        let lock = read("xtask/wasm-bindgen/Cargo.lock");
        let entry = format!("name = \"wasm-bindgen-cli\"\nversion = \"{version}\"");
        assert!(lock.contains(&entry), "run `cargo update` in xtask/wasm-bindgen");
    }
}
