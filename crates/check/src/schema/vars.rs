//! `vars`: the tables that the Worker reads.

use elytra_events::Known as _;
use elytra_webhooks::auth::AuthType;
use elytra_webhooks::config::{
    BODY_TIMEOUT_MS, DEFAULT_CLAIMS_EXPIRATION_TTL, LEDGER_SHARDS, MAX_BATCH_EVENTS,
    MAX_BODY_BYTES, MAX_SUBSCRIPTION_NAME_BYTES, Method, RETENTION_DAYS, SUBSCRIPTION_PREFIX,
};
use elytra_webhooks::ledger::Jurisdiction;
use elytra_webhooks::times::{CLOCK_TOLERANCE_SECONDS, DEDUPE_WINDOW_SECONDS, TIME_BUDGET_MS};
use elytra_webhooks::vars::{ADMIN, EXPIRATION_TTL, JOURNAL, WEBHOOK};
use serde_json::{Map, Value, json};

use super::auth::{Presents, auth, depends_on_type, depends_on_type_of_operators};
use super::build::{
    Field, and, boolean, bounded, cases, integer, matching, name, names, reference, string, table,
    texts, when, with, without,
};
use super::{filters, subscription};

/// The definition of `vars`.
pub(super) const VARS: &str = "ElytraVars";

