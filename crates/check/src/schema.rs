//! The JSON Schema of a `wrangler.toml`, with which an editor completes and checks it.
//!
//! It is wrangler's own schema, in which `vars` and `[env.<name>.vars]` have the tables of the Worker. Wrangler's
//! part is contained, not referred to: taplo, which is behind most editors, takes the path of a `$ref` for a URL,
//! cannot read it, and then checks nothing at all. Besides, not every package manager puts wrangler next to this
//! package. So the schema knows the fields of one version of wrangler.
//!
//! Bounds, defaults and names are the constants with which the Worker reads its configuration. A table whose fields
//! depend on each other says so with `if` and `dependencies` rather than with `allOf`, because taplo completes
//! nothing in a table that has `allOf`.

mod auth;
mod build;
mod filters;
mod subscription;
mod vars;

use std::fmt;

use serde_json::{Map, Value, json};

/// Why the schema of wrangler cannot be extended.
#[derive(Debug)]
pub enum SchemaError {
    /// It is not JSON.
    NotJson(serde_json::Error),
    /// There is nothing at this place, which another version of wrangler may have changed.
    NothingAt(&'static str),
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(f, "wrangler's schema is not JSON: {error}"),
            Self::NothingAt(path) => write!(f, "wrangler's schema has nothing at {path}"),
        }
    }
}

impl std::error::Error for SchemaError {}

/// Where wrangler's schema describes the top level, and each `[env.<name>]`.
const ENVIRONMENTS: [&str; 2] = ["/definitions/RawConfig", "/definitions/RawEnvironment"];

const PROPERTIES: [&str; 2] =
    ["/definitions/RawConfig/properties", "/definitions/RawEnvironment/properties"];

/// The schema of a `wrangler.toml`, as JSON text. `wrangler` is the text of the `config-schema.json` of wrangler, in
/// this version.
///
/// # Errors
///
/// `wrangler` is something else, or has another structure than the versions that are known.
pub fn schema(wrangler: &str, version: &str) -> Result<String, SchemaError> {
    let mut schema: Value = serde_json::from_str(wrangler).map_err(SchemaError::NotJson)?;
    without_repetitions(&mut schema);
    for path in PROPERTIES {
        let properties = at(&mut schema, path)?;
        properties.insert("vars".to_owned(), build::reference(vars::VARS));
    }
    let [top_level, environment] = ENVIRONMENTS;
    at(&mut schema, environment)?.insert("required".to_owned(), json!(["vars"]));
    // A file in which only environments have vars is deployed with `--env` only.
    let top_level = at(&mut schema, top_level)?;
    top_level.insert("if".to_owned(), json!({ "not": { "required": ["env"] } }));
    top_level.insert("then".to_owned(), json!({ "required": ["vars"] }));
    at(&mut schema, "/definitions")?.extend(vars::definitions());
    let root = at(&mut schema, "")?;
    let comment = format!(
        "Everything but the definitions that begin with Elytra is the config-schema.json of wrangler {version} \
         (https://github.com/cloudflare/workers-sdk, MIT OR Apache-2.0), with other vars and without \
         markdownDescription."
    );
    root.insert("$comment".to_owned(), comment.into());
    root.insert("title".to_owned(), "wrangler.toml of elytra-webhooks".into());
    Ok(format!("{schema:#}\n"))
}

/// The object at a place.
fn at<'s>(
    schema: &'s mut Value,
    path: &'static str,
) -> Result<&'s mut Map<String, Value>, SchemaError> {
    let found = schema.pointer_mut(path).and_then(Value::as_object_mut);
    found.ok_or(SchemaError::NothingAt(path))
}

/// Removes what only repeats `description`.
fn without_repetitions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("markdownDescription");
            fields.values_mut().for_each(without_repetitions);
        }
        Value::Array(items) => items.iter_mut().for_each(without_repetitions),
        _ => {}
    }
}
