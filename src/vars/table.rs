//! Reads a table field by field. Reading continues after a mistake, so all of them are found.

use std::ops::RangeInclusive;

use elytra_events::{Known, TYPE_PREFIX};
use serde_json::{Map, Value};

use super::error::{ConfigError, Mistake};
use super::secrets::SecretUse;
use crate::names::nearest;

/// A configuration table that is being read. Each field is taken once, and the fields that remain are
/// unknown.
pub(crate) struct Table {
    path: String,
    fields: Map<String, Value>,
    known: Vec<&'static str>,
}

/// The range and the default of a whole number in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The minimum.
    pub least: u64,
    /// The maximum.
    pub most: u64,
    /// The value if the field is absent.
    pub default: u64,
}

/// The mistakes, warnings and secrets found so far.
#[derive(Default)]
pub(crate) struct Mistakes {
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigError>,
    /// All secrets that were read, except user names.
    pub(crate) secrets: Vec<SecretUse>,
}

impl Mistakes {
    pub(crate) fn note(&mut self, path: impl Into<String>, mistake: Mistake) {
        self.errors.push(ConfigError { path: path.into(), mistake });
    }

    /// Notes something that may be intended.
    pub(crate) fn warn(&mut self, path: impl Into<String>, mistake: Mistake) {
        self.warnings.push(ConfigError { path: path.into(), mistake });
    }

    /// The mistakes, and the warnings.
    pub(crate) fn into_parts(self) -> (Vec<ConfigError>, Vec<ConfigError>) {
        (self.errors, self.warnings)
    }
}

impl Table {
    pub(crate) fn new(path: String, value: Value, mistakes: &mut Mistakes) -> Option<Self> {
        if let Value::Object(fields) = value {
            Some(Self { path, fields, known: Vec::new() })
        } else {
            mistakes.note(path, Mistake::NotATable);
            None
        }
    }

    /// The path of the table.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The path of a field.
    pub(crate) fn path_of(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    /// Whether a field is present and has not been taken yet.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// A field that has not been taken yet, if it is a string.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// Takes a field without checking its type.
    pub(crate) fn take(&mut self, field: &'static str) -> Option<Value> {
        self.known.push(field);
        self.fields.remove(field)
    }

    pub(crate) fn boolean(&mut self, field: &'static str, mistakes: &mut Mistakes) -> Option<bool> {
        let value = self.take(field)?;
        let boolean = value.as_bool();
        if boolean.is_none() {
            mistakes.note(self.path_of(field), Mistake::WrongType { expected: "true or false" });
        }
        boolean
    }

    pub(crate) fn integer(
        &mut self,
        field: &'static str,
        range: RangeInclusive<u64>,
        mistakes: &mut Mistakes,
    ) -> Option<u64> {
        let value = self.take(field)?;
        let integer = value.as_u64().filter(|integer| range.contains(integer));
        if integer.is_none() {
            let mistake = Mistake::OutOfRange { least: *range.start(), most: *range.end() };
            mistakes.note(self.path_of(field), mistake);
        }
        integer
    }

    /// A whole number that has a default.
    pub(crate) fn bounded(
        &mut self,
        field: &'static str,
        Bounds { least, most, default }: Bounds,
        mistakes: &mut Mistakes,
    ) -> u64 {
        self.integer(field, least..=most, mistakes).unwrap_or(default)
    }

    pub(crate) fn number(
        &mut self,
        field: &'static str,
        range: RangeInclusive<u32>,
        mistakes: &mut Mistakes,
    ) -> Option<f64> {
        let (least, most) = range.into_inner();
        let value = self.take(field)?;
        let is_within = |number: &f64| (f64::from(least)..=f64::from(most)).contains(number);
        let number = value.as_f64().filter(is_within);
        if number.is_none() {
            let mistake = Mistake::NotBetween { least, most };
            mistakes.note(self.path_of(field), mistake);
        }
        number
    }

    pub(crate) fn string(
        &mut self,
        field: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<String> {
        let value = self.take(field)?;
        let string = value.as_str().map(str::to_owned);
        if string.is_none() {
            mistakes.note(self.path_of(field), Mistake::WrongType { expected: "a string" });
        }
        string
    }

    pub(crate) fn required_string(
        &mut self,
        field: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<String> {
        if !self.has(field) {
            mistakes.note(self.path_of(field), Mistake::Missing);
        }
        self.string(field, mistakes)
    }

    /// A required name from a fixed list. `None` if the field is absent or the name is unknown.
    pub(crate) fn required_name<T: Known>(
        &mut self,
        field: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        if !self.has(field) {
            mistakes.note(self.path_of(field), Mistake::Missing);
        }
        self.name(field, mistakes)
    }

    /// A name from a fixed list. `None` if the field is absent or the name is unknown.
    pub(crate) fn name<T: Known>(
        &mut self,
        field: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let path = self.path_of(field);
        let name = self.string(field, mistakes)?;
        known_name(path, &name, mistakes)
    }

    /// A list of names. `None` if the field is absent or any of the names is unknown.
    pub(crate) fn names<T: Known>(
        &mut self,
        field: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<Vec<T>> {
        let Value::Array(items) = self.take(field)? else {
            mistakes.note(self.path_of(field), Mistake::WrongType { expected: "a list of names" });
            return None;
        };
        let names: Vec<Option<T>> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let path = format!("{}[{index}]", self.path_of(field));
                if let Value::String(name) = item {
                    known_name(path, &name, mistakes)
                } else {
                    mistakes.note(path, Mistake::WrongType { expected: "a name" });
                    None
                }
            })
            .collect();
        names.into_iter().collect()
    }

    /// A list of strings. `None` if the field is absent or any item is not a string.
    pub(crate) fn strings(
        &mut self,
        field: &'static str,
        mistakes: &mut Mistakes,
    ) -> Option<Vec<String>> {
        let value = self.take(field)?;
        let strings = value
            .as_array()
            .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        if strings.is_none() {
            mistakes
                .note(self.path_of(field), Mistake::WrongType { expected: "a list of strings" });
        }
        strings
    }

    /// Notes every remaining field as unknown, with the most similar known one.
    pub(crate) fn finish(self, mistakes: &mut Mistakes) {
        for field in self.fields.keys() {
            let nearest = nearest(field, self.known.iter().copied()).map(str::to_owned);
            mistakes.note(self.path_of(field), Mistake::UnknownField { nearest });
        }
    }
}

/// A name from a fixed list. Notes a mistake if it is unknown.
pub(crate) fn known_name<T: Known>(path: String, name: &str, mistakes: &mut Mistakes) -> Option<T> {
    let known = T::from_name(name);
    if known.is_none() {
        // An event type is often copied together with the prefix that it has in `type`.
        let bare = name.strip_prefix(TYPE_PREFIX).unwrap_or(name);
        let nearest = nearest(bare, T::ALL.iter().map(|known| known.as_str())).map(str::to_owned);
        mistakes.note(path, Mistake::UnknownName { name: name.to_owned(), nearest });
    }
    known
}
