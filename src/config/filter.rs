//! Reads and compiles the `filters` of a subscription. Each filter is a table with one dialect.

use serde_json::{Map, Value};

use crate::filter::{
    Attribute, BadName, Clause, Comparison, DataPaths, Dialect, Filter, FilterMistake,
    MAX_FILTER_DEPTH, MAX_FILTERS,
};
use crate::names::nearest;
use crate::vars::{Mistake, Mistakes, Table};
use cesql::Expression;
use elytra_events::Known as _;

/// Reads `filters`. If the field is absent, there are none.
pub(super) fn read(
    table: &mut Table,
    paths: &mut DataPaths,
    mistakes: &mut Mistakes,
) -> Vec<Filter> {
    let path = table.path_of("filters");
    let Some(value) = table.take("filters") else { return Vec::new() };
    let mut reader = Reader { paths, mistakes, filters: 0 };
    let filters = reader.filters(&path, value, 1).unwrap_or_default();
    let count = reader.filters;
    if count > MAX_FILTERS {
        mistakes.note(path, Mistake::Filter(FilterMistake::TooMany { count }));
    }
    filters
}

struct Reader<'p, 'm> {
    paths: &'p mut DataPaths,
    mistakes: &'m mut Mistakes,
    /// How many filters were read so far.
    filters: usize,
}

impl Reader<'_, '_> {
    fn filters(&mut self, path: &str, value: Value, depth: usize) -> Option<Vec<Filter>> {
        let Value::Array(items) = value else {
            self.mistakes.note(path, Mistake::WrongType { expected: "a list of filters" });
            return None;
        };
        let mut filters = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            filters.extend(self.filter(&format!("{path}[{index}]"), item, depth));
        }
        Some(filters)
    }

    /// Reads a filter. `None` if anything is wrong with it.
    fn filter(&mut self, path: &str, value: Value, depth: usize) -> Option<Filter> {
        self.filters += 1;
        if depth > MAX_FILTER_DEPTH {
            self.note(path, FilterMistake::TooDeep);
            return None;
        }
        let Value::Object(fields) = value else {
            self.mistakes.note(path, Mistake::NotATable);
            return None;
        };
        match fields.len() {
            0 => self.note(path, FilterMistake::NoDialect),
            1 => {}
            _ => {
                let found = fields.keys().cloned().collect();
                self.note(path, FilterMistake::SeveralDialects(found));
            }
        }
        let mut filter = None;
        for (name, value) in fields {
            let path = format!("{path}.{name}");
            if let Some(dialect) = Dialect::from_name(&name) {
                filter = self.dialect(&path, dialect, value, depth);
            } else {
                let nearest = nearest(&name, Dialect::ALL.iter().map(|known| known.as_str()));
                let nearest = nearest.map(str::to_owned);
                self.note(path, FilterMistake::UnknownDialect { nearest });
            }
        }
        filter
    }

    fn dialect(
        &mut self,
        path: &str,
        dialect: Dialect,
        value: Value,
        depth: usize,
    ) -> Option<Filter> {
        match dialect {
            Dialect::Exact => self.comparison(path, Comparison::Exact, value),
            Dialect::Prefix => self.comparison(path, Comparison::Prefix, value),
            Dialect::Suffix => self.comparison(path, Comparison::Suffix, value),
            Dialect::All => self.some_filters(path, value, depth).map(Filter::All),
            Dialect::Any => self.some_filters(path, value, depth).map(Filter::Any),
            Dialect::Not => {
                self.filter(path, value, depth + 1).map(|filter| Filter::Not(Box::new(filter)))
            }
            Dialect::Sql => self.expression(path, &value).map(Filter::Sql),
        }
    }

    fn some_filters(&mut self, path: &str, value: Value, depth: usize) -> Option<Vec<Filter>> {
        if value.as_array().is_some_and(Vec::is_empty) {
            self.note(path, FilterMistake::NoFilters);
        }
        self.filters(path, value, depth + 1)
    }

    fn comparison(&mut self, path: &str, comparison: Comparison, value: Value) -> Option<Filter> {
        let Value::Object(fields) = value else {
            self.mistakes.note(path, Mistake::NotATable);
            return None;
        };
        if fields.is_empty() {
            self.note(path, FilterMistake::NoAttributes);
        }
        Some(Filter::Compare(comparison, self.clauses(path, fields)))
    }

    fn clauses(&mut self, path: &str, fields: Map<String, Value>) -> Vec<Clause> {
        let mut clauses = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let path_of_name = format!("{path}.{name}");
            let value = match value {
                Value::String(value) if value.is_empty() => {
                    Err(Mistake::Filter(FilterMistake::Empty))
                }
                Value::String(value) => Ok(value),
                // TOML turns a name with dots into nested tables.
                Value::Object(_) => Err(Mistake::WrongType {
                    expected: "a string; put a name that contains dots in quotes",
                }),
                Value::Number(_) | Value::Bool(_) => Err(Mistake::WrongType {
                    expected: "a string; put numbers, true and false in quotes too",
                }),
                _ => Err(Mistake::WrongType { expected: "a string" }),
            };
            match (Attribute::new(&name, self.paths), value) {
                (Ok(attribute), Ok(value)) => clauses.push(Clause { attribute, value }),
                (Err(BadName::Empty), _) => {
                    self.note(path, FilterMistake::BadAttribute(BadName::Empty));
                }
                // Without quotes around its dots, the name was cut off, so only the value is reported.
                (_, Err(mistake)) => self.mistakes.note(path_of_name, mistake),
                (Err(name), Ok(_)) => {
                    self.note(path_of_name, FilterMistake::BadAttribute(name));
                }
            }
        }
        clauses
    }

    fn expression(&mut self, path: &str, value: &Value) -> Option<Expression> {
        let mistake = match value.as_str() {
            None => Mistake::WrongType { expected: "a string" },
            Some("") => Mistake::Filter(FilterMistake::Empty),
            Some(text) => match Expression::parse(text) {
                Ok(expression) => return Some(expression),
                Err(error) => Mistake::Filter(FilterMistake::BadExpression(error.to_string())),
            },
        };
        self.mistakes.note(path, mistake);
        None
    }

    fn note(&mut self, path: impl Into<String>, mistake: FilterMistake) {
        self.mistakes.note(path, Mistake::Filter(mistake));
    }
}
