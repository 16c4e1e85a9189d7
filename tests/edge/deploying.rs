//! Follows `docs/deploying.md` in a fresh clone: every command, in the order of the page, in one shell.
//!
//! There is no account. `deploying/npx` stands in for it: wrangler deploys with `--dry-run`, and what an account
//! would remember is in a folder. `deploying/cargo` runs the xtask of this checkout in the clone. Where the page calls the deployed Worker, `cargo xtask dev` runs the same
//! configuration with the same secrets.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use edge::{Process, tools};
use tempfile::TempDir;
use xtask::Worker;

const PAGE: &str = include_str!("../../docs/deploying.md");
const OPERATING: &str = include_str!("../../docs/operating.md");

/// The programs that come first on `PATH`.
const STAND_INS: [(&str, &str); 2] =
    [("npx", include_str!("deploying/npx")), ("cargo", include_str!("deploying/cargo"))];

/// The lines of the page that are not run.
const NOT_RUN: [(&str, &str); 3] = [
    (
        "url=https://elytra-webhooks.example.workers.dev",
        "the Worker runs here, and the test sets the URL",
    ),
    ("git pull", "there is no newer version, and no network"),
    (
        "rustup update stable && rustup default stable",
        "it would change the Rust of whoever runs the tests",
    ),
];

/// What the stand-in keeps, a folder for each kind.
const KINDS: [&str; 7] =
    ["help", "queues", "buckets", "titles", "namespaces", "secrets", "workers"];

/// A step of the page.
#[derive(Debug)]
struct Step {
    commands: String,
    /// The answers that the page shows after it.
    answers: Vec<&'static str>,
}

impl Step {
    /// Whether it calls the deployed Worker.
    fn calls(&self) -> bool {
        self.commands.contains("\"$url")
    }
}

/// The steps of the page: its `sh` blocks, what its workflow runs, and the wrangler commands in its sentences.
fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut left_out = 0;
    for block in PAGE.split("\n```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').unwrap();
        let lines: Vec<_> = match language {
            "sh" => text.lines().collect(),
            "yaml" => text
                .lines()
                .filter_map(|line| line.split_once("- run: "))
                .map(|(_, run)| run)
                .collect(),
            _ => {
                assert_eq!(
                    language, "json",
                    "a block in another language, which is not run: {text}"
                );
                steps.last_mut().unwrap().answers.extend(text.lines());
                continue;
            }
        };
        let is_run = |line: &&str| NOT_RUN.iter().all(|(not_run, _)| line != not_run);
        let commands: Vec<_> = lines.iter().copied().filter(is_run).collect();
        left_out += lines.len() - commands.len();
        steps.push(Step { commands: commands.join("\n"), answers: Vec::new() });
    }
    assert_eq!(left_out, NOT_RUN.len(), "each line that is not run is on the page once");
    let prose = PAGE.split("\n```").step_by(2);
    let codes = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    let commands: Vec<_> = codes.filter(|code| code.starts_with("npx wrangler ")).collect();
    assert!(!commands.is_empty(), "the page names commands in its sentences");
    steps.push(Step { commands: commands.join("\n"), answers: Vec::new() });
    steps
}

/// A fresh clone, with the tools and the build of this checkout, and an empty account.
struct Clone {
    folder: PathBuf,
    account: PathBuf,
    _both: TempDir,
}

impl Clone {
    fn new() -> Self {
        let root = tools().project().root();
        let parent = root.join("target/edge");
        fs::create_dir_all(&parent).unwrap();
        let both = tempfile::tempdir_in(parent).unwrap();
        let folder = both.path().join("elytra-webhooks");
        let account = both.path().join("account");
        copy_project(root, &folder);
        symlink(root.join("node_modules"), folder.join("node_modules")).unwrap();
        copy_builds(root, &folder);
        for kind in KINDS {
            fs::create_dir_all(account.join(kind)).unwrap();
        }
        let bin = account.join("bin");
        fs::create_dir_all(&bin).unwrap();
        for (program, script) in STAND_INS {
            fs::write(bin.join(program), script).unwrap();
            fs::set_permissions(bin.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, account, _both: both }
    }

    /// A program in the clone, with the stand-ins first on `PATH`.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let tools = tools();
        let mut command = Command::new(program);
        for (name, value) in tools.wrangler().unwrap().get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let mut path = self.account.join("bin").into_os_string();
        path.push(":");
        path.push(tools.path().unwrap());
        command
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("ACCOUNT", &self.account)
            .env("CARGO_NET_OFFLINE", "true")
            .env("PROJECT", tools.project().root())
            .env("REAL_CARGO", env!("CARGO"));
        command
    }

    /// The Worker with the configuration and the secrets that are deployed now.
    fn dev(&self) -> Process {
        let mut cargo = self.command(self.account.join("bin/cargo"));
        cargo
            .args(["xtask", "dev", "--config", "wrangler.production.toml", "--"])
            .args(["--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"])
            .arg("--env-file")
            .arg(self.account.join("secrets/wrangler.production.toml"));
        Process::start(cargo)
    }
}

