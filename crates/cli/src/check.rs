//! Checks a `wrangler.toml` and reports everything that is wrong with it.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;

use elytra_webhooks_check::{Report, Scope, Secret, check as check_text};
use serde_json::json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, value};

use crate::deployment::Deployment;
use crate::host::Access;
use crate::terminal::{print, say};
use crate::{Error, Host, Result};

/// The arguments of `check`.
#[derive(Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Question {
    /// The configuration; if not given, the `wrangler.toml` of the project
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<String>,
    /// Check only this environment; if not given, the top level and every environment
    #[arg(long, short, value_name = "NAME")]
    pub env: Option<String>,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 1 if there are warnings, too
    #[arg(long)]
    pub strict: bool,
    /// Correct `secrets.required` in the file before checking
    #[arg(long)]
    pub fix: bool,
    /// Check what the wrangler that runs this command deploys; for `command` in `[build]`
    #[arg(long, conflicts_with_all = ["config", "env", "json", "strict", "fix"])]
    pub deployment: bool,
}

/// Checks a configuration and prints what was found.
///
/// # Errors
/// If the file cannot be read, or has mistakes, or has warnings and the question is strict.
pub fn check(host: &impl Host, question: &Question) -> Result<()> {
    if question.deployment {
        return check_deployment(host);
    }
    let path = question.config.clone().unwrap_or_else(|| host.default_config());
    if question.config.is_none() && !host.is_file(&path) {
        return Err(Error::usage(format!(
            "there is no {path} here or above: go to your project, name a file with --config, or write a project with \
             `npx elytra-webhooks init`"
        )));
    }
    let scope = question.env.as_deref().map_or(Scope::All, Scope::Environment);
    if question.fix {
        fix(host, &path, scope)?;
    }
    let checked = Checked::read(host, &path, scope)?;
    let printed = if question.json { checked.to_json() } else { checked.print() };
    print(host, &printed)?;
    let is_refused = question.strict && !checked.report.warnings.is_empty();
    if checked.report.mistakes.is_empty() && !is_refused { Ok(()) } else { Err(checked.refusal()) }
}

/// Checks what the wrangler that has started this build deploys or runs, if one has. It prints what it finds.
///
/// # Errors
/// If the configuration has mistakes. Then wrangler must not deploy it.
pub fn check_deployment(host: &impl Host) -> Result<()> {
    let found = Deployment::of_ancestors(host);
    // A path with a space cannot be told from two, where only the whole line is known.
    let found = found.filter(|found| found.configs.iter().all(|path| host.is_file(path)));
    let Some(Deployment { configs, environment }) = found else {
        // wrangler sets this for the builds it starts.
        if host.variable("WRANGLER_COMMAND").is_none() {
            return Ok(());
        }
        let path = host.default_config();
        say(host, &format!("which file wrangler reads is not known, so {path} is checked"));
        return Checked::read(host, &path, Scope::All)?.pass(host);
    };
    let scope = environment.as_deref().map_or(Scope::TopLevel, Scope::Environment);
    for path in &configs {
        if Path::new(path).extension().is_none_or(|extension| extension != "toml") {
            say(host, &format!("{path} is not TOML, so it is not checked"));
            continue;
        }
        // `wrangler dev` can run other Workers too.
        if configs.len() > 1 && !runs_receiver(host, path) {
            continue;
        }
        Checked::read(host, path, scope)?.pass(host)?;
    }
    Ok(())
}

/// Whether a configuration runs this Worker rather than another one.
fn runs_receiver(host: &impl Host, path: &str) -> bool {
    let text = host.read(path).unwrap_or_default();
    let document = String::from_utf8_lossy(&text).parse::<DocumentMut>().unwrap_or_default();
    let main = document.get("main").and_then(Item::as_str);
    // Its tables can have mistakes, even in their names, but this command runs for it.
    let build = document.get("build").and_then(|build| build.get("command")).and_then(Item::as_str);
    let is_checked = |command: &str| command.contains(CHECK) || command.contains(FLAG);
    // What is not TOML cannot be told from another Worker's, and is reported as that.
    document.is_empty()
        || main.is_some_and(|main| Path::new(main).ends_with(MAIN))
        || build.is_some_and(is_checked)
}

/// The command with which a project has its configuration checked, and its flag, in case a script calls the command.
const CHECK: &str = "elytra-webhooks check";
const FLAG: &str = "--deployment";

/// Where the Worker's code begins, in its project.
const MAIN: &str = "src/cloudflare/executor/main.mjs";

/// A file that was checked.
#[derive(Debug)]
pub struct Checked {
    /// The file, as a user would name it: relative to the current folder, if it is inside.
    pub name: String,
    /// What was found in it.
    pub report: Report,
}

