//! The test programs: built by one call of cargo, then run by us.
//!
//! Cargo would do both, but it builds a crate anew for each choice of packages whose dependencies
//! have other features: natively, the receiver and what it needs were built once for its own tests and
//! once more for those on the runtime.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::command::{cargo, keep_stdout, show};
use crate::{Error, Project, Result};

/// The package of the tests on the real runtime, its test program, and the soak's.
const EDGE: &str = "edge";
const SOAK: &str = "soak";

/// A program that cargo built.
#[derive(Debug, PartialEq)]
struct Program {
    /// The name of its target, which is `edge` for the tests on the real runtime alone.
    target: String,
    path: PathBuf,
    /// The folder of its package, in which it runs.
    folder: PathBuf,
    /// Whether it is made of tests.
    is_test: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Programs(Vec<Program>);

impl Programs {
    /// Builds those of all packages.
    pub(super) fn build(project: &Project) -> Result<Self> {
        let mut build = cargo();
        build
            .args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"])
            .current_dir(project.root());
        let messages = keep_stdout(&mut build, "correct what stands above")?;
        let programs: Vec<_> = messages.lines().filter_map(program).collect();
        if programs.iter().any(|program| program.is_test) {
            Ok(Self(programs))
        } else {
            Err(Error::new("cargo does not say which tests it built: update Rust"))
        }
    }

    /// Runs the tests that need no runtime, and the examples in the documentation.
    pub(super) fn run_native(&self, project: &Project) -> Result<()> {
        let native = self.0.iter().filter(|program| program.is_test && program.target != EDGE);
        native.into_iter().try_for_each(|program| program.run(&[]))?;
        let mut examples = cargo();
        examples.args(["test", "--workspace", "--doc"]).current_dir(project.root());
        show(&mut examples, "see which example failed above")
    }

    /// Runs those on the real runtime, so many at a time.
    pub(super) fn run_edge(&self, at_once: usize) -> Result<()> {
        let edge = self.0.iter().filter(|program| program.is_test && program.target == EDGE);
        edge.into_iter()
            .try_for_each(|program| program.run(&[&format!("--test-threads={at_once}")]))
    }

    /// Where the soak is.
    pub(super) fn soak(&self) -> Result<&Path> {
        let soak = self.0.iter().find(|program| !program.is_test && program.target == SOAK);
        let soak = soak.ok_or_else(|| Error::new("cargo built no soak"))?;
        Ok(&soak.path)
    }
}

impl Program {
    fn run(&self, arguments: &[&str]) -> Result<()> {
        let mut run = Command::new(&self.path);
        run.args(arguments).current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        show(&mut run, "see which test failed above")
    }
}

/// What is read of cargo's message about something that it built.
#[derive(Deserialize)]
struct Message {
    /// None where it is no program.
    executable: Option<PathBuf>,
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The program that one of cargo's messages is about, if it is about one.
fn program(message: &str) -> Option<Program> {
    let message: Message = serde_json::from_str(message).ok()?;
    Some(Program {
        target: message.target.name,
        path: message.executable?,
        folder: message.manifest_path.parent()?.into(),
        is_test: message.profile.test,
    })
}

#[cfg(test)]
mod tests {
    use super::{Program, program};

    #[test]
    fn a_message_may_be_about_a_program() {
        let built = r#"{"reason":"compiler-artifact","manifest_path":"/w/tests/edge/Cargo.toml","target":{"name":"edge"},"profile":{"test":true},"executable":"/w/target/debug/deps/edge-1"}"#;
        let expected = Program {
            target: "edge".to_owned(),
            path: "/w/target/debug/deps/edge-1".into(),
            folder: "/w/tests/edge".into(),
            is_test: true,
        };
        assert_eq!(program(built), Some(expected));
        for other in [
            r#"{"reason":"build-finished","success":true}"#,
            r#"{"reason":"compiler-artifact","manifest_path":"/w/Cargo.toml","target":{"name":"a"},"profile":{"test":false},"executable":null}"#,
            "no JSON",
        ] {
            assert_eq!(program(other), None, "{other}");
        }
    }
}
