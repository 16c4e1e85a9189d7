//! The JSON Schema of a `wrangler.toml`, `npm/schema.json`.

mod agreement;
mod fields;
mod said;
mod scenes;

use std::env;
use std::fs;
use std::path::Path;

use elytra_webhooks::config::{Binding, Bindings, Broken, Config};
use elytra_webhooks_check::schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{GOOD, read, with};
use scenes::scenes;

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
        "run UPDATE_DOCS=1 cargo test --package elytra-webhooks-check -- published_schema"
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
