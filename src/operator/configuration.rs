//! The configuration as an operator may see it: who may send, who wants what, and where it goes.

use serde::Serialize;
use serde_json::{Map, Value};

use super::overview::Warning;
use crate::config::Config;

/// The fields of a subscription that name its destination.
const DESTINATIONS: [&str; 5] = ["queue", "kv", "r2", "webhook", "service"];

/// The configuration, without what may be secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigurationView {
    /// The table `WEBHOOK`.
    pub webhook: Value,
    /// The table `JOURNAL`. `null` without one.
    pub journal: Value,
    /// The table `ADMIN`.
    pub admin: Value,
    /// The subscriptions, sorted by name.
    pub subscriptions: Vec<SubscriptionView>,
    /// What is dangerous unless it is intended.
    pub warnings: Vec<Warning>,
}

/// A subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SubscriptionView {
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub active: bool,
    /// Where its events go: the field, and what it says.
    pub destination: Map<String, Value>,
    /// Its other fields, as they were written.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// Shows the configuration.
#[must_use]
pub fn show(config: &Config) -> ConfigurationView {
    let table = |var: &str| config.tables.get(var).cloned().unwrap_or_default();
    let subscription = |subscription: &crate::subscription::Subscription| {
        let var = |var: &&String| {
            var.strip_prefix("SUBSCRIPTION_")
                .is_some_and(|name| name.eq_ignore_ascii_case(&subscription.name))
        };
        let var = config.tables.keys().find(var).map(String::as_str).unwrap_or_default();
        let Value::Object(mut fields) = table(var) else { return SubscriptionView::default() };
        fields.remove("active");
        let mut destination = Map::new();
        for kind in DESTINATIONS {
            if let Some(value) = fields.remove(kind) {
                destination.insert("kind".to_owned(), kind.into());
                match value {
                    Value::Object(own) => destination.extend(own),
                    binding => {
                        destination.insert("binding".to_owned(), binding);
                    }
                }
            }
        }
        SubscriptionView {
            name: subscription.name.clone(),
            active: subscription.active,
            destination,
            fields,
        }
    };
    ConfigurationView {
        webhook: table("WEBHOOK"),
        journal: table("JOURNAL"),
        admin: table("ADMIN"),
        subscriptions: config.subscriptions.iter().map(subscription).collect(),
        warnings: config.warnings.iter().map(Warning::new).collect(),
    }
}
