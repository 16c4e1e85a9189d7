//! The test programs. One call of cargo builds all of them, and we run them ourselves.
//!
//! Cargo would run them too. But for each selection of packages, it rebuilds the crates whose
//! dependencies get other features. So `cargo test --workspace --exclude edge` and `cargo test --package
//! edge` would build the receiver twice.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::command::{cargo, keep_stdout, show};
use crate::{Error, Project, Result, Tools};

/// The target of the tests on the real runtime.
const EDGE: &str = "edge";

/// The target of the tests of what operators ask on the command line.
const OPERATOR: &str = "operator";

/// The target of the soak.
const SOAK: &str = "soak";

/// A program that cargo built.
#[derive(Debug, PartialEq)]
struct Program {
    /// The name of its target.
    target: String,
    path: PathBuf,
    /// The folder of its package. Tests run there.
    folder: PathBuf,
    /// Whether it runs tests.
    is_test: bool,
}

/// All programs that cargo built.
#[derive(Debug)]
pub(super) struct Programs(Vec<Program>);

impl Programs {
    /// Builds the programs of all packages.
    pub(super) fn build(project: &Project) -> Result<Self> {
        let mut build = cargo();
        build
            .args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"])
            .current_dir(project.root());
        let messages = keep_stdout(&mut build, "fix the errors above")?;
        let programs: Vec<_> = messages.lines().filter_map(program).collect();
        if programs.iter().any(|program| program.is_test) {
            Ok(Self(programs))
        } else {
            Err(Error::new("cargo does not report the tests that it built: update Rust"))
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

    /// Runs the tests on the real runtime, this many at a time.
    pub(super) fn run_edge(&self, at_once: usize) -> Result<()> {
        let edge = self.0.iter().filter(|program| program.is_test && program.target == EDGE);
        edge.into_iter()
            .try_for_each(|program| program.run(&[&format!("--test-threads={at_once}")]))
    }

    /// Runs the tests of the operators' commands with the program of the npm package.
    pub(super) fn run_npm(&self, tools: &Tools) -> Result<()> {
        let is_theirs = |program: &&Program| {
            program.is_test && program.target == OPERATOR && program.folder.ends_with("xtask")
        };
        let program = self.0.iter().find(is_theirs);
        let program =
            program.ok_or_else(|| Error::new("cargo built no tests of the operators' commands"))?;
        let node = tools.project().npm_programs().join("node");
        let script = tools.project().dist().join("package/bin/elytra-webhooks.mjs");
        let npm = format!("{}\n{}", node.display(), script.display());
        let mut run = program.command(&[]);
        show(run.env("NPM_PROGRAM", npm), "see which test failed above")
    }

    /// The path of the soak.
    pub(super) fn soak(&self) -> Result<&Path> {
        let soak = self.0.iter().find(|program| !program.is_test && program.target == SOAK);
        let soak = soak.ok_or_else(|| Error::new("cargo built no soak"))?;
        Ok(&soak.path)
    }
}

impl Program {
    fn run(&self, arguments: &[&str]) -> Result<()> {
        show(&mut self.command(arguments), "see which test failed above")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

/// The part that we need of cargo's message about a target that it built.
#[derive(Deserialize)]
struct Message {
    /// None for a library.
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

/// Reads one of cargo's messages. None if it is not about a program.
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
