//! The receiver's settings, and how it fails.

use std::time::Duration;

use edge::{Fault, Receiver, Settings, Shop, Sink, event};

/// The binding of the queue.
pub(crate) const QUEUE: &str = "EVENTS_QUEUE";

/// The binding of the KV namespace with one key per event.
pub(crate) const KV: &str = "EVENTS_KV";

/// The binding of the KV namespace with one key per object.
pub(crate) const MIRROR_KV: &str = "MIRROR_KV";

/// The binding of the R2 bucket.
pub(crate) const R2: &str = "ARCHIVE_R2";

/// The binding of the KV namespace for events that are too large for the queue.
pub(crate) const CLAIMS: &str = "CLAIMS";

/// The binding of the KV namespace for messages that the queue does not take.
pub(crate) const SPOOL: &str = "SPOOL";

/// The service binding.
pub(crate) const SERVICE: &str = "SHOP";

/// The bindings of the queue for the webhook and the service, and of those for what it never takes.
pub(crate) const DELIVERIES: &str = "DELIVERIES";
pub(crate) const DEAD_LETTERS: &str = "DEAD_LETTERS";
pub(crate) const DEAD: &str = "DEAD";

/// The binding of the ledger.
const LEDGER: &str = "LEDGER";

/// The subscriptions that lead to KV and R2. Their names are part of the keys.
pub(crate) const ARCHIVE: &str = "archive";
pub(crate) const VAULT: &str = "vault";
pub(crate) const MIRROR: &str = "mirror";

/// The subscription that leads to the service: its name stands in messages and dead letters.
pub(crate) const SERVED_AS: &str = "service";

/// The event types that are sent.
pub(crate) const EVENT_TYPES: [&str; 6] =
    ["product", "document", "product_text", "customer", "workflow", "catalog_content"];

/// The event types that also go to KV, with one key per event.
pub(crate) const ARCHIVED: [&str; 3] = ["document", "product_text", "workflow"];

/// The event types that also go to R2.
pub(crate) const VAULTED: [&str; 2] = ["document", "catalog_content"];

/// The prefix of the keys in R2.
pub(crate) const PREFIX: &str = "soak/";

/// The event types that also go to KV, with one key per object.
pub(crate) const MIRRORED: [&str; 2] = ["product", "product_text"];

/// The event types that also go to the HTTP destination.
pub(crate) const ORDERED: [&str; 2] = ["customer", "product_text"];

/// Those that belong to the service as well.
pub(crate) const SERVED: [&str; 2] = ["catalog_content", "product_text"];

/// The path that the service is called at, by which its orders are told from the webhook's.
pub(crate) const SERVED_PATH: &str = "/service";

/// The bindings whose calls may fail: all that a request meets.
const FRAGILE: [&str; 8] = [QUEUE, DELIVERIES, KV, R2, MIRROR_KV, CLAIMS, SPOOL, LEDGER];

/// The ways in which a call fails, with their shares. Hanging is rare, because it costs the sender
/// the whole time budget.
const MIX: [(MakeFault, f64); 4] =
    [(Fault::fail, 0.5), (Fault::lost, 0.4), (Fault::hang, 0.05), (Fault::late, 0.05)];

/// The time budget in milliseconds, which a hanging call costs the sender: half of the default.
const TIME_BUDGET_MS: u64 = 2_000;

/// The longest time budget, for runs without faults. A slow machine is not a fault, and an event
/// that took too long would be spooled and arrive twice.
const PATIENT_TIME_BUDGET_MS: u64 = 30_000;

/// The largest body: several large events in a batch.
const MAX_BODY_BYTES: usize = 8_000_000;

/// Enough events for every shard of the ledger to have one.
const WARM_UP_EVENTS: usize = 64;

/// Creates a fault of a binding.
type MakeFault = fn(&str) -> Fault;

