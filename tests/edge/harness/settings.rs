//! What a receiver is started with: its vars, its bindings, its secrets.

use std::fmt::Write as _;
use std::path::Path;

use toml::Table;

/// A configuration for a test: vars as they stand in a `wrangler.toml`, and secrets.
#[derive(Debug, Clone)]
pub struct Settings {
    vars: String,
    secrets: String,
}

impl Settings {
    /// These tables below `[vars]`, in TOML, and no secrets.
    #[must_use]
    pub fn new(vars: impl Into<String>) -> Self {
        Self { vars: vars.into(), secrets: String::new() }
    }

    /// With more tables below `[vars]`.
    #[must_use]
    pub fn with_vars(mut self, vars: &str) -> Self {
        self.vars.push_str(vars);
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

    /// Writes `wrangler.toml` and `.dev.vars`, and beside them the receiver as it was built and the
    /// tests' entry module, which consumes the queue as well. They are copies, since wrangler starts
    /// a Worker anew when its files change, and another test may have them built.
    pub(crate) fn write(&self, folder: &Path, project: &Path) {
        let receiver = folder.join("receiver");
        std::fs::create_dir(&receiver).unwrap();
        for (from, to) in [
            ("tests/edge/worker/entry.mjs", "entry.mjs"),
            ("build/index.js", "receiver/index.js"),
            ("build/index_bg.wasm", "receiver/index_bg.wasm"),
        ] {
            std::fs::copy(project.join(from), folder.join(to))
                .unwrap_or_else(|error| panic!("cargo xtask build makes {from}: {error}"));
        }
        let mut config: Table = toml::from_str(&self.vars).expect("the test's vars are TOML");
        let bindings: Table = toml::from_str(
            r#"
            name = "receiver"
            main = "entry.mjs"
            compatibility_date = "2026-11-01"
            kv_namespaces = [{ binding = "EVENTS_KV", id = "events" }]
            [queues]
            producers = [{ binding = "EVENTS_QUEUE", queue = "events" }]
            consumers = [{ queue = "events", max_batch_size = 100, max_batch_timeout = 0, max_retries = 0 }]
            "#,
        )
        .expect("this is TOML");
        config.extend(bindings);
        std::fs::write(folder.join("wrangler.toml"), config.to_string()).unwrap();
        std::fs::write(folder.join(".dev.vars"), &self.secrets).unwrap();
    }
}
