//! Builds the Workers with worker-build.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::ValueEnum;

use crate::command::show;
use crate::tools::TARGET;
use crate::{Error, Project, Result, Tools};

/// A Worker of this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Worker {
    /// elytra-webhooks itself.
    Receiver,
    /// The example that prints what arrives in its queue.
    Consumer,
    /// The baseline of the benchmarks, which only reads the body.
    Empty,
}

impl Worker {
    /// The Workers that are run and tested.
    pub const ALL: [Self; 2] = [Self::Receiver, Self::Consumer];

    /// The folder with its `Cargo.toml` and `wrangler.toml`. The build goes to `build/` in that
    /// folder.
    #[must_use]
    pub fn folder(self, project: &Project) -> PathBuf {
        match self {
            Self::Receiver => project.root().to_path_buf(),
            Self::Consumer => project.root().join("examples/consumer"),
            Self::Empty => project.peers().join("empty-rs"),
        }
    }

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Consumer => "consumer",
            Self::Empty => "empty",
        }
    }

    fn library(self) -> &'static str {
        match self {
            Self::Receiver => "elytra_webhooks",
            Self::Consumer => "elytra_webhooks_consumer",
            Self::Empty => "empty_rs",
        }
    }
}

/// Builds a Worker, unless the last build is up to date.
///
/// # Errors
/// If it does not build. The compiler's output has been shown.
pub fn build(tools: &Tools, worker: Worker) -> Result<()> {
    let project = tools.project();
    let name = worker.name();
    let stamp = project.wasm_target().join(format!("{name}.fingerprint"));
    let last = fs::read_to_string(&stamp).ok();
    if last.is_some()
        && last == inputs(project, worker).and_then(|i| fingerprint(tools, worker, &i))
    {
        return Ok(());
    }
    let start = SystemTime::now();
    // The build is not up to date while it is being replaced. The file may not exist.
    let _ = fs::remove_file(&stamp);
    show(tools.worker_build(&worker.folder(project))?.arg("--release"), "see the error above")?;
    let inputs = inputs(project, worker).unwrap_or_default();
    // A file saved while the compiler ran may not be in the build.
    let settled = inputs.iter().all(|path| modified_before(path, start));
    if settled && let Some(fingerprint) = fingerprint(tools, worker, &inputs) {
        fs::write(&stamp, fingerprint).map_err(|cause| Error::file("write", &stamp, &cause))?;
    }
    Ok(())
}

/// The inputs of the last build: the sources that cargo lists, included files too, and the files
/// that configure the build.
fn inputs(project: &Project, worker: Worker) -> Option<Vec<PathBuf>> {
    let list =
        project.wasm_target().join(TARGET).join("release").join(format!("{}.d", worker.library()));
    let list = fs::read_to_string(list).ok()?;
    let root = project.root();
    let mut inputs = sources(&list)?;
    inputs.extend([
        root.join("Cargo.toml"),
        root.join("Cargo.lock"),
        root.join(".cargo/config.toml"),
        worker.folder(project).join("Cargo.toml"),
    ]);
    Some(inputs)
}

/// Parses cargo's list, "output: source source", in which a space in a name is "\\ ".
fn sources(list: &str) -> Option<Vec<PathBuf>> {
    let (_, sources) = list.lines().next()?.split_once(": ")?;
    let sources = sources.replace("\\ ", "\0");
    let paths = sources.split_whitespace();
    Some(paths.map(|path| path.replace('\0', " ").into()).collect())
}

/// A hash of the inputs, the tools and the outputs, so that a build that was changed or removed is
/// not up to date either.
fn fingerprint(tools: &Tools, worker: Worker, inputs: &[PathBuf]) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    tools.versions().hash(&mut hasher);
    env::var_os("RUSTFLAGS").hash(&mut hasher);
    let build = worker.folder(tools.project()).join("build");
    let outputs = [build.join("index.js"), build.join("index_bg.wasm")];
    hash_files(inputs.iter().chain(&outputs), tools.project().root(), &mut hasher)?;
    Some(format!("{:016x}", hasher.finish()))
}

/// Hashes what is in these files, and their names below the root: a copy of a checkout has the same hash.
fn hash_files<'p>(
    paths: impl Iterator<Item = &'p PathBuf>,
    root: &Path,
    hasher: &mut impl Hasher,
) -> Option<()> {
    for path in paths {
        path.strip_prefix(root).unwrap_or(path).hash(hasher);
        fs::read(path).ok()?.hash(hasher);
    }
    Some(())
}

fn modified_before(path: &Path, moment: SystemTime) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified < moment)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::hash::{DefaultHasher, Hasher as _};
    use std::path::PathBuf;

    use super::{hash_files, sources};
    use crate::Project;

    /// The hash of these files of a checkout in a folder of this name.
    fn hash_in(folder: &str, files: &[(&str, &str)]) -> u64 {
        let root = Project::here().root().join("target/xtask-build").join(folder);
        fs::create_dir_all(root.join("src")).expect("the folder");
        let paths: Vec<_> = files.iter().map(|(name, _)| root.join(name)).collect();
        for (path, (_, content)) in paths.iter().zip(files) {
            fs::write(path, content).expect("the file");
        }
        let mut hasher = DefaultHasher::new();
        hash_files(paths.iter(), &root, &mut hasher).expect("the files are read");
        hasher.finish()
    }

    #[test]
    fn a_copy_of_a_checkout_has_the_same_hash() {
        let original = hash_in("original", &[("src/a.rs", "1"), ("src/b.rs", "2")]);
        assert_eq!(hash_in("copy", &[("src/a.rs", "1"), ("src/b.rs", "2")]), original);
        let others: [(&str, &[(&str, &str)]); 3] = [
            ("a change", &[("src/a.rs", "1"), ("src/b.rs", "3")]),
            ("another name", &[("src/a.rs", "1"), ("src/c.rs", "2")]),
            ("a file that is gone", &[("src/a.rs", "1")]),
        ];
        for (why, files) in others {
            assert_ne!(hash_in("copy", files), original, "{why}");
        }
    }

    #[test]
    fn the_list_of_sources_may_have_spaces_in_names() {
        let list = "/t/a.wasm: /my\\ work/src/lib.rs /src/b.rs\n\n/t/other: /c.rs\n";
        let expected = ["/my work/src/lib.rs", "/src/b.rs"].map(PathBuf::from);
        assert_eq!(sources(list), Some(expected.to_vec()));
        assert_eq!(sources("nothing"), None);
    }
}
