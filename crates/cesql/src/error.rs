//! What can be wrong with an expression, when it is compiled and when it is evaluated (3.3).

use std::fmt;

use super::functions::{Arity, Function};
use super::names::names;
use super::value::Type;
use super::{MAX_COST, Value};

names! {
    /// The kinds of errors, by the specification's names.
    pub enum ErrorKind {
        Parse = "ParseError",
        Math = "MathError",
        Cast = "CastError",
        MissingAttribute = "MissingAttributeError",
        MissingFunction = "MissingFunctionError",
        FunctionEvaluation = "FunctionEvaluationError",
        Generic = "GenericError",
    }
}

/// Why a text is no expression: the first fault of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// [`ErrorKind::Parse`], or [`ErrorKind::MissingFunction`].
    pub kind: ErrorKind,
    /// Where it is: how many characters stand before it.
    pub position: usize,
    /// What stands there, in words.
    pub found: String,
    /// What should stand there, in words.
    pub expected: String,
}

/// What went wrong in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationError {
    /// The event has no attribute of this name (3.2).
    MissingAttribute(String),
    /// A string is none of this type's values (3.7).
    Cast {
        /// The string, shortened.
        text: String,
        /// What it should have become.
        to: Type,
    },
    /// The right operand of `/` or `%` is 0 (3.4.2).
    DivisionByZero,
    /// The result is not within 32 bits (3.1).
    Overflow {
        /// The operation, as it could be written.
        operation: String,
    },
    /// A function was asked for a negative number of characters (3.5.1).
    NegativeLength {
        /// The function.
        function: Function,
        /// The number.
        length: i32,
    },
    /// `SUBSTRING` was asked to begin outside of the string (3.5.1).
    OutsideOfString {
        /// Where it should begin.
        position: i32,
        /// How many characters there are.
        length: usize,
    },
    /// There is no such function with so many arguments (3.5), which the parser does not let pass.
    MissingFunction {
        /// The function.
        function: Function,
        /// The number of arguments.
        arguments: usize,
    },
    /// It would cost more than [`MAX_COST`], and was given up.
    TooCostly,
}

impl ParseError {
    /// The same with its position in characters of this text, as a person counts, not in bytes.
    pub(super) fn in_characters_of(self, text: &str) -> Self {
        let before = text.get(..self.position).unwrap_or(text);
        Self { position: before.chars().count(), ..self }
    }
}

impl EvaluationError {
    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingAttribute(_) => ErrorKind::MissingAttribute,
            Self::Cast { .. } => ErrorKind::Cast,
            Self::DivisionByZero | Self::Overflow { .. } => ErrorKind::Math,
            Self::NegativeLength { .. } | Self::OutsideOfString { .. } => {
                ErrorKind::FunctionEvaluation
            }
            Self::MissingFunction { .. } => ErrorKind::MissingFunction,
            Self::TooCostly => ErrorKind::Generic,
        }
    }

    /// A string that could not be cast.
    pub(super) fn cast(value: &Value<'_>, to: Type) -> Self {
        Self::Cast { text: value.to_string(), to }
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { position, found, expected, .. } = self;
        write!(f, "found {found} at position {position}, expected {expected}")
    }
}

impl std::error::Error for EvaluationError {}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingAttribute(name) => write!(f, "attribute {name} is missing"),
            Self::Cast { text, to } => write!(f, "{text} cannot be cast to {to}"),
            Self::DivisionByZero => f.write_str("division by zero"),
            Self::Overflow { operation } => write!(f, "{operation} is not within 32 bits"),
            Self::NegativeLength { function, length } => {
                write!(f, "{function} cannot take {length} characters")
            }
            Self::OutsideOfString { position, length } => {
                write!(f, "SUBSTRING cannot begin at {position} of {length} characters")
            }
            Self::MissingFunction { function, arguments } => {
                write!(f, "there is no {function} with {}", Arity::of(*arguments))
            }
            Self::TooCostly => write!(f, "the evaluation costs more than {MAX_COST}"),
        }
    }
}

/// A text that may be a stranger's, and is not told at any length: enough to recognize it by.
pub(super) fn shortened(text: &str) -> Shortened<'_> {
    Shortened(text)
}

/// A text in quotes, with no more of it than so many characters.
pub(super) struct Shortened<'t>(&'t str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST_CHARACTERS: usize = 64;

        match self.0.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => write!(f, "{:?}…", self.0.get(..end).unwrap_or_default()),
            None => write!(f, "{:?}", self.0),
        }
    }
}