/// Every event goes to the queue, half of the event types to KV, and a third of them each to R2, the
/// mirror, the HTTP destination and the service.
pub(crate) fn settings(sink: &Sink, shop: &Shop, faults: f64) -> Settings {
    let time_budget_ms = time_budget(faults).as_millis();
    let vars = format!(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = {{ token = "TOKEN" }}
        max_body_bytes = {MAX_BODY_BYTES}
        time_budget_ms = {time_budget_ms}
        dedupe_window_seconds = 86400

        [vars.JOURNAL]

        [vars.SUBSCRIPTION_STREAM]
        queue = "{QUEUE}"

        [vars.SUBSCRIPTION_{ARCHIVE}]
        event_types = {ARCHIVED:?}
        kv = {{ binding = "{KV}" }}

        [vars.SUBSCRIPTION_{VAULT}]
        event_types = {VAULTED:?}
        r2 = {{ binding = "{R2}", prefix = "{PREFIX}" }}

        [vars.SUBSCRIPTION_{MIRROR}]
        event_types = {MIRRORED:?}
        kv = {{ binding = "{MIRROR_KV}", key = "object" }}

        [vars.SUBSCRIPTION_SHOP]
        event_types = {ORDERED:?}

        [vars.SUBSCRIPTION_SHOP.webhook]
        url = "{}"
        allow_insecure = true
        retry = {{ max_retries = 3 }}

        [vars.SUBSCRIPTION_{SERVED_AS}]
        event_types = {SERVED:?}

        [vars.SUBSCRIPTION_{SERVED_AS}.service]
        binding = "{SERVICE}"
        path = "{SERVED_PATH}"
        retry = {{ max_retries = 3 }}
        "#,
        shop.url(),
        ARCHIVE = ARCHIVE.to_uppercase(),
        VAULT = VAULT.to_uppercase(),
        MIRROR = MIRROR.to_uppercase(),
        SERVED_AS = SERVED_AS.to_uppercase(),
    );
    Settings::new(vars)
        .with_secret("TOKEN", "right-token")
        .with_r2(R2)
        .with_kv(MIRROR_KV)
        .with_kv(CLAIMS)
        .with_kv(SPOOL)
        .with_ledger()
        .with_webhooks()
        .with_service(shop)
        .with_sink(sink)
}

/// How long the receiver may take for a request.
pub(crate) fn time_budget(faults: f64) -> Duration {
    Duration::from_millis(if faults == 0.0 { PATIENT_TIME_BUDGET_MS } else { TIME_BUDGET_MS })
}

/// Sends some events that are not counted. The first events wait until workerd has compiled the
/// receiver and opened its storage, which takes longer than any time budget on a busy machine.
pub(crate) fn warm_up(receiver: &Receiver, sink: &Sink) {
    let ids = (0..WARM_UP_EVENTS).map(|number| format!("warm-up-{number}"));
    // They are about an object that no other event is about.
    let events = ids.map(|id| event(&id, "product_text").replace("4711", "-1"));
    let batch = format!("[{}]", events.collect::<Vec<_>>().join(","));
    let call = receiver.post(batch).header("content-type", "application/cloudevents-batch+json");
    let answer = call.send();
    assert!(matches!(answer.status, 202 | 503), "{}", answer.body);
    receiver.run_cron();
    drop(sink.take_messages(QUEUE));
    drop(sink.take_messages(DELIVERIES));
}

/// Makes every call of a binding fail with this probability, in one of several ways, and all calls
/// of a queue that is out.
pub(crate) fn faults(probability: f64, seed: u32, queue_is_out: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for binding in FRAGILE {
        // A call meets the next fault only if the previous ones let it pass.
        let mut passes = 1.0;
        for (fault, share) in MIX {
            let applies = probability * share;
            let seed = seed.wrapping_add(u32::try_from(faults.len()).unwrap());
            faults.push(fault(binding).probability(applies / passes, seed));
            passes -= applies;
        }
    }
    faults.extend(queue_is_out.then(|| Fault::fail(QUEUE)));
    faults.extend(queue_is_out.then(|| Fault::fail(DELIVERIES)));
    faults
}
