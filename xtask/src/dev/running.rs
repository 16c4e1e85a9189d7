//! The configurations that `wrangler dev` runs: a copy of the one that was asked for, and one for the example
//! consumer.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use elytra_webhooks_check::{NOT_INHERITED, Scope};
use elytra_webhooks_cli::check::Checked;
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::output::say;
use crate::{Error, Machine, Project, Result, Worker};

/// A configuration that is run.
pub(super) struct Running {
    project: Project,
    /// The configuration that was asked for.
    config: PathBuf,
    environment: Option<String>,
    /// Where its copies are.
    copies: PathBuf,
    /// Whether wrangler gets the secrets from a file that the user named.
    has_env_file: bool,
}

impl Running {
    /// The configuration in this file, or the shipped one.
    pub(super) fn new(
        project: &Project,
        config: Option<&Path>,
        environment: Option<String>,
        has_env_file: bool,
    ) -> Result<Self> {
        let shipped = project.root().join("wrangler.toml");
        let config = config.unwrap_or(&shipped);
        let config =
            fs::canonicalize(config).map_err(|cause| Error::file("read", config, &cause))?;
        let mut hasher = DefaultHasher::new();
        config.hash(&mut hasher);
        let name = name_of(&config, environment.as_deref());
        let name = format!("{name}-{:016x}", hasher.finish());
        let copies = project.root().join("target/dev").join(name);
        Ok(Self { project: project.clone(), config, environment, copies, has_env_file })
    }

    /// The configurations for wrangler, the Worker's first.
    pub(super) fn configs(&self) -> Result<Vec<PathBuf>> {
        let receiver = self.copy("receiver");
        let has_consumer = self.consumer(&read(&receiver)?)?.is_some();
        let consumer = has_consumer.then(|| self.copy("consumer"));
        Ok([receiver].into_iter().chain(consumer).collect())
    }

    /// The folder of the configuration that was asked for.
    pub(super) fn folder(&self) -> &Path {
        self.config.parent().unwrap_or(&self.config)
    }

    /// Where wrangler keeps what the Worker stores: each configuration and environment has its own.
    pub(super) fn storage(&self) -> PathBuf {
        let is_shipped = self.config == self.project.root().join("wrangler.toml");
        match &self.environment {
            None if is_shipped => self.folder().join(".wrangler/state"),
            environment => {
                let name = name_of(&self.config, environment.as_deref());
                self.folder().join(".wrangler").join(name)
            }
        }
    }

    /// The files that the copies depend on.
    pub(super) fn inputs(&self) -> Vec<PathBuf> {
        let mut inputs = self.secrets_files();
        inputs.push(self.config.clone());
        inputs
    }

    /// Checks the configuration and writes the copies. Returns whether any of them has changed.
    pub(super) fn write(&self) -> Result<bool> {
        let scope = self.environment.as_deref().map_or(Scope::TopLevel, Scope::Environment);
        let machine = Machine::new(&self.project);
        let checked = Checked::read(&machine, &self.config.to_string_lossy(), scope)?;
        checked.pass(&machine)?;
        let receiver = self.receiver()?;
        let consumer = self.consumer(&receiver)?;
        let mut has_changed = false;
        if !self.has_env_file {
            let names: Vec<_> = checked.report.secrets.iter().map(|secret| &*secret.name).collect();
            has_changed |= self.write_secrets(&names)?;
        }
        if let Some(consumer) = consumer {
            has_changed |= write(&self.copy("consumer"), &consumer.to_string())?;
        }
        has_changed |= write(&self.copy("receiver"), &receiver.to_string())?;
        Ok(has_changed)
    }

    fn copy(&self, worker: &str) -> PathBuf {
        self.copies.join(worker).join("wrangler.toml")
    }

    /// The configuration of the environment as one without environments.
    fn receiver(&self) -> Result<DocumentMut> {
        let mut document = read(&self.config)?;
        let environments = document.remove("env");
        if let Some(name) = &self.environment {
            let own = environments.as_ref().and_then(|env| env.get(name));
            let own = own.and_then(Item::as_table_like);
            for field in NOT_INHERITED {
                document.remove(field);
            }
            let base = document.get("name").and_then(Item::as_str).map(str::to_owned);
            if let Some(base) = base {
                document.insert("name", value(format!("{base}-{name}")));
            }
            for (field, item) in own.into_iter().flat_map(|own| own.iter()) {
                document.insert(field, item.clone());
            }
        }
        // This program builds the Worker itself.
        document.remove("build");
        self.make_absolute(document.get_mut("main"));
        let assets = document.get_mut("assets");
        self.make_absolute(assets.and_then(|assets| assets.get_mut("directory")));
        Ok(document)
    }

    /// A path in the configuration is relative to its folder, which the copy is not in.
    fn make_absolute(&self, path: Option<&mut Item>) {
        let Some(item) = path else { return };
        if let Some(path) = item.as_str() {
            *item = value(self.folder().join(path).display().to_string());
        }
    }

