//! Writes a project that receives Elytra's webhooks with the npm package: `init`.
//!
//! Four questions are asked, and each can be answered by an argument. What is written is a pure function of the
//! answers (see `project`), so that tests can go through all of them.

mod answers;

mod ask;

mod configuration;

mod project;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::terminal::{print, say};
use crate::{Error, Host, Result};

use answers::{Answers, WorkerName};
use project::{File, PACKAGE, Package, project};

pub use answers::{Authentication, Console, DestinationKind};

/// How many random bytes a secret has.
const SECRET_BYTES: usize = 32;

/// The arguments of `init`.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct InitArguments {
    /// The folder of the project, which is created; if not given, the current one
    pub folder: Option<String>,
    /// The name of the Worker; if not given, the folder's
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How Elytra authenticates
    #[arg(long, value_name = "KIND", value_enum)]
    pub auth: Option<Authentication>,
    /// The name of the first subscription
    #[arg(long, value_name = "NAME")]
    pub subscription: Option<String>,
    /// The event types that it wants, separated by commas, or `all`
    #[arg(long, value_name = "TYPES")]
    pub event_types: Option<String>,
    /// Where its events go
    #[arg(long, value_name = "KIND", value_enum)]
    pub destination: Option<DestinationKind>,
    /// The URL of the server, for `--destination webhook`
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The name of the other Worker, for `--destination service`
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// Whether operators get the console, a page where they find events and send them again
    #[arg(long, value_name = "YES|NO", value_enum)]
    pub console: Option<Console>,
    /// With a second Worker for staging, in the same files
    #[arg(long)]
    pub staging: bool,
    /// The URL of the staging server, for `--staging --destination webhook`
    #[arg(long, value_name = "URL", requires = "staging")]
    pub staging_url: Option<String>,
    /// Ask nothing: take the defaults for what is not given
    #[arg(long, short)]
    pub yes: bool,
    /// Print what was written as JSON
    #[arg(long)]
    pub json: bool,
}

/// Asks what is not given, and writes the project.
///
/// # Errors
/// An answer is wrong or missing, one of the files is there already, or a file cannot be written.
pub async fn init(host: &impl Host, arguments: &InitArguments) -> Result<()> {
    if arguments
        .folder
        .as_deref()
        .is_some_and(|path| !path.is_empty() && path.trim_matches(['/', '\\']).is_empty())
    {
        return Err(Error::usage(
            "the root of the file system cannot be a project: name a folder in it",
        ));
    }
    let folder = Folder::new(host, arguments.folder.as_deref());
    let package = folder.package(host);
    // Whoever is asked should not answer in vain.
    if folder.is_taken(host, "wrangler.toml") {
        return Err(folder.refusal(&["wrangler.toml"]));
    }
    let name = WorkerName::of_folder(&folder.name);
    let (answers, assumed) = ask::ask(host, arguments, name).await?;
    let files = project(&answers, || secret(host), package.as_ref());
    let files = files.map_err(|cause| Error::new(format!("cannot make secrets: {cause}")))?;
    let is_kept = |path: &str| path == PACKAGE && package.is_some();
    let taken = files.iter().map(|file| &*file.path).filter(|path| !is_kept(path));
    let taken: Vec<_> = taken.filter(|path| folder.is_taken(host, path)).collect();
    if !taken.is_empty() {
        return Err(folder.refusal(&taken));
    }
    folder.write(host, &files)?;
    if !assumed.is_empty() {
        say(host, &format!("Assumed: {}", assumed.join(" ")));
    }
    let printed = if arguments.json {
        to_json(host, &folder, &answers, &files)
    } else {
        to_text(host, &folder, &files)
    };
    print(host, &printed)
}

