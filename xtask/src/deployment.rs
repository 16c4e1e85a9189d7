//! Which configuration wrangler deploys or runs, seen from the build that it has started.
//!
//! wrangler does not tell its build command which file it uses. But it is an ancestor of that process, and its
//! arguments and its folder say which file it reads, by wrangler's own rules.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, get_current_pid};

/// The names of the files that wrangler looks for, in this order, in its folder and those above it.
const FILES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/// The extensions of a script that wrangler can be given.
const SCRIPTS: [&str; 6] = ["js", "mjs", "cjs", "ts", "mts", "jsx"];

/// The file by which a tool makes wrangler read another configuration.
const REDIRECT: &str = ".wrangler/deploy/config.json";

/// What wrangler deploys or runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The configurations, with absolute paths. `wrangler dev` can run several Workers.
    pub configs: Vec<PathBuf>,
    /// The environment of all of them. `None` for the top level.
    pub environment: Option<String>,
}

impl Deployment {
    /// What the nearest wrangler among the ancestors of this process deploys or runs. `None` if there is none,
    /// or if its files cannot be found.
    #[must_use]
    pub fn of_ancestors() -> Option<Self> {
        let mut system = System::new().ok()?;
        let mut pid = get_current_pid().ok()?;
        loop {
            let process = process(&mut system, pid)?;
            let arguments = process.cmd().to_vec();
            let folder = process.cwd().map(Path::to_owned);
            let parent = process.parent();
            if let Some(arguments) = of_wrangler(&arguments) {
                return Self::of(&arguments, &folder?, env::var("CLOUDFLARE_ENV").ok());
            }
            pid = parent?;
        }
    }

    /// What a wrangler with these arguments, in this folder, deploys or runs.
    fn of(arguments: &[String], folder: &Path, environment: Option<String>) -> Option<Self> {
        let configs = values(arguments, "--config", "-c");
        let configs: Vec<_> = configs.iter().map(|config| folder.join(config)).collect();
        let named = values(arguments, "--env", "-e").pop();
        let environment = named.or(environment).filter(|name| !name.is_empty());
        let configs = if configs.is_empty() { vec![found(arguments, folder)?] } else { configs };
        Some(Self { configs, environment })
    }
}

/// The file that wrangler finds without `--config`: beside the script that it is given, or else in its folder, or in
/// those above.
fn found(arguments: &[String], folder: &Path) -> Option<PathBuf> {
    let is_script = |argument: &&String| {
        let extension = Path::new(argument.as_str()).extension().and_then(|one| one.to_str());
        extension.is_some_and(|extension| SCRIPTS.contains(&extension))
            && folder.join(argument.as_str()).is_file()
    };
    let script = arguments.iter().find(is_script).map(|script| folder.join(script));
    let folder = script.as_deref().and_then(Path::parent).unwrap_or(folder);
    let find = |name: &&str| {
        folder.ancestors().map(|folder| folder.join(name)).find(|file| file.is_file())
    };
    // A tool that generates another configuration redirects wrangler to it.
    [REDIRECT].iter().chain(&FILES).find_map(find)
}

fn process(system: &mut System, pid: Pid) -> Option<&sysinfo::Process> {
    let what =
        ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always).with_cwd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid)
}

/// The arguments of wrangler, if this is the command line of wrangler in Node.
fn of_wrangler(command: &[OsString]) -> Option<Vec<String>> {
    let is_wrangler = |argument: &OsString| {
        let path = Path::new(argument);
        let is = |name: &str| path.file_name().is_some_and(|file| file == name);
        is("wrangler.js")
            || is("wrangler")
            || is("cli.js") && path.iter().any(|f| f == "wrangler-dist")
    };
    let place = command.iter().position(is_wrangler)?;
    // Node itself is first, so that `cargo install wrangler` or an editor with such a file is not taken for it.
    let program = Path::new(command.first()?).file_name()?.to_str()?;
    if place == 0 || !program.starts_with("node") {
        return None;
    }
    let arguments = command.get(place + 1..)?;
    Some(arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect())
}

