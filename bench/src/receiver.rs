//! The receiver as it is measured: with the queue, `CLAIMS` and `SPOOL` of its wrangler.toml, and one
//! subscription.

use elytra_webhooks::config::MAX_BODY_BYTES;
use serde_json::{Value, json};

use crate::case::TOKEN;
use crate::workerd::{Binding, Worker};

/// The receiver, with this one subscription to a queue.
pub(crate) fn receiver(upload: &Worker) -> Worker {
    with(upload, &json!({}))
}

/// The same, which recognizes events that come again. It has time enough for the ledger, which shares
/// the machine with it here. Without a number of shards, the ledger has as many as by default.
pub(crate) fn deduplicating(upload: &Worker, shards: Option<usize>) -> Worker {
    let mut fields = json!({ "dedupe_window_seconds": 86_400, "time_budget_ms": 30_000 });
    if let Some(shards) = shards {
        fields["ledger_shards"] = json!(shards);
    }
    let mut worker = with(upload, &fields);
    let ledger = Binding::DurableObjects("Ledger".to_owned());
    worker.bindings.push(("LEDGER".to_owned(), ledger));
    worker
}

/// The same with the journal: what `wrangler.toml` ships.
pub(crate) fn as_shipped(upload: &Worker) -> Worker {
    let mut worker = deduplicating(upload, None);
    worker.bindings.push(("JOURNAL".to_owned(), Binding::Json(json!({ "retention_days": 7 }))));
    worker
}

/// The same, which takes the largest bodies, and has so many subscriptions that only one of them wants
/// what is sent.
pub(crate) fn with_subscriptions(upload: &Worker, subscriptions: usize) -> Worker {
    let mut worker = with(upload, &json!({ "max_body_bytes": MAX_BODY_BYTES.most }));
    for number in 1..subscriptions {
        let unwanted = json!({
            "event_types": ["document", "documentfolder"],
            "operations": ["add", "modify", "remove"],
            "queue": "PRODUCT_EVENTS",
        });
        worker.bindings.push((format!("SUBSCRIPTION_OTHER_{number}"), Binding::Json(unwanted)));
    }
    worker
}

/// The same with webhooks, by the names of their subscriptions.
pub(crate) fn with_webhooks(upload: &Worker, webhooks: &[(&str, Value)]) -> Worker {
    let mut worker = with(upload, &json!({}));
    for (name, webhook) in webhooks {
        let subscription = json!({ "event_types": ["document"], "webhook": webhook });
        worker.bindings.push((format!("SUBSCRIPTION_{name}"), Binding::Json(subscription)));
    }
    for (name, binding) in
        [("DELIVERIES", Binding::Queue), ("DEAD_LETTERS", Binding::Queue), ("DEAD", Binding::Kv)]
    {
        worker.bindings.push((name.to_owned(), binding));
    }
    worker
}

fn with(upload: &Worker, fields: &Value) -> Worker {
    let mut webhook = json!({ "auth_type": "bearer", "auth": { "token": "ELYTRA_TOKEN" } });
    for (name, value) in fields.as_object().into_iter().flatten() {
        webhook[name] = value.clone();
    }
    let subscription = json!({
        "event_types": ["product", "product_attribute_value"],
        "operations": ["add", "modify", "remove"],
        "queue": "PRODUCT_EVENTS",
    });
    let bindings = [
        ("WEBHOOK", Binding::Json(webhook)),
        ("SUBSCRIPTION_PRODUCTS", Binding::Json(subscription)),
        ("ELYTRA_TOKEN", Binding::Text(TOKEN.to_owned())),
        ("PRODUCT_EVENTS", Binding::Queue),
        ("CLAIMS", Binding::Kv),
        ("SPOOL", Binding::Kv),
    ];
    let bindings = bindings.map(|(name, binding)| (name.to_owned(), binding)).to_vec();
    Worker { bindings, ..upload.clone() }
}
