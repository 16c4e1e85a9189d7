//! What is asked, and what may be answered.

use std::fmt;

use clap::ValueEnum;
use elytra_events::{EventType, Known as _};
use elytra_webhooks::names::{did_you_mean, nearest};

/// The longest name of a queue, of a bucket, and of a Worker that has an address of its own.
const MAX_RESOURCE_BYTES: usize = 63;

/// The longest name of the Worker. `<name>-dead-letters-staging` is a queue, too.
pub(super) const MAX_NAME_BYTES: usize = 32;

/// The longest name of the subscription. `<name>-<subscription>-staging` is a queue or a bucket.
pub(super) const MAX_SUBSCRIPTION_BYTES: usize =
    MAX_RESOURCE_BYTES - MAX_NAME_BYTES - "--staging".len();

/// What begins the name of every subscription's var.
const PREFIX: &str = "subscription_";

/// Everything that a project depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) name: WorkerName,
    pub(super) authentication: Authentication,
    pub(super) subscription: SubscriptionName,
    pub(super) event_types: EventTypes,
    pub(super) destination: Destination,
    pub(super) console: Console,
    pub(super) has_staging: bool,
}

/// How Elytra authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Authentication {
    /// A token
    Bearer,
    /// A user name and a password
    Basic,
    /// A key in the header `api-key`
    Apikey,
}

/// Where the events of the first subscription go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DestinationKind {
    /// A queue, with an example of a Worker that reads it
    Queue,
    /// A KV namespace
    Kv,
    /// An R2 bucket
    R2,
    /// An HTTP server
    Webhook,
    /// Another Worker
    Service,
}

/// Whether there is a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Console {
    /// A page where they find events and send them again
    Yes,
    /// Nobody can ask the Worker anything
    No,
}

/// Something that is chosen from a list.
pub(super) trait Choice: ValueEnum + Copy + 'static {
    /// The name, as it is typed.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Reads a name.
    ///
    /// # Errors
    /// There is none like it.
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(choice) = Self::from_str(text, true) {
            return Ok(choice);
        }
        // `n` is enough for `no`.
        let typed = text.to_ascii_lowercase();
        let begins = |choice: &&Self| !typed.is_empty() && choice.name().starts_with(&typed);
        let mut begun = Self::value_variants().iter().filter(begins);
        if let (Some(choice), None) = (begun.next(), begun.next()) {
            return Ok(*choice);
        }
        let names: Vec<_> = Self::value_variants().iter().map(|choice| choice.name()).collect();
        let nearest = did_you_mean(nearest(text, names.iter().map(String::as_str)));
        Err(format!("expected {}{nearest}", names.join(", ")))
    }
}

impl Choice for Authentication {}

impl Choice for DestinationKind {}

impl Choice for Console {}

/// Where the events of the first subscription go, with what must be known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    Queue,
    Kv,
    R2,
    /// The URL of the server. For staging, too, if that is wanted.
    Webhook {
        url: String,
        staging_url: Option<String>,
    },
    /// The name of the other Worker.
    Service {
        worker: ServiceName,
    },
}

/// The name of the Worker. What belongs to it begins with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkerName(String);

impl WorkerName {
    /// Checks a name.
    ///
    /// # Errors
    /// It cannot name a Worker, or what belongs to it.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let is_long = name.len() > MAX_NAME_BYTES;
        if is_long || !is_label(name) {
            return Err(format!(
                "expected 1 to {MAX_NAME_BYTES} lower-case letters, digits and hyphens, with no hyphen at either end"
            ));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name that is nearest to that of a folder.
    pub(super) fn of_folder(folder: &str) -> Self {
        let mut name = String::new();
        for c in folder.to_lowercase().chars() {
            let is_allowed = c.is_ascii_lowercase() || c.is_ascii_digit();
            match c {
                c if is_allowed => name.push(c),
                // One for all others in a row, and none at the beginning.
                _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
                _ => {}
            }
        }
        // Only ASCII is left.
        name.truncate(MAX_NAME_BYTES);
        let name = name.trim_end_matches('-');
        Self(if name.is_empty() { "elytra-webhooks".to_owned() } else { name.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of another Worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceName(String);

impl ServiceName {
    /// Checks a name.
    ///
    /// # Errors
    /// No Worker can have it.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let is_allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        let is_long = name.len() > MAX_RESOURCE_BYTES;
        if name.is_empty() || is_long || name.starts_with('-') || !name.chars().all(is_allowed) {
            return Err(format!(
                "expected 1 to {MAX_RESOURCE_BYTES} lower-case letters, digits, hyphens and underscores, with no \
                 hyphen at the beginning"
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a subscription, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SubscriptionName(String);

impl SubscriptionName {
    /// Checks a name.
    ///
    /// # Errors
    /// It cannot name a var, a binding, and a queue.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        let name = name.to_ascii_lowercase();
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let is_long = name.len() > MAX_SUBSCRIPTION_BYTES;
        if is_long || !begins || name.ends_with('_') || !name.chars().all(is_allowed) {
            return Err(format!(
                "expected 1 to {MAX_SUBSCRIPTION_BYTES} letters, digits and underscores, with a letter first and no \
                 underscore last"
            ));
        }
        if let Some(rest) = name.strip_prefix(PREFIX) {
            return Err(format!(
                "the name of its var begins with SUBSCRIPTION_ anyway: write {rest:?}"
            ));
        }
        Ok(Self(name))
    }

    /// The name in answers and logs.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in vars and bindings.
    pub(super) fn upper(&self) -> String {
        self.0.to_ascii_uppercase()
    }

    /// The name in those of queues and buckets, which have no underscores.
    pub(super) fn label(&self) -> String {
        self.0.replace('_', "-")
    }
}

/// The event types that the subscription wants. None means all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventTypes(Vec<EventType>);

impl EventTypes {
    /// Reads names that are separated by commas or spaces.
    ///
    /// # Errors
    /// One is not known.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut found = Vec::new();
        let names = || text.split([',', ' ']).filter(|name| !name.is_empty());
        if names().eq([ALL]) {
            return Ok(Self(found));
        }
        for name in names() {
            let Some(known) = EventType::from_name(name) else {
                let all = EventType::ALL.iter().map(|known| known.as_str());
                return Err(format!(
                    "unknown event type {name:?}{}",
                    did_you_mean(nearest(name, all))
                ));
            };
            if !found.contains(&known) {
                found.push(known);
            }
        }
        if found.is_empty() {
            return Err(format!("expected event types, or {ALL}"));
        }
        Ok(Self(found))
    }

    /// The names. None means all.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|known| known.as_str()).collect()
    }
}

/// What is written for all event types.
const ALL: &str = "all";

/// Whether this can be a part of a host name, and so the name of everything at Cloudflare.
fn is_label(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.chars().all(is_allowed)
}