impl Checked {
    /// Checks a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(host: &impl Host, path: &str, scope: Scope<'_>) -> Result<Self> {
        let name = name(host, path);
        let path = Path::new(path);
        if path.extension().is_some_and(|extension| extension == "json" || extension == "jsonc") {
            return Err(Error::new(format!(
                "{name}: only TOML can be checked, write a wrangler.toml"
            )));
        }
        let text = read(host, path)?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let is_file = |file: &str| host.is_file(&folder.join(file).to_string_lossy());
        let report = check_text(&text, scope, is_file);
        Ok(Self { name, report })
    }

    /// What was found, for people: every finding, the secrets to put, and a summary.
    #[must_use]
    pub fn print(&self) -> String {
        let file = &self.name;
        let mut printed = self.report.print(file);
        if !self.report.secrets.is_empty() {
            printed.push_str("\nThe secrets that it needs, if they are not set yet:\n");
        }
        for Secret { name, environment, used_by } in &self.report.secrets {
            let environment = environment.as_ref().map(|name| format!(" --env {name}"));
            let environment = environment.unwrap_or_default();
            let used_by = used_by.join(", ");
            // Writing to a string cannot fail.
            let _ = writeln!(
                printed,
                "  npx wrangler secret put {name} --config {file}{environment}   # {used_by}"
            );
        }
        let _ = writeln!(printed, "\n{file}: {}", self.summary());
        printed
    }

    fn to_json(&self) -> String {
        let Report { mistakes, warnings, secrets } = &self.report;
        let file = &self.name;
        let all = json!({
            "file": file, "mistakes": mistakes, "warnings": warnings, "secrets": secrets,
        });
        format!("{all}\n")
    }

    /// Prints what was found, if anything, and fails if there are mistakes.
    ///
    /// # Errors
    /// If the file has mistakes.
    pub fn pass(&self, host: &impl Host) -> Result<()> {
        let Report { mistakes, warnings, .. } = &self.report;
        if !(mistakes.is_empty() && warnings.is_empty()) {
            say(host, self.report.print(&self.name).trim_end());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// The error for a file with mistakes, or with warnings where none are allowed.
    #[must_use]
    pub fn refusal(&self) -> Error {
        Error::new(format!("{}: {}", self.name, self.summary()))
    }

    /// How much was found.
    fn summary(&self) -> String {
        let count = |number: usize, what: &str| match number {
            0 => format!("no {what}s"),
            1 => format!("1 {what}"),
            _ => format!("{number} {what}s"),
        };
        let Report { mistakes, warnings, .. } = &self.report;
        format!("{}, {}", count(mistakes.len(), "mistake"), count(warnings.len(), "warning"))
    }
}

fn name(host: &impl Host, path: &str) -> String {
    let path = Path::new(path);
    path.strip_prefix(host.current_folder()).unwrap_or(path).display().to_string()
}

fn read(host: &impl Host, path: &Path) -> Result<String> {
    let text = host.read(&path.to_string_lossy());
    let text = text.map_err(|cause| Error::file("read", path, &cause))?;
    String::from_utf8(text)
        .map_err(|_| Error::new(format!("{} is not a text in UTF-8", path.display())))
}

/// Makes `secrets.required` list the secrets that the file names.
fn fix(host: &impl Host, path: &str, scope: Scope<'_>) -> Result<()> {
    let text = read(host, Path::new(path))?;
    // toml_edit writes neither of the two.
    let has_crlf = text.contains("\r\n");
    let mark = text.strip_prefix(BYTE_ORDER_MARK).map_or("", |_| BYTE_ORDER_MARK);
    let Ok(mut document) = text.trim_start_matches(BYTE_ORDER_MARK).parse::<DocumentMut>() else {
        // The check says where it is not TOML.
        return Ok(());
    };
    let secrets = check_text(&text, scope, |_| true).secrets;
    let mut environments: Vec<_> = secrets.iter().map(|secret| &secret.environment).collect();
    environments.dedup();
    let mut is_fixed = false;
    for environment in environments {
        let names = secrets.iter().filter(|secret| secret.environment == *environment);
        let names: Vec<_> = names.map(|secret| &*secret.name).collect();
        let own: Option<&mut dyn TableLike> = match environment {
            None => Some(document.as_table_mut()),
            Some(name) => document
                .get_mut("env")
                .and_then(|env| env.get_mut(name))
                .and_then(Item::as_table_like_mut),
        };
        if let Some(own) = own {
            is_fixed |= require(own, &names);
        }
    }
    if !is_fixed {
        return Ok(());
    }
    let fixed = document.to_string();
    let fixed = if has_crlf { fixed.replace("\r\n", "\n").replace('\n', "\r\n") } else { fixed };
    host.write(path, &format!("{mark}{fixed}"), Access::Default)
        .map_err(|cause| Error::file("write", path, &cause))
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Makes `secrets.required` of this table list these names. Returns whether it did not before.
fn require(own: &mut dyn TableLike, names: &[&str]) -> bool {
    let is_inline = own.get("vars").is_some_and(Item::is_inline_table);
    let new = || {
        if is_inline { value(InlineTable::new()) } else { Item::Table(Table::new()) }
    };
    let secrets = own.entry("secrets").or_insert_with(new);
    let Some(secrets) = secrets.as_table_like_mut() else { return false };
    let Some(list) = secrets.get_mut("required").and_then(Item::as_array_mut) else {
        secrets.insert("required", value(names.iter().copied().collect::<Array>()));
        return true;
    };
    let found: Vec<_> =
        list.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect();
    let is_right = names.iter().all(|name| found.iter().any(|other| other == name))
        && found.iter().all(|other| names.contains(&&**other));
    if is_right {
        return false;
    }
    list.retain(|one| one.as_str().is_some_and(|one| names.contains(&one)));
    for name in names.iter().filter(|name| !found.iter().any(|other| other == *name)) {
        list.push(*name);
    }
    true
}
