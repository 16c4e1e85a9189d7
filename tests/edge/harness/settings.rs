//! What a receiver is started with: its vars, its bindings, its secrets.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::sink::Sink;

/// The file with the authorities that a receiver trusts, beside its configuration.
pub(crate) const AUTHORITIES: &str = "authorities.pem";

/// A configuration for a test: vars as they stand in a `wrangler.toml`, and secrets.
#[derive(Debug, Clone)]
pub struct Settings {
    vars: String,
    secrets: String,
    namespaces: Vec<String>,
    buckets: Vec<String>,
    queues: Vec<String>,
    /// The address of the sink, where the queues lead to one.
    sink: Option<String>,
    has_ledger: bool,
    has_webhooks: bool,
    /// The certificates of authorities that it trusts besides the usual ones.
    authorities: String,
}

impl Settings {
    /// These tables below `[vars]`, in TOML, and no secrets.
    #[must_use]
    pub fn new(vars: impl Into<String>) -> Self {
        Self {
            vars: vars.into(),
            secrets: String::new(),
            namespaces: vec!["EVENTS_KV".to_owned()],
            buckets: Vec::new(),
            queues: vec!["EVENTS_QUEUE".to_owned()],
            sink: None,
            has_ledger: false,
            has_webhooks: false,
            authorities: String::new(),
        }
    }

    /// With more tables below `[vars]`.
    #[must_use]
    pub fn with_vars(mut self, vars: &str) -> Self {
        self.vars.push_str(vars);
        self
    }

    /// With one more field in `[vars.WEBHOOK]`.
    #[must_use]
    pub fn with_webhook_field(mut self, field: &str) -> Self {
        self.vars = self.vars.replace("[vars.WEBHOOK]", &format!("[vars.WEBHOOK]\n{field}"));
        self
    }

    /// Bearer authentication with `right-token`; products to the queue, documents to KV, prices
    /// (`product_text`) to both.
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

    /// Bearer authentication with `right-token`; every event to the queue and to KV.
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

    /// With one more secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, secret: &str) -> Self {
        let _ = writeln!(self.secrets, "{name}={secret}");
        self
    }

    /// With one more KV namespace.
    #[must_use]
    pub fn with_kv(mut self, binding: &str) -> Self {
        self.namespaces.push(binding.to_owned());
        self
    }

    /// With one more R2 bucket.
    #[must_use]
    pub fn with_r2(mut self, binding: &str) -> Self {
        self.buckets.push(binding.to_owned());
        self
    }

    /// With one more queue, that nobody consumes.
    #[must_use]
    pub fn with_queue(mut self, binding: &str) -> Self {
        self.queues.push(binding.to_owned());
        self
    }

    /// With a queue that outlives workerd: what is sent to any queue lands in the sink, and nothing
    /// reaches the consumer.
    #[must_use]
    pub fn with_sink(mut self, sink: &Sink) -> Self {
        self.sink = Some(sink.url().to_owned());
        self
    }

    /// With the receiver's Durable Object `Ledger`, bound as `LEDGER`.
    #[must_use]
    pub fn with_ledger(mut self) -> Self {
        self.has_ledger = true;
        self
    }

    /// With what webhooks need, as the shipped `wrangler.toml` has it: the queues `DELIVERIES` and
    /// `DEAD_LETTERS`, which the receiver consumes, and the KV namespace `DEAD`.
    #[must_use]
    pub fn with_webhooks(mut self) -> Self {
        self.has_webhooks = true;
        self.with_queue("DELIVERIES").with_queue("DEAD_LETTERS").with_kv("DEAD")
    }

    /// With an authority whose certificates it trusts, by its own, in PEM.
    #[must_use]
    pub fn with_authority(mut self, certificate: &str) -> Self {
        self.authorities.push_str(certificate);
        self
    }

    /// Writes `wrangler.toml` and `.dev.vars`, and beside them the receiver as it was built and the
    /// tests' entry module, which consumes the queue as well. They are copies, since another test may
    /// have them built meanwhile.
    pub(crate) fn write(&self, folder: &Path, project: &Path) {
        let receiver = folder.join("receiver");
        for file in ["build/index.js", "build/index_bg.wasm", "src/cloudflare/main.mjs"] {
            let copy = receiver.join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(project.join(file), copy)
                .unwrap_or_else(|error| panic!("cargo xtask build makes {file}: {error}"));
        }
        for entry in fs::read_dir(project.join("tests/edge/worker")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        fs::write(folder.join("wrangler.toml"), self.configuration().to_string()).unwrap();
        fs::write(folder.join(".dev.vars"), &self.secrets).unwrap();
        if !self.authorities.is_empty() {
            fs::write(folder.join(AUTHORITIES), &self.authorities).unwrap();
        }
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

/// How the receiver consumes a queue.
fn receivers_consumer(queue: &str) -> Value {
    let mut consumer = toml::toml! {
        max_batch_size = 6
        max_batch_timeout = 0
        max_retries = 100
    };
    consumer.insert("queue".to_owned(), queue.into());
    Value::Table(consumer)
}

/// Each binding, and what it leads to.
fn bindings(names: &[String], field: &str, name_of: fn(&str) -> String) -> Value {
    let bindings = names.iter().map(|binding| {
        let fields = [("binding", binding.clone()), (field, name_of(binding))];
        Value::Table(
            fields.map(|(field, value)| (field.to_owned(), value.into())).into_iter().collect(),
        )
    });
    Value::Array(bindings.collect())
}

/// `EVENTS_QUEUE` is the binding of `events-queue`: names of queues and buckets have neither capitals nor
/// `_`.
fn resource_name(binding: &str) -> String {
    binding.to_ascii_lowercase().replace('_', "-")
}
