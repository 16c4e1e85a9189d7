//! Expressions as filters, and why one rejects an event.

use std::fmt;

use super::attributes::Attributes;
use super::error::EvaluationError;
use super::evaluate::{Evaluator, Failed, Mode};
use super::node::{Node, Operator};
use super::value::Value;

/// Why an event does not pass an expression.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use cesql::{Expression, Refusal, Value};
///
/// let event = BTreeMap::from([("locale", Value::from("de")), ("n", Value::from(5))]);
/// let refuse = |text| Expression::parse(text).unwrap().matches(&event).unwrap_err();
///
/// let refusal = refuse("locale = 'de' AND n > 7 AND n < 10");
/// assert_eq!(refusal.to_string(), "is false: n > 7, where n is 5");
/// assert_eq!(refuse("n + 1"), Refusal::NotBoolean("6".to_owned()));
/// assert_eq!(refuse("subject = 'a'").to_string(), "attribute subject is missing");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The expression is false.
    False {
        /// The first false operand if the expression is a chain of `AND`, or else the whole expression.
        clause: String,
        /// The attributes of the clause, at most 8.
        seen: Vec<SeenAttribute>,
    },
    /// The expression is not a boolean, but this value.
    NotBoolean(String),
    /// The evaluation failed with this error (3.3).
    Error(EvaluationError),
}

/// An attribute, and the value an expression saw.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use cesql::{Expression, Refusal, SeenAttribute, Value};
///
/// let event = BTreeMap::from([("locale", Value::from("de"))]);
/// let refusal = Expression::parse("locale = 'en'")?.matches(&event).unwrap_err();
/// let Refusal::False { seen, .. } = refusal else { panic!("it is false") };
/// let locale =
///     SeenAttribute { name: "locale".to_owned(), value: Some(r#""de""#.to_owned()) };
/// assert_eq!(seen, [locale]);
/// # Ok::<(), cesql::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAttribute {
    /// The name of the attribute.
    pub name: String,
    /// Its value as [`Value`] prints it; `None` if the event has no such attribute.
    pub value: Option<String>,
}

/// Evaluates the operands of `AND` one by one, to find the one that is false.
pub(super) fn decide(root: &Node, attributes: &dyn Attributes) -> Result<(), Refusal> {
    let mut evaluator = Evaluator::new(attributes, Mode::FailFast);
    let verdict = match conjunction(root) {
        Some(_) => first_false(&mut evaluator, root),
        None => match evaluator.evaluate(root) {
            Ok(Value::Boolean(true)) => Ok(None),
            Ok(Value::Boolean(false)) => Ok(Some(root)),
            Ok(other) => return Err(Refusal::NotBoolean(other.to_string())),
            Err(_) => Err(Failed),
        },
    };
    match verdict {
        Ok(None) => Ok(()),
        Ok(Some(clause)) => Err(Refusal::of(clause, attributes)),
        Err(Failed) => {
            let error = evaluator.errors.into_iter().next();
            Err(Refusal::Error(error.unwrap_or(EvaluationError::TooCostly)))
        }
    }
}

/// The operands, if this is a chain of nothing but `AND`.
fn conjunction(node: &Node) -> Option<impl Iterator<Item = &Node>> {
    match node {
        Node::Chain { first, rest } if rest.iter().all(|(of, _)| *of == Operator::And) => {
            Some(std::iter::once(&**first).chain(rest.iter().map(|(_, operand)| operand)))
        }
        _ => None,
    }
}

fn first_false<'e>(
    evaluator: &mut Evaluator<'e>,
    clause: &'e Node,
) -> Result<Option<&'e Node>, Failed> {
    let Some(mut operands) = conjunction(clause) else {
        return Ok((!evaluator.boolean_of(clause)?).then_some(clause));
    };
    evaluator.charge(1)?;
    let found = operands.find_map(|operand| first_false(evaluator, operand).transpose());
    found.transpose()
}

impl Refusal {
    fn of(clause: &Node, attributes: &dyn Attributes) -> Self {
        /// As many as fit on a line.
        const MAX_ATTRIBUTES: usize = 8;

        let mut names = Vec::new();
        collect(clause, &mut names);
        names.truncate(MAX_ATTRIBUTES);
        let seen = names.into_iter().map(|name| SeenAttribute {
            name: name.to_owned(),
            value: attributes.attribute(name).map(|value| value.to_string()),
        });
        Self::False { clause: clause.to_string(), seen: seen.collect() }
    }
}

/// Collects the names of the attributes in a clause, each of them once.
fn collect<'n>(node: &'n Node, names: &mut Vec<&'n str>) {
    match node {
        Node::Literal(_) => {}
        Node::Attribute(name) | Node::Exists(name) => {
            if !names.contains(&&**name) {
                names.push(name);
            }
        }
        Node::Not(operand) | Node::Negate(operand) | Node::Like { operand, .. } => {
            collect(operand, names);
        }
        Node::In { operand, set, .. } => {
            collect(operand, names);
            for element in set {
                collect(element, names);
            }
        }
        Node::Chain { first, rest } => {
            collect(first, names);
            for (_, operand) in rest {
                collect(operand, names);
            }
        }
        Node::Call { arguments, .. } => {
            for argument in arguments {
                collect(argument, names);
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::False { clause, seen } => {
                write!(f, "is false: {}", OneLine(clause))?;
                for (index, SeenAttribute { name, value }) in seen.iter().enumerate() {
                    f.write_str(if index == 0 { ", where " } else { " and " })?;
                    match value {
                        Some(value) => write!(f, "{name} is {value}")?,
                        None => write!(f, "{name} is missing")?,
                    }
                }
                Ok(())
            }
            Self::NotBoolean(value) => write!(f, "is {value}, not a boolean"),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// A clause on one line, cut off if it is long.
struct OneLine<'t>(&'t str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Enough for everything but long lists of values.
        const MAX_CHARACTERS: usize = 160;

        for character in self.0.chars().take(MAX_CHARACTERS) {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        f.write_str(if self.0.chars().nth(MAX_CHARACTERS).is_some() { "…" } else { "" })
    }
}
