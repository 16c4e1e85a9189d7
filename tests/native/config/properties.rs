//! Any vars give either a configuration or mistakes, and never a panic.

use elytra_webhooks::config::{Broken, Config};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::webhook_destination::bindings_with as bindings_with_webhook;
use super::{json, with};
use crate::support::property;

/// Words that have a meaning somewhere in the configuration.
const WORDS: &[&str] = &[
    "auth_type",
    "auth",
    "token",
    "username",
    "password",
    "api_key",
    "header_name",
    "methods",
    "max_body_bytes",
    "max_batch_events",
    "allowed_origins",
    "allowed_rate",
    "rate_limit",
    "active",
    "event_types",
    "operations",
    "queue",
    "kv",
    "r2",
    "prefix",
    "ARCHIVE",
    "binding",
    "expiration_ttl",
    "none",
    "basic",
    "bearer",
    "apikey",
    "POST",
    "product",
    "add",
    "TOKEN",
    "USERNAME",
    "PASSWORD",
    "API_KEY",
    "EVENTS_QUEUE",
    "EVENTS_KV",
    "CALLS",
    "dedupe_window_seconds",
    "ledger_shards",
    "jurisdiction",
    "claims_expiration_ttl",
    "retention_days",
    "bodies",
    "body_retention_days",
    "key",
    "object",
    "event",
    "tombstone_ttl",
    "LEDGER",
    "CLAIMS",
    "SPOOL",
    "*",
    "WEBHOOK",
    "webhook",
    "url",
    "https://a.example",
    "http://user:pass@a.example/#b",
    "method",
    "mode",
    "structured",
    "binary",
    "timeout_ms",
    "retry",
    "max_retries",
    "initial_delay",
    "backoff_multiplier",
    "max_delay",
    "allow_insecure",
    "service",
    "path",
    "/",
    "SHOP",
    "DELIVERIES",
    "DEAD_LETTERS",
    "DEAD",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![9 => select(WORDS).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => (0..200_000_u64).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        4 => word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(word(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn no_value_of_a_var_panics() {
    let names = select(vec![
        "WEBHOOK",
        "SUBSCRIPTION_A",
        "SUBSCRIPTION_",
        "SUBSCRIPTION_a",
        "ADMIN",
        "JOURNAL",
        "X",
    ]);
    property((names, value()), |(name, value)| {
        let bindings = with(name, json(&value.to_string()));
        if let Err(Broken { mistakes, .. }) = Config::from_bindings(&bindings) {
            assert!(!mistakes.is_empty(), "a refusal has its reasons");
            for mistake in mistakes {
                assert!(!mistake.to_string().contains("canary"), "{mistake}");
            }
        }
    });
}

#[test]
fn no_value_of_a_webhook_panics() {
    let fields = btree_map(word(), value(), 0..6);
    property(fields, |fields| {
        let webhook = serde_json::json!({ "webhook": fields });
        let bindings = bindings_with_webhook(&webhook.to_string());
        if let Err(Broken { mistakes, .. }) = Config::from_bindings(&bindings) {
            let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            assert!(!mistakes.is_empty() && !mistakes.concat().contains("canary"), "{mistakes:?}");
        }
    });
}

#[test]
fn no_text_of_a_var_panics() {
    property(".*", |text| {
        assert!(Config::from_bindings(&with("WEBHOOK", json(&text))).is_err());
    });
}
