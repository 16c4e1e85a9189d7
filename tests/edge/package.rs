//! The npm package, in a folder of somebody who has Node and npm, and no Rust.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use edge::{Process, tools};
use serde_json::Value;
use tempfile::TempDir;
use xtask::package::package;

/// The largest archive, in bytes. Two thirds are the Worker, which is as large when it is deployed.
const MAX_BYTES: usize = 1_400_000;

/// The archive.
fn archive() -> &'static Path {
    static ARCHIVE: LazyLock<PathBuf> = LazyLock::new(|| package(tools()).unwrap());
    &ARCHIVE
}

/// An empty folder, and what a user has on `PATH`: Node, npm and a shell.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let parent = tools().project().root().join("target/edge");
        fs::create_dir_all(&parent).unwrap();
        // Not below the project, whose `node_modules` Node would find.
        let folder = tempfile::tempdir().unwrap();
        let programs = folder.path().join("programs");
        fs::create_dir(&programs).unwrap();
        let node = tools().project().npm_programs().join("node");
        symlink(fs::canonicalize(node).unwrap(), programs.join("node")).unwrap();
        for name in ["npm", "npx", "sh"] {
            let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
                .map(|folder| folder.join(name))
                .find(|path| path.is_file());
            symlink(fs::canonicalize(found.unwrap()).unwrap(), programs.join(name)).unwrap();
        }
        Self { folder }
    }

    /// The project's folder.
    fn project(&self) -> PathBuf {
        self.folder.path().join("shop-webhooks")
    }

    /// The package installed from the archive, and beside it what `npm install` would fetch: the packages that this
    /// repository pins.
    fn install(&self) {
        fs::create_dir(self.project()).unwrap();
        let install = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error"];
        let installed = self.run("npm", &[&install[..], &[archive().to_str().unwrap()]].concat());
        assert!(installed.status.success(), "{installed:?}");
        let ours = tools().project().root().join("node_modules");
        let theirs = self.project().join("node_modules");
        for name in packages(&ours) {
            let target = theirs.join(&name);
            if !target.exists() {
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                symlink(ours.join(&name), target).unwrap();
            }
        }
        symlink("../wrangler/bin/wrangler.js", theirs.join(".bin/wrangler")).unwrap();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let programs = self.folder.path().join("programs");
        let mut command = Command::new(programs.join(program));
        for (name, value) in tools().wrangler().unwrap().get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command
            .args(arguments)
            .current_dir(self.project())
            .env("PATH", programs)
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().unwrap()
    }

    /// What a command prints that succeeds.
    #[track_caller]
    fn printed(&self, program: &str, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(program, arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(stdout), text(stderr));
        assert!(status.success(), "{program} {arguments:?}: {status}\n{stdout}{stderr}");
        stdout
    }

    /// Writes a project with these answers in place of the one before.
    #[track_caller]
    fn init(&self, answers: &[String]) {
        for entry in fs::read_dir(self.project()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_none_or(|name| name == "node_modules") {
                continue;
            }
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        let answers: Vec<_> = answers.iter().map(String::as_str).collect();
        let arguments = [&["elytra-webhooks", "init", "--yes"][..], &answers].concat();
        let printed = self.printed("npx", &arguments);
        assert!(printed.contains("npm run dev"), "{printed}");
    }

    /// Starts `npm run dev` on a free port. Returns the URL, too.
    #[track_caller]
    fn dev(&self) -> (Process, String) {
        let arguments = ["--port", "0", "--inspector-port", "0"];
        let arguments = [&["run", "dev", "--"][..], &arguments].concat();
        let mut dev = Process::start_npm(self.command("npm", &arguments));
        let url = dev.wait_for("Ready on ");
        (dev, url)
    }
}

/// The names of the packages in a folder, those with a scope too.
fn packages(folder: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.')).collect()
    };
    let mut found = Vec::new();
    for name in names(folder) {
        if name.starts_with('@') {
            let inner = names(&folder.join(&name)).into_iter();
            found.extend(inner.map(|inner| format!("{name}/{inner}")));
        } else {
            found.push(name);
        }
    }
    found
}

