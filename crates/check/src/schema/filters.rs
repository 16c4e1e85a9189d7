//! `filters`.

use elytra_events::Known as _;
use elytra_webhooks::filter::{Dialect, MAX_FILTERS, MAX_PATH_DEPTH};
use serde_json::{Value, json};

use super::build::{and, reference, table, with};

const FILTER: &str = "ElytraFilter";

const COMPARISON: &str = "ElytraComparison";

/// A filter, and the table of `exact`, `prefix` and `suffix`.
pub(super) fn definitions() -> [(&'static str, Value); 2] {
    [(FILTER, filter()), (COMPARISON, comparison())]
}

/// The field `filters`.
pub(super) fn filters() -> Value {
    json!({
        "type": "array",
        "items": reference(FILTER),
        "maxItems": MAX_FILTERS,
        "description": "Further conditions, all of which an event must meet. Default: none.",
    })
}

fn filter() -> Value {
    let fields = Dialect::ALL.iter().map(|dialect| (dialect.as_str(), of_dialect(*dialect)));
    let table = table("A condition in one dialect.", &[], fields.collect());
    and(table, json!({ "minProperties": 1, "maxProperties": 1 }))
}

fn of_dialect(dialect: Dialect) -> Value {
    let some = |description: &str| {
        json!({
            "type": "array",
            "items": reference(FILTER),
            "minItems": 1,
            "description": description,
        })
    };
    match dialect {
        Dialect::Exact | Dialect::Prefix | Dialect::Suffix => reference(COMPARISON),
        Dialect::All => some("Every one of these filters matches."),
        Dialect::Any => some("At least one of these filters matches."),
        Dialect::Not => reference(FILTER),
        Dialect::Sql => json!({
            "type": "string",
            "minLength": 1,
            "description": "A CESQL expression that is true.",
        }),
    }
}

fn comparison() -> Value {
    let name = format!(r"^([0-9a-z]+|object\.(type|id)|data(\.[^.]+){{1,{MAX_PATH_DEPTH}}})$");
    let comparison = json!({
        "type": "object",
        "description": "Attributes and the texts that they equal, begin or end with: attributes of the event, \"object.type\", \
                        \"object.id\" and paths such as \"data.objectData.locale\". Names with dots are in quotes.",
        "minProperties": 1,
        "propertyNames": { "pattern": name, "not": { "const": "data" } },
    });
    let text = json!({
        "type": "string",
        "minLength": 1,
        "description": "The text. Numbers, true and false are in quotes, too.",
    });
    with(comparison, "additionalProperties", text)
}
