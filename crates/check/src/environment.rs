//! An environment of the file: the top level, or `[env.<name>]` with what it inherits.

use elytra_webhooks::config::{Binding, Bindings};
use serde_json::{Map, Number};
use toml::de::{DeTable, DeValue};

use crate::declared::Declared;
use crate::file::{Span, Value};

/// The fields of wrangler's configuration, version 4, that `[env.<name>]` does not inherit from the top level
/// (<https://developers.cloudflare.com/workers/wrangler/configuration/#non-inheritable-keys>).
pub const NOT_INHERITED: [&str; 42] = [
    "vars",
    "secrets",
    "define",
    "durable_objects",
    "workflows",
    "kv_namespaces",
    "cloudchamber",
    "containers",
    "send_email",
    "queues",
    "connect",
    "r2_buckets",
    "d1_databases",
    "vectorize",
    "ai_search_namespaces",
    "ai_search",
    "agent_memory",
    "hyperdrive",
    "services",
    "analytics_engine_datasets",
    "dispatch_namespaces",
    "mtls_certificates",
    "tail_consumers",
    "streaming_tail_consumers",
    "unsafe",
    "browser",
    "analytics",
    "ai",
    "images",
    "stream",
    "media",
    "pipelines",
    "k2",
    "secrets_store_secrets",
    "artifacts",
    "unsafe_hello_world",
    "flagship",
    "worker_loaders",
    "ratelimits",
    "vpc_services",
    "vpc_networks",
    "version_metadata",
];

/// What is deployed together.
#[derive(Clone)]
pub(crate) struct Environment<'f> {
    /// `None` for the top level.
    pub(crate) name: Option<&'f str>,
    /// Where it begins.
    span: Span,
    table: &'f DeTable<'f>,
    top: &'f DeTable<'f>,
}

impl<'f> Environment<'f> {
    pub(crate) fn top_level(root: &'f DeTable<'f>) -> Self {
        Self { name: None, span: 0..0, table: root, top: root }
    }

    pub(crate) fn named(
        name: &'f str,
        span: Span,
        table: &'f DeTable<'f>,
        top: &'f DeTable<'f>,
    ) -> Self {
        Self { name: Some(name), span, table, top }
    }

    /// Where it begins.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// A field that is not inherited.
    pub(crate) fn own(&self, field: &str) -> Option<&'f Value<'f>> {
        self.table.get(field)
    }

    /// A field that is inherited.
    pub(crate) fn inherited(&self, field: &str) -> Option<&'f Value<'f>> {
        self.table.get(field).or_else(|| self.top.get(field))
    }

    /// A field of the top level, if this is another environment.
    pub(crate) fn of_top(&self, field: &str) -> Option<&'f Value<'f>> {
        self.name.and_then(|_| self.top.get(field))
    }

    /// The entries of a list of tables, such as `kv_namespaces` or `queues.producers`.
    pub(crate) fn entries(&self, section: &str) -> Vec<(Span, &'f DeTable<'f>)> {
        let items = self.section(section).and_then(|list| list.get_ref().as_array());
        let tables = items.into_iter().flatten();
        tables.filter_map(|item| Some((item.span(), item.get_ref().as_table()?))).collect()
    }

    /// The value at a path of one or two fields that are not inherited.
    pub(crate) fn section(&self, path: &str) -> Option<&'f Value<'f>> {
        match path.split_once('.') {
            None => self.own(path),
            Some((outer, inner)) => self.own(outer)?.get_ref().as_table()?.get(inner),
        }
    }

    /// The tables and values in `vars`.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&'f str, Span, &'f Value<'f>)> {
        let vars = self.own("vars").and_then(|vars| vars.get_ref().as_table());
        vars.into_iter().flatten().map(|(name, value)| (&**name.get_ref(), name.span(), value))
    }

    /// `vars` as the Worker sees them.
    pub(crate) fn vars(&self) -> Bindings {
        let vars = self.tables().map(|(name, _, value)| {
            let binding = match to_json(value.get_ref()) {
                serde_json::Value::String(text) => Binding::Text(text),
                other => Binding::Json(other.to_string()),
            };
            (name.to_owned(), binding)
        });
        vars.collect()
    }

    /// The place of a configuration error: the deepest part of its path that the file has.
    pub(crate) fn locate(&self, path: &str, declared: &[Declared<'_>]) -> Span {
        let vars = self.own("vars");
        let table = vars.and_then(|vars| vars.get_ref().as_table());
        let found = table.and_then(|table| locate(table, path));
        let of_binding =
            || declared.iter().find(|one| one.name == path).map(|one| one.span.clone());
        let begin = || {
            let first =
                table.and_then(|table| table.iter().min_by_key(|(name, _)| name.span().start));
            first.map_or_else(|| self.span(), |(name, _)| name.span())
        };
        found.or_else(of_binding).unwrap_or_else(begin)
    }
}

/// The deepest part of a path such as `SUBSCRIPTION_A.filters[0].exact`, whose keys may have dots themselves.
fn locate(table: &DeTable<'_>, path: &str) -> Option<Span> {
    let rest_after = |key: &str| {
        let rest = path.strip_prefix(key)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some(rest)
    };
    let keys =
        table.iter().filter_map(|(key, value)| Some((key, value, rest_after(key.get_ref())?)));
    let (key, value, rest) = keys.max_by_key(|(key, ..)| key.get_ref().len())?;
    Some(locate_in(value, rest).unwrap_or_else(|| key.span()))
}

fn locate_in(value: &Value<'_>, rest: &str) -> Option<Span> {
    match value.get_ref() {
        DeValue::Table(table) => locate(table, rest.strip_prefix('.')?),
        DeValue::Array(items) => {
            let (index, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let item = items.get(index.parse::<usize>().ok()?)?;
            Some(locate_in(item, rest).unwrap_or_else(|| item.span()))
        }
        _ => None,
    }
}

/// All strings in a value.
pub(crate) fn texts<'f>(value: &'f Value<'_>, found: &mut Vec<&'f str>) {
    match value.get_ref() {
        DeValue::String(text) => found.push(text),
        DeValue::Array(items) => items.iter().for_each(|item| texts(item, found)),
        DeValue::Table(table) => table.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// A value as wrangler passes it on.
pub(crate) fn to_json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(boolean) => (*boolean).into(),
        DeValue::Integer(integer) => {
            let parsed = i64::from_str_radix(integer.as_str(), integer.radix());
            parsed.map_or(serde_json::Value::Null, Into::into)
        }
        DeValue::Float(float) => float.as_str().parse().map_or(serde_json::Value::Null, number),
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let fields = table.iter();
            let fields = fields.map(|(name, value)| {
                (name.get_ref().as_ref().to_owned(), to_json(value.get_ref()))
            });
            fields.collect::<Map<_, _>>().into()
        }
    }
}

/// A number as JavaScript prints it: without a fraction that is zero. JSON has neither infinity nor NaN.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "only what both can hold exactly is converted"
)]
fn number(float: f64) -> serde_json::Value {
    let integer = float as i64;
    let is_whole = integer as f64 == float && integer.unsigned_abs() < 1 << f64::MANTISSA_DIGITS;
    if is_whole {
        integer.into()
    } else {
        Number::from_f64(float).map_or(serde_json::Value::Null, Into::into)
    }
}
