//! What the receiver is started with, and how it fails.

use edge::{Fault, Settings, Sink};

/// The binding of the queue.
pub(crate) const QUEUE: &str = "EVENTS_QUEUE";

/// The binding of the KV namespace.
pub(crate) const KV: &str = "EVENTS_KV";

/// The subscription that leads to KV: its name stands in the keys.
pub(crate) const ARCHIVE: &str = "archive";

/// The event types that are sent.
pub(crate) const EVENT_TYPES: [&str; 6] =
    ["product", "document", "product_text", "customer", "workflow", "catalog_content"];

/// Those that belong into KV as well.
pub(crate) const ARCHIVED: [&str; 3] = ["document", "product_text", "workflow"];

/// The bindings whose calls may fail.
const FRAGILE: [&str; 2] = [QUEUE, KV];

/// What happens to a call that fails, and how many of a hundred times: seldom nothing, for that
/// costs the sender the whole time budget.
const MIX: [(MakeFault, f64); 4] =
    [(Fault::fail, 0.5), (Fault::lost, 0.4), (Fault::hang, 0.05), (Fault::late, 0.05)];

/// Makes a fault of a binding.
type MakeFault = fn(&str) -> Fault;

/// Every event to the queue, half of the event types to KV.
pub(crate) fn settings(sink: &Sink) -> Settings {
    let vars = format!(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = {{ token = "TOKEN" }}
        time_budget_ms = 400

        [vars.SUBSCRIPTION_STREAM]
        queue = "{QUEUE}"

        [vars.SUBSCRIPTION_ARCHIVE]
        event_types = {ARCHIVED:?}
        kv = {{ binding = "{KV}" }}
        "#
    );
    Settings::new(vars).with_secret("TOKEN", "right-token").with_sink(sink)
}

/// Every call of a binding fails with this probability, in one of several ways.
pub(crate) fn faults(probability: f64, seed: u32) -> Vec<Fault> {
    let mut faults = Vec::new();
    for binding in FRAGILE {
        // A call meets the next fault only if those before let it pass.
        let mut passes = 1.0;
        for (fault, share) in MIX {
            let strikes = probability * share;
            let seed = seed.wrapping_add(u32::try_from(faults.len()).unwrap());
            faults.push(fault(binding).probability(strikes / passes, seed));
            passes -= strikes;
        }
    }
    faults
}
