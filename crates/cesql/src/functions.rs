//! The functions (3.5). A call that matches none of them is an error when the expression is compiled.

use std::borrow::Cow;
use std::fmt;

use super::error::EvaluationError;
use super::evaluate::{Evaluator, Failed, Outcome};
use super::names::names;
use super::node::Node;
use super::value::{Type, Value};

names! {
    /// A function of the language. In expressions, names of functions are case-insensitive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use cesql::{EvaluationError, Expression, Function, Value};
    ///
    /// let event: BTreeMap<String, Value> = BTreeMap::new();
    /// let expression = Expression::parse("left('abc', -1) = ''")?;
    /// let error = EvaluationError::NegativeLength { function: Function::Left, length: -1 };
    /// assert_eq!(expression.evaluate(&event).errors, [error]);
    /// # Ok::<(), cesql::ParseError>(())
    /// ```
    pub enum Function {
        Length = "LENGTH",
        Concat = "CONCAT",
        ConcatWs = "CONCAT_WS",
        Lower = "LOWER",
        Upper = "UPPER",
        Trim = "TRIM",
        Left = "LEFT",
        Right = "RIGHT",
        Substring = "SUBSTRING",
        Abs = "ABS",
        Int = "INT",
        Bool = "BOOL",
        String = "STRING",
        IsInt = "IS_INT",
        IsBool = "IS_BOOL",
    }
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arity {
    pub(super) least: usize,
    /// `None` if there is no maximum.
    pub(super) most: Option<usize>,
}

impl Function {
    /// How many arguments it takes, across all of its overloads, which leave no gap between them.
    pub(super) fn arity(self) -> Arity {
        let (least, most) = match self {
            Self::Concat => (0, None),
            Self::ConcatWs => (1, None),
            Self::Left | Self::Right => (2, Some(2)),
            Self::Substring => (2, Some(3)),
            _ => (1, Some(1)),
        };
        Arity { least, most }
    }

    /// The type of its result.
    pub(super) fn return_type(self) -> Type {
        match self {
            Self::Length | Self::Abs | Self::Int => Type::Integer,
            Self::Bool | Self::IsInt | Self::IsBool => Type::Boolean,
            _ => Type::String,
        }
    }
}

impl Arity {
    /// Exactly this many.
    pub(super) fn of(arguments: usize) -> Self {
        Self { least: arguments, most: Some(arguments) }
    }

    pub(super) fn takes(self, arguments: usize) -> bool {
        arguments >= self.least && self.most.is_none_or(|most| arguments <= most)
    }
}

impl fmt::Display for Arity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (1, Some(1)) => f.write_str("1 argument"),
            (least, Some(most)) if least == most => write!(f, "{least} arguments"),
            (least, Some(most)) => write!(f, "{least} or {most} arguments"),
            (1, None) => f.write_str("1 argument or more"),
            (least, None) => write!(f, "{least} arguments or more"),
        }
    }
}

impl<'e> Evaluator<'e> {
    /// Calls a function. All arguments are evaluated before an error in one of them takes effect.
    pub(super) fn call(&mut self, function: Function, arguments: &'e [Node]) -> Outcome<'e> {
        self.dispatch(function, arguments)
            .unwrap_or_else(|Failed| Err(function.return_type().zero()))
    }

    fn dispatch(
        &mut self,
        function: Function,
        arguments: &'e [Node],
    ) -> Result<Outcome<'e>, Failed> {
        let value = match (function, arguments) {
            (Function::Length, [x]) => {
                let text = self.text_to_read(x)?;
                Value::Integer(i32::try_from(text.chars().count()).unwrap_or(i32::MAX))
            }
            (Function::Concat, texts) => self.concat(None, texts)?,
            (Function::ConcatWs, [delimiter, texts @ ..]) => self.concat(Some(delimiter), texts)?,
            (Function::Lower, [x]) => {
                let text = self.text_to_read(x)?;
                self.built(text.to_lowercase())?
            }
            (Function::Upper, [x]) => {
                let text = self.text_to_read(x)?;
                self.built(text.to_uppercase())?
            }
            (Function::Trim, [x]) => {
                let text = self.text_to_read(x)?;
                let rest = text.trim_start();
                let start = text.len() - rest.len();
                let end = start + rest.trim_end().len();
                Value::String(part(text, start, end))
            }
            (Function::Left | Function::Right, [x, y]) => return self.end(function, x, y),
            (Function::Substring, [x, position]) => return self.substring(x, position, None),
            (Function::Substring, [x, position, length]) => {
                return self.substring(x, position, Some(length));
            }
            (Function::Abs, [x]) => {
                let integer = self.integer_of(x)?;
                let Some(absolute) = integer.checked_abs() else {
                    let operation = format!("ABS({integer})");
                    self.raise(EvaluationError::Overflow { operation });
                    return Ok(Err(Value::Integer(i32::MAX)));
                };
                Value::Integer(absolute)
            }
            (Function::Int, [x]) => Value::Integer(self.integer_of(x)?),
            (Function::Bool, [x]) => Value::Boolean(self.boolean_of(x)?),
            (Function::String, [x]) => Value::String(self.text_of(x)?),
            (Function::IsInt, [x]) => {
                let value = self.value_to_read(x)?;
                Value::Boolean(value.to_integer().is_some())
            }
            (Function::IsBool, [x]) => {
                let value = self.value_to_read(x)?;
                Value::Boolean(value.to_boolean().is_some())
            }
            (function, arguments) => {
                let arguments = arguments.len();
                self.raise(EvaluationError::MissingFunction { function, arguments });
                return Ok(Err(Value::Boolean(false)));
            }
        };
        Ok(Ok(value))
    }

