//! The shipped `wrangler.toml` is a valid configuration, and so is everything that it suggests.

use std::fs;
use std::path::Path;

use elytra_events::Known;
use elytra_webhooks::auth::{AuthType, Authentication, Secret};
use elytra_webhooks::config::{Binding, Bindings, Config, JournalSettings};
use elytra_webhooks::destination::{
    CallMethod, CallSettings, ContentMode, Destination, HttpDestination, ObjectDestination,
    R2Destination, RetryPolicy, ServiceDestination,
};
use elytra_webhooks::filter::Dialect;
use elytra_webhooks::limits::MAX_CONNECTIONS;
use toml::{Table, Value};

use super::{json, text};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The shipped configuration without the environment that it suggests, which is checked with `check`.
fn shipped() -> String {
    let text = read("wrangler.toml");
    text.split_once("\n# Staging in the same file").unwrap().0.to_owned()
}

/// The bindings that wrangler creates from a `wrangler.toml`, without the secrets.
fn bindings_of(wrangler: &str) -> Bindings {
    let file: Table = wrangler.parse().unwrap();
    let mut bindings = Bindings::new();
    for (name, value) in file["vars"].as_table().unwrap() {
        let binding = match value {
            Value::String(string) => text(string),
            other => json(&serde_json::to_string(other).unwrap()),
        };
        bindings.insert(name.clone(), binding);
    }
    let mut bind = |entries: &Value, name: &str, kind: &Binding| {
        for entry in entries.as_array().unwrap() {
            bindings.insert(entry[name].as_str().unwrap().to_owned(), kind.clone());
        }
    };
    bind(&file["queues"]["producers"], "binding", &Binding::Queue);
    bind(&file["kv_namespaces"], "binding", &Binding::Kv);
    if let Some(buckets) = file.get("r2_buckets") {
        bind(buckets, "binding", &Binding::R2);
    }
    bind(&file["durable_objects"]["bindings"], "name", &Binding::DurableObject);
    if let Some(rate_limits) = file.get("ratelimits") {
        bind(rate_limits, "name", &Binding::RateLimit);
    }
    if let Some(services) = file.get("services") {
        bind(services, "binding", &Binding::Service);
    }
    bindings
}

/// The secrets of a `.dev.vars` file.
fn secrets_of(dev_vars: &str) -> Bindings {
    let lines = dev_vars.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs.map(|(name, secret)| (name.to_owned(), text(secret))).collect()
}

#[track_caller]
fn check(why: &str, wrangler: &str, secrets: Bindings) -> Config {
    let mut bindings = bindings_of(wrangler);
    bindings.extend(secrets);
    Config::from_bindings(&bindings).unwrap_or_else(|mistakes| panic!("{why}: {mistakes:#?}"))
}

#[test]
fn it_passes_with_the_secrets_of_the_example() {
    let secrets = secrets_of(&read(".dev.vars.example"));
    let config = check("as shipped", &shipped(), secrets);
    assert_ne!(config.receiver.authentication, Authentication::None, "it lets not everybody in");
    assert!(config.subscriptions.iter().all(|subscription| subscription.active));
    assert_eq!(config.receiver.times.dedupe_window_ms, Some(86_400_000), "shipped on, at a day");
    assert!(config.stores.has_spool, "what a queue does not take is not lost");
    assert_eq!(config.stores.claims_expiration_ttl, Some(604_800));
    let week = 7 * 86_400_000;
    let journal = JournalSettings { retention_ms: week, body_retention_ms: Some(week) };
    assert_eq!(config.journal, Some(journal), "whoever asks for an event of last week finds it");
    let reasons: Vec<_> = config.warnings.iter().map(ToString::to_string).collect();
    assert!(!reasons.concat().contains("JOURNAL"), "it needs no operator yet: {reasons:?}");
}

