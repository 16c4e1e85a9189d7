//! The settings of a receiver: vars, bindings and secrets.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::shop::Shop;
use crate::sink::Sink;

/// The file with the authorities that a receiver trusts, next to its configuration.
pub(crate) const AUTHORITIES: &str = "authorities.pem";

/// The receiver as it was built: its files, in the project's folder.
pub const BUILD: [&str; 6] = [
    "build/index.js",
    "build/index_bg.wasm",
    "src/cloudflare/executor/borrowed.mjs",
    "src/cloudflare/executor/ledger.mjs",
    "src/cloudflare/executor/main.mjs",
    "src/cloudflare/executor/operators.mjs",
];

/// A configuration for a test: vars as they stand in a `wrangler.toml`, and secrets.
#[derive(Debug, Clone)]
pub struct Settings {
    vars: String,
    secrets: String,
    namespaces: Vec<String>,
    buckets: Vec<String>,
    queues: Vec<String>,
    /// The address of the sink, if queues lead to one.
    sink: Option<String>,
    /// The address of the shop, where there is a service that leads to one.
    shop: Option<String>,
    has_ledger: bool,
    has_webhooks: bool,
    has_console: bool,
    /// The folder of the Worker that consumes a queue, if there is one.
    consumer: Option<PathBuf>,
    /// The certificates of additional authorities to trust.
    authorities: String,
    /// The checkout of the receiver, if it is another one.
    checkout: Option<PathBuf>,
}

impl Settings {
    /// Settings with these tables in `[vars]`, in TOML, and no secrets.
    #[must_use]
    pub fn new(vars: impl Into<String>) -> Self {
        Self {
            vars: vars.into(),
            secrets: String::new(),
            namespaces: vec!["EVENTS_KV".to_owned()],
            buckets: Vec::new(),
            queues: vec!["EVENTS_QUEUE".to_owned()],
            sink: None,
            shop: None,
            has_ledger: false,
            has_webhooks: false,
            has_console: false,
            consumer: None,
            authorities: String::new(),
            checkout: None,
        }
    }

    /// Adds tables to `[vars]`.
    #[must_use]
    pub fn with_vars(mut self, vars: &str) -> Self {
        self.vars.push_str(vars);
        self
    }

    /// Adds a field to `[vars.WEBHOOK]`.
    #[must_use]
    pub fn with_webhook_field(mut self, field: &str) -> Self {
        self.vars = self.vars.replace("[vars.WEBHOOK]", &format!("[vars.WEBHOOK]\n{field}"));
        self
    }

    /// Removes a line of the tables.
    #[must_use]
    pub fn without_webhook_field(mut self, field: &str) -> Self {
        self.vars = self.vars.replace(field, "");
        self
    }

    /// Adds fields to `[vars.JOURNAL]`.
    #[must_use]
    pub fn with_journal_field(mut self, field: &str) -> Self {
        self.vars = self.vars.replace("[vars.JOURNAL]", &format!("[vars.JOURNAL]\n{field}"));
        self
    }

    /// Bearer authentication with `right-token`. Products go to the queue, documents to KV, and
    /// prices (`product_text`) to both.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(
            r#"
            [vars.WEBHOOK]
            auth_type = "bearer"
            auth = { token = "TOKEN" }
            max_body_bytes = 65536

            [vars.SUBSCRIPTION_PRODUCTS]
            event_types = ["product", "product_text"]
            queue = "EVENTS_QUEUE"

