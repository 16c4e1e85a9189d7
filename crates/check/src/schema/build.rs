//! Parts of which schemas are built. The description of each field ends with its bounds and default, because
//! editors show only the description.

use std::ops::RangeInclusive;

use elytra_events::Known;
use elytra_webhooks::vars::Bounds;
use serde_json::{Map, Value, json};

/// A field and its schema.
pub(super) type Field = (&'static str, Value);

/// The definition with this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// A table with these fields and no others.
pub(super) fn table(description: &str, required: &[&str], fields: Vec<Field>) -> Value {
    let fields: Map<_, _> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let mut table = json!({
        "type": "object",
        "description": description,
        "properties": fields,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        table = with(table, "required", json!(required));
    }
    table
}

/// The schema with one more keyword.
pub(super) fn with(mut schema: Value, keyword: &str, value: Value) -> Value {
    if let Value::Object(keywords) = &mut schema {
        keywords.insert(keyword.to_owned(), value);
    }
    schema
}

/// The schema with the keywords of another, which has none of the same.
pub(super) fn and(mut schema: Value, more: Value) -> Value {
    if let (Value::Object(keywords), Value::Object(more)) = (&mut schema, more) {
        keywords.extend(more);
    }
    schema
}

pub(super) fn string(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// A string that matches a regular expression, which has to be one of ECMA 262 and of Rust.
pub(super) fn matching(pattern: &str, description: &str) -> Value {
    with(string(description), "pattern", pattern.into())
}

pub(super) fn boolean(default: bool, description: &str) -> Value {
    json!({
        "type": "boolean",
        "default": default,
        "description": format!("{description} Default: {default}."),
    })
}

/// A whole number with a default.
pub(super) fn bounded(Bounds { least, most, default }: Bounds, description: &str) -> Value {
    integer(&(least..=most), Some(default), description)
}

/// A whole number.
pub(super) fn integer(
    range: &RangeInclusive<u64>,
    default: Option<u64>,
    description: &str,
) -> Value {
    let bounds = format!("{} to {}", grouped(*range.start()), grouped(*range.end()));
    let shown = default.map(|default| format!("; default: {}", grouped(default)));
    let schema = json!({
        "type": "integer",
        "minimum": range.start(),
        "maximum": range.end(),
        "description": format!("{description} {bounds}{}.", shown.unwrap_or_default()),
    });
    match default {
        Some(default) => with(schema, "default", default.into()),
        None => schema,
    }
}

/// A number.
pub(super) fn number(range: &RangeInclusive<u32>, default: f64, description: &str) -> Value {
    let bounds = format!("{} to {}", range.start(), grouped((*range.end()).into()));
    json!({
        "type": "number",
        "minimum": range.start(),
        "maximum": range.end(),
        "default": default,
        "description": format!("{description} {bounds}; default: {default:.1}."),
    })
}

/// One of these names.
pub(super) fn name<T: Known>(names: &[T], default: Option<T>, description: &str) -> Value {
    let schema = json!({ "type": "string", "enum": texts(names), "description": description });
    match default {
        Some(default) => {
            let description = format!("{description} Default: {:?}.", default.as_str());
            let schema = with(schema, "description", description.into());
            with(schema, "default", default.as_str().into())
        }
        None => schema,
    }
}

/// A list of names.
pub(super) fn names<T: Known>(description: &str) -> Value {
    json!({
        "type": "array",
        "items": { "type": "string", "enum": texts(T::ALL) },
        "description": description,
    })
}

/// The names as they are written.
pub(super) fn texts<T: Known>(names: &[T]) -> Vec<&'static str> {
    names.iter().map(|name| name.as_str()).collect()
}

/// `if` a field has this value, and is there.
pub(super) fn when(field: &str, value: impl Into<Value>) -> Value {
    json!({ "properties": { field: { "const": value.into() } }, "required": [field] })
}

/// The first of these cases that is one, as nested `if`, `then` and `else`.
pub(super) fn cases(cases: Vec<(Value, Value)>) -> Value {
    let otherwise = json!({});
    cases.into_iter().rev().fold(otherwise, |otherwise, (condition, then)| {
        let case = json!({ "if": condition, "then": then });
        let is_last = otherwise.as_object().is_some_and(Map::is_empty);
        if is_last { case } else { with(case, "else", otherwise) }
    })
}

/// None of these fields.
pub(super) fn without(fields: &[&str]) -> Value {
    let none: Map<_, _> =
        fields.iter().map(|field| ((*field).to_owned(), Value::Bool(false))).collect();
    json!({ "properties": none })
}

/// A pattern for this ASCII text in upper and lower case.
pub(super) fn ignoring_case(text: &str) -> String {
    let letter = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' => {
            format!("[{}{}]", letter.to_ascii_lowercase(), letter.to_ascii_uppercase())
        }
        '0'..='9' | '-' => letter.to_string(),
        other => format!("\\{other}"),
    };
    text.chars().map(letter).collect()
}

/// A number as TOML allows it: `86_400`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}