/// The values of an option, in the forms that wrangler takes: `--config F`, `--config=F`, `-c F`, `-c=F`, `-cF`, and
/// `--c` like `-c`.
#[must_use]
pub fn values(arguments: &[String], long: &str, short: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter();
    let doubled = format!("-{short}");
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            break;
        }
        let argument = match argument.strip_prefix(&doubled) {
            Some(rest) if rest.is_empty() || rest.starts_with('=') => &format!("{short}{rest}"),
            _ => argument,
        };
        if argument == long || argument == short {
            found.extend(arguments.next().cloned());
        } else if let Some(value) = argument.strip_prefix(long).and_then(|v| v.strip_prefix('=')) {
            found.push(value.to_owned());
        } else if !argument.starts_with("--")
            && let Some(value) = argument.strip_prefix(short)
        {
            found.push(value.strip_prefix('=').unwrap_or(value).to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Project;

    fn of(line: &str) -> Option<Deployment> {
        let arguments: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let folder = Project::here().root().join("target/xtask-deployment/inner");
        fs::create_dir_all(&folder).expect("the folder");
        fs::write(folder.with_file_name("wrangler.toml"), "").expect("the file");
        Deployment::of(&arguments, &folder, None)
    }

    #[test]
    fn every_form_of_an_option_is_known() {
        let cases = [
            ("the file of the folder above", "deploy", "../wrangler.toml", None),
            ("long", "deploy --config a.toml --env staging", "a.toml", Some("staging")),
            (
                "with an equals sign",
                "deploy --config=a.toml --env=staging",
                "a.toml",
                Some("staging"),
            ),
            ("short", "deploy -c a.toml -e staging", "a.toml", Some("staging")),
            ("short and joined", "deploy -ca.toml -e=staging", "a.toml", Some("staging")),
            ("before the command", "-c a.toml versions upload", "a.toml", None),
            ("short with two hyphens", "deploy --c a.toml --e=staging", "a.toml", Some("staging")),
            ("an empty environment is the top level", "deploy --env= -c a.toml", "a.toml", None),
            (
                "others are not taken for it",
                "deploy --compatibility-date 2026-01-01 --dry-run -c a.toml",
                "a.toml",
                None,
            ),
        ];
        for (why, line, config, environment) in cases {
            let found = of(line).expect(why);
            let folder = Project::here().root().join("target/xtask-deployment/inner");
            let expected = match config {
                "../wrangler.toml" => folder.with_file_name("wrangler.toml"),
                config => folder.join(config),
            };
            assert_eq!(found.configs, [expected], "{why}");
            assert_eq!(found.environment.as_deref(), environment, "{why}");
        }
        let scripts = Project::here().root().join("target/xtask-deployment/scripts");
        fs::create_dir_all(&scripts).expect("the folder");
        fs::write(scripts.join("wrangler.toml"), "").expect("the file");
        fs::write(scripts.join("index.mjs"), "").expect("the script");
        let beside = of("deploy --name x ../scripts/index.mjs").expect("a script").configs;
        let inner = Project::here().root().join("target/xtask-deployment/inner");
        assert_eq!(beside, [inner.join("../scripts/wrangler.toml")], "beside the script");
        let redirect = scripts.join("redirected/.wrangler/deploy/config.json");
        fs::create_dir_all(redirect.parent().expect("a folder")).expect("the folder");
        fs::write(&redirect, "{}").expect("the redirect");
        let redirected = Deployment::of(&["deploy".to_owned()], &scripts.join("redirected"), None);
        let redirected = redirected.expect("a redirect").configs;
        assert_eq!(redirected, [redirect], "which is not TOML, so it is said not to be checked");
        let found = of("dev -c a.toml -c b/c.toml").expect("two").configs;
        assert_eq!(found.len(), 2, "`wrangler dev` runs several Workers");
    }

    #[test]
    fn only_wrangler_in_node_is_taken_for_it() {
        let of = |line: &str| {
            let command: Vec<_> = line.split_whitespace().map(OsString::from).collect();
            of_wrangler(&command)
        };
        let deploy = Some(vec!["deploy".to_owned()]);
        assert_eq!(of("/usr/bin/node /p/node_modules/.bin/wrangler deploy"), deploy);
        assert_eq!(
            of("node --no-warnings /p/node_modules/wrangler/wrangler-dist/cli.js deploy"),
            deploy
        );
        assert_eq!(of("vim wrangler"), None);
        assert_eq!(of("node /p/other/cli.js deploy"), None);
        assert_eq!(of("npm exec wrangler deploy"), None, "its child is Node");
    }
}
