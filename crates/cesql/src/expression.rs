//! Compiled expressions, and what evaluating one returns.

use std::fmt;
use std::str::FromStr;

use super::attributes::Attributes;
use super::error::{EvaluationError, ParseError};
use super::evaluate::{Evaluator, Mode};
use super::node::Node;
use super::parser;
use super::refusal::{self, Refusal};
use super::value::Value;

/// The maximum length of an expression in bytes, white space between its parts not included.
pub const MAX_LENGTH: usize = 4096;

/// How deep parentheses, function calls and unary operators may be nested.
pub const MAX_DEPTH: usize = 32;

/// The maximum cost of an evaluation: one for each operation, plus one for each byte of a string that
/// has to be compared, searched or built. A typical expression costs a few hundred.
pub const MAX_COST: usize = 1_000_000;

/// A compiled expression.
///
/// [`Display`](fmt::Display) prints it so that parsing the text again gives an equal expression.
///
/// # Examples
///
/// ```
/// use cesql::Expression;
///
/// let expression: Expression = "subject='a'and not exists locale".parse()?;
/// assert_eq!(expression.to_string(), "subject = 'a' AND NOT EXISTS locale");
/// # Ok::<(), cesql::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
}

/// The result of evaluating an [`Expression`] to the end.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use cesql::{ErrorKind, Expression, Value};
///
/// let event = BTreeMap::from([("sequence", Value::from("12"))]);
/// let expression = Expression::parse("sequence + 1")?;
/// let evaluation = expression.evaluate(&event);
/// assert_eq!(evaluation.value, Value::Integer(13));
/// assert!(evaluation.errors.is_empty());
///
/// let expression = Expression::parse("missing + 1")?;
/// let evaluation = expression.evaluate(&event);
/// assert_eq!(evaluation.value, Value::Integer(0));
/// assert_eq!(evaluation.errors[0].kind(), ErrorKind::MissingAttribute);
/// # Ok::<(), cesql::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<'e> {
    /// The value. If there were errors, this is what the failed operation yields instead of a result,
    /// or the zero value of its type (3.1).
    pub value: Value<'e>,
    /// All errors (3.3). If there are none, the value is the result.
    pub errors: Vec<EvaluationError>,
    /// The cost, at most [`MAX_COST`].
    pub cost: usize,
}

impl Expression {
    /// Compiles an expression. Whatever can be known to be wrong is reported here, including a call of
    /// an unknown function or one with the wrong number of arguments.
    ///
    /// # Errors
    ///
    /// The first mistake, and where it is.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { root: parser::parse(text)? })
    }

    /// Evaluates the whole expression and collects all errors (4.1, complete evaluation mode).
    #[must_use]
    pub fn evaluate<'e>(&'e self, attributes: &'e dyn Attributes) -> Evaluation<'e> {
        let mut evaluator = Evaluator::new(attributes, Mode::Complete);
        let (Ok(value) | Err(value)) = evaluator.evaluate(&self.root);
        Evaluation { value, cost: evaluator.cost(), errors: evaluator.errors }
    }

    /// Applies the expression as a filter, which stops at the first error (1.2 and 4.1, fail fast
    /// mode).
    ///
    /// # Errors
    ///
    /// Why the event does not pass: the expression is false or not a boolean, or there was an error.
    pub fn matches(&self, attributes: &dyn Attributes) -> Result<(), Refusal> {
        refusal::decide(&self.root, attributes)
    }

    /// Whether the event passes the expression as a filter. This is [`matches`](Self::matches) without
    /// the reason, which costs more to put together than the evaluation itself.
    #[must_use]
    pub fn is_true(&self, attributes: &dyn Attributes) -> bool {
        let mut evaluator = Evaluator::new(attributes, Mode::FailFast);
        matches!(evaluator.evaluate(&self.root), Ok(Value::Boolean(true)))
    }
}

impl FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
