//! The JSON Schema of a `wrangler.toml`, `npm/schema.json`.

mod agreement;
mod fields;
mod said;

use std::env;
use std::fs;
use std::path::Path;

use elytra_webhooks::config::{Binding, Bindings, Broken, Config};
use elytra_webhooks_check::schema;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::{GOOD, read, with};

const FILE: &str = "npm/schema.json";

/// The schema that is published.
fn published() -> Value {
    serde_json::from_str(&read(FILE)).expect("JSON")
}

fn validator() -> Validator {
    jsonschema::draft7::new(&published()).expect("a schema of draft 7")
}

/// What the schema says is wrong.
fn refusals(validator: &Validator, instance: &Value) -> Vec<String> {
    let errors = validator.iter_errors(instance);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A file with these vars.
fn file(vars: &Value) -> Value {
    json!({ "name": "shop-events", "main": "index.js", "vars": vars })
}

fn toml(text: &str) -> Value {
    toml::from_str(text).expect("TOML")
}

/// What the Worker makes of vars, with bindings of every kind, and secrets.
fn configure(vars: &Value) -> Result<Config, Broken> {
    let mut bindings = Bindings::new();
    for (name, binding) in [
        ("EVENTS", Binding::Kv),
        ("CLAIMS", Binding::Kv),
        ("SPOOL", Binding::Kv),
        ("DEAD", Binding::Kv),
        ("PRODUCTS", Binding::Queue),
        ("DELIVERIES", Binding::Queue),
        ("DEAD_LETTERS", Binding::Queue),
        ("ARCHIVE", Binding::R2),
        ("SEARCH", Binding::Service),
        ("CALLS", Binding::RateLimit),
        ("LEDGER", Binding::DurableObject),
    ] {
        bindings.insert(name.to_owned(), binding);
    }
    for name in SECRETS {
        bindings.insert(name.to_owned(), Binding::Text(format!("the secret in {name}")));
    }
    let own = vars.as_object().into_iter().flatten().map(|(name, value)| {
        let binding = match value {
            Value::String(text) => Binding::Text(text.clone()),
            other => Binding::Json(other.to_string()),
        };
        (name.clone(), binding)
    });
    bindings.extend(own);
    Config::from_bindings(&bindings)
}

/// For senders, for operators and for destinations.
const SECRETS: [&str; 4] = ["TOKEN", "OTHER_TOKEN", "ADMIN_TOKEN", "SHOP_TOKEN"];

/// Vars, and a table in them that the schema describes.
struct Scene {
    /// The vars, which are valid.
    vars: Value,
    /// The place of the table in them.
    table: &'static str,
    /// Its schema.
    schema: &'static str,
}

/// Each table, with the fields that exclude each other in different ones.
fn scenes() -> Vec<Scene> {
    let scene = |vars: Value, table, schema| {
        let least = json!({
            "WEBHOOK": { "auth_type": "none" },
            "SUBSCRIPTION_A": { "queue": "PRODUCTS" },
        });
        let mut all = least.as_object().cloned().expect("an object");
        all.extend(vars.as_object().cloned().expect("an object"));
        Scene { vars: all.into(), table, schema }
    };
    let to = |destination: Value| json!({ "SUBSCRIPTION_A": destination });
    let server = |more: Value| {
        let mut server = json!({ "url": "https://shop.example.com" });
        let fields = server.as_object_mut().expect("an object");
        fields.extend(more.as_object().cloned().expect("an object"));
        to(json!({ "webhook": server }))
    };
    let basic = json!({ "username": "TOKEN", "password": "OTHER_TOKEN" });
    let of_shop = json!({ "username": "SHOP_TOKEN", "password": "SHOP_TOKEN" });
    let webhook = |auth_type: &str, auth: Value| json!({ "WEBHOOK": { "auth_type": auth_type, "auth": auth } });
    let admin =
        |auth_type: &str, auth: Value| json!({ "ADMIN": { "auth_type": auth_type, "auth": auth } });
    let shop =
        |auth_type: &str, auth: Value| server(json!({ "auth_type": auth_type, "auth": auth }));
    const WEBHOOK_AUTH: &str = "/definitions/ElytraWebhook/properties/auth";
    const ADMIN_AUTH: &str = "/definitions/ElytraAdmin/properties/auth";
    const SHOP_AUTH: &str = "/definitions/ElytraHttpDestination/properties/auth";
    let access =
        json!({ "auth_type": "access", "team_domain": "shop.cloudflareaccess.com", "aud": "tag" });
    vec![
        scene(json!({}), "/WEBHOOK", "/definitions/ElytraWebhook"),
        scene(webhook("bearer", json!({ "token": "TOKEN" })), "/WEBHOOK/auth", WEBHOOK_AUTH),
        scene(webhook("basic", basic), "/WEBHOOK/auth", WEBHOOK_AUTH),
        scene(webhook("apikey", json!({ "api_key": "TOKEN" })), "/WEBHOOK/auth", WEBHOOK_AUTH),
        scene(
            webhook("bearer", json!([{ "token": "TOKEN" }, { "token": "OTHER_TOKEN" }])),
            "/WEBHOOK/auth/1",
            WEBHOOK_AUTH,
        ),
        scene(
            admin("bearer", json!({ "token": "ADMIN_TOKEN" })),
            "/ADMIN",
            "/definitions/ElytraAdmin",
        ),
        scene(json!({ "ADMIN": access }), "/ADMIN", "/definitions/ElytraAdmin"),
        scene(admin("bearer", json!({ "token": "ADMIN_TOKEN" })), "/ADMIN/auth", ADMIN_AUTH),
        scene(
            admin("basic", json!({ "username": "ADMIN_TOKEN", "password": "ADMIN_TOKEN" })),
            "/ADMIN/auth",
            ADMIN_AUTH,
        ),
        scene(admin("apikey", json!({ "api_key": "ADMIN_TOKEN" })), "/ADMIN/auth", ADMIN_AUTH),
        scene(json!({ "JOURNAL": {} }), "/JOURNAL", "/definitions/ElytraJournal"),
        scene(json!({}), "/SUBSCRIPTION_A", "/definitions/ElytraSubscription"),
        scene(
            to(json!({ "kv": { "binding": "EVENTS" } })),
            "/SUBSCRIPTION_A/kv",
            "/definitions/ElytraKv",
        ),
        scene(
            to(json!({ "kv": { "binding": "EVENTS", "key": "object" } })),
            "/SUBSCRIPTION_A/kv",
            "/definitions/ElytraKv",
        ),
        scene(
            to(json!({ "r2": { "binding": "ARCHIVE" } })),
            "/SUBSCRIPTION_A/r2",
            "/definitions/ElytraR2",
        ),
        scene(
            shop("bearer", json!({ "token": "SHOP_TOKEN" })),
            "/SUBSCRIPTION_A/webhook",
            "/definitions/ElytraHttpDestination",
        ),
        scene(server(json!({})), "/SUBSCRIPTION_A/webhook", "/definitions/ElytraHttpDestination"),
        scene(
            shop("bearer", json!({ "token": "SHOP_TOKEN" })),
            "/SUBSCRIPTION_A/webhook/auth",
            SHOP_AUTH,
        ),
        scene(shop("basic", of_shop), "/SUBSCRIPTION_A/webhook/auth", SHOP_AUTH),
        scene(
            shop("apikey", json!({ "api_key": "SHOP_TOKEN" })),
            "/SUBSCRIPTION_A/webhook/auth",
            SHOP_AUTH,
        ),
        scene(
            server(json!({ "retry": {} })),
            "/SUBSCRIPTION_A/webhook/retry",
            "/definitions/ElytraRetry",
        ),
        scene(
            to(json!({ "service": { "binding": "SEARCH" } })),
            "/SUBSCRIPTION_A/service",
            "/definitions/ElytraService",
        ),
        scene(
            to(json!({ "queue": "PRODUCTS", "filters": [{ "sql": "TRUE" }] })),
            "/SUBSCRIPTION_A/filters/0",
            "/definitions/ElytraFilter",
        ),
    ]
}

impl Scene {
    /// The table with a field set.
    fn set(&self, field: &str, value: Value) -> Value {
        let mut vars = self.vars.clone();
        let table = vars.pointer_mut(self.table).and_then(Value::as_object_mut);
        table.expect("the table").insert(field.to_owned(), value);
        vars
    }

    /// Whether the table has the field.
    fn has(&self, field: &str) -> bool {
        let table = self.vars.pointer(self.table).expect("the table");
        table.get(field).is_some()
    }

    /// The place of a field, as the Worker names it.
    fn path(&self, field: &str) -> String {
        let mut path = String::new();
        for part in self.table.split('/').skip(1).chain([field]) {
            let is_index = part.bytes().all(|byte| byte.is_ascii_digit());
            let part = if is_index { format!("[{part}]") } else { format!(".{part}") };
            path.push_str(&part);
        }
        path.trim_start_matches('.').to_owned()
    }

    /// The fields that the schema has.
    fn fields(&self, schema: &Value) -> Map<String, Value> {
        let table = schema.pointer(self.schema).expect("its schema");
        let mut fields = table["properties"].as_object().cloned().expect("its fields");
        for field in fields.values_mut() {
            if let Some(reference) = field["$ref"].as_str() {
                let definition = schema.pointer(reference.trim_start_matches('#'));
                *field = definition.cloned().expect("a definition");
            }
        }
        fields
    }
}

#[test]
fn the_published_schema_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let wrangler = read("node_modules/wrangler/config-schema.json");
    let package = read("node_modules/wrangler/package.json");
    assert!(!wrangler.is_empty(), "wrangler is not installed: run cargo xtask setup");
    let package: Value = serde_json::from_str(&package).unwrap();
    let current = schema(&wrangler, package["version"].as_str().unwrap()).unwrap();
    if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(root.join(FILE), &current).unwrap();
    }
    assert!(
        read(FILE) == current,
        "run UPDATE_DOCS=1 cargo test --package elytra-webhooks-check -- schema"
    );
}

