//! The filters in `docs/filters.md` select what the page says.

use std::fs;
use std::path::Path;

use cesql::{MAX_DEPTH, MAX_LENGTH};
use elytra_events::{CloudEvent, Known};
use elytra_webhooks::config::{Binding, Bindings, Broken, Config};
use elytra_webhooks::filter::{
    Dialect, MAX_FILTER_DEPTH, MAX_FILTERS, MAX_PATH_BYTES, MAX_PATH_DEPTH,
};
use serde_json::Value;
use toml::Table;

use super::wants;

fn guide() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/filters.md")).unwrap()
}

fn block(guide: &str, language: &str) -> String {
    let (_, block) = guide.split_once(&format!("\n```{language}\n")).unwrap();
    block.split_once("\n```\n").unwrap().0.to_owned()
}

/// Reads the vars of the guide, which may have been changed.
fn read(toml: &str) -> Result<Config, Vec<String>> {
    let file: Table = toml.parse().unwrap();
    let mut bindings = Bindings::new();
    bindings.insert("WEBHOOK".to_owned(), Binding::Json(r#"{"auth_type":"none"}"#.to_owned()));
    bindings.insert("PRODUCT_EVENTS".to_owned(), Binding::Queue);
    for (name, var) in file["vars"].as_table().unwrap() {
        let json = serde_json::to_string(var).unwrap();
        bindings.insert(name.clone(), Binding::Json(json));
    }
    let told = |broken: Broken| broken.mistakes.iter().map(ToString::to_string).collect();
    Config::from_bindings(&bindings).map_err(told)
}

#[test]
fn the_examples_select_what_they_say() {
    let config = read(&block(&guide(), "toml")).unwrap();
    let names: Vec<_> = config.subscriptions.iter().map(|s| &*s.name).collect();
    assert_eq!(names, ["assortment", "editors", "german", "products", "shop"]);
    let check = |members: &str, expected: &[&str]| {
        let event = format!(r#"{{"specversion":"1.0","id":"1",{members}}}"#);
        assert!(CloudEvent::from_json(&event).is_ok(), "{event}");
        let wanted = wants(&config, &event);
        let wanted = names.iter().zip(&wanted).filter(|(_, wanted)| wanted.is_ok());
        assert_eq!(wanted.map(|(name, _)| *name).collect::<Vec<_>>(), expected, "{members}");
    };
    let german = r#""data":{"objectType":"product","objectData":{"locale":"de"}}"#;
    check(
        &format!(
            r#""source":"elytra-pim/a","type":"com.elytra.product","operation":"add","subject":"shop/7",{german}"#
        ),
        &["assortment", "editors", "german", "products", "shop"],
    );
    check(
        &format!(
            r#""source":"other","type":"com.elytra.product_import","operation":"add",{german}"#
        ),
        &["german", "products"],
    );
    check(
        r#""source":"elytra-pim/a","type":"com.elytra.product_text","operation":"link","subject":"shop/7","data":{"objectType":"product_text"}"#,
        &["assortment", "editors"],
    );
    check(r#""source":"elytra-pim/a","type":"com.elytra.todo""#, &["editors"]);
}

#[test]
fn the_mistakes_have_these_messages() {
    let guide = guide();
    let toml = block(&guide, "toml");
    let wrong = toml.replacen("exact", "exakt", 1);
    let wrong = wrong.replace(
        r#"filters = [{ sql = "EXISTS operation AND operation IN"#,
        r#"filters = [{ exact = { id = "1" } }, { any = [{ prefix = { subject = "" } }] }, { sql = "operation IS"#,
    );
    let told: Value = block(&guide, "json").parse().unwrap();
    assert_eq!(read(&wrong).unwrap_err(), *told.as_array().unwrap());
}

#[test]
fn every_dialect_and_every_bound_is_named() {
    let guide = guide();
    for dialect in Dialect::ALL {
        assert!(guide.contains(&format!("\n| `{dialect}` |")), "{dialect}");
    }
    // Wherever its lines end.
    let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ");
    for bound in [
        format!("up to {MAX_PATH_DEPTH} members deep and {MAX_PATH_BYTES} bytes long"),
        format!(
            "at most {},{:03} bytes and {MAX_DEPTH} levels",
            MAX_LENGTH / 1_000,
            MAX_LENGTH % 1_000
        ),
        format!("can have up to {MAX_FILTERS} filters, nested up to {MAX_FILTER_DEPTH} deep"),
    ] {
        assert!(guide.contains(&bound), "{bound}");
    }
}

#[test]
fn an_underscore_is_written_as_it_says() {
    let guide = guide();
    let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, sql) = guide.split_once("does not interpret backslashes in single quotes: `").unwrap();
    let (sql, _) = sql.split_once('`').unwrap();
    let toml =
        format!("[vars.SUBSCRIPTION_A]\nqueue = \"PRODUCT_EVENTS\"\nfilters = [{{ {sql} }}]");
    let config = read(&toml).unwrap();
    for (type_, expected) in [("com.elytra.product_text", true), ("com.elytra.product.text", false)]
    {
        let event = format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"{type_}"}}"#);
        assert_eq!(wants(&config, &event)[0].is_ok(), expected, "{type_}");
    }
}