    /// The configuration of the example consumer, for every queue that the Worker sends to and does not consume
    /// itself. `None` if there is no such queue.
    fn consumer(&self, receiver: &DocumentMut) -> Result<Option<DocumentMut>> {
        let folder = Worker::Consumer.folder(&self.project);
        let mut document = read(&folder.join("wrangler.toml"))?;
        let consumed = queues(receiver, "consumers");
        let mut queues = queues(receiver, "producers");
        queues.retain(|queue| !consumed.contains(queue));
        queues.sort();
        queues.dedup();
        if queues.is_empty() {
            return Ok(None);
        }
        document.remove("build");
        if let Some(main) = document.get_mut("main") {
            *main = value(folder.join(main.as_str().unwrap_or_default()).display().to_string());
        }
        let example = list(&document, "queues", Some("consumers")).into_iter().next();
        let example = example.unwrap_or_default();
        let mut consumers = ArrayOfTables::new();
        for queue in queues {
            let mut entry = example.clone();
            entry.insert("queue", value(queue));
            consumers.push(entry);
        }
        let mut table = Table::new();
        table.insert("consumers", Item::ArrayOfTables(consumers));
        document.insert("queues", Item::Table(table));
        // The namespace of large events has to be the same.
        let namespaces = list(receiver, "kv_namespaces", None).into_iter();
        let is_claims =
            |table: &Table| table.get("binding").and_then(Item::as_str) == Some("CLAIMS");
        let claims: ArrayOfTables = namespaces.filter(is_claims).collect();
        document.insert("kv_namespaces", Item::ArrayOfTables(claims));
        Ok(Some(document))
    }

    /// The files that wrangler would read secrets from: the first that exists.
    fn secrets_files(&self) -> Vec<PathBuf> {
        let of_environment = self.environment.iter().map(|name| format!(".dev.vars.{name}"));
        let names = of_environment.chain([".dev.vars".to_owned()]);
        names.map(|name| self.folder().join(name)).collect()
    }

    /// Copies the secrets beside the copy of the configuration, if it is valid with them. Returns whether any has
    /// changed.
    fn write_secrets(&self, needed: &[&str]) -> Result<bool> {
        let files = self.secrets_files();
        let Some(file) = files.iter().find(|file| file.exists()).or(files.first()) else {
            return Ok(false);
        };
        if !file.exists() && self.folder() == self.project.root() && self.environment.is_none() {
            let example = self.project.root().join(".dev.vars.example");
            fs::copy(&example, file).map_err(|cause| Error::file("copy", &example, &cause))?;
            say("created .dev.vars from .dev.vars.example; the local token is dev-token");
        }
        let text = fs::read_to_string(file).unwrap_or_default();
        let secrets =
            dotenvy::from_read_iter(text.as_bytes()).collect::<std::result::Result<_, _>>();
        let secrets: BTreeMap<String, String> =
            secrets.map_err(|cause| Error::new(format!("{}: {cause}", file.display())))?;
        let missing = needed.iter().filter(|name| !secrets.contains_key(**name));
        let missing: Vec<_> = missing.map(|name| format!("{name}=<secret>")).collect();
        if !missing.is_empty() {
            return Err(Error::new(format!(
                "{} lacks secrets that the configuration names: add {}",
                file.display(),
                missing.join(" and ")
            )));
        }
        let config = fs::read_to_string(&self.config);
        let config = config.map_err(|cause| Error::file("read", &self.config, &cause))?;
        elytra_webhooks_check::config(&config, self.environment.as_deref(), &secrets).map_err(
            |report| {
                let printed = report.print(&self.config.display().to_string());
                Error::new(format!("with the secrets in {}:\n{printed}", file.display()))
            },
        )?;
        let copy = self.copy("receiver").with_file_name(".dev.vars");
        let has_changed = write(&copy, &text)?;
        // Nobody else may read it.
        fs::set_permissions(&copy, Permissions::from_mode(0o600))
            .map_err(|cause| Error::file("protect", &copy, &cause))?;
        Ok(has_changed)
    }
}

/// Writes a file, and its folder. Returns whether this changes anything.
fn write(path: &Path, content: &str) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|found| found == content) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|cause| Error::file("create", folder, &cause))?;
    fs::write(path, content).map_err(|cause| Error::file("write", path, &cause))?;
    Ok(true)
}

/// A name for the configuration and its environment.
fn name_of(config: &Path, environment: Option<&str>) -> String {
    let stem = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    environment.map_or(stem.clone(), |environment| format!("{stem}-{environment}"))
}

fn read(path: &Path) -> Result<DocumentMut> {
    let text = fs::read_to_string(path).map_err(|cause| Error::file("read", path, &cause))?;
    text.parse().map_err(|cause| Error::new(format!("{} is not TOML: {cause}", path.display())))
}

/// The tables of a list, which can be written in both of TOML's forms.
fn list(document: &DocumentMut, field: &str, inner: Option<&str>) -> Vec<Table> {
    let item = document.get(field);
    let item = inner.map_or(item, |inner| item.and_then(|item| item.get(inner)));
    match item {
        Some(Item::ArrayOfTables(tables)) => tables.iter().cloned().collect(),
        Some(Item::Value(Value::Array(items))) => {
            let tables = items.iter().filter_map(|item| item.as_inline_table().cloned());
            tables.map(InlineTable::into_table).collect()
        }
        _ => Vec::new(),
    }
}

/// The queues in `[[queues.producers]]` or `[[queues.consumers]]`.
fn queues(document: &DocumentMut, side: &str) -> Vec<String> {
    let tables = list(document, "queues", Some(side));
    tables.iter().filter_map(|table| Some(table.get("queue")?.as_str()?.to_owned())).collect()
}
