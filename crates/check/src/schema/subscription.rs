//! `SUBSCRIPTION_<NAME>`, and a definition for each kind of destination.

use elytra_events::{EventType, Known as _, Operation};
use elytra_webhooks::auth::AuthType;
use elytra_webhooks::destination::{
    CallMethod, ContentMode, DEFAULT_PATH, DEFAULT_TOMBSTONE_TTL, DestinationField, KeyOf,
    MAX_PREFIX_BYTES, RESERVED_BINDINGS, RetryPolicy, TIMEOUT_MS,
};
use elytra_webhooks::vars::EXPIRATION_TTL;
use serde_json::{Value, json};

use super::auth::{Presents, auth, depends_on_type};
use super::build::{
    Field, and, boolean, bounded, cases, ignoring_case, integer, matching, name, names, number,
    reference, string, table, when, with, without,
};
use super::filters;

/// The definition of a subscription.
pub(super) const SUBSCRIPTION: &str = "ElytraSubscription";

/// The subscription, its destinations, and what they share.
pub(super) fn definitions() -> Vec<(&'static str, Value)> {
    let destinations = DestinationField::ALL.iter().map(|field| destination(*field));
    [(SUBSCRIPTION, subscription()), ("ElytraRetry", retry())]
        .into_iter()
        .chain(destinations)
        .collect()
}

fn subscription() -> Value {
    let mut fields = vec![
        ("active", boolean(true, "Whether the subscription is switched on.")),
        (
            "event_types",
            names::<EventType>(
                "The event types it wants. Default: all, also if the list is empty.",
            ),
        ),
        (
            "operations",
            names::<Operation>("The operations it wants. Default: all, also if the list is empty."),
        ),
        ("filters", filters::filters()),
    ];
    let destinations = DestinationField::ALL.iter();
    fields.extend(
        destinations.clone().map(|field| (field.as_str(), reference(destination(*field).0))),
    );
    let description =
        "Which events go to which destination. A subscription has exactly one destination.";
    let one_of: Vec<_> =
        destinations.map(|field| json!({ "required": [field.as_str()] })).collect();
    with(table(description, &[], fields), "oneOf", one_of.into())
}

/// The definition of a kind of destination, with its name.
fn destination(field: DestinationField) -> (&'static str, Value) {
    match field {
        DestinationField::Queue => ("ElytraQueue", binding("Destination: the binding of a queue.")),
        DestinationField::Kv => ("ElytraKv", kv()),
        DestinationField::R2 => ("ElytraR2", r2()),
        DestinationField::Webhook => ("ElytraHttpDestination", http()),
        DestinationField::Service => ("ElytraService", service()),
    }
}

/// The name of a binding that is not the Worker's own.
fn binding(description: &str) -> Value {
    with(string(description), "not", reserved())
}

/// The Worker's own bindings.
fn reserved() -> Value {
    json!({ "description": "a binding of the Worker's own", "enum": RESERVED_BINDINGS })
}

fn kv() -> Value {
    let ttl = |default, description| integer(&EXPIRATION_TTL, default, description);
    let fields = vec![
        ("binding", binding("The binding of the namespace.")),
        ("expiration_ttl", ttl(None, "How long a key is kept, in seconds; without it, forever.")),
        (
            "key",
            name(
                KeyOf::ALL,
                Some(KeyOf::Event),
                "What has a key of its own: each event, or each object, whose key has its newest event and needs LEDGER.",
            ),
        ),
        (
            "tombstone_ttl",
            ttl(
                Some(DEFAULT_TOMBSTONE_TTL),
                "With key = \"object\": how long the key of a removed object is kept, in seconds.",
            ),
        ),
    ];
    let table = table("Destination: a KV namespace.", &["binding"], fields);
    let objects = when("key", KeyOf::Object.as_str());
    and(table, cases(vec![(json!({ "not": objects }), without(&["tombstone_ttl"]))]))
}

fn r2() -> Value {
    let prefix = matching(
        r"^([^/\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*)?$",
        "What each key begins with, before the date: no slash at the beginning, and no control characters. At most 256 \
         bytes; default: nothing.",
    );
    let prefix = and(prefix, json!({ "maxLength": MAX_PREFIX_BYTES, "default": "" }));
    let fields = vec![("binding", binding("The binding of the bucket.")), ("prefix", prefix)];
    table("Destination: an R2 bucket.", &["binding"], fields)
}