            [vars.SUBSCRIPTION_ARCHIVE]
            event_types = ["document", "product_text"]
            kv = { binding = "EVENTS_KV", expiration_ttl = 3600 }
            "#,
        )
        .with_secret("TOKEN", "right-token")
    }

    /// Bearer authentication with `right-token`. Every event goes to the queue and to KV.
    #[must_use]
    pub fn both() -> Self {
        Self::new(
            r#"
            [vars.WEBHOOK]
            auth_type = "bearer"
            auth = { token = "TOKEN" }
            max_body_bytes = 2_000_000

            [vars.SUBSCRIPTION_ARCHIVE]
            kv = { binding = "EVENTS_KV" }

            [vars.SUBSCRIPTION_STREAM]
            queue = "EVENTS_QUEUE"
            "#,
        )
        .with_secret("TOKEN", "right-token")
    }

    /// Adds a secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, secret: &str) -> Self {
        let _ = writeln!(self.secrets, "{name}={secret}");
        self
    }

    /// Adds a KV namespace.
    #[must_use]
    pub fn with_kv(mut self, binding: &str) -> Self {
        self.namespaces.push(binding.to_owned());
        self
    }

    /// Adds an R2 bucket.
    #[must_use]
    pub fn with_r2(mut self, binding: &str) -> Self {
        self.buckets.push(binding.to_owned());
        self
    }

    /// Adds a queue without a consumer.
    #[must_use]
    pub fn with_queue(mut self, binding: &str) -> Self {
        self.queues.push(binding.to_owned());
        self
    }

    /// Makes queues outlive workerd: all messages go to the sink, and none to the consumer.
    #[must_use]
    pub fn with_sink(mut self, sink: &Sink) -> Self {
        self.sink = Some(sink.url().to_owned());
        self
    }

    /// With a Worker bound as the service `SHOP`, which hands its calls on to the shop.
    #[must_use]
    pub fn with_service(mut self, shop: &Shop) -> Self {
        self.shop = Some(shop.url());
        self
    }

    /// With the receiver's Durable Object `Ledger`, bound as `LEDGER`.
    #[must_use]
    pub fn with_ledger(mut self) -> Self {
        self.has_ledger = true;
        self
    }

    /// Adds what HTTP destinations need, as in the shipped `wrangler.toml`: the queues `DELIVERIES`
    /// and `DEAD_LETTERS`, which the receiver consumes, and the KV namespace `DEAD`.
    #[must_use]
    pub fn with_webhooks(mut self) -> Self {
        self.has_webhooks = true;
        self.with_queue("DELIVERIES").with_queue("DEAD_LETTERS").with_kv("DEAD")
    }

    /// With the console, as in the shipped `wrangler.toml`.
    #[must_use]
    pub fn with_console(mut self) -> Self {
        self.has_console = true;
        self
    }

    /// With the Worker in this folder beside the receiver: its modules, and a `wrangler.toml` that names the
    /// module where it begins and the queue that it consumes. Namespaces of the same binding are the same.
    #[must_use]
    pub fn with_consumer(mut self, folder: impl Into<PathBuf>) -> Self {
        self.consumer = Some(folder.into());
        self
    }

    /// Trusts an authority with this certificate, in PEM.
    #[must_use]
    pub fn with_authority(mut self, certificate: &str) -> Self {
        self.authorities.push_str(certificate);
        self
    }

    /// With the receiver, and the tests' entry module, of another checkout, which has been built there.
    #[must_use]
    pub fn of_checkout(mut self, checkout: &Path) -> Self {
        self.checkout = Some(checkout.to_owned());
        self
    }

    /// Writes `wrangler.toml` and `.dev.vars`, and next to them copies of the built receiver and of
    /// the tests' entry module, which also consumes the queue. They are copies because another test
    /// may rebuild the originals.
    pub(crate) fn write(&self, folder: &Path, project: &Path) {
        let receiver = folder.join("receiver");
        let project = self.checkout.as_deref().unwrap_or(project);
        // Another version need not have all of these.
        let is_there = |file: &&str| self.checkout.is_none() || project.join(file).exists();
        for file in BUILD.into_iter().filter(is_there) {
            let copy = receiver.join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(project.join(file), copy)
                .unwrap_or_else(|error| panic!("cargo xtask build makes {file}: {error}"));
        }
        for entry in fs::read_dir(project.join("tests/edge/worker")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        if self.has_console {
            copy_folder(&project.join(CONSOLE), &folder.join(CONSOLE));
        }
        if let Some(consumer) = &self.consumer {
            copy_folder(consumer, &folder.join("consumer"));
        }
        fs::write(folder.join("wrangler.toml"), self.text()).unwrap();
        fs::write(folder.join(".dev.vars"), &self.secrets).unwrap();
        if !self.authorities.is_empty() {
            fs::write(folder.join(AUTHORITIES), &self.authorities).unwrap();
        }
    }

    /// The text of its `wrangler.toml`.
    #[must_use]
    pub fn text(&self) -> String {
        self.configuration().to_string()
    }

    fn configuration(&self) -> Table {
        let mut configuration: Table =
            toml::from_str(&self.vars).expect("the test's vars are TOML");
        configuration.extend(toml::toml! {
            name = "receiver"
            main = "entry.mjs"
            compatibility_date = "2026-11-01"
            [[queues.consumers]]
            queue = "events-queue"
            max_batch_size = 100
            max_batch_timeout = 0
            max_retries = 0
        });
        let namespaces = bindings(&self.namespaces, "id", str::to_owned);
        configuration.insert("kv_namespaces".to_owned(), namespaces);
        let buckets = bindings(&self.buckets, "bucket_name", resource_name);
        configuration.insert("r2_buckets".to_owned(), buckets);
        let queues = configuration.get_mut("queues").and_then(Value::as_table_mut);
        let queues = queues.expect("it has consumers");
        let producers = bindings(&self.queues, "queue", resource_name);
        queues.insert("producers".to_owned(), producers);
        if self.has_webhooks {
            let consumers = queues.get_mut("consumers").and_then(Value::as_array_mut);
            let consumers = consumers.expect("it has consumers");
            consumers.extend(["deliveries", "dead-letters"].map(receivers_consumer));
        }
        if let Some(sink) = &self.sink {
            let vars = configuration.get_mut("vars").and_then(Value::as_table_mut);
            let vars = vars.expect("the test has vars");
            vars.insert("TEST_SINK".to_owned(), Value::String(sink.clone()));
        }
        if let Some(shop) = &self.shop {
            let vars = configuration.get_mut("vars").and_then(Value::as_table_mut);
            let vars = vars.expect("the test has vars");
            vars.insert("TEST_SHOP".to_owned(), Value::String(shop.clone()));
            configuration.extend(toml::toml! {
                services = [{ binding = "SHOP", service = "shop" }]
            });
        }
        if self.has_console {
            configuration.extend(toml::toml! {
                assets = { directory = "console", binding = "ASSETS", run_worker_first = true }
            });
        }
        if self.has_ledger {
            configuration.extend(toml::toml! {
                migrations = [{ tag = "v1", new_sqlite_classes = ["Ledger"] }]
                [durable_objects]
                bindings = [{ name = "LEDGER", class_name = "Ledger" }]
            });
        }
        configuration
    }
}

/// The folder of the console, in the project and beside a configuration.
const CONSOLE: &str = "console";

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy);
        } else {
            fs::copy(entry.path(), copy).unwrap();
        }
    }
}

/// The settings with which the receiver consumes a queue.
fn receivers_consumer(queue: &str) -> Value {
    let mut consumer = toml::toml! {
        max_batch_size = 6
        max_batch_timeout = 0
        max_retries = 100
    };
    consumer.insert("queue".to_owned(), queue.into());
    Value::Table(consumer)
}

/// The bindings, and what each leads to.
fn bindings(names: &[String], field: &str, name_of: fn(&str) -> String) -> Value {
    let bindings = names.iter().map(|binding| {
        let fields = [("binding", binding.clone()), (field, name_of(binding))];
        Value::Table(
            fields.map(|(field, value)| (field.to_owned(), value.into())).into_iter().collect(),
        )
    });
    Value::Array(bindings.collect())
}

/// `EVENTS_QUEUE` is the binding of `events-queue`: the name of a queue or a bucket cannot have
/// capitals or `_`.
fn resource_name(binding: &str) -> String {
    binding.to_ascii_lowercase().replace('_', "-")
}
