//! What can be wrong with an expression when it is compiled and when it is evaluated (3.3).

use std::fmt;

use super::functions::{Arity, Function};
use super::names::names;
use super::value::Type;
use super::{MAX_COST, Value};

names! {
    /// The kind of an error, by its name in the specification.
    ///
    /// # Examples
    ///
    /// ```
    /// use cesql::{ErrorKind, Expression};
    ///
    /// let error = Expression::parse("LENGHT('a')").unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::MissingFunction);
    /// assert_eq!(error.kind.to_string(), "MissingFunctionError");
    /// ```
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

/// Why a text is not an expression: the first mistake in it.
///
/// # Examples
///
/// ```
/// use cesql::Expression;
///
/// let error = Expression::parse("id = 'a' AND LENGHT(id) > 2").unwrap_err();
/// assert_eq!(error.position, 13);
/// assert_eq!(
///     error.to_string(),
///     r#"found the unknown function "LENGHT" at position 13, expected LENGTH"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// [`ErrorKind::Parse`] or [`ErrorKind::MissingFunction`].
    pub kind: ErrorKind,
    /// The position, in characters from the start of the text.
    pub position: usize,
    /// What was found there, in words.
    pub found: String,
    /// What was expected there, in words.
    pub expected: String,
}

/// What went wrong in an evaluation.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use cesql::{ErrorKind, EvaluationError, Expression, Value};
///
/// let event = BTreeMap::from([("count", Value::from(0))]);
/// let expression = Expression::parse("12 / count > 1")?;
/// let error = &expression.evaluate(&event).errors[0];
/// assert_eq!(*error, EvaluationError::DivisionByZero);
/// assert_eq!(error.kind(), ErrorKind::Math);
/// assert_eq!(error.to_string(), "division by zero");
/// # Ok::<(), cesql::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationError {
    /// The event has no attribute with this name (3.2).
    MissingAttribute(String),
    /// A string cannot be cast to this type (3.7).
    Cast {
        /// The string, shortened.
        text: String,
        /// The type it was to be cast to.
        to: Type,
    },
    /// The right operand of `/` or `%` is 0 (3.4.2).
    DivisionByZero,
    /// The result does not fit in 32 bits (3.1).
    Overflow {
        /// The operation, written as an expression.
        operation: String,
    },
    /// The length that was passed to a function is negative (3.5.1).
    NegativeLength {
        /// The function.
        function: Function,
        /// The length.
        length: i32,
    },
    /// The position that was passed to `SUBSTRING` is outside the string (3.5.1).
    OutsideOfString {
        /// The position.
        position: i32,
        /// How many characters the string has.
        length: usize,
    },
    /// The function does not take this number of arguments (3.5). The parser catches this first.
    MissingFunction {
        /// The function.
        function: Function,
        /// The number of arguments.
        arguments: usize,
    },
    /// The evaluation would have cost more than [`MAX_COST`], and was stopped.
    TooCostly,
}

impl ParseError {
    /// Converts the position from bytes to characters of this text, which is what people count.
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

    /// The error for a value that cannot be cast.
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

/// Shortens a text that may be long and come from anyone to what is needed to recognize it.
pub(super) fn shortened(text: &str) -> Shortened<'_> {
    Shortened(text)
}

/// A text in quotes, cut off after 64 characters.
pub(super) struct Shortened<'t>(&'t str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARACTERS: usize = 64;

        match self.0.char_indices().nth(MAX_CHARACTERS) {
            Some((end, _)) => write!(f, "{:?}…", self.0.get(..end).unwrap_or_default()),
            None => write!(f, "{:?}", self.0),
        }
    }
}
