//! Turns the tokens of an expression into a tree, by the order of precedence (3.6).

use std::borrow::Cow;

use super::MAX_DEPTH;
use super::cursor::{Cursor, shown};
use super::error::{ErrorKind, ParseError};
use super::functions::{Arity, Function};
use super::lexer::{Keyword, Kind, Symbol, Token, tokens};
use super::like::Pattern;
use super::names::Names as _;
use super::node::{Level, Node, Operator};
use super::value::Value;

/// Compiles the whole text.
pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    read(text).map_err(|error| error.in_characters_of(text))
}

fn read(text: &str) -> Result<Node, ParseError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: Cursor::new(&tokens, text.len()), depth: 0 };
    let node = parser.expression()?;
    match parser.tokens.kind() {
        Kind::End => Ok(node),
        _ => Err(parser.tokens.unexpected("an operator or the end")),
    }
}

const OPERAND: &str = "a value";

struct Parser<'p, 't> {
    tokens: Cursor<'p, 't>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn expression(&mut self) -> Result<Node, ParseError> {
        self.deeper(|parser| parser.chain(Level::Logic))
    }

    /// Goes one level deeper, if that is allowed.
    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Node, ParseError>,
    ) -> Result<Node, ParseError> {
        self.check_depth(self.depth)?;
        self.depth += 1;
        let node = read(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn check_depth(&self, depth: usize) -> Result<(), ParseError> {
        if depth < MAX_DEPTH {
            return Ok(());
        }
        let expected = format!("at most {MAX_DEPTH}");
        Err(self.tokens.error(ErrorKind::Parse, "one level of nesting more".to_owned(), expected))
    }

    /// Operators of this level, from left to right, whose operands bind tighter.
    fn chain(&mut self, level: Level) -> Result<Node, ParseError> {
        let operand = |parser: &mut Self| match level {
            Level::Logic => parser.chain(Level::Comparison),
            Level::Comparison => parser.chain(Level::Additive),
            Level::Additive => parser.chain(Level::Multiplicative),
            _ => parser.postfix(),
        };
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator().filter(|operator| operator.level() == level) {
            self.tokens.next();
            rest.push((operator, operand(self)?));
        }
        Ok(if rest.is_empty() { first } else { Node::Chain { first: Box::new(first), rest } })
    }

    /// The operator that comes next, if one does.
    fn operator(&self) -> Option<Operator> {
        Some(match self.tokens.kind() {
            Kind::Keyword(Keyword::And) => Operator::And,
            Kind::Keyword(Keyword::Or) => Operator::Or,
            Kind::Keyword(Keyword::Xor) => Operator::Xor,
            Kind::Symbol(symbol) => match symbol {
                Symbol::Equal => Operator::Equal,
                Symbol::NotEqual | Symbol::LessGreater => Operator::NotEqual,
                Symbol::Less => Operator::Less,
                Symbol::LessOrEqual => Operator::LessOrEqual,
                Symbol::Greater => Operator::Greater,
                Symbol::GreaterOrEqual => Operator::GreaterOrEqual,
                Symbol::Plus => Operator::Add,
                Symbol::Minus => Operator::Subtract,
                Symbol::Star => Operator::Multiply,
                Symbol::Slash => Operator::Divide,
                Symbol::Percent => Operator::Remainder,
                Symbol::Open | Symbol::Close | Symbol::Comma => return None,
            },
            _ => return None,
        })
    }

    /// An operand and any number of `LIKE` and `IN` after it.
    fn postfix(&mut self) -> Result<Node, ParseError> {
        let mut node = self.prefix()?;
        let mut depth = self.depth;
        loop {
            let negated = *self.tokens.kind() == Kind::Keyword(Keyword::Not);
            match self.tokens.kind_after(usize::from(negated)) {
                Some(Kind::Keyword(keyword @ (Keyword::Like | Keyword::In))) => {
                    self.check_depth(depth)?;
                    depth += 1;
                    self.tokens.skip(1 + usize::from(negated));
                    let operand = Box::new(node);
                    node = if *keyword == Keyword::Like {
                        Node::Like { operand, negated, pattern: self.pattern()? }
                    } else {
                        self.tokens.take(Symbol::Open, "( and the elements of the set")?;
                        Node::In { operand, negated, set: self.list(1)? }
                    };
                }
                _ if negated => {
                    self.tokens.next();
                    return Err(self.tokens.unexpected("LIKE or IN after NOT"));
                }
                _ => return Ok(node),
            }
        }
    }

    fn pattern(&mut self) -> Result<Pattern, ParseError> {
        match self.tokens.kind() {
            Kind::Text(text) => {
                let pattern = Pattern::new(text);
                self.tokens.next();
                Ok(pattern)
            }
            _ => Err(self.tokens.unexpected("a pattern in quotes")),
        }
    }

    fn prefix(&mut self) -> Result<Node, ParseError> {
        match self.tokens.kind() {
            Kind::Keyword(Keyword::Not) => {
                self.tokens.next();
                Ok(Node::Not(Box::new(self.deeper(Self::prefix)?)))
            }
            Kind::Symbol(Symbol::Minus | Symbol::Plus) if self.is_signed_number() => {
                let sign = self.tokens.next().text;
                let digits = self.tokens.peek().text;
                self.number(&format!("{sign}{digits}"))
            }
            Kind::Symbol(Symbol::Minus) => {
                self.tokens.next();
                Ok(Node::Negate(Box::new(self.deeper(Self::prefix)?)))
            }
            _ => self.primary(),
        }
    }

    /// Whether a sign comes next, immediately followed by digits: together they are a literal (2.2).
    fn is_signed_number(&self) -> bool {
        match self.tokens.rest() {
            [sign, word, ..] => sign.end == word.start && is_number(word.text),
            _ => false,
        }
    }

    fn primary(&mut self) -> Result<Node, ParseError> {
        let Token { kind, text, .. } = self.tokens.peek().clone();
        match kind {
            Kind::Keyword(keyword @ (Keyword::True | Keyword::False)) => {
                self.tokens.next();
                Ok(Node::Literal(Value::Boolean(keyword == Keyword::True)))
            }
            Kind::Keyword(Keyword::Exists) => {
                self.tokens.next();
                match self.tokens.kind() {
                    Kind::Word => Ok(Node::Exists(self.attribute()?)),
                    _ => Err(self.tokens.unexpected("the name of an attribute")),
                }
            }
            Kind::Text(text) => {
                self.tokens.next();
                Ok(Node::Literal(Value::String(Cow::Owned(text.into_owned()))))
            }
            Kind::Symbol(Symbol::Open) => {
                self.tokens.next();
                let node = self.expression()?;
                self.tokens.take(Symbol::Close, "an operator or )")?;
                Ok(node)
            }
            Kind::Word => match self.tokens.kind_after(1) {
                Some(Kind::Symbol(Symbol::Open)) => self.call(),
                _ if is_number(text) => self.number(text),
                _ => Ok(Node::Attribute(self.attribute()?)),
            },
            _ => Err(self.tokens.unexpected(OPERAND)),
        }
    }

    /// The number with this text, which ends with the next token.
    fn number(&mut self, text: &str) -> Result<Node, ParseError> {
        let Ok(integer) = text.parse() else {
            let expected = format!("a number from {} to {}", i32::MIN, i32::MAX);
            return Err(self.tokens.error(ErrorKind::Parse, shown(text), expected));
        };
        self.tokens.next();
        Ok(Node::Literal(Value::Integer(integer)))
    }

    fn attribute(&mut self) -> Result<String, ParseError> {
        let name = self.tokens.peek().text;
        if name == "data" {
            return Err(self.tokens.unexpected("an attribute, which data is not"));
        }
        if !is_attribute_name(name) || is_number(name) {
            return Err(self
                .tokens
                .unexpected("the name of an attribute, in lower-case letters and digits"));
        }
        self.tokens.next();
        Ok(name.to_owned())
    }

    fn call(&mut self) -> Result<Node, ParseError> {
        let name = self.tokens.peek().text;
        let names = || Function::ALL.iter().copied();
        let function = names()
            .find(|function| function.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                let found = format!("the unknown function {}", shown(name));
                let all = || {
                    let names: Vec<_> = names().map(Function::as_str).collect();
                    format!("one of {}", names.join(", "))
                };
                let expected = nearest(name);
                self.tokens.error(
                    ErrorKind::MissingFunction,
                    found,
                    expected.map_or_else(all, |function| function.as_str().to_owned()),
                )
            })?;
        let at = self.tokens.next().start;
        self.tokens.next();
        let arguments = self.list(0)?;
        if !function.arity().takes(arguments.len()) {
            return Err(ParseError {
                kind: ErrorKind::MissingFunction,
                position: at,
                found: format!("{function} with {}", Arity::of(arguments.len())),
                expected: function.arity().to_string(),
            });
        }
        Ok(Node::Call { function, arguments })
    }

    /// Expressions separated by commas, up to and including the closing parenthesis.
    fn list(&mut self, least: usize) -> Result<Vec<Node>, ParseError> {
        let mut nodes = Vec::new();
        if least == 0 && *self.tokens.kind() == Kind::Symbol(Symbol::Close) {
            self.tokens.next();
            return Ok(nodes);
        }
        loop {
            nodes.push(self.expression()?);
            if *self.tokens.kind() != Kind::Symbol(Symbol::Comma) {
                self.tokens.take(Symbol::Close, "an operator, a comma or )")?;
                return Ok(nodes);
            }
            self.tokens.next();
        }
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether this is a valid name for an attribute (2.2).
fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The function with the most similar name, if it is similar enough to be what was meant.
fn nearest(name: &str) -> Option<Function> {
    /// At most half of the letters may be wrong. A worse suggestion would not help anyone.
    const LEAST_SIMILARITY: f64 = 0.5;

    let name = name.to_uppercase();
    let similarity =
        |function: Function| strsim::normalized_damerau_levenshtein(&name, function.as_str());
    let similar = Function::ALL.iter().map(|function| (similarity(*function), *function));
    let similar = similar.filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY);
    similar.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, function)| function)
}