/// Everything that wrangler's schema does not have, by its name.
pub(super) fn definitions() -> Map<String, Value> {
    let own = [
        (VARS, vars()),
        ("ElytraWebhook", webhook()),
        ("ElytraAdmin", admin()),
        ("ElytraJournal", journal()),
    ];
    let all = own.into_iter().chain(subscription::definitions()).chain(filters::definitions());
    all.map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn vars() -> Value {
    let starts = format!("^{SUBSCRIPTION_PREFIX}");
    let is_name = format!("^{SUBSCRIPTION_PREFIX}[0-9A-Za-z_]{{1,{MAX_SUBSCRIPTION_NAME_BYTES}}}$");
    json!({
        "type": "object",
        "description": "What the Worker reads: WEBHOOK, at least one SUBSCRIPTION_<NAME>, and ADMIN and JOURNAL if you want \
                        them. An environment does not inherit it.",
        "properties": {
            WEBHOOK: reference("ElytraWebhook"),
            ADMIN: reference("ElytraAdmin"),
            JOURNAL: reference("ElytraJournal"),
        },
        "patternProperties": { starts.as_str(): reference(subscription::SUBSCRIPTION) },
        "propertyNames": {
            "if": { "pattern": starts },
            "then": { "pattern": is_name },
        },
        // A table with another name is a typo.
        "additionalProperties": {
            "type": ["string", "number", "boolean", "array", "null"],
            "description": "A var of your own, which the Worker does not read. It cannot be a table.",
        },
        "required": [WEBHOOK],
        // Editors show this description.
        "not": {
            "description": "vars without a subscription",
            "propertyNames": { "not": { "pattern": starts } },
        },
    })
}

fn webhook() -> Value {
    let types: Vec<_> =
        AuthType::ALL.iter().copied().filter(|one| *one != AuthType::Access).collect();
    let mut fields = vec![
        ("auth_type", name(&types, None, "How callers authenticate. There is no default.")),
        (
            "auth",
            auth(
                Presents::Caller,
                "The names of the secrets that callers present, never the secrets themselves. With a list, any one of \
                 them is enough.",
            ),
        ),
        (
            "methods",
            and(
                names::<Method>("The methods that events can arrive with. Default: all three."),
                json!({ "default": texts(Method::ALL), "minItems": 1 }),
            ),
        ),
        ("max_body_bytes", bounded(MAX_BODY_BYTES, "The largest body, in bytes.")),
        (
            "body_timeout_ms",
            bounded(BODY_TIMEOUT_MS, "How long a body can take to arrive, in milliseconds."),
        ),
        ("max_batch_events", bounded(MAX_BATCH_EVENTS, "How many events a batch can hold.")),
        (
            "time_budget_ms",
            bounded(
                TIME_BUDGET_MS,
                "How long everything can take once the body has arrived, in milliseconds.",
            ),
        ),
        (
            "dedupe_window_seconds",
            integer(
                &DEDUPE_WINDOW_SECONDS,
                None,
                "How long a forwarded event is recognized as a duplicate, in seconds; without it, never. Needs LEDGER.",
            ),
        ),
        (
            "ledger_shards",
            bounded(
                LEDGER_SHARDS,
                "How many Durable Objects a new ledger consists of; it keeps the number. Needs LEDGER.",
            ),
        ),
        (
            "jurisdiction",
            name(
                Jurisdiction::ALL,
                None,
                "Where the Durable Objects of the ledger run and keep their data; without it, Cloudflare chooses. Needs \
                 LEDGER.",
            ),
        ),
        (
            "clock_tolerance_seconds",
            bounded(
                CLOCK_TOLERANCE_SECONDS,
                "How far an event's time can be ahead of its arrival, in seconds.",
            ),
        ),
        (
            "claims_expiration_ttl",
            integer(
                &EXPIRATION_TTL,
                Some(DEFAULT_CLAIMS_EXPIRATION_TTL),
                "How long CLAIMS keeps an event that is too large for a queue, in seconds.",
            ),
        ),
        (
            "rate_limit",
            string(
                "The binding of a rate limit, counted per credential; without it, there is none.",
            ),
        ),
    ];
    fields.extend(handshake());
    let description = "Who can send events, and the limits of a request.";
    let webhook = and(table(description, &["auth_type"], fields), depends_on_type(&types));
    let together =
        json!({ "allowed_origins": ["allowed_rate"], "allowed_rate": ["allowed_origins"] });
    with(webhook, "dependencies", together)
}

/// Which senders get consent.
fn handshake() -> [Field; 2] {
    [
        (
            "allowed_origins",
            json!({
                "type": "array",
                "items": { "type": "string" },
                "description": "The origins that get consent in the handshake; without it, none. Needs allowed_rate.",
            }),
        ),
        (
            "allowed_rate",
            json!({
                "anyOf": [
                    { "type": "string", "enum": ["*"] },
                    // TOML has no larger numbers.
                    { "type": "integer", "minimum": 1, "maximum": i64::MAX },
                ],
                "description": "How many requests per minute these origins can send, or \"*\". Needs allowed_origins.",
            }),
        ),
    ]
}

fn admin() -> Value {
    let types: Vec<_> =
        AuthType::ALL.iter().copied().filter(|one| *one != AuthType::None).collect();
    let team_domain = matching(
        r"^[0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*(:\+?[0-9]+)?$",
        "For \"access\": the host of the team of Cloudflare Access, without https://.",
    );
    let aud = string("For \"access\": the Application Audience (AUD) tag of the application.");
    let fields = vec![
        ("auth_type", name(&types, None, "How operators authenticate. There is no default.")),
        (
            "auth",
            auth(
                Presents::Caller,
                "The names of the secrets that operators present, not those of senders. With a list, any one of them is \
                 enough.",
            ),
        ),
        ("team_domain", team_domain),
        ("aud", with(aud, "minLength", 1.into())),
    ];
    let description = "Who can use the console and the operator endpoints. Without it, nobody can.";
    and(table(description, &["auth_type"], fields), depends_on_type_of_operators(&types))
}

fn journal() -> Value {
    let fields = vec![
        (
            "retention_days",
            bounded(RETENTION_DAYS, "How long an event and what became of it is kept, in days."),
        ),
        (
            "bodies",
            boolean(true, "Whether texts are kept. An event without one cannot be sent again."),
        ),
        (
            "body_retention_days",
            integer(
                &(RETENTION_DAYS.least..=RETENTION_DAYS.most),
                None,
                "How long the text of an event is kept, in days: at most retention_days, which is also the default.",
            ),
        ),
    ];
    let description =
        "What is kept of events, and for how long. Without it, nothing is. Needs LEDGER.";
    let without_bodies = (when("bodies", false), without(&["body_retention_days"]));
    and(table(description, &[], fields), cases(vec![without_bodies]))
}