    fn concat(
        &mut self,
        delimiter: Option<&'e Node>,
        texts: &'e [Node],
    ) -> Result<Value<'e>, Failed> {
        let delimiter = delimiter.map_or(Ok(Cow::Borrowed("")), |node| self.text_of(node));
        let texts: Vec<_> = texts.iter().map(|node| self.text_of(node)).collect();
        let delimiter = delimiter?;
        let mut whole = String::new();
        for (index, text) in texts.into_iter().enumerate() {
            let text = text?;
            let delimiter = if index == 0 { "" } else { &*delimiter };
            self.charge(delimiter.len() + text.len())?;
            whole.push_str(delimiter);
            whole.push_str(&text);
        }
        Ok(Value::String(Cow::Owned(whole)))
    }

    /// `LEFT` and `RIGHT`.
    fn end(&mut self, function: Function, x: &'e Node, y: &'e Node) -> Result<Outcome<'e>, Failed> {
        let (text, length) = (self.text_to_read(x), self.integer_of(y));
        let (text, length) = (text?, length?);
        let Ok(taken) = usize::try_from(length) else {
            self.raise(EvaluationError::NegativeLength { function, length });
            return Ok(Err(Value::String(text)));
        };
        let all = text.len();
        Ok(Ok(Value::String(if function == Function::Left {
            let end = offset(&text, taken);
            part(text, 0, end)
        } else {
            let left_out = text.chars().count().saturating_sub(taken);
            let start = offset(&text, left_out);
            part(text, start, all)
        })))
    }

    fn substring(
        &mut self,
        x: &'e Node,
        position: &'e Node,
        length: Option<&'e Node>,
    ) -> Result<Outcome<'e>, Failed> {
        let (text, position) = (self.text_to_read(x), self.integer_of(position));
        let length = length.map(|length| self.integer_of(length)).transpose();
        let (text, position, length) = (text?, position?, length?);

        let all = text.chars().count();
        let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
        let function = Function::Substring;
        let error = match length {
            _ if distance > all => Some(EvaluationError::OutsideOfString { position, length: all }),
            Some(length @ ..0) => Some(EvaluationError::NegativeLength { function, length }),
            _ => None,
        };
        if let Some(error) = error {
            self.raise(error);
            return Ok(Err(Type::String.zero()));
        }
        let first = match position {
            0 => return Ok(Ok(Type::String.zero())),
            ..0 => all - distance,
            1.. => distance - 1,
        };
        let most = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
        let (start, end) = (offset(&text, first), offset(&text, first.saturating_add(most)));
        Ok(Ok(Value::String(part(text, start, end))))
    }

    /// A text that was built from another one, at about the same length.
    fn built(&mut self, text: String) -> Result<Value<'e>, Failed> {
        self.charge(text.len())?;
        Ok(Value::String(Cow::Owned(text)))
    }

    fn value_to_read(&mut self, node: &'e Node) -> Result<Value<'e>, Failed> {
        let value = self.evaluate(node).map_err(|_| Failed)?;
        if let Value::String(text) = &value {
            self.charge(text.len())?;
        }
        Ok(value)
    }

    fn text_to_read(&mut self, node: &'e Node) -> Result<Cow<'e, str>, Failed> {
        let text = self.text_of(node)?;
        self.charge(text.len())?;
        Ok(text)
    }
}

/// The byte offset after this many characters.
fn offset(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

/// Part of a text, given by byte offsets. Borrowed if the text is.
fn part(text: Cow<'_, str>, start: usize, end: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or_default().to_owned()),
    }
}