#[test]
fn the_one_in_the_readme_passes_too() {
    let readme = read("README.md");
    let (_, shown) = readme.split_once("\n```toml\n").unwrap();
    let (shown, _) = shown.split_once("\n```\n").unwrap();
    let config = check("as shown", shown, secrets_of(&read(".dev.vars.example")));
    assert_eq!(
        config.receiver.times.dedupe_window_ms,
        Some(86_400_000),
        "it recognizes duplicates for a day"
    );
    assert!(config.stores.has_spool, "it spools events while the queue fails");
    let as_shipped = check("as shipped", &shipped(), secrets_of(&read(".dev.vars.example")));
    assert_eq!(config.journal, as_shipped.journal, "it keeps a journal of a week");
    assert_eq!(config.subscriptions.iter().count(), 1);
    let keys = |text: &str| text.parse::<Table>().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(shown), keys(&shipped()), "nothing that is shipped is missing");
}

#[test]
fn without_secrets_it_rejects_every_caller() {
    let mistakes = Config::from_bindings(&bindings_of(&shipped())).unwrap_err().mistakes;
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        mistakes,
        ["WEBHOOK.auth.token: no secret with this name is set, expected the name of a secret"]
    );
}

/// `wrangler.toml` with its `auth` replaced by a commented-out alternative.
fn with_alternative(wrangler: &str, alternative: &str) -> (String, &'static str) {
    let (auth, remark) = alternative.trim_start_matches("# ").rsplit_once(" # ").unwrap();
    let auth_type = match remark.trim() {
        "while rotating" => "bearer",
        "basic" => "basic",
        "apikey" => "apikey",
        other => panic!("{other:?} is not one of the ways to authenticate"),
    };
    let lines = wrangler.lines().map(|line| match line {
        line if line.starts_with("auth = ") => auth.to_owned(),
        line if line.starts_with("auth_type = ") => format!("auth_type = {auth_type:?}"),
        line => line.to_owned(),
    });
    (lines.collect::<Vec<_>>().join("\n"), auth_type)
}

/// An invented value for every secret that a line names.
fn invented_secrets(line: &str) -> Bindings {
    let names = line.split('"').filter(|quoted| quoted.starts_with("ELYTRA_"));
    names.map(|name| (name.to_owned(), text("invented"))).collect()
}

#[test]
fn the_ways_to_authenticate_that_it_suggests_pass_too() {
    let wrangler = shipped();
    let alternatives = wrangler.lines().filter(|line| line.starts_with("# auth = "));
    let alternatives = alternatives.filter(|line| line.contains("\"ELYTRA_"));
    let mut tried = Vec::new();
    for alternative in alternatives {
        let (changed, auth_type) = with_alternative(&wrangler, alternative);
        let config = check(alternative, &changed, invented_secrets(alternative));
        assert_eq!(config.receiver.authentication.auth_type().as_str(), auth_type, "{alternative}");
        tried.push(auth_type);
    }
    assert_eq!(tried, ["bearer", "basic", "apikey"]);
}

#[test]
fn the_mirror_and_the_lifetimes_that_it_suggests_pass_too() {
    let wrangler = shipped();
    let (before, rest) = wrangler.split_once("# [vars.SUBSCRIPTION_PRICES]\n").unwrap();
    let (prices, after) = rest.split_once("\n\n").unwrap();
    let prices = prices.replace("# event", "event").replace("# kv", "kv");
    let changed = format!("{before}[vars.SUBSCRIPTION_PRICES]\n{prices}\n\n{after}");
    let changed = changed.replace("# claims_expiration_ttl", "claims_expiration_ttl");
    let config = check("uncommented", &changed, secrets_of(&read(".dev.vars.example")));
    let prices = config.subscriptions.iter().find(|subscription| subscription.name == "prices");
    let expected = Destination::Object(ObjectDestination {
        binding: "EVENTS".to_owned(),
        expiration_ttl: None,
        tombstone_ttl: 604_800,
    });
    assert_eq!(prices.unwrap().destination, expected);
    assert_eq!(config.stores.claims_expiration_ttl, Some(604_800), "its default");
}