/// All answers to the questions about authentication, destination and console, a quarter of them with staging. Every
/// third or sixth of them has each destination.
fn answers() -> Vec<Vec<String>> {
    let destinations: [&[&str]; 5] = [
        &["queue"],
        &["kv"],
        &["r2"],
        &["webhook", "--url", "https://shop.example.com/elytra"],
        &["service", "--service", "search"],
    ];
    let mut all = Vec::new();
    for auth in ["bearer", "basic", "apikey"] {
        for destination in destinations {
            for console in ["yes", "no"] {
                let mut one = vec!["--auth", auth, "--console", console, "--destination"];
                one.extend(destination);
                if all.len() % 4 == 0 {
                    one.push("--staging");
                    if destination[0] == "webhook" {
                        one.extend(["--staging-url", "https://staging.example.com/elytra"]);
                    }
                }
                all.push(one.into_iter().map(str::to_owned).collect());
            }
        }
    }
    all
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let first = fs::read(archive()).unwrap();
    let second = fs::read(package(tools()).unwrap()).unwrap();
    assert!(first == second, "{} and {} bytes", first.len(), second.len());
    assert!(first.len() < MAX_BYTES, "{} bytes", first.len());
}

#[test]
fn nothing_runs_when_it_is_installed_and_nothing_else_comes_with_it() {
    let home = Home::new();
    home.install();
    let folder = home.project().join("node_modules/elytra-webhooks");
    let manifest = fs::read(folder.join("package.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    for field in ["scripts", "dependencies", "optionalDependencies", "peerDependencies"] {
        assert!(manifest.get(field).is_none(), "{field}: {manifest}");
    }
    // Everything that it exports is there.
    let mut paths: Vec<&Value> = manifest["exports"].as_object().unwrap().values().collect();
    paths.extend(manifest["bin"].as_object().unwrap().values());
    while let Some(path) = paths.pop() {
        match path.as_str() {
            Some(path) => assert!(folder.join(path).is_file(), "{path}"),
            None => paths.extend(path.as_object().unwrap().values()),
        }
    }
    for file in [
        "LICENSE",
        "LICENSES-OF-DEPENDENCIES",
        "README.md",
        "CHANGELOG.md",
        "schema.json",
        "console/index.html",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.lines().count() <= 50, "it fits a screen");
}

#[test]
fn a_project_starts_and_prints_the_event_that_is_sent() {
    let home = Home::new();
    home.install();
    assert!(home.command("sh", &["-c", "command -v cargo"]).output().unwrap().stdout.is_empty());
    home.init(&[]);
    let printed = home.printed("npx", &["elytra-webhooks", "check"]);
    assert!(printed.ends_with("wrangler.toml: no mistakes, no warnings\n"), "{printed}");

    let (mut dev, url) = home.dev();
    let printed = home.printed("npx", &["elytra-webhooks", "trigger", "--url", &url]);
    let (line, id) = printed.trim_end().split_once("  ").unwrap();
    assert_eq!(line, "202 accepted", "{printed}");
    let id = id.split_whitespace().next().unwrap();
    dev.wait_for(&format!("event {id}: com.elytra.product, modify, product 4711"));

    // Each mode, and each type with each operation.
    for mode in ["binary", "batch"] {
        let trigger = ["elytra-webhooks", "trigger", "--url", &url, "--mode", mode];
        let printed = home.printed("npx", &trigger);
        assert!(printed.starts_with("202 accepted  "), "{mode}: {printed}");
    }
    let trigger =
        ["elytra-webhooks", "trigger", "--url", &url, "--all", "--mode", "batch", "--json"];
    let printed = home.printed("npx", &trigger);
    let events = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events: usize = events.map(|answer| answer["events"].as_array().unwrap().len()).sum();
    assert_eq!(events, 73 * 5, "73 types and 5 operations");

    // What operators ask needs the token that `init` has made.
    let secrets = fs::read_to_string(home.project().join(".dev.vars")).unwrap();
    let token = secrets.lines().find_map(|line| line.strip_prefix("ADMIN_TOKEN=")).unwrap();
    let mut event = home.command("npx", &["elytra-webhooks", "event", id, "--url", &url]);
    let event = event.env("ELYTRA_ADMIN_TOKEN", token).output().unwrap();
    let shown = String::from_utf8(event.stdout).unwrap();
    assert!(event.status.success() && shown.contains(id), "{shown}");

    // The Worker of the package is right in everything, and the command says so.
    let token = secrets.lines().find_map(|line| line.strip_prefix("ELYTRA_TOKEN=")).unwrap();
    let (target, header) = (format!("{url}/webhook"), format!("Authorization: Bearer {token}"));
    let conformance = ["elytra-webhooks", "conformance", &target, "--header", &header];
    let report = home.printed("npx", &[&conformance[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["summary"]["wrong_must"], 0, "{report}");
    assert_eq!(report["summary"]["wrong_should"], 0, "{report}");

    // Without credentials, it says how they are given, and nothing else was sent.
    let refused = home.run("npx", &conformance[..3]);
    let said = String::from_utf8(refused.stdout).unwrap();
    assert!(
        refused.status.code() == Some(1) && said.contains("--header 'Authorization: Bearer"),
        "{said}"
    );

    // A wrong secret.
    let mut wrong = home.command("npx", &["elytra-webhooks", "trigger", "--url", &url]);
    let wrong = wrong.env("ELYTRA_TOKEN", "wrong").output().unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(wrong.status.code() == Some(1) && said.contains("ELYTRA_TOKEN"), "{said}");
}

#[test]
fn every_destination_gets_what_is_sent() {
    let home = Home::new();
    home.install();
    // Each destination once, with authentications in turn.
    for answers in answers().into_iter().step_by(6) {
        home.init(&answers);
        let (_dev, url) = home.dev();
        let printed = home.printed("npx", &["elytra-webhooks", "trigger", "--url", &url]);
        assert!(printed.starts_with("202 accepted  "), "{answers:?}: {printed}");
    }
}

/// With `EVERY=1`, all combinations; else each destination, with and without the console, and authentications in turn.
/// That every combination passes `check` is tested beside `init`.
#[test]
fn every_project_can_be_deployed() {
    let home = Home::new();
    home.install();
    let step = if std::env::var_os("EVERY").is_some() { 1 } else { 3 };
    for answers in answers().into_iter().step_by(step) {
        home.init(&answers);
        let deploy = ["wrangler", "deploy", "--env=", "--dry-run"];
        let output = home.run("npx", &deploy);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && printed.contains("--dry-run: exiting now."),
            "{answers:?}: {printed}"
        );
        if answers.iter().any(|answer| answer == "--staging") {
            let deploy = ["wrangler", "deploy", "--env", "staging", "--dry-run"];
            let printed = home.printed("npx", &deploy);
            assert!(printed.contains("--dry-run: exiting now."), "{answers:?}: {printed}");
        }
    }
}

/// In bash, which every machine of ours has.
#[test]
fn a_shell_completes_what_is_typed() {
    let home = Home::new();
    home.install();
    let cases = [
        ("tri", 1, "trigger"),
        ("trigger --mo", 2, "--mode"),
        ("trigger --mode ", 3, "structured binary batch"),
        ("dead-letters red", 2, "redrive"),
        ("init --auth ", 3, "bearer basic apikey"),
    ];
    let script = home.printed("npx", &["elytra-webhooks", "completions", "bash"]);
    for (typed, place, expected) in cases {
        let words: Vec<_> = typed.split(' ').collect();
        let (word, before) = (words[place - 1], if place > 1 { words[place - 2] } else { "" });
        let ask = format!(
            "{script}\nCOMP_WORDS=(elytra-webhooks {typed}) COMP_CWORD={place}\n\
             _elytra__webhooks elytra-webhooks '{word}' '{before}'\necho \"${{COMPREPLY[*]}}\""
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
        let completed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(completed.trim(), expected, "{typed}: {output:?}");
    }
}

/// wrangler runs the check of the project, and does not deploy what has mistakes.
#[test]
fn a_mistake_is_not_deployed() {
    let home = Home::new();
    home.install();
    home.init(&[]);
    let path = home.project().join("wrangler.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("event_types =", "event_typs =")).unwrap();
    let output = home.run("npx", &["wrangler", "deploy", "--dry-run"]);
    let printed =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{printed}");
    assert!(printed.contains("unknown field, did you mean \"event_types\"?"), "{printed}");
}