/// It is not published half extended.
#[test]
fn a_schema_of_wrangler_with_another_structure_is_an_error() {
    for (wrangler, expected) in [
        ("{", "wrangler's schema is not JSON: EOF while parsing an object at line 1 column 1"),
        ("{}", "wrangler's schema has nothing at /definitions/RawConfig/properties"),
        (
            r#"{"definitions":{"RawConfig":{"properties":{}}}}"#,
            "wrangler's schema has nothing at /definitions/RawEnvironment/properties",
        ),
    ] {
        assert_eq!(schema(wrangler, "4.0.0").unwrap_err().to_string(), expected);
    }
}

/// An editor that cannot read another file checks everything all the same.
#[test]
fn it_refers_to_nothing_outside() {
    let text = read(FILE);
    let references: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix("\"$ref\": \"")).collect();
    assert!(references.len() > 100, "{} references", references.len());
    for reference in references {
        assert!(reference.starts_with("#/definitions/"), "{reference}");
    }
}

#[test]
fn what_is_right_is_valid() {
    let validator = validator();
    let readme = read("README.md");
    let (_, shown) = readme.split_once("\n```toml\n").expect("a configuration");
    let (shown, _) = shown.split_once("\n```\n").expect("its end");
    for text in [GOOD, &read("wrangler.toml"), shown] {
        assert_eq!(refusals(&validator, &toml(text)), [""; 0], "{text}");
    }
    for scene in scenes() {
        assert_eq!(refusals(&validator, &file(&scene.vars)), [""; 0], "{}", scene.vars);
        assert_eq!(configure(&scene.vars).map(|_| ()), Ok(()), "{}", scene.vars);
    }
}