/// Copies what git does not ignore, uncommitted changes too: they are what a developer wants to have tested. A file
/// that is needed and ignored is missing, as in a clone.
fn copy_project(root: &Path, target: &Path) {
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap();
    let ignored: Vec<_> = ignored.lines().chain([".git"]).collect();
    let is_ignored = |path: &Path| {
        let below = path.strip_prefix(root).unwrap();
        ignored.iter().any(|pattern| match pattern.strip_prefix('/') {
            Some(anchored) => below == Path::new(anchored),
            None => below.file_name().is_some_and(|name| name == *pattern),
        })
    };
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let copy = target.join(folder.strip_prefix(root).unwrap());
        fs::create_dir_all(&copy).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if is_ignored(&path) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// Copies the builds of the Workers, so that they need not be built again. The clone builds what is not built, or
/// whose sources have changed since.
fn copy_builds(root: &Path, target: &Path) {
    let [from, to] = [root, target].map(|folder| folder.join("target/wasm"));
    let release = "wasm32-unknown-unknown/release";
    fs::create_dir_all(to.join(release)).unwrap();
    for (worker, name, library) in [
        (Worker::Receiver, "receiver", "elytra_webhooks"),
        (Worker::Consumer, "consumer", "elytra_webhooks_consumer"),
    ] {
        let fingerprint = format!("{name}.fingerprint");
        if !from.join(&fingerprint).exists() {
            continue;
        }
        let build = worker.folder(tools().project()).join("build");
        let copy = target.join(build.strip_prefix(root).unwrap());
        fs::create_dir_all(&copy).unwrap();
        for file in ["index.js", "index_bg.wasm"] {
            fs::copy(build.join(file), copy.join(file)).unwrap();
        }
        fs::copy(from.join(&fingerprint), to.join(&fingerprint)).unwrap();
        // cargo's list of the sources has absolute paths.
        let list = format!("{release}/{library}.d");
        let sources = fs::read_to_string(from.join(&list)).unwrap();
        let sources = sources.replace(root.to_str().unwrap(), target.to_str().unwrap());
        fs::write(to.join(&list), sources).unwrap();
    }
}

/// All steps as one script. It reads the URL of the Worker from a pipe before each step that calls it.
fn script_of(steps: &[Step]) -> String {
    let read = "read -r url < \"$ACCOUNT/url\"";
    let each = steps.iter().enumerate().map(|(number, Step { commands, .. })| {
        let done = format!("{commands}\necho\necho '=== step {number} done'\n");
        if steps[number].calls() {
            // It also waits afterwards. What follows changes the configuration, and a restart of the Worker loses
            // what is in its queues.
            format!("echo '=== step {number} waits'\n{read}\n{done}{read}\n")
        } else {
            done
        }
    });
    ["set -eu\n".to_owned()].into_iter().chain(each).collect()
}

#[test]
fn the_page_can_be_followed() {
    let clone = Clone::new();
    let steps = steps();
    let fifo = clone.account.join("url");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let file = clone.account.join("page.sh");
    fs::write(&file, script_of(&steps)).unwrap();
    let mut shell = clone.command("sh");
    // GitHub sets it for a workflow.
    shell.arg(&file).env("GITHUB_SHA", "0000000000000000000000000000000000000000");
    let mut shell = Process::start(shell);

    let mut called = 0;
    for (number, step) in steps.iter().enumerate() {
        let mut running = None;
        if step.calls() {
            shell.wait_for(&format!("=== step {number} waits"));
            let mut dev = clone.dev();
            let base = dev.wait_for("Ready on ") + "\n";
            fs::write(&fifo, &base).unwrap();
            running = Some((dev, base));
            called += 1;
        }
        shell.wait_for(&format!("=== step {number} done"));
        let output = shell.output();
        for answer in &step.answers {
            assert!(output.contains(answer), "{answer} is the answer to {step:?}: {output}");
        }
        let Some((mut dev, base)) = running else { continue };
        if step.commands.contains(r#""id": "deployed""#) {
            dev.wait_for("event deployed: com.elytra.product, modify");
            // This is how the page finds an event in the log.
            dev.wait_for(r#""id":"deployed""#);
        }
        drop(dev);
        fs::write(&fifo, &base).unwrap();
    }
    assert_eq!(
        called, 2,
        "the page calls the Worker after the first deployment and after an upgrade"
    );
    for left in [".secrets", ".dev.vars"] {
        assert!(!clone.folder.join(left).exists(), "{left} is left behind");
    }
    for worker in ["wrangler.production.toml", "wrangler.production.toml.staging"] {
        assert!(clone.account.join("workers").join(worker).exists(), "{worker} is deployed");
    }
}

/// The filters for the log name fields that the log has.
#[test]
fn the_filters_are_for_fields_of_the_log() {
    let (_, section) = PAGE.split_once("\n## Monitor it\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let codes = section.split('`').skip(1).step_by(2);
    let filters: Vec<_> = codes.filter_map(|code| code.strip_prefix('"')).collect();
    assert!(filters.len() >= 10, "{filters:?}");
    for filter in filters {
        let (field, value) = filter.split_once("\":").unwrap();
        assert!(
            OPERATING.contains(&format!("`{field}`")),
            "docs/operating.md has no field {field}"
        );
        if field == "outcome" {
            let value = value.trim_matches('"');
            assert!(OPERATING.contains(&format!("`{value}`")), "nor the outcome {value}");
        }
    }
}
