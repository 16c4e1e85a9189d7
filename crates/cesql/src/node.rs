//! A compiled expression as a tree, and how it is printed.

use std::fmt;

use super::functions::Function;
use super::like::Pattern;
use super::names::names;
use super::value::{Type, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Literal(Value<'static>),
    /// An attribute, by its name.
    Attribute(String),
    Exists(String),
    Not(Box<Node>),
    Negate(Box<Node>),
    Like {
        operand: Box<Node>,
        negated: bool,
        pattern: Pattern,
    },
    In {
        operand: Box<Node>,
        negated: bool,
        set: Vec<Node>,
    },
    /// Operators of one level, evaluated from left to right. A list, so that long chains are not deep.
    Chain {
        first: Box<Node>,
        rest: Vec<(Operator, Node)>,
    },
    Call {
        function: Function,
        arguments: Vec<Node>,
    },
}

names! {
    /// The operators between two operands.
    pub(super) enum Operator {
        And = "AND",
        Or = "OR",
        Xor = "XOR",
        Equal = "=",
        NotEqual = "!=",
        Less = "<",
        LessOrEqual = "<=",
        Greater = ">",
        GreaterOrEqual = ">=",
        Add = "+",
        Subtract = "-",
        Multiply = "*",
        Divide = "/",
        Remainder = "%",
    }
}

/// How tightly an operator binds (3.6). Operators that bind tighter are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Logic,
    Comparison,
    Additive,
    Multiplicative,
    /// `LIKE` and `IN`, which come after their operand.
    Postfix,
    /// `NOT` and `-`, which come before it.
    Prefix,
}

impl Operator {
    pub(super) fn level(self) -> Level {
        match self {
            Self::And | Self::Or | Self::Xor => Level::Logic,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual => Level::Comparison,
            Self::Add | Self::Subtract => Level::Additive,
            Self::Multiply | Self::Divide | Self::Remainder => Level::Multiplicative,
        }
    }

    /// The type of its result.
    pub(super) fn return_type(self) -> Type {
        match self.level() {
            Level::Additive | Level::Multiplicative => Type::Integer,
            _ => Type::Boolean,
        }
    }
}

impl Node {
    /// The type of its result. The type of a missing attribute is unknown, so it is a _Boolean_ (3.2).
    pub(super) fn return_type(&self) -> Type {
        match self {
            Self::Literal(value) => value.type_(),
            Self::Negate(_) => Type::Integer,
            Self::Chain { rest, .. } => {
                rest.last().map_or(Type::Boolean, |(operator, _)| operator.return_type())
            }
            Self::Call { function, .. } => function.return_type(),
            _ => Type::Boolean,
        }
    }

    fn level(&self) -> Option<Level> {
        match self {
            Self::Not(_) | Self::Negate(_) => Some(Level::Prefix),
            Self::Like { .. } | Self::In { .. } => Some(Level::Postfix),
            Self::Chain { rest, .. } => rest.first().map(|(operator, _)| operator.level()),
            _ => None,
        }
    }

    /// Prints it as an operand: in parentheses, unless it binds at least as tightly as `least`.
    fn print(&self, f: &mut fmt::Formatter<'_>, least: Level) -> fmt::Result {
        if self.level().is_some_and(|level| level < least) {
            write!(f, "({self})")
        } else {
            write!(f, "{self}")
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(Value::Boolean(true)) => f.write_str("TRUE"),
            Self::Literal(Value::Boolean(false)) => f.write_str("FALSE"),
            Self::Literal(Value::Integer(integer)) => integer.fmt(f),
            Self::Literal(Value::String(text)) => quote(f, text),
            Self::Attribute(name) => f.write_str(name),
            Self::Exists(name) => write!(f, "EXISTS {name}"),
            Self::Not(operand) => {
                f.write_str("NOT ")?;
                operand.print(f, Level::Prefix)
            }
            Self::Negate(operand) => {
                // Without the space, a minus sign and digits are one number.
                let is_number =
                    matches!(**operand, Self::Literal(Value::Integer(integer)) if integer >= 0);
                f.write_str(if is_number { "- " } else { "-" })?;
                operand.print(f, Level::Prefix)
            }
            Self::Like { operand, negated, pattern } => {
                operand.print(f, Level::Postfix)?;
                f.write_str(if *negated { " NOT LIKE " } else { " LIKE " })?;
                quote(f, pattern.as_str())
            }
            Self::In { operand, negated, set } => {
                operand.print(f, Level::Postfix)?;
                f.write_str(if *negated { " NOT IN " } else { " IN " })?;
                list(f, set)
            }
            Self::Chain { first, rest } => {
                let Some((operator, _)) = rest.first() else { return first.fmt(f) };
                let level = operator.level();
                chained(f, first, level)?;
                for (operator, operand) in rest {
                    write!(f, " {operator} ")?;
                    chained(f, operand, level)?;
                }
                Ok(())
            }
            Self::Call { function, arguments } => {
                write!(f, "{function}")?;
                list(f, arguments)
            }
        }
    }
}

/// Prints an operand of a chain. A chain of the same level was in parentheses, and stays there.
fn chained(f: &mut fmt::Formatter<'_>, operand: &Node, level: Level) -> fmt::Result {
    if operand.level() == Some(level) { write!(f, "({operand})") } else { operand.print(f, level) }
}

fn list(f: &mut fmt::Formatter<'_>, nodes: &[Node]) -> fmt::Result {
    f.write_str("(")?;
    for (index, node) in nodes.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        write!(f, "{node}")?;
    }
    f.write_str(")")
}

/// Prints a string in the kind of quotes that needs fewer backslashes. The kind it was parsed from
/// always works. The other one may not, because a backslash cannot be escaped.
fn quote(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quoted = ['\'', '"'].map(|quote| quoted(text, quote));
    let shortest = quoted.into_iter().flatten().min_by_key(String::len);
    f.write_str(&shortest.unwrap_or_default())
}

/// The string in these quotes, if that is possible.
fn quoted(text: &str, quote: char) -> Option<String> {
    let mut quoted = String::from(quote);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            quoted.push('\\');
        }
        quoted.push(character);
        if character == '\\' {
            quoted.push(characters.next().filter(|taken| *taken != quote)?);
        }
    }
    quoted.push(quote);
    Some(quoted)
}