/// The comments of the shipped file show what could be there.
#[test]
fn what_the_shipped_file_shows_in_comments_is_valid() {
    let shipped = read("wrangler.toml");
    let (_, staging) = shipped.split_once("# [env.staging]\n").expect("an environment");
    let staging: String = staging
        .lines()
        .map(|line| line.trim_start_matches("# ").trim_start_matches('#').to_owned() + "\n")
        .collect();
    let text = format!("{shipped}\n[env.staging]\n{staging}");
    assert!(text.contains("\n[env.staging.vars.WEBHOOK]\n"), "it is not a comment any more");
    assert_eq!(refusals(&validator(), &toml(&text)), [""; 0], "{text}");
}

/// What wrangler reads is checked as by its own schema, and both places of `vars` by ours.
#[test]
fn what_is_wrong_is_refused_where_it_is() {
    let env = |text: &str| GOOD.replace("[vars.", "[env.staging.vars.") + text;
    let mut found = Vec::new();
    for (text, place) in [
        (
            with(
                "auth_type = \"bearer\"\nauth",
                "max_body_bytes = 1\nauth_type = \"bearer\"\nauth",
            ),
            "/vars/WEBHOOK/max_body_bytes",
        ),
        (with("name = \"shop-events\"", "name = 3"), "/name"),
        (with("[vars.WEBHOOK]", "[WEBHOOK]"), ""),
        (with("[vars.SUBSCRIPTION_SHOP]", "[vars.SUBSCRIPTON_SHOP]"), "/vars/SUBSCRIPTON_SHOP"),
        (
            env("").replace("queue = \"PRODUCT_EVENTS\"\n\n[env", "queue = 3\n\n[env"),
            "/env/staging/vars/SUBSCRIPTION_PRODUCTS/queue",
        ),
        (format!("{GOOD}[env.staging]\n"), "/env/staging"),
    ] {
        let places: Vec<_> = validator()
            .iter_errors(&toml(&text))
            .map(|error| error.instance_path().to_string())
            .collect();
        found.push((places.contains(&place.to_owned()), place, places));
    }
    let missed: Vec<_> = found.iter().filter(|(is_found, ..)| !is_found).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    assert_eq!(refusals(&validator(), &toml(&env(""))), [""; 0], "only an environment has vars");
}
