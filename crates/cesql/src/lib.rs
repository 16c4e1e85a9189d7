//! CESQL 1.0, the CloudEvents SQL Expression Language.
//!
//! An [`Expression`] is compiled once and evaluated for many events. It borrows from the event, never
//! panics, and costs no more than [`MAX_COST`] whatever the event: everything it could be refused
//! for is refused when it is compiled. Sections in comments are those of the specification.
//!
//! ```text
//! text ── lexer ──> tokens ── parser ──> Expression ── evaluate ──> value and errors
//!                                                   └─ matches ──> () or the Refusal
//! ```

mod attributes;

mod cursor;
mod lexer;
mod parser;

mod node;

mod evaluate;
mod functions;
mod like;
mod value;

mod error;
mod refusal;

mod names;

use std::fmt;

pub use attributes::Attributes;
pub use error::{ErrorKind, EvaluationError, ParseError};
use evaluate::{Evaluator, Mode};
pub use functions::Function;
use node::Node;
pub use refusal::{Refusal, SeenAttribute};
pub use value::{Type, Value};

/// How many bytes the parts of an expression may have; white space between them is not counted.
pub const MAX_LENGTH: usize = 4096;

/// How deep parentheses, function calls and operators with one operand may be nested.
pub const MAX_DEPTH: usize = 32;

/// What an evaluation may cost: one for each operation, and one for each byte of strings that it
/// has to compare, search or build. A usual expression costs some hundreds.
pub const MAX_COST: usize = 1_000_000;

/// A compiled expression. It is printed so that it can be parsed again, and is the same then.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
}

/// What came of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<'e> {
    /// The value. Where there are errors: the one that the failed operation has in its place, or
    /// else the zero value of its type (3.1).
    pub value: Value<'e>,
    /// Every error that was met (3.3); without one, the value is the result.
    pub errors: Vec<EvaluationError>,
    /// What it cost, of [`MAX_COST`].
    pub cost: usize,
}

impl Expression {
    /// Compiles an expression. All that can be known to be wrong is an error here, also a function
    /// that does not exist, or not with that many arguments.
    ///
    /// # Errors
    ///
    /// The first fault, with its place.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { root: parser::parse(text)? })
    }

    /// Evaluates the whole expression and collects the errors (4.1, complete evaluation mode).
    #[must_use]
    pub fn evaluate<'e>(&'e self, attributes: &'e dyn Attributes) -> Evaluation<'e> {
        let mut evaluator = Evaluator::new(attributes, Mode::Complete);
        let (Ok(value) | Err(value)) = evaluator.evaluate(&self.root);
        Evaluation { value, cost: evaluator.cost(), errors: evaluator.errors }
    }

    /// Whether the event passes the expression as a filter, which ends at the first error (1.2 and
    /// 4.1, fail fast mode).
    ///
    /// # Errors
    ///
    /// Why not: the expression is false or not a boolean, or there was an error.
    pub fn matches(&self, attributes: &dyn Attributes) -> Result<(), Refusal> {
        refusal::decide(&self.root, attributes)
    }

    /// The same without a reason, which costs more than the rest to put into words.
    #[must_use]
    pub fn is_true(&self, attributes: &dyn Attributes) -> bool {
        let mut evaluator = Evaluator::new(attributes, Mode::FailFast);
        matches!(evaluator.evaluate(&self.root), Ok(Value::Boolean(true)))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
