//! An expression as a filter, and why it refuses an event.

use std::fmt;

use super::attributes::Attributes;
use super::error::EvaluationError;
use super::evaluate::{Evaluator, Failed, Mode};
use super::node::{Node, Operator};
use super::value::Value;

/// Why an event does not pass an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is false.
    False {
        /// The first of the clauses that `AND` joins that is false, or all of the expression.
        clause: String,
        /// The attributes of the clause, as far as they are told.
        seen: Vec<SeenAttribute>,
    },
    /// It is no boolean, but this value.
    NotBoolean(String),
    /// The first error (3.3).
    Error(EvaluationError),
}

/// An attribute and the value that an expression saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAttribute {
    /// Its name.
    pub name: String,
    /// The value, shortened; `None` where the event has no such attribute.
    pub value: Option<String>,
}

/// Evaluates the clauses that `AND` joins one by one, so that the one that says no is known.
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

/// The operands of a chain of nothing but `AND`.
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
        /// What a line has room for.
        const MOST_ATTRIBUTES: usize = 8;

        let mut names = Vec::new();
        collect(clause, &mut names);
        names.truncate(MOST_ATTRIBUTES);
        let seen = names.into_iter().map(|name| SeenAttribute {
            name: name.to_owned(),
            value: attributes.attribute(name).map(|value| value.to_string()),
        });
        Self::False { clause: clause.to_string(), seen: seen.collect() }
    }
}

/// The names of a clause's attributes, each once.
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

/// A clause in one line, and not at any length.
struct OneLine<'t>(&'t str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Enough for all but lists of many names, which whoever wrote them knows.
        const MOST_CHARACTERS: usize = 160;

        for character in self.0.chars().take(MOST_CHARACTERS) {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        f.write_str(if self.0.chars().nth(MOST_CHARACTERS).is_some() { "…" } else { "" })
    }
}