/// A secret: random bytes, in characters that need no quotes anywhere.
fn secret(host: &impl Host) -> io::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    host.random(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Where the project is written.
#[derive(Debug)]
struct Folder {
    /// As it was given. Empty for the current one.
    path: String,
    /// The last part of its path.
    name: String,
}

impl Folder {
    fn new(host: &impl Host, path: Option<&str>) -> Self {
        const SEPARATORS: [char; 2] = ['/', '\\'];
        let path = path.unwrap_or_default().trim_end_matches(SEPARATORS);
        let path = if path == "." { "" } else { path };
        let whole = format!("{}/{path}", host.current_folder());
        let mut parts = Vec::new();
        for part in whole.split(SEPARATORS) {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop(),
                part => parts.push(part),
            }
        }
        let name = parts.pop().unwrap_or_default().to_owned();
        Self { path: path.to_owned(), name }
    }

    /// The path of a file in it.
    fn file(&self, path: &str) -> String {
        if self.path.is_empty() { path.to_owned() } else { format!("{}/{path}", self.path) }
    }

    /// Whether something is where a file would be written, or one of the folders that it is in.
    fn is_taken(&self, host: &impl Host, path: &str) -> bool {
        let folders = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        // A link could lead out of the project.
        let is_other = |folder: &str| {
            let folder = self.file(folder);
            host.exists(&folder) && !host.is_folder(&folder)
        };
        host.exists(&self.file(path)) || folders.into_iter().any(is_other)
    }

    fn refusal(&self, taken: &[&str]) -> Error {
        let taken = taken.iter().map(|path| self.file(path)).collect::<Vec<_>>().join(", ");
        Error::new(format!(
            "nothing is overwritten, and this is in the way: {taken}. Name another folder, or move that away"
        ))
    }

    /// The `package.json` that `npm install` has written here, if there is one with nothing else in it.
    fn package(&self, host: &impl Host) -> Option<Package> {
        Package::parse(&host.read(&self.file(PACKAGE)).ok()?)
    }

    fn write(&self, host: &impl Host, files: &[File]) -> Result<()> {
        for (place, File { path, text, access, .. }) in files.iter().enumerate() {
            let path = self.file(path);
            host.write(&path, text, *access).map_err(|cause| {
                let written = files.iter().take(place).map(|file| self.file(&file.path));
                let written = written.collect::<Vec<_>>().join(", ");
                let rest = if written.is_empty() {
                    String::new()
                } else {
                    format!(". These were written before, remove them to try again: {written}")
                };
                Error::new(format!("cannot write {path}: {cause}{rest}"))
            })?;
        }
        Ok(())
    }
}

/// The commands that come next.
fn next(folder: &Folder) -> Vec<String> {
    let path = &folder.path;
    let is_plain = path.chars().all(|c| c.is_alphanumeric() || "/\\._-:".contains(c));
    let cd = match (path.is_empty(), is_plain) {
        (true, _) => None,
        (_, true) => Some(format!("cd {path}")),
        (_, false) => Some(format!("cd \"{path}\"")),
    };
    cd.into_iter().chain(["npm install".to_owned(), "npm run dev".to_owned()]).collect()
}

/// The command that sends a test event.
fn trigger(host: &impl Host) -> String {
    format!("{} trigger", host.program().name)
}

fn to_text(host: &impl Host, folder: &Folder, files: &[File]) -> String {
    let width = files.iter().map(|file| file.path.len()).max().unwrap_or_default();
    let place = if folder.path.is_empty() { "the current folder" } else { &folder.path };
    let mut text = format!("Written to {place}:\n");
    // Writing to a string cannot fail.
    for File { path, about, .. } in files {
        let _ = writeln!(text, "  {path:width$}  {about}");
    }
    text.push_str("\nNext:\n");
    for command in next(folder) {
        let _ = writeln!(text, "  {command}");
    }
    let trigger = trigger(host);
    let _ = write!(text, "\nThen send it a test event, in another terminal:\n  {trigger}\n");
    text
}

fn to_json(host: &impl Host, folder: &Folder, answers: &Answers, files: &[File]) -> String {
    let files: Vec<_> = files.iter().map(|file| folder.file(&file.path)).collect();
    let all = json!({
        "name": answers.name.as_str(), "files": files, "next": next(folder), "trigger": trigger(host),
    });
    format!("{all}\n")
}
