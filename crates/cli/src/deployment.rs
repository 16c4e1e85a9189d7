//! Which configuration wrangler deploys or runs, seen from the build that it has started.
//!
//! wrangler does not tell its build command which file it uses. But it is an ancestor of that process, and its
//! arguments and its folder say which file it reads, by wrangler's own rules.

use std::path::Path;

use crate::Host;
use crate::host::Ancestor;

/// The names of the files that wrangler looks for, in this order, in its folder and those above it.
const FILES: [&str; 3] = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/// The extensions of a script that wrangler can be given.
const SCRIPTS: [&str; 8] = ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"];

/// The file by which a tool makes wrangler read another configuration.
const REDIRECT: &str = ".wrangler/deploy/config.json";

/// What wrangler deploys or runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The paths of the configurations. `wrangler dev` can run several Workers.
    pub configs: Vec<String>,
    /// The environment of all of them. `None` for the top level.
    pub environment: Option<String>,
}

impl Deployment {
    /// What the nearest wrangler among the ancestors of this process deploys or runs. `None` if there is none,
    /// or if its files cannot be found.
    #[must_use]
    pub fn of_ancestors(host: &impl Host) -> Option<Self> {
        let ancestors = host.ancestors();
        let Ancestor { command, folder } =
            ancestors.iter().find(|one| of_wrangler(&one.command).is_some())?;
        let environment = host.variable("CLOUDFLARE_ENV");
        Self::of(host, &of_wrangler(command)?, folder, environment)
    }

    /// What a wrangler with these arguments, in this folder, deploys or runs.
    fn of(
        host: &impl Host,
        arguments: &[String],
        folder: &str,
        environment: Option<String>,
    ) -> Option<Self> {
        let folder = Path::new(folder);
        let configs = values(arguments, "--config", "-c");
        let configs = configs.iter().map(|config| joined(folder, config)).collect::<Vec<_>>();
        let named = values(arguments, "--env", "-e").pop();
        let environment = named.or(environment).filter(|name| !name.is_empty());
        let configs =
            if configs.is_empty() { vec![found(host, arguments, folder)?] } else { configs };
        Some(Self { configs, environment })
    }
}

fn joined(folder: &Path, path: &str) -> String {
    folder.join(path).to_string_lossy().into_owned()
}

/// The file that wrangler finds without `--config`: beside the script that it is given, or else in its folder, or in
/// those above.
fn found(host: &impl Host, arguments: &[String], folder: &Path) -> Option<String> {
    let is_script = |argument: &&String| {
        let extension = Path::new(argument.as_str()).extension().and_then(|one| one.to_str());
        extension.is_some_and(|extension| SCRIPTS.contains(&extension))
            && host.is_file(&joined(folder, argument))
    };
    let named = values(arguments, "--script", "--script");
    let mut scripts: Vec<_> = arguments.iter().chain(&named).filter(is_script).collect();
    scripts.dedup();
    // One of several is the value of another option. Which one cannot be seen.
    let script = match &*scripts {
        [] => None,
        [script] => Some(folder.join(script)),
        _ => return None,
    };
    let folder = script.as_deref().and_then(Path::parent).unwrap_or(folder);
    let find = |name: &&str| {
        let files = folder.ancestors().map(|folder| joined(folder, name));
        files.into_iter().find(|file| host.is_file(file))
    };
    // A tool that generates another configuration redirects wrangler to it.
    [REDIRECT].iter().chain(&FILES).find_map(find)
}

/// The arguments of wrangler, if this is the command line of wrangler in Node.
fn of_wrangler(command: &[String]) -> Option<Vec<String>> {
    let is_wrangler = |argument: &String| {
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
    Some(command.get(place + 1..)?.to_vec())
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
    use super::*;
    use crate::memory::Memory;

    fn of(line: &str) -> Option<Deployment> {
        let arguments: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let host = Memory::default()
            .with("/p/wrangler.toml", "")
            .with("/p/inner/../scripts/wrangler.toml", "")
            .with("/p/inner/../scripts/index.mjs", "");
        Deployment::of(&host, &arguments, "/p/inner", None)
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
            let folder = Path::new("/p/inner");
            let expected = match config {
                "../wrangler.toml" => "/p/wrangler.toml".to_owned(),
                config => joined(folder, config),
            };
            assert_eq!(found.configs, [expected], "{why}");
            assert_eq!(found.environment.as_deref(), environment, "{why}");
        }
        let beside = of("deploy --name x ../scripts/index.mjs").expect("a script").configs;
        assert_eq!(beside, ["/p/inner/../scripts/wrangler.toml"], "beside the script");
        let redirect = "/p/redirected/.wrangler/deploy/config.json";
        let host = Memory::default().with(redirect, "{}").with("/p/wrangler.toml", "");
        let redirected = Deployment::of(&host, &["deploy".to_owned()], "/p/redirected", None);
        let redirected = redirected.expect("a redirect").configs;
        assert_eq!(redirected, [redirect], "which is not TOML, so it is said not to be checked");
        let found = of("dev -c a.toml -c b/c.toml").expect("two").configs;
        assert_eq!(found.len(), 2, "`wrangler dev` runs several Workers");
    }

    #[test]
    fn only_wrangler_in_node_is_taken_for_it() {
        let of = |line: &str| {
            let command: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
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