fn http() -> Value {
    let types: Vec<_> =
        AuthType::ALL.iter().copied().filter(|one| *one != AuthType::Access).collect();
    let (https, http) = (ignoring_case("https"), ignoring_case("http"));
    // Neither credentials nor a fragment; a host.
    let url = matching(
        &format!("^({https}|{http})://[^/?#@]+([/?][^#]*)?$"),
        "The absolute URL that is called, without credentials or fragment: https, or http with allow_insecure = true.",
    );
    let mut fields = vec![
        ("url", url),
        ("auth_type", name(&types, Some(AuthType::None), "How the Worker authenticates.")),
        (
            "auth",
            auth(
                Presents::Worker,
                "The names of the secrets that the Worker sends, which are for this destination only.",
            ),
        ),
        ("allow_insecure", boolean(false, "Allows a url that begins with http.")),
    ];
    fields.extend(call());
    let description = "Destination: an HTTP server. Needs DELIVERIES, DEAD_LETTERS and DEAD.";
    let table = and(table(description, &["url"], fields), depends_on_type(&types));
    let secure = json!({ "properties": { "url": { "pattern": format!("^{https}:") } } });
    let is_secure = cases(vec![(json!({ "not": when("allow_insecure", true) }), secure)]);
    with(table, "dependencies", json!({ "auth": ["auth_type"], "url": is_secure }))
}

fn service() -> Value {
    let path = matching(
        "^/[^?#]*$",
        "The path of the calls, without a query or fragment. Default: \"/\".",
    );
    let mut fields = vec![
        ("binding", binding("The service binding of the Worker to call.")),
        ("path", with(path, "default", DEFAULT_PATH.into())),
    ];
    fields.extend(call());
    let description = "Destination: another Worker of the account, by its binding or as a table. Needs DELIVERIES, \
                       DEAD_LETTERS and DEAD.";
    let table = table(description, &["binding"], fields);
    let table = with(table, "type", json!(["string", "object"]));
    with(table, "not", reserved())
}

/// How a destination is called.
fn call() -> Vec<Field> {
    vec![
        ("method", name(CallMethod::ALL, Some(CallMethod::Post), "The method of the calls.")),
        (
            "mode",
            name(
                ContentMode::ALL,
                Some(ContentMode::Structured),
                "The event as it arrived, or its attributes as headers and its data as the body.",
            ),
        ),
        (
            "timeout_ms",
            bounded(TIMEOUT_MS, "How long the destination can take to answer, in milliseconds."),
        ),
        ("retry", reference("ElytraRetry")),
    ]
}

fn retry() -> Value {
    let default = RetryPolicy::ELYTRA;
    let fields = vec![
        (
            "max_retries",
            integer(
                &RetryPolicy::MAX_RETRIES,
                Some(default.max_retries.into()),
                "How often an event is retried.",
            ),
        ),
        (
            "initial_delay",
            integer(
                &RetryPolicy::INITIAL_DELAY,
                Some(default.initial_delay),
                "The delay before the first retry, in milliseconds.",
            ),
        ),
        (
            "backoff_multiplier",
            number(
                &RetryPolicy::BACKOFF_MULTIPLIER,
                default.backoff_multiplier,
                "How much longer each delay is than the one before.",
            ),
        ),
        (
            "max_delay",
            integer(
                &RetryPolicy::MAX_DELAY,
                Some(default.max_delay),
                "The longest delay, in milliseconds.",
            ),
        ),
    ];
    let RetryPolicy { max_retries, initial_delay, backoff_multiplier, max_delay } =
        RetryPolicy::default();
    let description = "When a failed call is retried; without it, for about a day. \"elytra\" has the defaults of Elytra's \
                       own webhooks, half a minute. They are also the defaults of a table.";
    let retry = table(description, &[], fields);
    and(
        with(retry, "type", json!(["string", "object"])),
        json!({
            "anyOf": [{ "type": "string", "enum": [RetryPolicy::ELYTRA_NAME] }, { "type": "object" }],
            "default": {
                "max_retries": max_retries,
                "initial_delay": initial_delay,
                "backoff_multiplier": backoff_multiplier,
                "max_delay": max_delay,
            },
        }),
    )
}