#[test]
fn the_fields_of_the_journal_that_it_suggests_pass_too() {
    let wrangler = shipped();
    let secrets = || secrets_of(&read(".dev.vars.example"));
    let changed = wrangler.replace("\n# bodies = ", "\nbodies = ");
    let changed = changed.replace("\n# body_retention_days = ", "\nbody_retention_days = ");
    assert_eq!(changed.len() + 4, wrangler.len(), "both are there");
    let config = check("uncommented", &changed, secrets());
    assert_eq!(config.journal, check("as shipped", &wrangler, secrets()).journal, "the defaults");
}

#[test]
fn the_filters_that_it_suggests_pass_too() {
    let wrangler = shipped();
    let changed = wrangler.replace("\n# filters = ", "\nfilters = ");
    let config = check("uncommented", &changed, secrets_of(&read(".dev.vars.example")));
    let filters = config.subscriptions.iter().map(|subscription| subscription.filters.len());
    assert_eq!(filters.collect::<Vec<_>>(), [0, 2], "those of the products");
    let (_, remark) = changed.split_once("}]   # ").unwrap();
    let dialects: Vec<_> = remark.lines().next().unwrap().split(" | ").collect();
    let all: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.as_str()).collect();
    assert_eq!(dialects, all, "every dialect is named");
}

#[test]
fn the_handshake_and_the_rate_limit_that_it_suggests_pass_too() {
    let wrangler = shipped();
    let options = ["allowed_origins", "allowed_rate", "rate_limit = ", "[[ratelimits]]"];
    let of_rate_limits = ["name = ", "namespace_id = ", "simple = "];
    let mut uncommented = 0;
    let lines = wrangler.lines().map(|line| {
        let option = line.strip_prefix("# ").unwrap_or_default();
        if options.iter().chain(&of_rate_limits).any(|start| option.starts_with(start)) {
            uncommented += 1;
            option
        } else {
            line
        }
    });
    let changed = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(uncommented, 7, "{changed}");
    let config = check("uncommented", &changed, secrets_of(&read(".dev.vars.example")));
    assert!(config.receiver.handshake.is_some() && config.receiver.rate_limit.is_some());
}

/// `wrangler.toml` with everything that webhooks need, which is commented out there.
fn with_webhooks(wrangler: &str) -> String {
    let sections = [
        ("# [vars.SUBSCRIPTION_SHOP]", "# Who may use the console"),
        ("# [vars.ADMIN]", "[[queues.producers]]"),
        ("# [[queues.producers]]", "[[kv_namespaces]]"),
    ];
    let mut changed = wrangler.to_owned();
    for (begin, end) in sections {
        let (before, rest) = changed.split_once(&format!("\n{begin}")).unwrap();
        let (section, after) = rest.split_once(&format!("\n{end}")).unwrap();
        let lines = format!("{begin}{section}");
        let lines = lines.lines().map(|line| line.strip_prefix('#').unwrap_or(line).trim_start());
        let section = lines.collect::<Vec<_>>().join("\n");
        changed = format!("{before}\n{section}\n{end}{after}");
    }
    changed
}

#[test]
fn the_webhook_and_the_operator_that_it_suggests_pass_too() {
    let changed = with_webhooks(&shipped());
    let mut secrets = secrets_of(&read(".dev.vars.example"));
    secrets.insert("SHOP_TOKEN".to_owned(), text("invented for the shop"));
    secrets.insert("ADMIN_TOKEN".to_owned(), text("invented for operators"));
    let config = check("uncommented", &changed, secrets);
    let shop = config.subscriptions.iter().find(|subscription| subscription.name == "shop");
    let http = HttpDestination {
        url: "https://shop.example.com/elytra".to_owned(),
        credential: Some(("authorization".to_owned(), Secret::new("Bearer invented for the shop"))),
        call: CallSettings {
            method: CallMethod::Post,
            mode: ContentMode::Structured,
            timeout_ms: 10_000,
            retry: RetryPolicy::default(),
        },
    };
    assert_eq!(shop.unwrap().destination, Destination::Http(http), "with the defaults");
    assert_eq!(config.admin.unwrap().auth_type(), AuthType::Bearer);
    assert_eq!(config.stores.queues, ["DEAD_LETTERS", "DELIVERIES", "PRODUCT_EVENTS"]);
}

#[test]
fn the_bucket_that_it_suggests_passes_too() {
    let uncommented = ["[vars.SUBSCRIPTION_ARCHIVE]", "r2 = {", "[[r2_buckets]]"];
    let of_buckets = ["binding = \"ARCHIVE\"", "bucket_name = "];
    let wrangler = shipped();
    let lines = wrangler.lines().map(|line| {
        let option = line.strip_prefix("# ").unwrap_or_default();
        let mut wanted = uncommented.iter().chain(&of_buckets);
        if wanted.any(|start| option.starts_with(start)) { option } else { line }
    });
    let changed = lines.collect::<Vec<_>>().join("\n");
    let config = check("uncommented", &changed, secrets_of(&read(".dev.vars.example")));
    let archive = config.subscriptions.iter().find(|subscription| subscription.name == "archive");
    let expected = Destination::R2(R2Destination {
        binding: "ARCHIVE".to_owned(),
        prefix: "elytra/".to_owned(),
    });
    assert_eq!(archive.unwrap().destination, expected);
}

/// As a string, and as a table with the defaults written out.
#[test]
fn the_services_that_it_suggests_pass_too() {
    let wrangler = with_webhooks(&shipped());
    let uncommented = ["[vars.SUBSCRIPTION_SEARCH]", "[[services]]", "binding = \"SEARCH\""];
    let uncommented = [&uncommented[..], &["service = \"search\""]].concat();
    let mut secrets = secrets_of(&read(".dev.vars.example"));
    secrets.insert("SHOP_TOKEN".to_owned(), text("invented for the shop"));
    secrets.insert("ADMIN_TOKEN".to_owned(), text("invented for operators"));
    for service in ["service = \"SEARCH\"", "service = {"] {
        let lines = wrangler.lines().map(|line| {
            let option = line.strip_prefix("# ").unwrap_or_default();
            let mut wanted = uncommented.iter().chain([&service]);
            if wanted.any(|start| option.starts_with(start)) { option } else { line }
        });
        let changed = lines.collect::<Vec<_>>().join("\n");
        let config = check(service, &changed, secrets.clone());
        let mut subscriptions = config.subscriptions.iter();
        let search = subscriptions.find(|subscription| subscription.name == "search");
        let expected = Destination::Service(ServiceDestination {
            binding: "SEARCH".to_owned(),
            url: "https://search.service/".to_owned(),
            call: CallSettings {
                method: CallMethod::Post,
                mode: ContentMode::Structured,
                timeout_ms: 10_000,
                retry: RetryPolicy::default(),
            },
        });
        assert_eq!(search.unwrap().destination, expected, "{service}");
    }
}

#[test]
fn both_queues_that_it_suggests_are_consumed() {
    let file: Table = with_webhooks(&shipped()).parse().unwrap();
    let consumers = file["queues"]["consumers"].as_array().unwrap();
    let of = |consumer: &Value| {
        let number = |name: &str| consumer[name].as_integer().unwrap();
        let queue = consumer["queue"].as_str().unwrap().to_owned();
        (queue, number("max_batch_size"), number("max_batch_timeout"), number("max_retries"))
    };
    let found: Vec<_> = consumers.iter().map(of).collect();
    let connections = i64::try_from(MAX_CONNECTIONS).unwrap();
    let expected = ["deliveries", "dead-letters"];
    let expected = expected.map(|queue| (queue.to_owned(), connections, 0, 100));
    assert_eq!(found, expected, "none waits for another; the retries are the webhook's own");
    let dead = consumers[0]["dead_letter_queue"].as_str();
    assert_eq!(dead, Some("dead-letters"), "nothing dies silently");
    let producers = file["queues"]["producers"].as_array().unwrap();
    let bound = producers.iter().map(|producer| {
        (producer["binding"].as_str().unwrap(), producer["queue"].as_str().unwrap())
    });
    let bound: Vec<_> = bound.collect();
    let expected = [("DELIVERIES", "deliveries"), ("DEAD_LETTERS", "dead-letters")];
    assert!(expected.iter().all(|pair| bound.contains(pair)), "{bound:?}");
}
